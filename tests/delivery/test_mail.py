"""A mail reads well as text and as HTML, is found by mail programs where it belongs, and carries no trick of a name."""

import email
import email.policy
import re
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select, update

from tests.builders import NOW
from tests.delivery.world import (
    QUESTIONNAIRES,
    SETTINGS,
    Sink,
    add_due_wave,
    frozen,
    install,
    messages,
    queue_all,
    relay_to,
    serving,
)
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens, hash_token
from voc.base.words import MessageKind, Step
from voc.campaigns import questionnaire
from voc.campaigns.model import HeadsUpText
from voc.delivery import headers, mime, run
from voc.delivery.model import Party
from voc.delivery.render import Letter, Rendered, render

ASKED = questionnaire.load(questionnaire.read_folder(QUESTIONNAIRES, "relationship"))
ENGLISH = ASKED.language("en")
TOKEN = "T0KEN_of-thirty-two-characters-x"


def letter(step: Step = Step.INVITE, **values: Any) -> Letter:
    usual: dict[str, Any] = {
        "first_name": "Ana",
        "name": "Ana Ruiz",
        "account": "Calder & Moss Foods",
        "company": "Kestrel Works",
        "csm_name": "Dana Whitlock",
        "csm_title": "Customer success manager",
        "closes_on": date(2026, 3, 24),
        "base_url": "https://voice.kestrel.example",
        "unsubscribe_token": "U" * 32,
        "answer_token": TOKEN,
    }
    return Letter(step=step, **{**usual, **values})


def rendered(step: Step = Step.INVITE, **values: Any) -> Rendered:
    return render(ASKED, ENGLISH, letter(step, **values))


def test_the_text_stands_alone() -> None:
    text = rendered().text
    assert text.startswith("Dear Ana,\n\n")
    assert "HOW LIKELY ARE YOU TO RECOMMEND KESTREL WORKS TO A COLLEAGUE?\n0 is not at all, 10 very likely." in text
    for score in range(11):
        assert f"{score:>3}  https://voice.kestrel.example/q/{TOKEN}?score={score}\n" in text
    assert f"Ask a colleague: https://voice.kestrel.example/q/{TOKEN}#colleague\n" in text
    assert "Open until Tuesday 24 March." in text
    assert "Dana Whitlock\nCustomer success manager, Kestrel Works\n\n--\n" in text
    assert f"Never ask me again: https://voice.kestrel.example/u/{'U' * 32}\n" in text
    assert "\n\n\n" not in text
    assert all(len(line) <= 72 or "://" in line for line in text.splitlines())


def test_the_html_has_the_scale_as_links_and_no_picture_script_or_pixel() -> None:
    html = rendered().html
    assert [int(score) for score in re.findall(r"/q/[^\"]+\?score=(\d+)\"", html)] == list(range(11))
    assert 'aria-label="7 of 10"' in html
    assert not re.search(r"<(img|script|iframe|link|form|object)\b", html)
    outside_outlook = re.sub(r"<!--\[if mso\]>.*?<!\[endif\]-->", "", html, flags=re.DOTALL)
    assert "<table" not in outside_outlook
    assert "prefers-color-scheme:dark" in html
    assert not re.search(r"\{\{|\{%|\[\[|QZ\d", html)
    assert "<p></p>" not in html


@pytest.mark.parametrize("step", list(Step))
def test_every_step_is_whole_with_and_without_a_name(step: Step) -> None:
    for values in ({}, {"first_name": None, "name": "", "csm_name": None, "csm_title": None}):
        mail = rendered(step, you_said=("You said nights. We did nights.",), **values)
        for part in (mail.subject, mail.text, mail.html):
            assert not re.search(
                r"None|\{\{|\{%|\[\[|QZ\d|  +[,.]", re.sub(r"<style>.*?</style>", "", part, flags=re.DOTALL)
            )
        assert mail.text.startswith("Dear Ana," if not values else "Good morning,")


def test_a_heads_up_links_to_no_page() -> None:
    mail = rendered(Step.HEADS_UP, closes_on=None)
    assert "/q/" not in mail.text + mail.html
    assert "/u/" in mail.text


def test_the_last_one_has_its_own_subject_with_the_closing_day() -> None:
    assert rendered(Step.REMINDER_2).subject == "Ana, open until Tuesday 24 March"
    assert rendered(Step.REMINDER_1).subject == rendered(Step.INVITE).subject != rendered(Step.REMINDER_2).subject


