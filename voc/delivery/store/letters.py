"""Messages one by one: lists that go on from a row (keyset), and one with all that happened to it.

Every query carries what the viewer may see: whose account it is not finds no such mail.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, not_, select, tuple_

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import account, attempt, contact, inbound, message, provider_event, wave
from voc.base.words import InboundKind, MessageKind, MessageState, Step
from voc.delivery.store.tally import CAME_BACK, Chosen


@dataclass(frozen=True)
class Place:
    """Where a list goes on: the last row's moment, where the list is ordered by one, and id."""

    id: int
    at: datetime | None = None


@dataclass(frozen=True)
class Letter:
    """A message without its text."""

    id: int
    kind: MessageKind
    state: MessageState
    step: Step | None
    address: str
    recipient: str
    subject: str
    contact_id: str | None
    contact_name: str
    account_id: str | None
    account_name: str | None
    wave_id: int | None
    created_at: datetime
    due_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    attempts: int
    reply_code: int | None
    reply_text: str | None
    bounced_at: datetime | None
    bounce_code: str | None
    message_id: str
    has_text: bool


_COLUMNS = (
    message.c.id,
    message.c.kind,
    message.c.state,
    message.c.step,
    message.c.address,
    message.c.recipient,
    message.c.subject,
    message.c.contact_id,
    message.c.wave_id,
    message.c.created_at,
    message.c.due_at,
    message.c.next_attempt_at,
    message.c.sent_at,
    message.c.attempts,
    message.c.reply_code,
    message.c.reply_text,
    message.c.bounced_at,
    message.c.bounce_code,
    message.c.message_id,
    message.c.body.is_not(None).label("has_text"),
    contact.c.first_name,
    contact.c.last_name,
    contact.c.account_id,
    account.c.name.label("account_name"),
)


_IN_ORDER_OF_THEIR_TURN = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HANDING_OVER)


def _visible(viewer: Viewer, query: Any) -> Any:
    return (
        query.outerjoin(contact, contact.c.id == message.c.contact_id)
        .outerjoin(account, account.c.id == contact.c.account_id)
        .where(visible_accounts(viewer))
    )


def _letters(db: Connection, ids: list[int]) -> list[Letter]:
    rows = db.execute(
        select(*_COLUMNS)
        .outerjoin(contact, contact.c.id == message.c.contact_id)
        .outerjoin(account, account.c.id == contact.c.account_id)
        .where(message.c.id.in_(ids))
    )
    by_id = {
        row["id"]: Letter(
            **{
                **{name: value for name, value in row.items() if name not in ("first_name", "last_name")},
                "kind": MessageKind(row["kind"]),
                "state": MessageState(row["state"]),
                "step": None if row["step"] is None else Step(row["step"]),
                "contact_name": " ".join(part for part in (row["first_name"], row["last_name"]) if part),
            }
        )
        for row in rows.mappings()
    }
    return [by_id[id] for id in dict.fromkeys(ids) if id in by_id]


