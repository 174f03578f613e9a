"""How long follow-ups took, for the curve of their page: open ones at their age."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, select

from voc.base.access import Viewer, visible_accounts
from voc.base.narrowed import WHOLE, Narrowed
from voc.base.preferences import Preferences
from voc.base.schema import account, alias, csm, follow_up
from voc.base.words import AccountStatus
from voc.followup.hours import of_owner
from voc.followup.store.cases import within


@dataclass(frozen=True)
class Duration:
    """Business hours in the owner's calendar from opening to resolution, or until now while it is open.

    `left`: the customer left before it was resolved. What was noted afterwards resolved nothing: it stays open.
    """

    follow_up_id: int
    hours: float
    resolved: bool
    confirmed: bool
    csm_id: str | None = None  # who owns the account
    left: bool = False


_left_on = case((account.c.status == AccountStatus.CHURNED, account.c.churned_on))


def durations(
    db: Connection,
    viewer: Viewer,
    *,
    since: datetime,
    now: datetime,
    preferences: Preferences,
    part: Narrowed = WHOLE,
) -> list[Duration]:
    """Every follow-up opened since then that the viewer sees, by id. One query; what came after `now` is not known."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == follow_up.c.account_id)
    query = (
        select(follow_up.c.id, follow_up.c.opened_at, follow_up.c.resolved_at, follow_up.c.confirmed_at)
        .add_columns(csm.c.time_zone, account.c.csm_id, _left_on.label("left_on"))
        .select_from(follow_up)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, follow_up.c.account_id))
        .outerjoin(csm, csm.c.id == follow_up.c.owner_csm_id)
        .where(visible_accounts(viewer), follow_up.c.opened_at > since, follow_up.c.opened_at <= now, *within(part))
        .order_by(follow_up.c.id)
    )
    found = []
    for row in db.execute(query):
        resolved = row.resolved_at is not None and row.resolved_at <= now
        left = row.left_on is not None and row.left_on < (row.resolved_at if resolved else now).date()
        resolved = resolved and not left
        hours = of_owner(row.time_zone, preferences).elapsed(row.opened_at, row.resolved_at if resolved else now)
        confirmed = resolved and row.confirmed_at is not None and row.confirmed_at <= now
        found.append(Duration(row.id, hours, resolved, confirmed, row.csm_id, left))
    return found
