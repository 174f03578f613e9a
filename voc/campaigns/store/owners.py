"""Who an invitation stands for, frozen when it is claimed: its mail is written in that CSM's name.

Owner, segment, roles, revenue and freshness as they are at that moment; later changes never
rewrite what a figure counted (3-metrics 0.3).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal, select

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account_csm
from voc.base.types import Instant
from voc.stakeholders import store as stakeholders
from voc.stakeholders.store.standing import Standing

# An account handed over later than this counts for the team, not for the new CSM.
INHERITED_DAYS = 60


def owned(db: Connection, rows: Collection[Any], wanted: Preferences, *, now: datetime) -> list[dict[str, Any]]:
    """What is frozen of each row, from the CRM's rows of today, in a constant number of queries."""
    inherited = inherited_accounts(db, {row.account_now_id for row in rows}, now=now)
    people = {(row.account_now_id, row.contact_id): row.contact_account_id == row.account_now_id for row in rows}
    standings = stakeholders.standings(db, people, now=now, preferences=wanted)
    return [_owned(row, standings.get((row.account_now_id, row.contact_id)), inherited) for row in rows]


def _owned(row: Any, standing: Standing | None, inherited: Collection[str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "csm_id": row.csm_now_id,
        "inherited": row.account_now_id in inherited,
        "segment": row.segment_now,
        "roles": list(standing.roles) if standing else row.roles,
        "arr": row.arr_now,
        "currency": row.currency_now,
        "freshness": standing.freshness if standing else None,
    }


def handed_over(*, now: datetime) -> Select[str]:
    """Accounts handed over lately. The first owner we know of inherited nothing."""
    return _handed_over(literal(now - timedelta(days=INHERITED_DAYS), Instant()))


def _handed_over(since: Any) -> Select[str]:
    return (
        select(account_csm.c.account_id)
        .group_by(account_csm.c.account_id)
        .having(func.count() > 1, func.max(account_csm.c.from_at) > since)
    )


_INHERITED = _handed_over(bindparam("since", type_=Instant())).where(among(account_csm.c.account_id, "accounts"))


def inherited_accounts(db: Connection, account_ids: Collection[str], *, now: datetime) -> set[str]:
    """Those of these accounts that were handed over lately."""
    asked = {"accounts": account_ids, "since": now - timedelta(days=INHERITED_DAYS)}
    return set(db.execute(_INHERITED, asked).scalars())
