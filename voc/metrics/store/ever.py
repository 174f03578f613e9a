"""Over all time, by account: when anyone last answered, and when the first invitation arrived."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from voc.base.confidential import named
from voc.base.schema import invitation


def ever_of(
    db: Connection, account_ids: Collection[str] | None, winners: Mapping[tuple[str, str], str], *, moment: datetime
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Per account: when anyone last answered, and when the first invitation arrived, over all time."""
    answered, delivered = (
        _latest_answers(db, account_ids, moment=moment),
        _first_deliveries(db, account_ids, moment=moment),
    )
    found: dict[str, tuple[datetime | None, datetime | None]] = {}
    for account_id in {*answered, *delivered}:
        kept = winners.get(("account", account_id), account_id)
        last, first = found.get(kept, (None, None))
        answers = [at for at in (last, answered.get(account_id)) if at is not None]
        deliveries = [at for at in (first, delivered.get(account_id)) if at is not None]
        found[kept] = (max(answers, default=None), min(deliveries, default=None))
    return found


def _latest_answers(db: Connection, account_ids: Collection[str] | None, *, moment: datetime) -> dict[str, datetime]:
    query = select(invitation.c.account_id, func.max(invitation.c.answered_at).label("at")).where(
        invitation.c.answered_at <= moment, named
    )
    if account_ids is not None:
        query = query.where(invitation.c.account_id.in_(sorted(account_ids)))
    return {row.account_id: row.at for row in db.execute(query.group_by(invitation.c.account_id))}


def _first_deliveries(db: Connection, account_ids: Collection[str] | None, *, moment: datetime) -> dict[str, datetime]:
    bounced = invitation.c.bounced_at
    arrived = or_(bounced.is_(None), bounced > invitation.c.closes_at, bounced > moment)
    query = select(invitation.c.account_id, func.min(invitation.c.sent_at).label("at")).where(
        invitation.c.sent_at <= moment, arrived, named
    )
    if account_ids is not None:
        query = query.where(invitation.c.account_id.in_(sorted(account_ids)))
    return {row.account_id: row.at for row in db.execute(query.group_by(invitation.c.account_id))}