def test_what_came_of_the_last_answer_stands_first() -> None:
    lines = ("You said nobody picks up at night. We named a contact.", "You said docs. We wrote them.")
    mail = rendered(you_said=lines)
    assert (
        mail.text.index(lines[0]) < mail.text.index(lines[1].split(".")[0]) < mail.text.index("How are we doing now?")
    )
    assert mail.html.count("<p") == rendered().html.count("<p") + 3  # their heading, and each


def test_a_heads_up_in_the_csms_own_words_says_just_those() -> None:
    body = (
        "I am back from leave.\nCall me <b>any</b> day. {{ 7*7 }}\n\n\nWho *else* matters? https://v.example/a?b=1&c=2."
    )
    own = HeadsUpText("{{ 7*7 }} Ana, me again", body)
    mail = rendered(Step.HEADS_UP, closes_on=None, heads_up_text=own)
    assert mail.subject == "{{ 7*7 }} Ana, me again"
    begin = "Dear Ana,\n\nI am back from leave.\nCall me <b>any</b> day. {{ 7*7 }}\n\nWho *else* matters? https"
    assert mail.text.startswith(begin)
    assert "Kind regards\nDana Whitlock" in mail.text
    assert "Call me &lt;b&gt;any&lt;/b&gt; day." in mail.html
    assert 'href="https://v.example/a?b=1&amp;c=2"' in mail.html
    assert "really me who asks" not in mail.text + mail.html
    assert "/q/" not in mail.text + mail.html


HOSTILE = "<script>alert(1)</script> [x](https://evil.example) {{ 7*7 }} **b** \"'&"


def test_a_name_carries_no_markup_link_or_template() -> None:
    mail = rendered(
        first_name=HOSTILE, name=HOSTILE, account=HOSTILE, csm_name=HOSTILE, company=HOSTILE, you_said=(HOSTILE,)
    )
    assert "<script" not in mail.html
    assert 'href="https://evil.example' not in mail.html
    assert "49" not in mail.subject
    assert "{{ 7*7 }}" in mail.text


@given(st.text(max_size=60))
def test_any_name_gives_a_mail_that_can_be_read_or_a_reason(name: str) -> None:
    mail = rendered(first_name=name, name=name)
    try:
        raw = assembled(mail, to=Party(" ".join(name.split()), "ana@calder.example"))
    except Refused:
        return
    parsed = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert not parsed.defects
    assert len(parsed.keys()) == len(set(parsed.keys())) == 7
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def assembled(mail: Rendered, *, to: Party, **more: Any) -> bytes:
    return mime.assemble(
        sender=Party("Dana Whitlock", "dana@kestrel.example"),
        to=to,
        subject_line=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id="<0123@kestrel.example>",
        at=NOW,
        **more,
    )


@pytest.mark.parametrize("trick", ["Ana\r\nBcc: all@evil.example", "Ana\nX: y", "Ana\x00", "Ana\u2028Bcc: x"])
def test_a_line_end_in_a_header_is_refused(trick: str) -> None:
    with pytest.raises(Refused, match="control character"):
        assembled(rendered(), to=Party(trick, "ana@calder.example"))
    with pytest.raises(Refused):
        assembled(rendered(), to=Party("Ana", f"{trick}@calder.example"))


def test_names_of_every_script_come_through() -> None:
    raw = assembled(rendered(first_name="Zoë"), to=Party("Müller, Zoë 李", "zoe@calder.example"))
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert str(parsed["To"]) == '"Müller, Zoë 李" <zoe@calder.example>'
    assert str(parsed["Subject"]).startswith("Zoë, ")


