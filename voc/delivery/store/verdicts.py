"""What became of claimed messages, written down for many at once: writes `message` and `attempt`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, func, select

from voc.base import bulk
from voc.base.among import among, unindexed
from voc.base.schema import attempt, message
from voc.base.words import MessageKind, MessageState
from voc.delivery.model import Claimed, Handed, Outcome
from voc.delivery.store.holding import pairs_of

_STATE = {
    Outcome.SENT: MessageState.SENT,
    Outcome.FAILED: MessageState.FAILED,
    Outcome.UNKNOWN: MessageState.UNKNOWN,
}


@dataclass(frozen=True)
class Verdict:
    """What a server said about a claimed message; `relay` is that server's name.

    `again_at` is for LATER: when to try again, None to give up; `counts`: it was an attempt.
    `masked` replaces the body once sent.
    """

    claimed: Claimed
    handed: Handed
    relay: str
    again_at: datetime | None = None
    counts: bool = True
    masked: bytes | None = None

    def again(self, at: datetime) -> "Verdict":
        """Tried again then, or never where the next step is due by that time."""
        give_up_at = self.claimed.give_up_at
        return replace(self, again_at=None if give_up_at is not None and at >= give_up_at else at)

    @property
    def state(self) -> MessageState:
        ended = MessageState.FAILED if self.again_at is None else MessageState.QUEUED
        return _STATE.get(self.handed.outcome, ended)


_HELD = (MessageState.HANDING_OVER, MessageState.CLAIMED)


@cache
def _with_fence(dialect: str) -> Select[int, str]:
    pair = bulk.pairs(dialect)
    found = select(message.c.id, message.c.state)
    found = found.join(pair, (message.c.id == pair.c.id) & (message.c.fence == pair.c.other))
    return found.with_for_update(of=message)


@dataclass(frozen=True)
class Recorded:
    """Ids of messages: written down now, and those whose claim was another's by then."""

    ours: set[int]
    late: set[int]


def record(db: Connection, verdicts: Sequence[Verdict], *, now: datetime, worker: str) -> Recorded:
    """Write down what the server said, once: what was written down before under the same fence stays.

    Of messages that another holds by now nothing but the attempt is kept, as late: a person who
    settles them will want to know.
    """
    if not verdicts:
        return Recorded(set(), set())
    states = {
        row.id: row.state
        for row in db.execute(_with_fence(db.dialect.name), pairs_of(db, [one.claimed for one in verdicts]))
    }
    ours = {id for id, state in states.items() if state in _HELD}
    late = {one.claimed.id for one in verdicts} - set(states)
    mine = [one for one in verdicts if one.claimed.id in ours]
    sent = [one for one in mine if one.masked is not None]
    bulk.update_each(db, message, [{**_row(one), "sent_at": now, "body": one.masked} for one in sent])
    bulk.update_each(db, message, [_row(one) for one in mine if one.masked is None])
    notes = [
        {
            "message_id": one.claimed.id,
            "at": now,
            "worker": worker[:64],
            "outcome": one.handed.outcome if one.claimed.id in ours else f"late_{one.handed.outcome}",
            "code": one.handed.code,
            "text": one.handed.text or None,
            "relay": one.relay[:64],
        }
        for one in verdicts
        if one.claimed.id in ours or one.claimed.id in late
    ]
    bulk.insert_all(db, attempt, notes)
    return Recorded(ours, late)


def _row(one: Verdict) -> dict[str, Any]:
    return {
        "id": one.claimed.id,
        "state": one.state,
        "worker": None,
        "lease_until": None,
        "reply_code": one.handed.code,
        "reply_text": one.handed.text or None,
        "next_attempt_at": one.again_at if one.state is MessageState.QUEUED else None,
        "attempts": one.claimed.attempts + one.counts,
    }


def sent_twice(db: Connection, contact_ids: Collection[str]) -> bool:
    """Whether one of these people was sent the same step of the same wave more than once. It must never be."""
    return db.execute(_TWICE, {"contacts": contact_ids}).first() is not None


_TWICE = (
    select(message.c.contact_id)
    .where(
        among(message.c.contact_id, "contacts"),
        unindexed(message.c.state) == MessageState.SENT,
        message.c.kind == MessageKind.CHASE,
    )
    .group_by(message.c.contact_id, unindexed(message.c.wave_id), message.c.step)
    .having(func.count() > 1)
    .limit(1)
)
