"""Accounts that were asked and are not where they were then: lost since, or another CSM's today."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from voc.base.confidential import named
from voc.base.narrowed import WHOLE, Narrowed, accounts_within
from voc.base.schema import account, alias, invitation
from voc.base.words import Disposition
from voc.metrics.store.customers import customer_on

_REACHED = (
    Disposition.COMPLETE, Disposition.PARTIAL, Disposition.REFUSED, Disposition.SILENT, Disposition.OTHER,
)  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """One account reached under a CSM, whose it is now; `left` was no customer any more at the moment."""

    csm_id: str | None
    inherited: bool
    account_id: str
    owner_id: str | None
    left: bool


def moved(
    db: Connection,
    *,
    after: datetime,
    moment: datetime,
    part: Narrowed = WHOLE,
) -> list[Moved]:
    """Of accounts with an invitation that reached somebody and was due in (after, moment], by the owner at sending.

    Segment as frozen in it, country as of today.
    """
    columns, sent = account.c, invitation.c
    customer = customer_on(moment.date())
    merged = and_(alias.c.kind == "account", alias.c.loser_id == sent.account_id)
    elsewhere = or_(columns.csm_id.is_(None), sent.csm_id.is_(None), columns.csm_id != sent.csm_id)
    query = (
        select(sent.csm_id, sent.inherited, columns.id, columns.csm_id.label("owner_id"), customer.label("stays"))
        .select_from(invitation)
        .outerjoin(alias, merged)
        .join(account, columns.id == func.coalesce(alias.c.winner_id, sent.account_id))
        .where(
            named,
            sent.sent_at.is_not(None),
            sent.closes_at > after,
            sent.closes_at <= moment,
            sent.disposition.in_(_REACHED),
            or_(~customer, elsewhere),
            *accounts_within(Narrowed(countries=part.countries)),
        )
        .distinct()
        .order_by(sent.csm_id, columns.id, sent.inherited)
    )
    if part.segment is not None:
        query = query.where(sent.segment == part.segment)
    return [
        Moved(row.csm_id, bool(row.inherited), row.id, row.owner_id, left=not row.stays) for row in db.execute(query)
    ]
