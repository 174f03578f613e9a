"""Who was asked and is silent: whom a CSM should nudge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import (
    account,
    contact,
    contact_quota,
    invitation,
    wave,
)
from voc.campaigns.model import Role, WaveState

# Long enough for the mail to have been read, and the first reminder with it.
NUDGE_AFTER_DAYS = 7


@dataclass(frozen=True, slots=True)
class ToNudge:
    """Somebody who was asked a week ago or longer, is silent since, and still has time to answer."""

    invitation_id: int
    wave_id: int
    wave: str
    contact_id: str
    contact_name: str
    roles: tuple[Role, ...]
    account_id: str
    account_name: str
    arr: Decimal | None
    currency: str | None
    sent_at: datetime
    closes_at: datetime
    nudged: int  # how often already


def to_nudge(
    db: Connection,
    wave_id: int | None,
    viewer: Viewer,
    *,
    now: datetime,
    contact_id: str | None = None,
    after_days: int = NUDGE_AFTER_DAYS,
    limit: int = 50,
) -> list[ToNudge]:
    """Whom a personal word may still move, the largest account first: of one wave or, with None, of every running one.

    Never of a confidential wave: that somebody is missing in the list would say that they answered.
    """
    nudged = (
        select(func.count())
        .where(contact_quota.c.invitation_id == invitation.c.id, contact_quota.c.step == "nudge")
        .scalar_subquery()
    )
    query = (
        select(
            invitation,
            wave.c.label,
            contact.c.first_name,
            contact.c.last_name,
            account.c.name.label("account_name"),
            nudged.label("nudged"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .join(account, account.c.id == invitation.c.account_id)
        .where(
            *(() if wave_id is None else (invitation.c.wave_id == wave_id,)),
            *(() if contact_id is None else (invitation.c.contact_id == contact_id,)),
            wave.c.state == WaveState.RUNNING,
            invitation.c.sent_at <= now - timedelta(days=after_days),
            invitation.c.closes_at > now,
            invitation.c.answered_at.is_(None),
            invitation.c.stopped.is_(None),
            confidential.named,
            visible_accounts(viewer),
        )
        .order_by(invitation.c.arr.desc().nulls_last(), account.c.name, invitation.c.id)
        .limit(limit)
    )
    return [
        ToNudge(
            invitation_id=row.id,
            wave_id=row.wave_id,
            wave=row.label,
            contact_id=row.contact_id,
            contact_name=" ".join(part for part in (row.first_name, row.last_name) if part),
            roles=tuple(Role(role) for role in row.roles),
            account_id=row.account_id,
            account_name=row.account_name,
            arr=row.arr,
            currency=row.currency,
            sent_at=row.sent_at,
            closes_at=row.closes_at,
            nudged=row.nudged,
        )
        for row in db.execute(query)
    ]
