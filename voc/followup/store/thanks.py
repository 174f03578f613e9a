"""Which answers are owed a mail of thanks."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, and_, cast, exists, literal, not_, or_, select

from voc.base.schema import (
    answer_seen,
    contact,
    follow_up,
    invitation,
    message,
    rendering,
    response,
    suppression,
    wave,
)
from voc.base.words import FollowUpKind, RecordState, ResponseState

_PROMISES = (FollowUpKind.DETRACTOR, FollowUpKind.PASSIVE_REQUEST, FollowUpKind.PROMOTER_OFFER)


@dataclass(frozen=True, slots=True)
class Owed:
    """`contact_by` is when the CSM has promised to be back, None where nothing was promised."""

    invitation_id: int
    score: int | None
    contact_by: datetime | None
    time_zone: str


def owed(db: Connection, *, since: datetime) -> list[Owed]:
    """Answers of the page since then, counted and looked at, of waves that want thanks, and not thanked yet.

    Never in a confidential wave, where a mail would show who answered; never where another browser answered too, or
    where the person wants no mail or has left.
    """
    seen = exists().where(
        answer_seen.c.response_id == response.c.id, answer_seen.c.submitted_at == response.c.submitted_at
    )
    key = literal("thanks:") + cast(invitation.c.id, String)
    thanked = exists().where(message.c.key == key)
    suppressed = exists().where(suppression.c.address == invitation.c.address, suppression.c.lifted_at.is_(None))
    case_of = and_(follow_up.c.response_id == response.c.id, follow_up.c.kind.in_(_PROMISES))
    query = (
        select(response.c.score, invitation.c.id, invitation.c.time_zone, follow_up.c.contact_by, wave.c.settings)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .join(rendering, rendering.c.id == response.c.rendering_id)
        .outerjoin(follow_up, case_of)
        .where(
            response.c.submitted_at >= since,
            response.c.state == ResponseState.SUBMITTED,
            not_(response.c.twice),
            seen,
            not_(thanked),
            not_(suppressed),
            not_(invitation.c.confidential),
            # A sender that died in mid-message is not known to have sent it for some minutes: then there is no due day.
            invitation.c.closes_at.is_not(None),
            contact.c.state == RecordState.LIVE,
            not_(or_(contact.c.opted_out, contact.c.left_company)),
            contact.c.left_at.is_(None),
        )
        .order_by(response.c.id)
    )
    rows = db.execute(query).all()
    return [Owed(row.id, row.score, row.contact_by, row.time_zone) for row in rows if row.settings.get("thanks")]
