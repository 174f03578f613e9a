"""What comes back is acted on once, for the person the mail was for, and for nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from tests.builders import NOW
from tests.delivery.desk import Desk, complaint
from tests.delivery.world import messages
from voc.base import confidential, schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.words import InboundKind
from voc.delivery.store import facts, letters, tally
from voc.delivery.store.tally import Chosen
from voc.reports.store import invitations as exported
from voc.web.store import timeline
from voc.web.store.came_back import came_back
from voc.web.store.timeline import asked_of


@pytest.fixture
def desk(database: Database, vault: Vault) -> Desk:
    return Desk(database, vault)


def test_an_address_that_is_gone_is_suppressed_and_the_csm_is_told(desk: Desk) -> None:
    mail = desk.bounce("5.1.1", "550 5.1.1 <ana@calder.example>: user unknown")
    assert desk.receive(mail) == InboundKind.HARD_BOUNCE
    assert desk.receive(mail) == InboundKind.HARD_BOUNCE
    assert [(row.address, row.reason) for row in desk.rows(schema.suppression)] == [(desk.sent.address, "bounced")]
    assert [row.kind for row in desk.rows(schema.sign_of_life)] == ["bounced"]
    assert [row.kind for row in desk.rows(schema.suggestion)] == ["bounced"]
    assert (desk.invited.stopped, desk.invited.bounced_at) == ("bounced", NOW)
    assert len(desk.rows(schema.inbound)) == 1
    assert messages(desk.database)[0].bounce_code == "5.1.1"


def test_a_full_mailbox_changes_nothing(desk: Desk) -> None:
    assert desk.receive(desk.bounce("5.2.2", "552 mailbox full")) == InboundKind.SOFT_BOUNCE
    assert desk.rows(schema.suppression) == []
    assert desk.invited.stopped is None


def test_a_bounce_for_our_reputation_alerts_the_admin_and_spares_the_contact(desk: Desk) -> None:
    assert desk.receive(desk.bounce("5.7.1", "550 blocked")) == InboundKind.POLICY_BOUNCE
    assert desk.rows(schema.suppression) == []
    assert desk.invited.stopped is None
    assert [(row.kind, row.recipient) for row in messages(desk.database)[2:]] == [("alert", "clara@kestrel.example")]


def test_a_forged_bounce_without_our_return_path_is_left(desk: Desk) -> None:
    assert desk.receive(desk.bounce("5.1.1", "550 unknown", to="feedback@kestrel.example")) is None
    assert desk.receive(desk.bounce("5.1.1", "550 unknown", to="b-0000@bounce.kestrel.example")) is None
    assert desk.rows(schema.suppression) == []


def test_a_bounce_about_somebody_else_strikes_nobody_off(desk: Desk) -> None:
    mail = desk.bounce("5.1.1", "550 user unknown", recipient=desk.other.address)
    assert desk.receive(mail) == InboundKind.SOFT_BOUNCE
    assert desk.rows(schema.suppression) == []


def test_away_moves_the_next_step_behind_the_day_of_return(desk: Desk) -> None:
    mail = desk.reply("I am away until 11 March.", subject="Automatic reply", Auto_Submitted="auto-replied")
    assert desk.receive(mail) == InboundKind.AWAY
    assert [row.kind for row in desk.rows(schema.sign_of_life)] == ["out_of_office"]
    assert (desk.invited.stopped, desk.invited.next_step) == (None, "reminder_1")
    assert desk.invited.intended_on.isoformat() == "2026-03-12"


def test_left_stops_the_chase_and_names_the_successor_to_the_csm(desk: Desk) -> None:
    text = "I have left Calder & Moss. Please contact Jon Vik at jon.vik@calder.example."
    assert desk.receive(desk.reply(text, subject="Automatic reply", Auto_Submitted="auto-replied")) == InboundKind.LEFT
    found = [(row.kind, row.name, row.address, row.quote) for row in desk.rows(schema.suggestion)]
    assert found == [
        ("left", None, None, "I have left Calder & Moss."),
        ("successor", "Jon Vik", "jon.vik@calder.example", "I have left Calder & Moss."),
    ]
    assert desk.invited.stopped == "left"
    assert desk.rows(schema.invitation)[1].stopped is None


def test_a_persons_reply_stops_the_chase_and_goes_on_to_the_csm(desk: Desk) -> None:
    assert desk.receive(desk.reply("Could we talk? Nobody picks up at night.")) == InboundKind.REPLY
    assert desk.invited.stopped == "replied"
    assert [(row.kind, row.quote) for row in desk.rows(schema.sign_of_life)] == [
        ("replied", "Could we talk? Nobody picks up at night.")
    ]
    forwarded = messages(desk.database)[2]
    assert (forwarded.recipient, forwarded.kind) == ("dana.whitlock@kestrel.example", "follow_up")
    assert b"Reply-To: Ana Ruiz <con-1@calder.example>" in desk.vault.decrypt(forwarded.body)


@pytest.mark.parametrize("text", [b"Call\0 me.", b"Call me +2AA-."])
def test_letters_that_no_database_keeps_do_not_keep_a_reply_from_stopping_the_chase(desk: Desk, text: bytes) -> None:
    head = (
        f"From: {desk.sent.address}\r\nTo: {desk.sent.return_path}\r\nSubject: Re: us\r\nMessage-ID: <9@a.example>\r\n"
    )
    assert desk.receive(head.encode() + b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + text) is InboundKind.REPLY
    assert desk.invited.stopped == "replied"


def test_a_reply_to_the_house_address_is_known_by_the_mail_it_answers(desk: Desk) -> None:
    mail = desk.reply("8", to="feedback@kestrel.example", In_Reply_To=desk.sent.message_id)
    assert desk.receive(mail) == InboundKind.REPLY
    assert desk.invited.stopped == "replied"


def test_a_reply_from_another_address_is_no_sign_of_this_persons_life(desk: Desk) -> None:
    assert desk.receive(desk.reply("Ana asked me to answer.", sender="pa@calder.example")) == InboundKind.REPLY
    assert desk.rows(schema.sign_of_life) == []
    assert desk.invited.stopped == "replied"


def test_a_complaint_suppresses_at_once_and_the_second_pauses_the_wave(desk: Desk) -> None:
    assert desk.receive(complaint(desk.sent.return_path)) == InboundKind.COMPLAINT
    assert [row.reason for row in desk.rows(schema.suppression)] == ["complaint"]
    assert desk.invited.stopped == "complained"
    assert desk.rows(schema.wave)[0].state == "running"
    desk.receive(complaint(desk.other.return_path))
    (wave,) = desk.rows(schema.wave)
    assert (wave.state, wave.paused_because) == ("paused", "2 of 2 messages were reported as spam.")


def test_what_answers_a_test_mail_says_nothing_about_the_contact(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault, test_mode=True, test_address="clara@kestrel.example")
    desk.receive(desk.bounce("5.1.1", "550 user unknown", recipient="clara@kestrel.example"))
    assert desk.rows(schema.suppression) == []
    assert desk.invited.stopped is None


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"To: <<<>>>\r\n\r\n", b"Content-Type: multipart/report; boundary=x\r\n\r\n--x"]
)
def test_anything_may_come_in(desk: Desk, raw: bytes) -> None:
    assert desk.receive(raw) is None


def test_broken_mail_to_a_known_return_path_is_taken_as_it_is(desk: Desk) -> None:
    raw = (
        b"To: " + desk.sent.return_path.encode() + b"\r\nFrom: \xff\xfe <@>\r\nSubject: =?utf-8?b?////?=\r\n"
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe"
    )
    assert desk.receive(raw) == InboundKind.REPLY


def test_the_contacts_page_is_told_each_mail_with_what_followed(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault, people=5)
    for mail in desk.one_of_each().values():
        desk.receive(mail)
    _gone, _cross, away, left, _person = desk.all_sent
    with database.read() as db:
        (one,) = came_back(db, left.contact_id, until=NOW)
        (other,) = came_back(db, away.contact_id, until=NOW)
    assert (one.kind, one.quote) == (InboundKind.LEFT, "I have left Calder & Moss.")
    assert [(told.kind, told.state, told.name) for told in one.told] == [
        ("left", "open", None),
        ("successor", "open", "Jon Vik"),
    ]
    assert (other.until_on.isoformat() if other.until_on else None, other.told) == ("2026-03-11", ())


@pytest.mark.parametrize("step", ["invite", "reminder_1"])
def test_an_absence_told_to_a_reminder_in_confidence_stands_nowhere_with_its_hour(desk: Desk, step: str) -> None:
    with desk.database.begin() as db:
        db.execute(update(schema.wave).values(confidential=True))
        db.execute(update(schema.invitation).values(confidential=True))
        db.execute(update(schema.message).values(step=step))
    assert desk.receive(desk.bounce("5.2.2", "552 mailbox full")) == InboundKind.SOFT_BOUNCE
    away = desk.reply("I am away until 11 March.", subject="Automatic reply", Auto_Submitted="auto-replied")
    assert desk.receive(away) == InboundKind.AWAY
    told = step == "invite"
    with desk.database.read() as db:
        later, since = NOW + timedelta(days=1), NOW - timedelta(days=1)
        on_pages = [
            came_back(db, desk.sent.contact_id, until=later),
            [one for one in timeline(db, contact_id=desk.sent.contact_id, until=later) if one.kind == "inbound"],
            letters.came_back(db, TERMINAL, Chosen(), kind=None, since=since),
            [one for one in tally.came_back(db, Chosen(), since=since) if one.kinds],
            facts.health(db, now=later).bounced,
        ]
    # The list of what came back is one of hours: it has neither.
    assert [bool(shown) for shown in on_pages] == [told, told, False, told, told]
    assert [row.kind for row in desk.rows(schema.sign_of_life)] == (["out_of_office"] if told else [])
    # It is heard all the same: the next step waits.
    assert desk.invited.intended_on.isoformat() == "2026-03-12"


def shown_of(db: Connection, desk: Desk) -> list[object]:
    """All that pages and exports have of Ana Ruiz nine days later, without the numbers of rows."""
    until = NOW + timedelta(days=9)
    sign, never = schema.sign_of_life.c, schema.suppression.c
    ended = [column for column in confidential.shown if column.key in ("stopped", "stopped_at", "bounced_at")]
    return [
        [replace(one, id=0) for one in came_back(db, desk.sent.contact_id, until=until)],
        timeline(db, contact_id=desk.sent.contact_id, until=until),
        timeline(db, account_id="acc-1", until=until),
        asked_of(db, "acc-1", until=until),
        list(exported(db, TERMINAL)),
        db.execute(select(*ended).order_by(schema.invitation.c.id)).all(),
        db.execute(select(sign.kind, sign.at, sign.quote)).all(),
        db.execute(select(never.reason, never.at)).all(),
        letters.came_back(db, TERMINAL, Chosen(), kind=None, since=NOW - timedelta(days=1)),
    ]


@pytest.mark.parametrize("kind", ["hard_bounce", "complaint", "left", "changed_role"])
def test_what_a_reminder_in_confidence_brought_to_light_looks_as_if_the_invitation_had(desk: Desk, kind: str) -> None:
    automatic = {"subject": "Automatic reply", "Auto_Submitted": "auto-replied"}
    mail = {
        "hard_bounce": desk.bounce("5.1.1", "550 unknown"),
        "complaint": complaint(desk.sent.return_path),
        "left": desk.reply("I have left Calder & Moss.", **automatic).as_bytes(),
        "changed_role": desk.reply("I have moved to a new role and no longer handle this.", **automatic).as_bytes(),
    }[kind]
    told = []
    with desk.database.begin() as db:
        for table in (schema.wave, schema.invitation):
            db.execute(update(table).values(confidential=True))
        for step, days in (("invite", 0), ("reminder_1", 5)):
            db.execute(update(schema.message).values(step=step))
            undone = db.begin_nested()
            assert desk.desk().take(db, mail, now=NOW + timedelta(days=days)).kind == kind
            told.append(shown_of(db, desk))
            undone.rollback()
    assert told[0] == told[1]
    assert told[0][0]


def test_a_complaint_is_believed_by_the_unsubscribe_link_of_the_mail_it_encloses(desk: Desk) -> None:
    original = next(letter for letter in desk.letters if letter["Message-ID"] == desk.sent.message_id)
    report = (
        b"From: fbl@isp.example\r\nTo: abuse@kestrel.example\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="fbl"\r\n\r\n'
        b"--fbl\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n"
        b"--fbl\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    del original["Return-Path"]
    assert desk.receive(report + original.as_bytes() + b"\r\n--fbl--\r\n") == InboundKind.COMPLAINT
    assert [row.address for row in desk.rows(schema.suppression)] == [desk.sent.address]


def test_our_own_mail_that_comes_round_answers_nothing(desk: Desk) -> None:
    (mine, *_others) = desk.letters
    assert desk.receive(mine.as_bytes()) is None
    assert desk.rows(schema.inbound) == []


def test_a_bounce_of_a_mail_that_never_went_out_is_forged(desk: Desk) -> None:
    with desk.database.begin() as db:
        db.execute(update(schema.message).values(state="queued", attempts=0))
    assert desk.receive(desk.bounce("5.1.1", "550 user unknown")) is None
    assert desk.rows(schema.suppression) == []
