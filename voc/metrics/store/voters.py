"""How many people scored us, by the team, segment and region they were asked under, and by how long ago it was."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, case, func, select

from voc.base import confidential
from voc.base.preferences import Preferences
from voc.base.schema import account, csm, figure_snapshot, invitation, response
from voc.base.words import ResponseState, Scope
from voc.metrics.near_views import Cell, View
from voc.metrics.regions import region_of


def cells(db: Connection, *, until: datetime, periods: Sequence[int], preferences: Preferences) -> dict[Cell, int]:
    """Of the longest of these periods (days) that end then; each person in the shortest that holds their last one.

    Named answers alone: what was given in confidence comes in groups that are never taken apart.
    """
    shortest_first = sorted(periods)
    people = (
        select(
            csm.c.manager_id,
            invitation.c.segment,
            account.c.country,
            func.max(invitation.c.closes_at).label("last_at"),
        )
        .join(response, response.c.invitation_id == invitation.c.id)
        .join(account, account.c.id == invitation.c.account_id)
        .outerjoin(csm, csm.c.id == invitation.c.csm_id)
        .where(
            invitation.c.closes_at > until - timedelta(days=shortest_first[-1]),
            invitation.c.closes_at <= until,
            response.c.state == ResponseState.SUBMITTED,
            response.c.score.is_not(None),
            response.c.submitted_at <= until,
            confidential.named,
        )
        .group_by(
            invitation.c.account_id,
            invitation.c.contact_id,
            csm.c.manager_id,
            invitation.c.segment,
            account.c.country,
        )
        .subquery()
    )
    columns = people.c
    within = [(columns.last_at > until - timedelta(days=days), days) for days in shortest_first]
    days = case(*within, else_=shortest_first[-1]).label("days")
    rows = db.execute(
        select(columns.manager_id, columns.segment, columns.country, days, func.count().label("number")).group_by(
            columns.manager_id, columns.segment, columns.country, days
        )
    )
    found: dict[Cell, int] = {}
    for row in rows:
        region = region_of(row.country, preferences.regions) or ""
        cell = Cell(row.manager_id or "", row.segment or "", region, row.days)
        found[cell] = found.get(cell, 0) + row.number
    return found


_FILTER = {Scope.TEAM: "team", Scope.SEGMENT: "segment", Scope.REGION: "region"}


def kept_counts(db: Connection, *, on: date, periods: Sequence[int]) -> dict[View, int]:
    """How many people the night of that day counted, in all and by one filter; empty without a night."""
    columns = figure_snapshot.c
    query = select(columns.scope, columns.scope_id, columns.window_days, columns.denominator).where(
        columns.as_of == on,
        columns.window_days.in_(sorted(periods)),
        columns.scope.in_([Scope.TOTAL, *_FILTER]),
        columns.name == "nps_people",
    )
    found: dict[View, int] = {}
    for row in db.execute(query.order_by(columns.window_days, columns.scope, columns.scope_id)):
        name = _FILTER.get(Scope(row.scope))
        view = View(row.window_days, **({name: row.scope_id} if name else {}))
        found[view] = int(row.denominator or 0)
    return found
