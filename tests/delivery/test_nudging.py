"""A CSM writes in person to somebody who has not answered: through us, and a mail server that keeps what it takes."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.builders import NOW, add_campaign, add_invitation, add_wave
from tests.delivery.desk import Desk
from tests.delivery.world import SETTINGS, Sink, messages, relay_to, serving
from voc.base import preferences, schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole, StopReason, SuppressionReason
from voc.campaigns import run as campaigns
from voc.delivery import run
from voc.delivery.run import nudging
from voc.stakeholders import run as stakeholders

LATER = NOW + timedelta(days=3)  # Friday; the first reminder is planned for Monday
WORDS = {"subject": "Ana, one word from you?", "body": "You have seen the worst of it.\n\nWhat should I mend first?"}


def nudge(database: Database, vault: Vault, **changed: Any) -> campaigns.Nudge:
    asked = {"viewer": TERMINAL, "now": LATER, **WORDS, **changed}
    with database.begin() as db:
        return run.nudge(db, 1, vault=vault, tokens=RandomTokens(), settings=SETTINGS, **asked)


def send(database: Database, vault: Vault) -> Sink:
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=LATER, vault=vault, worker="two")
        relay.close()
    return sink


def test_a_nudge_goes_out_in_the_csms_words_and_name_with_the_first_question(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault)
    counted = nudge(database, vault)
    (letter,) = send(database, vault).letters()
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert (letter["To"], letter["Subject"]) == ("Ana Ruiz <con-1@calder.example>", WORDS["subject"])
    assert "What should I mend first?" in text
    assert "Dear Ana" in text
    assert "?score=10" in text
    assert "List-Unsubscribe" in letter
    assert letter["In-Reply-To"] == desk.sent.message_id
    sent = messages(database)[-1]
    assert (sent.key, sent.kind, sent.state, sent.step) == ("nudge:1:1", "nudge", "sent", None)
    assert (sent.contact_id, sent.invitation_id, counted.key) == ("con-1", 1, "nudge:1:1")


def test_a_nudge_and_a_reminder_never_arrive_together(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault)
    assert desk.invited.intended_on == date(2026, 3, 9)
    counted = nudge(database, vault)
    assert (counted.next_on, desk.invited.intended_on) == (date(2026, 3, 10), date(2026, 3, 10))
    assert desk.invited.moved_because == "nudged"
    assert counted.give_up_at == desk.invited.due_at  # nor does the nudge, after an outage
    assert desk.rows(schema.contact_quota)[-1].step == "nudge"


def test_a_mail_of_ones_own_counts_and_queues_nothing(database: Database, vault: Vault) -> None:
    desk = Desk(database, vault)
    before = len(messages(database))
    with database.begin() as db:
        campaigns.nudged_by_hand(db, 1, viewer=TERMINAL, now=LATER)
    assert len(messages(database)) == before
    assert desk.invited.intended_on == date(2026, 3, 10)
    assert [(row.number, row.by, row.by_hand) for row in desk.rows(schema.nudge)] == [(1, "terminal", True)]
    with pytest.raises(Refused, match="They got a message today"):
        nudge(database, vault)


def _answered(db: Any) -> None:
    campaigns.record_answer(db, 1, complete=True, at=LATER)


def _opted_out(db: Any) -> None:
    stakeholders.suppress(db, address="con-1@calder.example", reason=SuppressionReason.OPT_OUT, at=LATER, source="page")


@pytest.mark.parametrize("late", [_answered, _opted_out])
def test_what_forbids_a_nudge_after_it_was_written_stops_it_in_the_claim(
    database: Database, vault: Vault, late: Any
) -> None:
    Desk(database, vault)
    nudge(database, vault)
    with database.begin() as db:
        late(db)
    assert send(database, vault).mails == []
    assert messages(database)[-1].state == "cancelled"


def _set(table: Any, **values: Any) -> Any:
    return lambda db: db.execute(update(table).values(**values))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_answered, "They have answered"),
        (_opted_out, "never to be asked again"),
        (_set(schema.contact, left_at=NOW), "They have left"),
        (_set(schema.contact, bounced=True), "find the new one first"),
        (_set(schema.contact, away_until_on=date(2026, 3, 20)), "They are away. From 21 March 2026"),
        (_set(schema.account, escalated_until_on=date(2026, 4, 1)), "under escalation. From 1 April 2026"),
        (_set(schema.account, status="churned"), "no invitation under way"),
        (_set(schema.wave, state="paused"), "The wave is paused"),
        (_set(schema.invitation, closes_at=NOW), "closing date"),
        (_set(schema.invitation, stopped=StopReason.REPLIED), "answer that mail"),
        (_set(schema.invitation, confidential=True), "This wave is confidential"),
        (_set(schema.invitation, sent_at=None), "no invitation under way"),
        (_set(schema.message, state="queued"), "on its way already"),
        (
            lambda db: preferences.change(db, {"consent_countries": ["DE"]}, actor="test", now=NOW),
            "wants recorded consent",
        ),
    ],
)
def test_a_nudge_is_refused_in_words(sqlite: Database, vault: Vault, change: Any, words: str) -> None:
    Desk(sqlite, vault)
    with sqlite.begin() as db:
        change(db)
    with pytest.raises(Refused, match=words):
        nudge(sqlite, vault)
    with sqlite.read() as db:
        prepared = nudging.prepare(db, 1, viewer=TERMINAL, now=LATER, settings=SETTINGS, own=None)
    assert words.split(".", maxsplit=1)[0] in (prepared.why_not or "")
    assert not any(row.kind == "nudge" for row in messages(sqlite))


@pytest.mark.parametrize("answered", [True, False])
def test_a_reminder_in_confidence_of_another_wave_is_told_by_no_refusal(
    sqlite: Database, vault: Vault, answered: bool
) -> None:
    Desk(sqlite, vault)
    due = LATER + timedelta(days=10)
    with sqlite.begin() as db:
        version = db.execute(select(schema.questionnaire_version.c.id)).scalar_one()
        other = add_wave(db, campaign_id=add_campaign(db, name="pulse"), questionnaire_version_id=version)
        id = add_invitation(
            db, wave_id=other, confidential=True, sent_at=NOW, closes_at=due, answered_at=LATER if answered else None
        )
        if not answered:
            counted = {"address": "con-1@calder.example", "account_id": "acc-1", "priority": 3, "at": LATER}
            reminder = {**counted, "invitation_id": id, "step": "reminder_1", "on": LATER.date()}
            db.execute(insert(schema.contact_quota).values(reminder))
    with pytest.raises(Refused, match=r"asked in confidence in another wave.*After 16 March 2026 it is possible"):
        nudge(sqlite, vault)
    with sqlite.begin() as db:
        db.execute(update(schema.wave).where(schema.wave.c.id == other).values(state="closed"))
    assert nudge(sqlite, vault).key == "nudge:1:1"


def test_a_refused_text_names_its_field_and_nothing_is_counted(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with pytest.raises(Refused) as refused:
        nudge(sqlite, vault, body="  ")
    assert refused.value.field == "body"
    assert not any(row.step == "nudge" for row in desk.rows(schema.contact_quota))


def test_the_prepared_words_are_the_persons_own_language_and_name_them(sqlite: Database, vault: Vault) -> None:
    Desk(sqlite, vault)
    with sqlite.read() as db:
        prepared = nudging.prepare(db, 1, viewer=TERMINAL, now=LATER, settings=SETTINGS, own=None)
    assert prepared.text is not None
    assert prepared.text.subject == "Ana, may I ask you once in person?"
    assert "Calder & Moss Foods" in prepared.text.body
    assert "Dear" not in prepared.text.body  # the frame greets
    assert prepared.rendered is not None
    assert "Dear Ana," in prepared.rendered.text
    assert not any(row.kind == "nudge" for row in messages(sqlite))


def test_nobody_nudges_somebody_elses_contact(sqlite: Database, vault: Vault) -> None:
    Desk(sqlite, vault)
    with pytest.raises(NotFound):
        nudge(sqlite, vault, viewer=Viewer(9, "Milo", StaffRole.CSM, "csm-other"))


def test_a_wave_without_words_for_a_nudge_begins_with_those_of_its_reminder(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    (version,) = desk.rows(schema.questionnaire_version)
    files = {name: text for name, text in version.files.items() if not name.endswith("nudge.md")}
    with sqlite.begin() as db:
        db.execute(update(schema.questionnaire_version).values(files=files))
    with sqlite.read() as db:
        prepared = nudging.prepare(db, 1, viewer=TERMINAL, now=LATER, settings=SETTINGS, own=None)
    assert prepared.text is not None
    assert "still missing" in prepared.text.body