def test_masking_strikes_out_every_link_and_leaves_the_rest() -> None:
    raw = assembled(
        rendered(), to=Party("Ana", "a@c.example"), more=headers.list_unsubscribe(f"https://v.example/u/{TOKEN}")
    )
    kept = mime.masked(raw)
    parsed = email.message_from_bytes(kept, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    parts = [str(part.get_content()) for part in parsed.walk() if part.get_content_maintype() == "text"]
    assert len(parts) == 2
    for part in parts:
        assert TOKEN not in part
        assert "U" * 32 not in part
        assert "/q/...?score=3" in part
    assert TOKEN.encode() not in kept


# --- through the outbox -------------------------------------------------------------------------


def sent_letters(database: Database, vault: Vault, *, authenticated: list[str], times: int = 1) -> list[EmailMessage]:
    """The mails of the first steps of one chase, as the mail server got them."""
    settings = replace(SETTINGS, mail=replace(SETTINGS.mail, authenticated_domains=authenticated))
    sink, now = Sink(), NOW
    with serving(sink) as port:
        relay = relay_to(port)
        for _ in range(times):
            queue_all(database, vault, now=now, settings=settings)
            run.send_due(database, relay, now=now, vault=vault, worker="one")
            with database.begin() as db:
                now = db.execute(select(schema.invitation.c.due_at)).scalar_one() or now
        relay.close()
    return sink.letters()


def test_a_csm_of_an_authenticated_domain_signs_the_mail(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    (mail,) = sent_letters(database, vault, authenticated=["kestrel.example"])
    assert str(mail["From"]) == "Dana Whitlock <dana.whitlock@kestrel.example>"
    assert mail["Reply-To"] is None
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert not {"auto-submitted", "precedence", "x-auto-response-suppress"} & {name.lower() for name in mail}


def test_any_other_csm_is_named_beside_our_own_address(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    (mail,) = sent_letters(database, vault, authenticated=[])
    assert str(mail["From"]) == '"Dana Whitlock (Kestrel Works)" <feedback@kestrel.example>'
    assert str(mail["Reply-To"]) == "Dana Whitlock <dana.whitlock@kestrel.example>"


def test_the_reminder_stands_in_one_thread_with_the_invitation(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    invitation, reminder, last = sent_letters(database, vault, authenticated=[], times=3)
    assert str(reminder["Subject"]) == str(invitation["Subject"])
    assert str(reminder["In-Reply-To"]) == str(invitation["Message-ID"])
    assert str(last["Subject"]) != str(invitation["Subject"])
    assert str(last["References"]).split() == [str(invitation["Message-ID"]), str(reminder["Message-ID"])]


def test_before_a_last_call_the_second_reminder_does_not_say_that_it_is_the_last(
    database: Database, vault: Vault
) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
        db.execute(update(schema.wave).values(settings={"last_call": True, "reminder_1": False}))
    invitation, reminder, last = sent_letters(database, vault, authenticated=[], times=3)
    assert "the last time I ask" not in reminder.as_string()
    assert "the last time I ask" in last.as_string()
    assert str(invitation["Message-ID"]) in str(last["References"])


def test_links_are_one_per_message_and_purpose_hashed_and_masked_once_sent(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    (mail,) = sent_letters(database, vault, authenticated=[])
    tokens = set(re.findall(r"/[qu]/([A-Za-z0-9_-]{32})", mail.as_string().replace("=\n", "")))
    with database.read() as db:
        links = db.execute(select(schema.link.c.token_hash, schema.link.c.purpose)).all()
    assert {row.token_hash for row in links} == {hash_token(token) for token in tokens}
    assert {row.purpose for row in links} == {"answer", "unsubscribe"}
    (row,) = messages(database)
    kept = frozen(database, row, vault).decode()
    assert kept.count("/q/...") > 10
    assert not any(token in kept for token in tokens)
    assert re.fullmatch(r"b-[0-9a-f]{32}@bounce\.kestrel\.example", row.return_path)


def test_a_name_that_fits_no_header_is_held_for_a_person_and_stops_nobody_else(
    database: Database, vault: Vault
) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=2, first={"last_name": "Ruiz\r\nBcc: all@evil.example"})
    assert queue_all(database, vault) == 2
    held, fine = messages(database)
    assert (held.state, held.body, fine.state) == ("held", None, "queued")
    assert "control character" in held.reply_text
    with pytest.raises(Refused), database.begin() as db:
        run.release(db, held.id, by="Clara Wendt", now=NOW)


def test_a_retry_is_the_same_mail_byte_by_byte(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    queue_all(database, vault)
    first = frozen(database, messages(database)[0], vault)
    with database.begin() as db:
        db.execute(update(schema.contact).values(first_name="Anna"))
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW + timedelta(hours=1), vault=vault, worker="one")
        relay.close()
    assert sink.mails[0][2] == first


def test_mail_to_our_own_people_says_that_it_is_automatic_and_goes_once(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        ids = {
            run.queue(
                db,
                key="digest:csm-1:2026-03-02",
                kind=MessageKind.DIGEST,
                to=Party("Dana Whitlock", "dana@kestrel.example"),
                subject="Ten steps, about 30 minutes",
                body_text="26 of 50 places answered.\n\nSee https://voice.kestrel.example/my-week.",
                now=NOW,
                vault=vault,
                tokens=RandomTokens(),
                settings=SETTINGS,
            )
            for _ in range(2)
        }
    assert len(ids) == 1
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    (mail,) = sink.letters()
    assert (mail["Auto-Submitted"], mail["Precedence"]) == ("auto-generated", "bulk")
    assert mail["X-Auto-Response-Suppress"] == "All"
    html = mail.get_body(("html",))
    assert html is not None
    assert 'href="https://voice.kestrel.example/my-week"' in html.get_content()
