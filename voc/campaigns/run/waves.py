"""A wave from its rehearsal to its close."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.errors import Refused
from voc.campaigns import chase
from voc.campaigns.model import Disposition, StopReason, WaveState, Why
from voc.campaigns.store import closing, invitations
from voc.campaigns.store.closing import Due
from voc.campaigns.store.rows import rules_of


def pause(db: Connection, wave_id: int, *, by: str, now: datetime, because: str | None = None) -> None:
    """Nothing of the wave is given out until it is resumed. Claims under way end first."""
    _move(db, wave_id, from_=(WaveState.RUNNING,), verb="paused")
    closing.write_wave(db, wave_id, state=WaveState.PAUSED, paused_because=because)
    _audit(db, "wave paused", "wave", wave_id, by=by, now=now, detail={"because": because})


def resume(db: Connection, wave_id: int, *, by: str, now: datetime) -> None:
    """Steps that fell due meanwhile are planned into each person's next window instead of going out at once."""
    _move(db, wave_id, from_=(WaveState.PAUSED,), verb="resumed")
    closing.write_wave(db, wave_id, state=WaveState.RUNNING, paused_because=None, resumed_at=now)
    plan_overdue_anew(db, wave_ids=[wave_id], now=now)
    _audit(db, "wave resumed", "wave", wave_id, by=by, now=now)


def plan_overdue_anew(db: Connection, *, now: datetime, wave_ids: Sequence[int] | None = None) -> int:
    """Every overdue step into its next window, of these waves or (after a restore) of all; returns how many."""
    ids = closing.overdue(db, wave_ids=wave_ids, now=now)
    wanted = preferences.load(db)
    for invitation_id in ids:
        standing = invitations.lock(db, invitation_id)
        if standing.next_step is not None:
            rules = rules_of(standing.settings, wanted)
            plan = chase.replan(rules, standing.chased, standing.next_step, now=now, why=Why.PAUSED)
            invitations.write_plan_or_stop(db, invitation_id, plan, now=now)
    return len(ids)


def release_held(db: Connection, wave_id: int, *, by: str, now: datetime, most: int = 500) -> int:
    """Steps that wait for a person go on, each in its person's next window; how many, so many at a time at most."""
    _move(db, wave_id, from_=(WaveState.RUNNING,), verb="released")
    ids = closing.held(db, wave_id, most=most)
    wanted = preferences.load(db)
    for invitation_id in ids:
        standing = invitations.lock(db, invitation_id)
        if standing.next_step is not None:
            invitations.write(db, invitation_id, held_because=None)
            rules = rules_of(standing.settings, wanted)
            plan = chase.replan(rules, standing.chased, standing.next_step, now=now, why=Why.OVERDUE)
            invitations.write_plan_or_stop(db, invitation_id, plan, now=now)
    if ids:
        _audit(db, "held steps released", "wave", wave_id, by=by, now=now, detail={"steps": len(ids)})
    return len(ids)


def stop_wave(db: Connection, wave_id: int, *, by: str, now: datetime, because: str | None = None) -> list[int]:
    """End every chase of the wave for good; answers are still taken. Returns invitations whose queued mail must go."""
    _move(db, wave_id, from_=closing.OPEN, verb="stopped")
    closing.write_wave(db, wave_id, state=WaveState.STOPPED, closed_at=now, paused_because=because)
    stopped = closing.stop_wave_rows(db, wave_id, reason=StopReason.WAVE_STOPPED, now=now)
    _audit(db, "wave stopped", "wave", wave_id, by=by, now=now, detail={"because": because, "chases": len(stopped)})
    return stopped


def close(db: Connection, wave_id: int, *, by: str, now: datetime) -> list[int]:
    """Close the wave before its latest due date; each invitation is still decided on its own due date."""
    _move(db, wave_id, from_=closing.OPEN, verb="closed")
    stopped = _close(db, wave_id, now=now)
    _audit(db, "wave closed", "wave", wave_id, by=by, now=now, detail={"chases": len(stopped)})
    return stopped


def _close(db: Connection, wave_id: int, *, now: datetime) -> list[int]:
    closing.write_wave(db, wave_id, state=WaveState.CLOSED, closed_at=now, paused_because=None)
    return closing.stop_wave_rows(db, wave_id, reason=StopReason.WAVE_CLOSED, now=now)


def _move(db: Connection, wave_id: int, *, from_: Sequence[WaveState], verb: str) -> None:
    row = closing.lock_wave(db, wave_id)
    if row.state not in from_:
        raise Refused(f"The wave {row.label} is {row.state}: it cannot be {verb}.")


@dataclass(frozen=True, slots=True)
class ClosedDue:
    """What a look at due dates came to."""

    decided: dict[Disposition, int]
    closed_waves: tuple[int, ...]


def close_due(db: Connection, *, now: datetime) -> ClosedDue:
    """Decide what became of each invitation whose due date has passed; close the waves that are over. Idempotent."""
    due = closing.due_undecided(db, now=now)
    decided: dict[Disposition, list[int]] = defaultdict(list)
    for one in due:
        decided[became(one)].append(one.id)
    closing.decide_due(db, decided, now=now)
    closing.count_partial(db, {one.id: one.saved_at for one in due if one.saved_at is not None})
    closing.refresh_closes_at(db)
    over = closing.finished(db)
    for wave_id in over:
        closing.lock_wave(db, wave_id)
        _close(db, wave_id, now=now)
    return ClosedDue({disposition: len(ids) for disposition, ids in decided.items()}, tuple(over))


def became(due: Due) -> Disposition:
    """The disposition of an invitation nobody decided until its due date (3-metrics 1.1)."""
    if due.saved_at is not None:
        return Disposition.PARTIAL
    if due.away_on_due_day:
        return Disposition.OTHER
    return Disposition.SILENT if due.delivered else Disposition.UNKNOWN


def _audit(
    db: Connection,
    action: str,
    kind: str,
    id: int | str,
    *,
    by: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind=kind, object_id=id, detail=detail)
