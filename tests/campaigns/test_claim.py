"""The claim gives each due step out once, and never to somebody who must not be mailed."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from tests.builders import (
    NOW,
    add_account,
    add_campaign,
    add_contact,
    add_csm,
    add_invitation,
    add_questionnaire,
    add_suppression,
    add_sync_run,
    add_wave,
)
from voc.base import installations, schema
from voc.base.db import Database
from voc.campaigns import run, store
from voc.campaigns.model import Step, StopReason


def due_invitation(db: Connection, **values: Any) -> int:
    add_csm(db)
    add_account(db)
    add_contact(db, roles=("champion",))
    wave_id = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=add_questionnaire(db))
    row = {
        "next_step": "invite",
        "intended_on": date(2026, 3, 3),
        "due_at": NOW - timedelta(minutes=10),
        "sent_at": None,
        "closes_at": None,
        "disposition": None,
    }
    return add_invitation(db, wave_id=wave_id, **{**row, **values})


def test_a_due_step_is_given_out_once_with_all_its_mail_needs(database: Database) -> None:
    with database.begin() as db:
        due_invitation(db)
    with database.begin() as db:
        (step,) = store.claim_due(db, now=NOW, limit=10)
    with database.begin() as db:
        assert store.claim_due(db, now=NOW, limit=10) == []
    assert step.step == Step.INVITE
    assert step.address == "con-1@calder.example"
    assert step.csm_name == "Dana Whitlock"
    assert step.closes_at == NOW + timedelta(days=21)
    assert step.give_up_at.date() == date(2026, 3, 9)


def test_the_next_step_is_planned_from_when_it_was_sent(database: Database) -> None:
    with database.begin() as db:
        due_invitation(db)
        (step,) = store.claim_due(db, now=NOW, limit=10)
        run.record_many_sent(db, [(step.invitation_id, step.step)], at=NOW)
        run.record_many_sent(db, [(step.invitation_id, step.step)], at=NOW)
        found = store.invitation(db, step.invitation_id)
    assert found.sent_at == NOW
    assert found.closes_at == NOW + timedelta(days=21)
    assert found.next_step == Step.REMINDER_1
    assert found.intended_on == date(2026, 3, 9)


@pytest.mark.parametrize("reason", ["opt_out", "bounced", "complaint"])
def test_a_suppressed_address_stops_in_the_claim(database: Database, reason: str) -> None:
    with database.begin() as db:
        id = due_invitation(db)
        add_suppression(db, "con-1@calder.example", reason)
        assert store.claim_due(db, now=NOW, limit=10) == []
        assert store.invitation(db, id).stopped in (
            StopReason.OPTED_OUT,
            StopReason.BOUNCED,
            StopReason.COMPLAINED,
        )


def test_a_paused_wave_gives_nothing_out(database: Database) -> None:
    with database.begin() as db:
        due_invitation(db)
        db.execute(update(schema.wave).values(state="paused"))
        assert store.claim_due(db, now=NOW, limit=10) == []
        assert db.execute(select(schema.invitation.c.next_step)).scalar() == "invite"


def test_nobody_is_asked_anew_from_data_of_the_crm_that_is_a_day_old(database: Database) -> None:
    with database.begin() as db:
        due_invitation(db)
        add_sync_run(db, started_at=NOW - timedelta(hours=25), finished_at=NOW - timedelta(hours=23))
        assert store.claim_due(db, now=NOW, limit=10) == []
        add_sync_run(db, state="failed", started_at=NOW)
        assert store.claim_due(db, now=NOW, limit=10) == []
        add_sync_run(db, started_at=NOW - timedelta(hours=24))
        assert [step.step for step in store.claim_due(db, now=NOW, limit=10)] == [Step.INVITE]


def test_who_was_asked_already_is_reminded_whatever_the_age_of_the_data(database: Database) -> None:
    with database.begin() as db:
        asked = NOW - timedelta(days=7)
        due_invitation(db, next_step="reminder_1", sent_at=asked, closes_at=NOW + timedelta(days=14))
        add_sync_run(db, started_at=NOW - timedelta(days=3))
        assert [step.step for step in store.claim_due(db, now=NOW, limit=10)] == [Step.REMINDER_1]


def test_the_invented_time_of_a_rehearsal_makes_no_data_old(database: Database) -> None:
    with database.begin() as db:
        installations.create(db, epoch="e", now=NOW, moment=NOW)
        due_invitation(db)
        add_sync_run(db, started_at=NOW - timedelta(days=3))
        assert [step.step for step in store.claim_due(db, now=NOW, limit=10)] == [Step.INVITE]