def in_state(
    db: Connection,
    viewer: Viewer,
    state: MessageState,
    chosen: Chosen,
    *,
    since: datetime | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> list[Letter]:
    """Waiting ones in the order in which they go; sent ones (`since`), and all others, the latest first."""
    # Ids alone first: what is filtered out and what stands before the page costs no long row.
    query: Select[Any] = select(message.c.id).where(message.c.state == state, chosen.narrowed(db))
    query = query.where(confidential.mail_listed)
    if state in _IN_ORDER_OF_THEIR_TURN:
        order = (message.c.next_attempt_at, message.c.id)
        query = query.order_by(*order)
        further = None if after is None else tuple_(*order) > tuple_(after.at, after.id)
    elif state is MessageState.SENT:
        query = query.where(message.c.sent_at >= since).order_by(message.c.sent_at.desc(), message.c.id.desc())
        further = None if after is None else tuple_(message.c.sent_at, message.c.id) < tuple_(after.at, after.id)
    else:
        # None of these has a next attempt: by it first, because that is the order of the index.
        query = query.order_by(message.c.next_attempt_at.desc(), message.c.id.desc())
        further = None if after is None else message.c.id < after.id
    if further is not None:
        query = query.where(further)
    if not viewer.sees_all:
        query = _visible(viewer, query)
    return _letters(db, list(db.execute(query.limit(limit)).scalars()))


def place_of(letter: Letter) -> Place:
    if letter.state in _IN_ORDER_OF_THEIR_TURN:
        return Place(letter.id, letter.next_attempt_at)
    return Place(letter.id, letter.sent_at if letter.state is MessageState.SENT else None)


@dataclass(frozen=True)
class Back:
    """A mail that came back, and what it was an answer to. `id` is its own."""

    id: int
    kind: InboundKind
    at: datetime
    code: str | None
    quote: str | None
    source: str
    letter: Letter | None = None


def came_back(
    db: Connection,
    viewer: Viewer,
    chosen: Chosen,
    *,
    kind: InboundKind | None,
    since: datetime,
    after: Place | None = None,
    limit: int = 50,
) -> list[Back]:
    """Bounces and complaints, the latest first."""
    query = (
        select(inbound.c.id, inbound.c.kind, inbound.c.at, inbound.c.code, inbound.c.quote, inbound.c.source,
               inbound.c.message_id)
        .join(message, message.c.id == inbound.c.message_id)
        .where(inbound.c.at >= since, inbound.c.kind.in_(CAME_BACK if kind is None else (kind,)), chosen.narrowed(db),
               not_(confidential.day_hidden))
        .order_by(inbound.c.at.desc(), inbound.c.id.desc())
    )  # fmt: skip
    if after is not None:
        query = query.where(tuple_(inbound.c.at, inbound.c.id) < tuple_(after.at, after.id))
    rows = db.execute(_visible(viewer, query).limit(limit)).all()
    letters = {one.id: one for one in _letters(db, [row.message_id for row in rows])}
    return [
        Back(row.id, InboundKind(row.kind), row.at, row.code, row.quote, row.source, letters.get(row.message_id))
        for row in rows
    ]


def unknown_since(db: Connection, *, before: datetime) -> int:
    """How many unknown messages were last tried before then."""
    tried = select(func.max(attempt.c.at)).where(attempt.c.message_id == message.c.id).scalar_subquery()
    old = func.coalesce(tried, message.c.due_at) < before
    return db.execute(select(func.count()).where(message.c.state == MessageState.UNKNOWN, old)).scalar_one()


# --- one of them --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    """One attempt to hand it over, or what a person did with it."""

    at: datetime
    worker: str
    outcome: str
    code: int | None
    text: str | None
    relay: str | None


@dataclass(frozen=True)
class Told:
    """What the mail provider said of it afterwards."""

    at: datetime
    provider: str
    kind: str | None
    trouble: str | None


@dataclass(frozen=True)
class Story:
    letter: Letter
    wave: str | None
    tries: list[Try]
    back: list[Back]
    told: list[Told]


def story(db: Connection, message_id: int, viewer: Viewer) -> Story:
    """NotFound if it is not the viewer's to see."""
    here = select(message.c.id).where(message.c.id == message_id, confidential.mail_listed)
    known = db.execute(_visible(viewer, here)).first()
    if known is None:
        raise NotFound("There is no such mail, or it is not yours to see.")
    (letter,) = _letters(db, [message_id])
    of = attempt.c.message_id == message_id
    tries = db.execute(
        select(attempt.c.at, attempt.c.worker, attempt.c.outcome, attempt.c.code, attempt.c.text, attempt.c.relay)
        .where(of)
        .order_by(attempt.c.id)
    )
    back = db.execute(
        select(inbound.c.id, inbound.c.kind, inbound.c.at, inbound.c.code, inbound.c.quote, inbound.c.source)
        .where(inbound.c.message_id == message_id, not_(confidential.day_hidden))
        .order_by(inbound.c.at, inbound.c.id)
    )
    told = db.execute(
        select(provider_event.c.received_at, provider_event.c.provider, provider_event.c.kind, provider_event.c.trouble)
        .where(provider_event.c.message_id == message_id)
        .order_by(provider_event.c.id)
    )
    label = db.execute(select(wave.c.label).where(wave.c.id == letter.wave_id)).scalar() if letter.wave_id else None
    return Story(
        letter,
        label,
        [Try(*row) for row in tries],
        [Back(row.id, InboundKind(row.kind), row.at, row.code, row.quote, row.source) for row in back],
        [Told(*row) for row in told],
    )
