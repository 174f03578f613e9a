"""The claim and the second commit: which messages may go, each held by one worker; writes `message`, `domain_state`.

Every step a worker takes names the fence of its claim, so that one that slept through its lease
changes nothing. Opt-out, answer, pause and test mode are conditions of the claim itself and again
of the step to handing_over: what they forbid cannot slip between a look and an act.

A claim looks at a window at the front of the queue and no further, so that it costs the same however
long the queue is. What nobody wants any more or is too late ends when its turn comes; what comes at
night waits for the day.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from voc.base import bulk, locks
from voc.base.among import among, unindexed
from voc.base.preferences import Preferences
from voc.base.prepared import Prepared
from voc.base.schema import account, exclusion, installation, invitation, message, suppression, wave
from voc.base.types import Instant
from voc.base.words import MessageKind, MessageState, Step, WaveState
from voc.campaigns.late import FRESH
from voc.campaigns.store import late
from voc.campaigns.store.late import LateMail
from voc.delivery.allowance import domain_of
from voc.delivery.model import Claimed
from voc.delivery.store import domains

ASKING = (MessageKind.CHASE, MessageKind.NUDGE)
"""Mail that asks for an answer: an opt-out, a bounce or the answer itself ends it."""

# Not IN: SQLAlchemy writes its list out anew each time.
_ASKS = or_(*(message.c.kind == kind for kind in ASKING))
_THANKS = message.c.kind == MessageKind.THANKS

# --- may it go ----------------------------------------------------------------------------------


def _of_a_wave_that_is_over() -> ColumnElement[bool]:
    ended = or_(*(wave.c.state == state for state in (WaveState.CLOSED, WaveState.STOPPED)))
    return and_(_ASKS, exists().where(wave.c.id == message.c.wave_id, ended))


def _unwanted() -> ColumnElement[bool]:
    """The chase has ended, the person has answered, or the address is suppressed."""
    ended = exists().where(
        invitation.c.id == message.c.invitation_id,
        or_(invitation.c.stopped.is_not(None), invitation.c.answered_at.is_not(None)),
    )
    suppressed = exists().where(suppression.c.address == message.c.address, suppression.c.lifted_at.is_(None))
    # Thanks are for the answer that ended the chase; only an address that must not be mailed stops them.
    return or_(and_(_ASKS, or_(ended, suppressed)), and_(_THANKS, suppressed))


def _too_late() -> ColumnElement[bool]:
    return func.coalesce(message.c.give_up_at <= bindparam("now", type_=Instant()), False)


def _set_aside() -> ColumnElement[bool]:
    """Said after the mail was frozen: the account is under escalation, or it or the person must not be asked."""
    today = bindparam("today", type_=Date())
    meant = (_ASKS, invitation.c.id == message.c.invitation_id)
    escalated = exists().where(*meant, account.c.id == invitation.c.account_id, account.c.escalated_until_on > today)
    excluded = exists().where(
        *meant,
        exclusion.c.account_id == invitation.c.account_id,
        or_(exclusion.c.contact_id.is_(None), exclusion.c.contact_id == invitation.c.contact_id),
        exclusion.c.ended_at.is_(None),
        exclusion.c.expires_on > today,
    )
    return or_(escalated, excluded)


def _let_go(test_mode: bool, *, or_over: bool = False) -> ColumnElement[bool]:
    """Neither sending nor its wave is paused, and nobody asked to leave them alone for a while.

    `or_over`: nor that of a wave which is over, so that it is met and ended.
    """
    # Whoever must mend what stopped it is told: an alert that was written since then goes.
    told = and_(message.c.kind == MessageKind.ALERT, message.c.created_at >= installation.c.paused_at)
    paused = exists().where(installation.c.sending_paused, not_(func.coalesce(told, false())))
    going = (WaveState.RUNNING, WaveState.CLOSED, WaveState.STOPPED) if or_over else (WaveState.RUNNING,)
    resting = exists().where(wave.c.id == message.c.wave_id, wave.c.state.not_in(going))
    conditions = [
        not_(paused),
        not_(and_(_ASKS, resting)),
        not_(_set_aside()),
    ]
    if test_mode:
        # Frozen for a real person before test mode was switched on: it waits.
        conditions.append(message.c.recipient == bindparam("test_address"))
    return and_(*conditions)


def _asked(preferences: Preferences, *, now: datetime) -> dict[str, Any]:
    test = {"test_address": preferences.test_address or ""} if preferences.test_mode else {}
    return {"today": now.date(), **test}


# --- the claim ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hold:
    """Whose a claim is, and for how long."""

    worker: str
    until: datetime


@dataclass(frozen=True)
class Ended:
    """A message that will not be sent, or was left by a dead worker: its chase goes on with the next step."""

    id: int
    invitation_id: int | None
    step: Step | None


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
            or_(_unwanted(), _of_a_wave_that_is_over()).label("unwanted"),
            _too_late().label("too_late"),
        )
        .where(
            message.c.state == MessageState.QUEUED,
            message.c.next_attempt_at <= bindparam("now", type_=Instant()),
            _let_go(test_mode, or_over=True),
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
    asked = {"now": now, "window": limit, **_asked(preferences, now=now)}
    rows = db.execute(_front(preferences.test_mode), asked).all()
    cancelled = _cancel(db, [row.id for row in rows if row.unwanted])
    wanted = [row for row in rows if not row.unwanted and not row.too_late]
    polite = _put_off(db, wanted, preferences, now=now)
    given_up = _give_up(db, [row.id for row in rows if row.too_late and not row.unwanted] + [*polite.never])
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


def at_work(db: Connection, *, claimed_since: datetime, lasts: timedelta) -> int:
    """How many workers hold messages that they claimed, or renewed the claim of, since then; claims last so long."""
    return db.execute(_AT_WORK, {"until": claimed_since + lasts}).scalar_one()


_AT_WORK = select(func.count(func.distinct(message.c.worker))).where(
    message.c.state.in_((MessageState.CLAIMED, MessageState.HANDING_OVER)),
    message.c.lease_until > bindparam("until", type_=Instant()),
)


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
        .where(_held(dialect), _in_state(MessageState.CLAIMED), not_(_unwanted()), _let_go(test_mode))
        .values(state=MessageState.HANDING_OVER)
        .returning(message.c.id),
        dialect,
    )


def mark_handing_over(
    db: Connection, claimed: Sequence[Claimed], *, preferences: Preferences, now: datetime
) -> set[int]:
    """The second commit. The ids that may end: their claim is still ours and nothing speaks against them now."""
    marking = _marking(db.dialect.name, preferences.test_mode)
    return {id for (id,) in marking.run(db, {**pairs_of(db, claimed), **_asked(preferences, now=now)})}


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
    return _cancel(db, list(ids), if_unwanted=True)


# --- what is not sent ---------------------------------------------------------------------------


def tidy(db: Connection, *, now: datetime, limit: int) -> tuple[int, list[Ended]]:
    """While nothing is sent: end up to `limit` due messages that nobody wants or that are too late."""
    rows = db.execute(_ENDING, {"now": now, "window": limit}).all()
    cancelled = _cancel(db, [row.id for row in rows if row.unwanted])
    return cancelled, _give_up(db, [row.id for row in rows if not row.unwanted])


_ENDING = (
    select(message.c.id, or_(_unwanted(), _of_a_wave_that_is_over()).label("unwanted"))
    .where(
        message.c.state == MessageState.QUEUED,
        message.c.next_attempt_at <= bindparam("now", type_=Instant()),
        or_(_too_late(), _unwanted(), _of_a_wave_that_is_over()),
    )
    .order_by(message.c.next_attempt_at, message.c.id)
    .limit(bindparam("window"))
    .with_for_update(skip_locked=True, of=message)
)


def ended(state: MessageState, text: str | ColumnElement[str] | BindParameter[Any]) -> dict[str, object]:
    """The values of a message that is over without having been sent."""
    return {
        "state": state,
        "reply_text": text,
        "next_attempt_at": None,
        "worker": None,
        "lease_until": None,
        "fence": message.c.fence + 1,
    }


@cache
def _cancelling(if_unwanted: bool) -> Any:
    of_these = update(message).where(among(message.c.id, "ids"), message.c.state == MessageState.QUEUED)
    over = _of_a_wave_that_is_over()
    text = case(
        (over, "Not sent: the wave is over"), else_="Not sent: the chase has ended or the address is suppressed"
    )
    chosen = of_these.where(or_(_unwanted(), over)) if if_unwanted else of_these
    return chosen.values(ended(MessageState.CANCELLED, text))


def _cancel(db: Connection, ids: list[int], *, if_unwanted: bool = False) -> int:
    return db.execute(_cancelling(if_unwanted), {"ids": ids}).rowcount if ids else 0


_GIVE_UP = (
    update(message)
    .where(among(message.c.id, "ids"), message.c.state == MessageState.QUEUED)
    .values(
        ended(
            MessageState.FAILED,
            case(
                (message.c.reply_text.is_(None), "Not sent in time: the next step is due"),
                else_="Not sent in time: the next step is due. The server's last words: " + message.c.reply_text,
            ),
        )
    )
    .returning(message.c.id, message.c.invitation_id, message.c.step)
)


def _give_up(db: Connection, ids: list[int]) -> list[Ended]:
    """Queued messages that are as late as the next step: never sent."""
    rows = db.execute(_GIVE_UP, {"ids": ids}).all() if ids else []
    return [Ended(row.id, row.invitation_id, None if row.step is None else Step(row.step)) for row in sorted(rows)]
