"""What a worker holds: the second commit, the lease, and what it gives back; writes `message`.

Every step a worker takes names the fence of its claim, so that one that slept through its lease
changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, not_, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from voc.base import bulk
from voc.base.among import unindexed
from voc.base.preferences import Preferences
from voc.base.prepared import Prepared
from voc.base.schema import message
from voc.base.types import Instant
from voc.base.words import MessageState
from voc.delivery.model import Claimed
from voc.delivery.store import ending
from voc.delivery.store.may_go import asked_of, let_go, unwanted


@dataclass(frozen=True)
class Hold:
    """Whose a claim is, and for how long."""

    worker: str
    until: datetime


@cache
def _held(dialect: str) -> ColumnElement[bool]:
    """The claims that are given as pairs of id and fence, as far as they still hold."""
    pair = bulk.pairs(dialect)
    return and_(message.c.id == pair.c.id, message.c.fence == pair.c.other)


def _in_state(*states: MessageState) -> ColumnElement[bool]:
    """Of a few that are looked up by their ids, not looked for among all that are claimed."""
    return or_(*(unindexed(message.c.state) == one for one in states))


def pairs_of(db: Connection, claimed: Collection[Claimed]) -> dict[str, Any]:
    return bulk.pairs_of(db.dialect.name, ((one.id, one.fence) for one in claimed))


@cache
def _marking(dialect: str, test_mode: bool) -> Prepared:
    return Prepared(
        update(message)
        .where(_held(dialect), _in_state(MessageState.CLAIMED), not_(unwanted()), let_go(test_mode))
        .values(state=MessageState.HANDING_OVER)
        .returning(message.c.id),
        dialect,
    )


def mark_handing_over(
    db: Connection, claimed: Sequence[Claimed], *, preferences: Preferences, now: datetime
) -> set[int]:
    """The second commit. The ids that may end: their claim is still ours and nothing speaks against them now."""
    marking = _marking(db.dialect.name, preferences.test_mode)
    return {id for (id,) in marking.run(db, {**pairs_of(db, claimed), **asked_of(preferences, now=now)})}


@cache
def _renewing(dialect: str) -> Any:
    return (
        update(message)
        .where(_held(dialect), _in_state(MessageState.CLAIMED, MessageState.HANDING_OVER))
        .values(lease_until=bindparam("until", type_=Instant()))
    )


def renew(db: Connection, claimed: Collection[Claimed], *, until: datetime) -> None:
    """Go on holding what is still ours."""
    if claimed:
        db.execute(_renewing(db.dialect.name), {**pairs_of(db, claimed), "until": until})


@cache
def _giving_back(dialect: str) -> ReturningUpdate[Any]:
    return (
        update(message)
        .where(_held(dialect), _in_state(MessageState.CLAIMED))
        .values(state=MessageState.QUEUED, worker=None, lease_until=None)
        .returning(message.c.id)
    )


def give_back(db: Connection, claimed: Collection[Claimed]) -> int:
    """Back into the queue, untouched: they were not tried. What nobody wants any more is cancelled; how many."""
    if not claimed:
        return 0
    ids = db.execute(_giving_back(db.dialect.name), pairs_of(db, claimed)).scalars().all()
    return ending.cancel(db, list(ids), if_unwanted=True)


def at_work(db: Connection, *, claimed_since: datetime, lasts: timedelta) -> int:
    """How many workers hold messages that they claimed, or renewed the claim of, since then; claims last so long."""
    return db.execute(_AT_WORK, {"until": claimed_since + lasts}).scalar_one()


_AT_WORK = select(func.count(func.distinct(message.c.worker))).where(
    message.c.state.in_((MessageState.CLAIMED, MessageState.HANDING_OVER)),
    message.c.lease_until > bindparam("until", type_=Instant()),
)
