"""The mails of one person that came back, each with what followed from it: for their page."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, case, null, select

from voc.base import confidential
from voc.base.schema import inbound, invitation, message, suggestion
from voc.base.words import InboundKind, SuggestionKind, SuggestionState
from voc.delivery.run.effects import suggestion_key


@dataclass(frozen=True)
class Told:
    """A suggestion that the mail made. Name and address are a third person's; both are gone after 30 days unused."""

    kind: SuggestionKind
    state: SuggestionState
    name: str | None
    address: str | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class CameBack:
    id: int
    kind: InboundKind
    at: datetime | None  # None: it answers a mail of a confidential wave, and its day is not shown
    code: str | None
    quote: str | None
    until_on: date | None
    told: tuple[Told, ...]


def came_back(db: Connection, contact_id: str, *, until: datetime, limit: int = 20) -> list[CameBack]:
    """The latest first."""
    rows = db.execute(
        select(
            inbound.c.id,
            inbound.c.kind,
            case((confidential.day_hidden, null()), else_=inbound.c.at).label("at"),
            inbound.c.code,
            inbound.c.quote,
            inbound.c.until_on,
            message.c.address,
        )
        .outerjoin(message, message.c.id == inbound.c.message_id)
        .outerjoin(invitation, invitation.c.id == message.c.invitation_id)
        .where(inbound.c.contact_id == contact_id, inbound.c.at <= until, confidential.came_in_shown)
        .order_by(confidential.came_in_at.desc(), inbound.c.id.desc())
        .limit(limit)
    ).all()
    keys = {row.id: _keys(contact_id, row.id, row.address or "") for row in rows}
    told = _told(db, [key for mine in keys.values() for key in mine])
    return [
        CameBack(
            row.id,
            InboundKind(row.kind),
            row.at,
            row.code,
            row.quote,
            row.until_on,
            tuple(told[key] for key in keys[row.id] if key in told),
        )
        for row in rows
    ]


def _keys(contact_id: str, inbound_id: int, address: str) -> list[str]:
    kinds = (SuggestionKind.LEFT, SuggestionKind.CHANGED_ROLE, SuggestionKind.SUCCESSOR)
    return [
        *(suggestion_key(kind, contact_id, about=str(inbound_id)) for kind in kinds),
        suggestion_key(SuggestionKind.BOUNCED, contact_id, about=address),
    ]


def _told(db: Connection, keys: list[str]) -> dict[str, Told]:
    columns = suggestion.c
    rows = db.execute(
        select(
            columns.key,
            columns.kind,
            columns.state,
            columns.name,
            columns.address,
            columns.decided_by,
            columns.decided_at,
        ).where(columns.key.in_(keys))
    )
    return {
        row.key: Told(
            SuggestionKind(row.kind),
            SuggestionState(row.state),
            row.name,
            row.address,
            row.decided_by,
            row.decided_at,
        )
        for row in rows
    }
