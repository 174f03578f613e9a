"""Follow-ups as they stood at a moment, by account."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, or_, select

from voc.base.schema import follow_up
from voc.base.words import FollowUpKind
from voc.metrics.model import Case
from voc.metrics.store.asked import known_at


def cases_of(
    db: Connection,
    account_ids: Collection[str] | None,
    winners: Mapping[tuple[str, str], str],
    *,
    moment: datetime,
    since: datetime,
) -> dict[str, list[Case]]:
    """Follow-ups opened by then whose limit is not older than `since`, and every unresolved one."""
    query = (
        select(follow_up)
        .where(
            follow_up.c.opened_at <= moment,
            or_(follow_up.c.contact_by > since, follow_up.c.resolved_at.is_(None), follow_up.c.resolved_at > moment),
        )
        .order_by(follow_up.c.id)
    )
    if account_ids is not None:
        query = query.where(follow_up.c.account_id.in_(sorted(account_ids)))
    found: dict[str, list[Case]] = defaultdict(list)
    for row in db.execute(query):
        account_id = winners.get(("account", row.account_id), row.account_id)
        found[account_id].append(
            Case(
                id=row.id,
                kind=FollowUpKind(row.kind),
                account_id=account_id,
                contact_id=winners.get(("contact", row.contact_id), row.contact_id) if row.contact_id else None,
                owner_csm_id=row.owner_csm_id,
                opened_at=row.opened_at,
                contact_by=row.contact_by,
                resolve_by=row.resolve_by,
                contacted_at=known_at(row.contacted_at, moment),
                resolved_at=known_at(row.resolved_at, moment),
            )
        )
    return found
