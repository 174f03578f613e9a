"""What mail providers' webhooks said; writes `provider_event` and `provider_refusal`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from voc.base.schema import message, provider_event, provider_refusal
from voc.base.words import MessageState
from voc.delivery.providers.model import PROOF, EventKind, WhyNot

_AT_ONCE = 500  # rows of one statement: SQLite takes so many values


@dataclass(frozen=True)
class Kept:
    """A verified piece. `raw` is encrypted; `kind` where it shows without reading."""

    event: str
    raw: bytes
    kind: EventKind | None = None


def keep(db: Connection, provider: str, kept: Sequence[Kept], *, now: datetime) -> int:
    """Keep each event once, by the provider's id of it; how many were new."""
    into = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    new = 0
    for start in range(0, len(kept), _AT_ONCE):
        rows = [
            {"provider": provider, "event": one.event, "received_at": now, "raw": one.raw, "kind": one.kind}
            for one in kept[start : start + _AT_ONCE]
        ]
        once = into(provider_event).values(rows).on_conflict_do_nothing().returning(literal(1))
        new += len(db.execute(once).all())
    return new


@dataclass(frozen=True)
class Waiting:
    id: int
    provider: str
    kind: EventKind | None
    raw: bytes
    received_at: datetime


# Without its text there is nothing to read: it waited longer than such things are kept.
_UNREAD = (
    provider_event.c.handled_at.is_(None),
    provider_event.c.trouble.is_(None),
    provider_event.c.raw.is_not(None),
)


def waiting(db: Connection, *, limit: int) -> list[Waiting]:
    """Events that nobody has acted on, oldest first; those that broke us are left out."""
    rows = db.execute(
        select(
            provider_event.c.id,
            provider_event.c.provider,
            provider_event.c.kind,
            provider_event.c.raw,
            provider_event.c.received_at,
        )
        .where(*_UNREAD)
        .order_by(provider_event.c.id)
        .limit(limit)
    )
    return [
        Waiting(row.id, row.provider, None if row.kind is None else EventKind(row.kind), row.raw, row.received_at)
        for row in rows
    ]


def is_waiting(db: Connection) -> bool:
    return db.execute(select(provider_event.c.id).where(*_UNREAD).limit(1)).first() is not None


def take(db: Connection, event_id: int) -> bool:
    """Whether it still waits; another worker that has it is waited for."""
    row = select(provider_event.c.id).where(provider_event.c.id == event_id, *_UNREAD).with_for_update()
    return db.execute(row).first() is not None


def settle(
    db: Connection,
    event_id: int,
    *,
    kind: EventKind | None,
    now: datetime,
    message_id: int | None = None,
    trouble: str | None = None,
) -> None:
    """It was read and acted on. `message_id`: the message of ours that it is about."""
    db.execute(
        update(provider_event)
        .where(provider_event.c.id == event_id)
        .values(kind=kind, message_id=message_id, handled_at=now, trouble=trouble)
    )


def set_aside(db: Connection, event_id: int, *, trouble: str) -> None:
    """It broke us: kept for a person, and not tried again by itself."""
    db.execute(update(provider_event).where(provider_event.c.id == event_id).values(trouble=trouble[:500]))


def try_again(db: Connection, *, provider: str) -> int:
    """What was set aside is read anew; how many."""
    aside = (provider_event.c.provider == provider, provider_event.c.handled_at.is_(None))
    return db.execute(update(provider_event).where(*aside).values(trouble=None)).rowcount


@dataclass(frozen=True)
class Proven:
    """An unknown message of which a provider spoke: it was handed over after all."""

    message_id: int
    said_at: datetime


def proven(db: Connection) -> list[Proven]:
    """Whatever came first: the provider's word, or our finding out that nobody knows."""
    rows = db.execute(
        select(message.c.id, func.min(provider_event.c.received_at).label("said_at"))
        .join(provider_event, provider_event.c.message_id == message.c.id)
        .where(message.c.state == MessageState.UNKNOWN, provider_event.c.kind.in_(PROOF))
        .group_by(message.c.id)
        .order_by(message.c.id)
    )
    return [Proven(row.id, row.said_at) for row in rows]


# --- refused calls ------------------------------------------------------------------------------


def refuse(db: Connection, provider: str, reason: WhyNot, *, now: datetime) -> None:
    """Count a call that was not taken."""
    into = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    row = {"provider": provider, "reason": reason, "on_day": now.date(), "number": 1, "last_at": now}
    counted = {"number": provider_refusal.c.number + 1, "last_at": now}
    one = into(provider_refusal).values(row)
    db.execute(one.on_conflict_do_update(index_elements=["provider", "reason", "on_day"], set_=counted))


def forget_refusals(db: Connection, *, before: date) -> None:
    db.execute(delete(provider_refusal).where(provider_refusal.c.on_day < before))


# --- how they stand -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """One provider's webhook. `today` and `refused` count since midnight UTC of the day, the latter over a week."""

    provider: str
    last_at: datetime | None = None
    today: dict[str, int] = field(default_factory=dict)  # by kind; "" is not read yet
    waiting: int = 0
    troubles: int = 0  # events that could not be acted on
    last_trouble: str | None = None
    refused: dict[WhyNot, int] = field(default_factory=dict)
    refused_at: datetime | None = None


def standing(db: Connection, providers: Collection[str], *, midnight: datetime, week: date) -> list[Standing]:
    """In the order of the names given."""
    found = []
    for name in providers:
        mine = provider_event.c.provider == name
        last_at = db.execute(select(func.max(provider_event.c.received_at)).where(mine)).scalar()
        today = db.execute(
            select(provider_event.c.kind, func.count())
            .where(mine, provider_event.c.received_at >= midnight)
            .group_by(provider_event.c.kind)
            .order_by(provider_event.c.kind)
        )
        unread, aside, trouble = _unsettled(db, name)
        refused = db.execute(
            select(
                provider_refusal.c.reason,
                func.sum(provider_refusal.c.number).label("number"),
                func.max(provider_refusal.c.last_at).label("last_at"),
            )
            .where(provider_refusal.c.provider == name, provider_refusal.c.on_day >= week)
            .group_by(provider_refusal.c.reason)
            .order_by(provider_refusal.c.reason)
        ).all()
        found.append(
            Standing(
                name,
                last_at=last_at,
                today={kind or "": number for kind, number in today},
                waiting=unread,
                troubles=aside,
                last_trouble=trouble,
                refused={WhyNot(row.reason): int(row.number) for row in refused},
                refused_at=max((row.last_at for row in refused), default=None),
            )
        )
    return found


def _unsettled(db: Connection, provider: str) -> tuple[int, int, str | None]:
    rows = db.execute(
        select(func.count().label("number"), func.max(provider_event.c.trouble).label("trouble"))
        .where(provider_event.c.provider == provider, provider_event.c.handled_at.is_(None))
        .group_by(provider_event.c.trouble.is_(None))
    ).all()
    unread = sum(row.number for row in rows if row.trouble is None)
    aside = sum(row.number for row in rows if row.trouble is not None)
    return unread, aside, next((row.trouble for row in rows if row.trouble is not None), None)
