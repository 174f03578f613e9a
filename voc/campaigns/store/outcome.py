"""What a claim writes: one statement of each kind for the whole batch."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from voc.base import bulk
from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import chase_event, contact_quota, invitation
from voc.base.words import StopReason
from voc.campaigns import chase
from voc.campaigns.chase import Held
from voc.campaigns.model import Chased, Dropped, Plan, Step, Why
from voc.campaigns.store import owners
from voc.campaigns.store.rows import stop_rows

_BY_ID = update(invitation).where(invitation.c.id == bindparam("row_id"))
_MOVE = _BY_ID.values(intended_on=bindparam("on"), due_at=bindparam("at"), moved_because=bindparam("because"))
_HOLD = _BY_ID.values(held_because=bindparam("because"))
_GIVEN_OUT: dict[str, Any] = {"next_step": None, "due_at": None, "moved_because": None}
_CLAIM = update(invitation).where(among(invitation.c.id, "ids")).values(**_GIVEN_OUT)


@dataclass(slots=True)
class Outcome:
    """What each row of a batch comes to. `sent` has the contact's local day, which the quarantine counts."""

    sent: list[tuple[Any, Chased, date]] = field(default_factory=list)
    moved: list[tuple[Any, Plan]] = field(default_factory=list)
    dropped: list[tuple[Any, Dropped]] = field(default_factory=list)
    held: list[tuple[Any, Held]] = field(default_factory=list)
    stopped: list[tuple[Any, StopReason]] = field(default_factory=list)


def write(db: Connection, outcome: Outcome, wanted: Preferences, *, now: datetime) -> None:
    if outcome.sent:
        _write_sent(db, outcome, wanted, now=now)
    if outcome.moved:
        moves = [{"row_id": row.id, "on": to.on, "at": to.at, "because": to.why} for row, to in outcome.moved]
        db.execute(_MOVE, moves)
    if outcome.held:
        db.execute(_HOLD, [{"row_id": row.id, "because": held.because} for row, held in outcome.held])
    _write_events(db, outcome, now=now)
    _write_ends(db, outcome, now=now)


def _write_sent(db: Connection, outcome: Outcome, wanted: Preferences, *, now: datetime) -> None:
    """Claimed rows have no next step until this one is recorded; the message is counted; who they stand for frozen."""
    asked = [row for row, _person, _on in outcome.sent if row.next_step == Step.INVITE]
    if asked:
        # Who they stand for is frozen in the same write: a second one would be a second version of each row.
        frozen = owners.owned(db, asked, wanted, now=now)
        bulk.update_each(db, invitation, [{**row, **_GIVEN_OUT} for row in frozen])
    if len(asked) < len(outcome.sent):
        db.execute(_CLAIM, {"ids": [row.id for row, _person, _on in outcome.sent if row.next_step != Step.INVITE]})
    reserved = [
        {
            "address": row.address,
            "account_id": row.account_now_id,
            "invitation_id": row.id,
            "step": row.next_step,
            "priority": row.priority,
            "on": on,
            "at": now,
        }
        for row, _person, on in outcome.sent
    ]
    bulk.insert_all(db, contact_quota, reserved)


def _write_events(db: Connection, outcome: Outcome, *, now: datetime) -> None:
    def event(row: Any, what: str, why: Why | None, on: date | None) -> dict[str, Any]:
        return {"invitation_id": row.id, "at": now, "step": row.next_step, "what": what, "why": why, "on": on}

    events = [event(row, "moved", plan.why, plan.on) for row, plan in outcome.moved]
    events += [event(row, "dropped", dropped.why, dropped.on) for row, dropped in outcome.dropped]
    events += [event(row, "held", Why.OVERDUE, None) for row, _held in outcome.held]
    if events:
        db.execute(insert(chase_event), events)


def _write_ends(db: Connection, outcome: Outcome, *, now: datetime) -> None:
    """A reminder that is dropped ends the chase in silence; an invitation that is never sent is stopped."""
    over = [row.id for row, dropped in outcome.dropped if dropped.step not in chase.ASKING]
    if over:
        statement = update(invitation).where(invitation.c.id.in_(over))
        db.execute(statement.values(next_step=None, due_at=None, moved_because=None))
    ended: dict[StopReason, list[int]] = {}
    for row, dropped in outcome.dropped:
        if dropped.step in chase.ASKING:
            ended.setdefault(StopReason.NO_DAY, []).append(row.id)
    for row, reason in outcome.stopped:
        ended.setdefault(reason, []).append(row.id)
    for reason, ids in ended.items():
        stop_rows(db, ids, reason=reason, now=now)
