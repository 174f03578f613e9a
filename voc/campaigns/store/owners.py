"""Who an invitation stands for, frozen when it is claimed: its mail is written in that CSM's name.

Owner, segment, roles, revenue and freshness as they are at that moment; later changes never
rewrite what a figure counted (3-metrics 0.3).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from voc.base.preferences import Preferences
from voc.base.schema import account_csm, invitation
from voc.stakeholders import store as stakeholders

_FREEZE = (
    update(invitation)
    .where(invitation.c.id == bindparam("row_id"))
    .values(
        csm_id=bindparam("owner"),
        inherited=bindparam("new_owner"),
        segment=bindparam("segment_now"),
        roles=bindparam("roles_now"),
        arr=bindparam("arr_now"),
        currency=bindparam("currency_now"),
        freshness=bindparam("freshness_now"),
    )
)
# An account handed over later than this counts for the team, not for the new CSM.
INHERITED_DAYS = 60


def freeze(db: Connection, rows: Collection[Any], wanted: Preferences, *, now: datetime) -> None:
    """Refresh these invitations from the CRM's rows of today, in a constant number of queries."""
    account_ids = {row.account_now_id for row in rows}
    inherited = inherited_accounts(db, account_ids, now=now)
    teams = stakeholders.teams(db, account_ids, now=now, preferences=wanted)
    holders = {
        (account_id, holder.contact_id): holder
        for account_id, team in teams.items()
        for holder in (*team.people, *team.others)
    }
    values = []
    for row in rows:
        holder = holders.get((row.account_now_id, row.contact_id))
        values.append(
            {
                "row_id": row.id,
                "owner": row.csm_now_id,
                "new_owner": row.account_now_id in inherited,
                "segment_now": row.segment_now,
                "roles_now": list(holder.roles) if holder else row.roles,
                "arr_now": row.arr_now,
                "currency_now": row.currency_now,
                "freshness_now": holder.freshness.value if holder else None,
            }
        )
    db.execute(_FREEZE, values)


def inherited_accounts(db: Connection, account_ids: Collection[str] | None, *, now: datetime) -> set[str]:
    """Accounts handed over lately. The first owner we know of inherited nothing."""
    handed_over = (
        select(account_csm.c.account_id)
        .group_by(account_csm.c.account_id)
        .having(func.count() > 1, func.max(account_csm.c.from_at) > now - timedelta(days=INHERITED_DAYS))
    )
    if account_ids is not None:
        handed_over = handed_over.where(account_csm.c.account_id.in_(sorted(account_ids)))
    return set(db.execute(handed_over).scalars())
