"""Steps of a copied database that another installation may have sent meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from voc.base.schema import contact_quota, invitation, wave
from voc.campaigns.model import Step
from voc.campaigns.store.closing import OPEN


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A step that may have been sent, and is not sent here by itself."""

    invitation_id: int
    wave_id: int
    contact_id: str
    address: str
    step: Step
    due_at: datetime


def _planned() -> ColumnElement[bool]:
    return and_(
        invitation.c.next_step.is_not(None),
        invitation.c.held_because.is_(None),  # those waited for a person, here and there
        invitation.c.stopped.is_(None),
        wave.c.state.in_(OPEN),
    )


def due_by(db: Connection, *, until: datetime) -> list[int]:
    """Invitations whose planned step was due by then, in the order of ids."""
    query = select(invitation.c.id).join(wave, wave.c.id == invitation.c.wave_id)
    return list(db.execute(query.where(_planned(), invitation.c.due_at <= until).order_by(invitation.c.id)).scalars())


def count_due(db: Connection, *, after: datetime | None, until: datetime) -> int:
    query = select(func.count()).select_from(invitation).join(wave, wave.c.id == invitation.c.wave_id)
    query = query.where(_planned(), invitation.c.due_at <= until)
    if after is not None:
        query = query.where(invitation.c.due_at > after)
    return db.execute(query).scalar_one()


def give_room_back(db: Connection, invitation_id: int, *, step: Step) -> None:
    """The message that was counted did not leave: the quarantine has its room again."""
    here = contact_quota.c
    db.execute(delete(contact_quota).where(here.invitation_id == invitation_id, here.step == step))
