"""Answers that a CSM typed in from a call, so that rows of figures can say so."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from voc.base import confidential
from voc.base.among import among
from voc.base.schema import invitation, response
from voc.base.words import ResponseState

_PHONE = "phone"


def invitations(db: Connection, ids: Collection[int], *, until: datetime) -> set[int]:
    """Those of the invitations that were answered on the phone by then."""
    if not ids:
        return set()
    query = select(response.c.invitation_id).where(
        among(response.c.invitation_id, ids),
        response.c.state == ResponseState.SUBMITTED,
        response.c.channel == _PHONE,
        response.c.submitted_at <= until,
    )
    return set(db.execute(query).scalars())


def people(db: Connection, ids: Collection[str], *, until: datetime) -> set[str]:
    """Those of the contacts whose latest answer by then, given by name, was given on the phone."""
    if not ids:
        return set()
    latest = (
        select(invitation.c.contact_id, func.max(response.c.submitted_at).label("at"))
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(
            among(invitation.c.contact_id, ids),
            confidential.named,
            response.c.state == ResponseState.SUBMITTED,
            response.c.submitted_at <= until,
        )
        .group_by(invitation.c.contact_id)
        .subquery()
    )
    query = (
        select(invitation.c.contact_id)
        .join(response, response.c.invitation_id == invitation.c.id)
        .join(latest, (latest.c.contact_id == invitation.c.contact_id) & (latest.c.at == response.c.submitted_at))
        .where(response.c.channel == _PHONE, response.c.state == ResponseState.SUBMITTED)
    )
    return set(db.execute(query).scalars())
