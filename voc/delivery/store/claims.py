"""The claim: which messages may go, each held by one worker; writes `message`, `domain_state`.

A claim looks at a window at the front of the queue and no further, so that it costs the same however
long the queue is. What nobody wants any more or is too late ends when its turn comes; what comes at
night waits for the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from voc.base import bulk, locks
from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import message
from voc.base.types import Instant
from voc.base.words import MessageKind, MessageState, Step
from voc.campaigns.late import FRESH
from voc.campaigns.store import late
from voc.campaigns.store.late import LateMail
from voc.delivery.allowance import domain_of
from voc.delivery.model import Claimed
from voc.delivery.store import domains, ending
from voc.delivery.store.ending import Ended
from voc.delivery.store.holding import give_back
from voc.delivery.store.may_go import ASKING, asked_of, let_go, of_a_wave_that_is_over, too_late, unwanted


@dataclass(frozen=True)
class Claim:
    """What a worker holds now. `more`: the window was full, and behind it there may be messages that can go."""

    messages: list[Claimed]
    cancelled: int
    given_up: list[Ended]
    more: bool


@cache
def _front(test_mode: bool) -> Any:
    return (
        select(
            message.c.id,
            message.c.recipient,
            message.c.address,
            message.c.kind,
            message.c.invitation_id,
            message.c.step,
            message.c.created_at,
            message.c.give_up_at,
            or_(unwanted(), of_a_wave_that_is_over()).label("unwanted"),
            too_late().label("too_late"),
        )
        .where(
            message.c.state == MessageState.QUEUED,
            message.c.next_attempt_at <= bindparam("now", type_=Instant()),
            let_go(test_mode, or_over=True),
        )
        .order_by(message.c.next_attempt_at, message.c.id)
        .limit(bindparam("window"))
        # Two workers on PostgreSQL step over each other's rows; on SQLite there is one writer.
        .with_for_update(skip_locked=True, of=message)
    )


_CLAIM = (
    update(message)
    .where(among(message.c.id, "ids"))
    .values(
        state=MessageState.CLAIMED,
        worker=bindparam("by"),
        fence=message.c.fence + 1,
        lease_until=bindparam("until", type_=Instant()),
    )
    .returning(
        message.c.id,
        message.c.kind,
        message.c.invitation_id,
        message.c.wave_id,
        message.c.step,
        message.c.contact_id,
        message.c.address,
        message.c.recipient,
        message.c.return_path,
        message.c.body,
        message.c.attempts,
        message.c.fence,
        message.c.next_attempt_at,
        message.c.give_up_at,
    )
)


def claim(
    db: Connection,
    *,
    preferences: Preferences,
    worker: str,
    now: datetime,
    lasts: timedelta,
    limit: int,
    per_domain: Mapping[str, float] | None = None,
) -> Claim:
    """Take up to `limit` messages that may go now, the longest due first; nobody else gets them meanwhile.

    `per_domain`: messages a minute to one recipient domain, over all workers; what is over it waits.
    """
    asked = {"now": now, "window": limit, **asked_of(preferences, now=now)}
    rows = db.execute(_front(preferences.test_mode), asked).all()
    cancelled = ending.cancel(db, [row.id for row in rows if row.unwanted])
    wanted = [row for row in rows if not row.unwanted and not row.too_late]
    polite = _put_off(db, wanted, preferences, now=now)
    given_up = ending.give_up(db, [row.id for row in rows if row.too_late and not row.unwanted] + [*polite.never])
    free = [(row.id, domain_of(row.recipient)) for row in wanted if row.id not in polite.waiting]
    ids = domains.reserve(db, free, per_domain or {}, now=now)
    taken = db.execute(_CLAIM, {"ids": ids, "by": worker[:64], "until": now + lasts}).all() if ids else []
    messages = [_claimed(row) for row in taken]
    messages.sort(key=lambda one: (one.next_attempt_at, one.id))
    return Claim(messages, cancelled, given_up, more=len(rows) == limit)


@dataclass(frozen=True)
class _PutOff:
    """Ids of mail that may not go at this hour; those of them that may go at none before their next step is due."""

    waiting: frozenset[int] = frozenset()
    never: tuple[int, ...] = ()


def _put_off(db: Connection, rows: Sequence[Any], preferences: Preferences, *, now: datetime) -> _PutOff:
    """Mail that asks and was frozen some time ago waits for an hour at which one may be asked. Tests do not."""
    fresh_since = now - FRESH
    old = [row for row in rows if row.created_at < fresh_since and row.kind in ASKING and row.recipient == row.address]
    if not old:
        return _PutOff()
    # Two workers with a mail each for one person would both find the day free: who comes second comes again.
    held = locks.try_hold(db, {locks.address(row.address) for row in old})
    busy = {row.id for row in old if locks.address(row.address) not in held}
    mails = [LateMail(row.id, row.invitation_id, row.step and Step(row.step), now) for row in old if row.id not in busy]
    moments = {id: at for id, at in late.first_polite(db, mails, preferences).items() if at > now}
    never = [row.id for row in rows if row.id in moments and row.give_up_at and moments[row.id] >= row.give_up_at]
    turns = [{"id": id, "next_attempt_at": at} for id, at in sorted(moments.items()) if id not in never]
    bulk.update_each(db, message, turns)
    return _PutOff(frozenset(moments) | busy, tuple(never))


def within_limits(
    db: Connection, held: list[Claimed], per_domain: Mapping[str, float], *, now: datetime
) -> list[Claimed]:
    """Those of the messages, claimed outside `claim`, that their domains have room for; the others wait their turn."""
    if not held:
        return held
    wanted = [(one.id, domain_of(one.recipient)) for one in held]
    free = set(domains.reserve(db, wanted, per_domain, now=now))
    give_back(db, [one for one in held if one.id not in free])
    return [one for one in held if one.id in free]


def _claimed(row: Any) -> Claimed:
    return Claimed(
        id=row.id,
        kind=MessageKind(row.kind),
        invitation_id=row.invitation_id,
        wave_id=row.wave_id,
        step=None if row.step is None else Step(row.step),
        contact_id=row.contact_id,
        address=row.address,
        recipient=row.recipient,
        return_path=row.return_path,
        body=row.body or b"",
        attempts=row.attempts,
        fence=row.fence,
        next_attempt_at=row.next_attempt_at,
        give_up_at=row.give_up_at,
    )
