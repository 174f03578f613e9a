"""The next steps at one account, with the day each was first meant for; who of an address needs consent."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, insert, or_, select

from voc.base.schema import alias, chase_event, contact, invitation
from voc.campaigns.model import Step, Why

_PAUSED = "paused"  # the event that keeps the day a step was meant for


@dataclass(frozen=True, slots=True)
class Paused:
    """An invitation with a next step. `moved`: an escalation moved it, from `meant_on` where that is known."""

    id: int
    moved: bool
    meant_on: date | None


def planned_at(db: Connection, account_id: str) -> list[Paused]:
    """Those at the account whose next step is planned."""
    merged = select(alias.c.loser_id).where(alias.c.kind == "account", alias.c.winner_id == account_id)
    meant_on = (
        select(chase_event.c.on)
        .where(
            chase_event.c.invitation_id == invitation.c.id,
            chase_event.c.step == invitation.c.next_step,
            chase_event.c.what == _PAUSED,
        )
        .order_by(chase_event.c.id.desc())
        .limit(1)
        .correlate(invitation)
        .scalar_subquery()
    )
    query = (
        select(invitation.c.id, invitation.c.moved_because, meant_on.label("meant_on"))
        .where(
            or_(invitation.c.account_id == account_id, invitation.c.account_id.in_(merged)),
            invitation.c.next_step.is_not(None),
            invitation.c.stopped.is_(None),
            invitation.c.held_because.is_(None),
        )
        .order_by(invitation.c.id)
    )
    return [Paused(row.id, row.moved_because == Why.ESCALATED, row.meant_on) for row in db.execute(query)]


def keep_meant(db: Connection, invitation_id: int, step: Step, *, on: date, at: datetime) -> None:
    """So that the end of the escalation can put it back there."""
    row = {"invitation_id": invitation_id, "at": at, "step": step, "what": _PAUSED}
    db.execute(insert(chase_event).values(**row, why=Why.ESCALATED, on=on))


def consents_of(db: Connection, address: str) -> list[tuple[int, str | None, bool]]:
    """Invitations of the address whose chase is not over: id, country, whether the CRM has the person's consent."""
    query = (
        select(invitation.c.id, invitation.c.country, contact.c.consented_on)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .where(and_(invitation.c.address == address, invitation.c.stopped.is_(None)))
        .where(invitation.c.answered_at.is_(None))
        .order_by(invitation.c.id)
    )
    return [(row.id, row.country, row.consented_on is not None) for row in db.execute(query)]
