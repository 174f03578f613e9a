"""What came back stands on the contact's page: the quoted line, when, and what followed from it."""

from datetime import date

from tests.builders import NOW
from voc.base.words import InboundKind, SuggestionKind, SuggestionState
from voc.web.came_back_view import lines
from voc.web.store.came_back import CameBack, Told


def mail(kind: InboundKind, *told: Told, until_on: date | None = None) -> CameBack:
    return CameBack(1, kind, NOW, None, "I am away.", until_on, told)


def test_away_says_until_when_and_that_the_next_step_waits() -> None:
    (line,) = lines([mail(InboundKind.AWAY, until_on=date(2026, 3, 11))])
    assert line.head == "Automatic reply: away until 11 March 2026"
    assert line.followed == "A sign of life; the next step waits for the working day after 11 March 2026."


def test_left_says_what_the_csm_made_of_it_and_who_was_named() -> None:
    left = Told(SuggestionKind.LEFT, SuggestionState.ACCEPTED, None, None, "Dana Whitlock", NOW)
    after = Told(SuggestionKind.SUCCESSOR, SuggestionState.OPEN, "Jon Vik", "jon.vik@calder.example", None, None)
    (line,) = lines([mail(InboundKind.LEFT, left, after)])
    assert line.suggestions == (
        "Suggested: they have left (accepted by Dana Whitlock).",
        "Suggested as successor: Jon Vik <jon.vik@calder.example> (to be decided).",
    )
    assert line.open


def test_every_kind_has_words() -> None:
    for kind in InboundKind:
        (line,) = lines([mail(kind)])
        assert line.head
        assert line.followed
