"""What automatic replies say, in the words that mail programs and people really use."""

from datetime import date

import pytest

from voc.base.words import InboundKind
from voc.delivery.replies import read_automatic, read_human, unquoted

ON = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("text", "until_on"),
    [
        ("I am out of the office until March 16 with limited access to mail.", date(2026, 3, 16)),
        ("I am on annual leave from 2 March until 16 March 2026.", date(2026, 3, 16)),
        ("I'm travelling and will be back on Monday, 16 March.", date(2026, 3, 15)),
        ("Thank you for your mail. I will return to the office on March 16th, 2026.", date(2026, 3, 15)),
        ("Out of office through 2026-03-16. For urgent matters contact Jon Vik.", date(2026, 3, 16)),
        ("I am away 03/03/2026 - 20/03/2026.", date(2026, 3, 20)),
        ("On vacation, back in the office on 1/4.", date(2026, 3, 31)),
        ("I am on parental leave until 5 January.", date(2027, 1, 5)),
        ("Ich bin bis zum 16. März nicht im Büro.", date(2026, 3, 16)),
        ("Je suis absente jusqu'au 16 mars.", date(2026, 3, 16)),
        ("Estaré fuera de la oficina hasta el 16 de marzo.", date(2026, 3, 16)),
        ("I am out of the office and will reply when I am back.", None),
        ("I was out of the office until 20 February and am catching up.", None),
    ],
)
def test_away_is_read_with_the_last_day_away(text: str, until_on: date | None) -> None:
    said = read_automatic("Automatic reply: four questions", text, received_on=ON)
    assert (said.kind, said.until_on) == (InboundKind.AWAY, until_on)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Joana Prata is no longer with the company. Please contact Simon Achebe at simon.achebe@vantor.example.",
         "Simon Achebe", "simon.achebe@vantor.example"),
        ("Hello,\nI have left Vantor Ports. My successor is Simon Achebe (simon.achebe@vantor.example).",
         "Simon Achebe", "simon.achebe@vantor.example"),
        ("Thank you for your mail. As of 1 March I no longer work at Vantor Ports.", None, None),
        ("Please note that Ana Ruiz left the company in January. For all requests write to office@calder.example.",
         None, "office@calder.example"),
        ("My last day at Calder was 27 February. Reach out to my colleague Jon Vik in future.", "Jon Vik", None),
        ("This person is no longer employed here.", None, None),
        ("I have retired from Calder & Moss.", None, None),
        ("Frau Prata ist nicht mehr im Unternehmen. Bitte wenden Sie sich an Herrn Simon Achebe.",
         "Simon Achebe", None),
        ("Mme Prata ne fait plus partie de la société.", None, None),
    ],
)  # fmt: skip
def test_left_is_read_with_who_follows(text: str, name: str | None, address: str | None) -> None:
    said = read_automatic("Automatic reply", text, received_on=ON)
    assert (said.kind, said.successor_name, said.successor_address) == (InboundKind.LEFT, name, address)
    assert said.quote


@pytest.mark.parametrize(
    "text",
    [
        "I have left the office for today and am back tomorrow.",
        "I am no longer checking this mailbox every day; I am on holiday until 16 March.",
        "I left for a conference and will answer on my return.",
        "I am out of the office. If urgent, Ana left a note with reception.",
        "I am no longer available this week. Back on 9 March.",
        "Thanks! We have received your request and left it with the team. No action is needed.",
        "I'm out. There are two weeks left before I return on 16 March.",
    ],
)
def test_who_left_the_office_has_not_left_the_company(text: str) -> None:
    assert read_automatic("Out of office", text, received_on=ON).kind == InboundKind.AWAY


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("I have moved to a new role in our Asian business.", None),
        ("I am no longer responsible for logistics. Please contact jon.vik@calder.example.", "jon.vik@calder.example"),
        ("I have taken on a new position within Calder; Jon Vik has taken over my tasks.", None),
        ("I am no longer with the procurement team. Write to Jon Vik.", None),
    ],
)
def test_another_role_is_read(text: str, address: str | None) -> None:
    said = read_automatic("Automatic reply", text, received_on=ON)
    assert (said.kind, said.successor_address) == (InboundKind.CHANGED_ROLE, address)


def test_our_own_words_quoted_below_are_not_theirs() -> None:
    text = "Back soon.\n\nOn Tue, 3 Mar 2026, Dana Whitlock wrote:\n> or tell me you left the company"
    assert unquoted(text) == "Back soon."
    assert read_automatic("Auto: re", text, received_on=ON).kind == InboundKind.AWAY


def test_a_persons_answer_is_quoted_by_its_first_words() -> None:
    assert (
        read_human("8, because nobody picks up at night.\n\n> Dear Ana,").quote
        == "8, because nobody picks up at night."
    )
