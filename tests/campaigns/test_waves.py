"""A wave is paused, resumed, stopped and closed; what is due is decided."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from tests.builders import add_message, add_response, add_staff
from tests.campaigns.company import LAUNCH, add_company, launch, reads_on, settle_in
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.schema import invitation, wave
from voc.base.words import StaffRole
from voc.campaigns import run, store
from voc.campaigns.model import Disposition, Step, StopReason, WaveState, Why
from voc.campaigns.store import wave_pages

DAY = timedelta(days=1)
CLARA = "Clara Wendt"


def launched(db: Connection, *, people: int = 1) -> int:
    settle_in(db)
    run.change_settings(db, "relationship", {"heads_up": False}, by=CLARA, now=LAUNCH)
    add_company(db, accounts=1, people=people)
    return launch(db)


def next_due_at(db: Connection) -> datetime | None:
    """The next moment at which a running wave has something to do: a step, or a due date. None: nothing is open."""
    step = (
        select(func.min(invitation.c.due_at))
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            invitation.c.next_step.is_not(None),
            invitation.c.held_because.is_(None),
            invitation.c.stopped.is_(None),
            wave.c.state == WaveState.RUNNING,
        )
    )
    due = select(func.min(invitation.c.closes_at)).where(invitation.c.disposition.is_(None))
    return min((at for at in (db.execute(step).scalar(), db.execute(due).scalar()) if at is not None), default=None)


def play(db: Connection, *, from_: datetime, until: datetime) -> list[tuple[str, Step]]:
    """Claim and send at every moment at which something is due; what went out."""
    sent: list[tuple[str, Step]] = []
    while True:
        due_at = next_due_at(db)
        if due_at is None or due_at > until:
            return sent
        now = max(from_, due_at)
        reads_on(db, now=now)
        steps = store.claim_due(db, now=now, limit=50)
        for step in steps:
            key = f"inv:{step.invitation_id}:{step.step}"
            values = {"invitation_id": step.invitation_id, "wave_id": step.wave_id, "step": step.step}
            add_message(db, key, **values, contact_id=step.contact_id, state="sent", sent_at=now)
            run.record_many_sent(db, [(step.invitation_id, step.step)], at=now)
            sent.append((step.address, step.step))
        run.close_due(db, now=now)
        assert next_due_at(db) != due_at, "what was due is neither sent nor moved"


def only(db: Connection) -> store.Invitation:
    return store.invitation(db, db.execute(select(schema.invitation.c.id)).scalar_one())


# --- pause, resume, stop, close ---


def test_a_paused_wave_gives_nothing_out_and_a_resumed_one_starts_in_the_next_window(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db)
        run.pause(db, wave_id, by=CLARA, now=LAUNCH, because="wrong text")
        assert store.claim_due(db, now=LAUNCH + 10 * DAY, limit=10) == []
        assert wave_pages.row(db, wave_id, TERMINAL).paused_because == "wrong text"
        back = datetime(2026, 4, 20, 12, tzinfo=UTC)  # six weeks later: a Monday afternoon
        run.resume(db, wave_id, by=CLARA, now=back)
        found = only(db)
        assert (found.next_step, found.intended_on, found.moved_because) == (
            Step.INVITE,
            date(2026, 4, 21),
            Why.PAUSED,
        )
        assert store.claim_due(db, now=back, limit=10) == []
        assert len(play(db, from_=back, until=back + 60 * DAY)) == 3


def test_a_stopped_wave_ends_every_chase_and_still_decides_on_the_due_date(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db)
        play(db, from_=LAUNCH, until=LAUNCH + 7 * DAY)
        invitation_id = only(db).id
        assert run.stop_wave(db, wave_id, by=CLARA, now=LAUNCH + 8 * DAY) == [invitation_id]
        assert only(db).stopped == StopReason.WAVE_STOPPED
        assert play(db, from_=LAUNCH + 8 * DAY, until=LAUNCH + 60 * DAY) == []
        assert only(db).disposition == Disposition.SILENT
        assert wave_pages.row(db, wave_id, TERMINAL).state == WaveState.STOPPED


def test_a_wave_can_be_closed_early_and_what_is_over_cannot_be_moved_again(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db)
        run.close(db, wave_id, by=CLARA, now=LAUNCH)
        assert only(db).stopped == StopReason.WAVE_CLOSED
        for move in (run.pause, run.resume, run.stop_wave, run.close):
            with pytest.raises(Refused, match="is closed: it cannot be"):
                move(db, wave_id, by=CLARA, now=LAUNCH)
        with pytest.raises(NotFound):
            run.pause(db, 99, by=CLARA, now=LAUNCH)


def test_every_move_of_a_wave_is_in_the_audit_log(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db)
        run.pause(db, wave_id, by=CLARA, now=LAUNCH, because="wrong text")
        run.resume(db, wave_id, by=CLARA, now=LAUNCH)
        run.stop_wave(db, wave_id, by=CLARA, now=LAUNCH)
        log = schema.audit.c
        actions = db.execute(select(log.action).where(log.object_kind == "wave").order_by(log.id)).scalars().all()
    assert actions == ["wave launched", "wave paused", "wave resumed", "wave stopped"]


def test_after_a_restore_overdue_steps_are_planned_anew_instead_of_fired(database: Database) -> None:
    with database.begin() as db:
        launched(db, people=3)
        later = datetime(2026, 3, 12, 20, tzinfo=UTC)
        assert run.plan_overdue_anew(db, now=later) == 3
        assert store.claim_due(db, now=later, limit=10) == []


# --- due dates ---


def test_a_wave_closes_when_its_last_due_date_has_passed(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db, people=3)
        sent = play(db, from_=LAUNCH, until=LAUNCH + 60 * DAY)
        assert [step for _address, step in sent].count(Step.REMINDER_2) == 3
        wave = wave_pages.row(db, wave_id, TERMINAL)
        closes_at = db.execute(select(schema.invitation.c.closes_at).order_by(schema.invitation.c.closes_at)).scalars()
        assert wave.closes_at == list(closes_at)[-1]
        assert wave.state == WaveState.CLOSED
        assert db.execute(select(schema.invitation.c.disposition).distinct()).scalars().all() == ["silent"]
        assert run.close_due(db, now=LAUNCH + 61 * DAY) == run.ClosedDue({}, ())


@pytest.mark.parametrize(
    ("happened", "disposition"),
    [
        ("nothing", Disposition.SILENT),
        ("a draft with the key question", Disposition.PARTIAL),
        ("a draft without it", Disposition.SILENT),
        ("a draft saved too late", Disposition.SILENT),
        ("away past the due date", Disposition.OTHER),
        ("away and back before", Disposition.SILENT),
        ("nothing was accepted", Disposition.UNKNOWN),
        ("it bounced", Disposition.UNKNOWN),
    ],
)
def test_what_became_of_an_invitation_is_decided_on_its_due_date(
    database: Database, happened: str, disposition: Disposition
) -> None:
    with database.begin() as db:
        launched(db)
        play(db, from_=LAUNCH, until=LAUNCH + 6 * DAY)
        found = only(db)
        assert found.closes_at is not None
        _let(db, happened, found, due_at=found.closes_at)
        run.close_due(db, now=found.closes_at - timedelta(seconds=1))
        assert only(db).disposition is None
        run.close_due(db, now=found.closes_at)
        decided = only(db)
    assert decided.disposition == disposition
    assert (decided.answered_at is not None) is (disposition == Disposition.PARTIAL)


def _let(db: Connection, happened: str, found: store.Invitation, *, due_at: datetime) -> None:
    draft: dict[str, Any] = {
        "invitation_id": found.id,
        "questionnaire_version_id": found.questionnaire_version_id,
        "state": "draft",
        "submitted_at": None,
    }
    if happened == "a draft with the key question":
        add_response(db, **draft, score=7, saved_at=due_at - DAY)
    elif happened == "a draft without it":
        add_response(db, **draft, score=None, saved_at=due_at - DAY)
    elif happened == "a draft saved too late":
        add_response(db, **draft, score=7, saved_at=due_at + timedelta(minutes=1))
    elif happened == "away past the due date":
        run.away(db, found.id, until_on=due_at.date(), now=LAUNCH + 7 * DAY)
    elif happened == "away and back before":
        run.away(db, found.id, until_on=due_at.date() - DAY, now=LAUNCH + 7 * DAY)
    elif happened == "nothing was accepted":
        db.execute(update(schema.message).values(state="unknown"))
    elif happened == "it bounced":
        db.execute(update(schema.message).values(bounced_at=LAUNCH + 7 * DAY))


def test_a_held_step_keeps_no_wave_open(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db)
        late = LAUNCH + 30 * DAY
        reads_on(db, now=late)
        assert store.claim_due(db, now=late, limit=10) == []
        assert only(db).held_because is not None
        assert run.close_due(db, now=late).closed_waves == (wave_id,)
        assert only(db).stopped == StopReason.WAVE_CLOSED


# --- pages ---


def test_a_csm_sees_the_wave_of_own_accounts_only(database: Database) -> None:
    with database.begin() as db:
        wave_id = launched(db, people=2)
        dana = Viewer(add_staff(db), "Dana", StaffRole.CSM, "csm-1")
        jonas = Viewer(add_staff(db, "jonas@vendor.example"), "Jonas", StaffRole.CSM, "csm-2")
        invitation_id = db.execute(select(schema.invitation.c.id).limit(1)).scalar_one()
        assert wave_pages.row(db, wave_id, dana).label == "Relationship, March 2026"
        assert store.invitation(db, invitation_id, dana).wave_id == wave_id
        with pytest.raises(NotFound):
            store.invitation(db, invitation_id, jonas)
        assert store.to_nudge(db, wave_id, jonas, now=LAUNCH + 20 * DAY) == []


def test_whom_to_nudge_are_those_silent_for_a_week_with_time_left_the_largest_account_first(
    database: Database,
) -> None:
    with database.begin() as db:
        wave_id = launched(db, people=2)
        play(db, from_=LAUNCH, until=LAUNCH + 8 * DAY)
        first, second = db.execute(select(schema.invitation.c.id).order_by(schema.invitation.c.id)).scalars()
        db.execute(update(schema.invitation).where(schema.invitation.c.id == second).values(arr=Decimal(1000)))
        assert store.to_nudge(db, wave_id, TERMINAL, now=LAUNCH + 6 * DAY) == []
        found = store.to_nudge(db, wave_id, TERMINAL, now=LAUNCH + 14 * DAY)
        assert [one.invitation_id for one in found] == [second, first]
        run.record_answer(db, first, complete=True, at=LAUNCH + 14 * DAY)
        found = store.to_nudge(db, wave_id, TERMINAL, now=LAUNCH + 14 * DAY)
        assert [one.invitation_id for one in found] == [second]
        assert store.to_nudge(db, wave_id, TERMINAL, now=LAUNCH + 40 * DAY) == []
