"""Our people: CSMs, and teams by their lead."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select, union

from voc.base.schema import (
    account,
    account_csm,
    activity,
    csm,
    figure_snapshot,
    follow_up,
    invitation,
    milestone,
    renewal_landmark,
    scorecard_result,
)
from voc.base.words import Scope
from voc.reports.star.model import TEXT, YES, Field, Of, Plain, Sort, StarTable, flag, own_key, plain, refers


def _owners(db: Connection, _of: Of) -> Iterator[Any]:
    """CSMs of the CRM, and ids that a frozen row names and the CRM does not know any more."""
    for row in db.execute(select(csm).order_by(csm.c.id)):
        yield Plain({**row._mapping, "known": True})
    for id in sorted(_mentioned(db) - set(db.execute(select(csm.c.id)).scalars())):
        yield Plain({"id": id, "name": id, "title": None, "manager_id": None, "active": False, "known": False})


def _mentioned(db: Connection) -> set[str]:
    columns = (
        account.c.csm_id, account_csm.c.csm_id, invitation.c.csm_id, follow_up.c.owner_csm_id,
        renewal_landmark.c.csm_id, milestone.c.csm_id, activity.c.csm_id,
    )  # fmt: skip
    found = {id for column in columns for id in db.execute(select(column).distinct()).scalars()}
    return {id for id in found | scoped(db, Scope.CSM) if id}


def scoped(db: Connection, scope: Scope) -> set[str]:
    """Whom figures and scorecards were kept of."""
    figures = select(figure_snapshot.c.scope_id).where(figure_snapshot.c.scope == scope)
    results = select(scorecard_result.c.scope_id).where(scorecard_result.c.scope == scope)
    return {str(id) for id in db.execute(union(figures, results)).scalars() if id}


CSM = StarTable(
    "dim_csm",
    Sort.DIMENSION,
    "Customer success managers. A name of ours is personal data of an employee: think of who reads it.",
    (
        own_key("csm_key", "CSM", lambda row, of: of.key("csm", row.id), "csm.id"),
        Field("csm_id", TEXT, "The CRM's id", lambda row, _of: row.id, "csm.id", nulls="in the first row"),
        plain("name", TEXT, "Name; the id of somebody the CRM does not know any more", "csm.name", label=True),
        plain("title", TEXT, "Title", "csm.title", nulls="not in the CRM"),
        refers("team_key", "dim_team", "Team today, by its lead", lambda row, of: of.key("team", row.manager_id),
               "csm.manager_id"),
        plain("active", YES, "Works here, as the CRM says", "csm.active", nulls="in the first row"),
        flag("known", "1 where the CRM has the person", lambda row, _of: row.known, "csm.state"),
    ),
    _owners,
    "one CSM",
)  # fmt: skip


def _teams(db: Connection, _of: Of) -> Iterator[Any]:
    names = {row.id: row.name for row in db.execute(select(csm.c.id, csm.c.name))}
    leads = {id for id in db.execute(select(csm.c.manager_id).distinct()).scalars() if id}
    leads |= {id for id in db.execute(select(scorecard_result.c.lead_id).distinct()).scalars() if id}
    for id in sorted(leads | scoped(db, Scope.TEAM)):
        yield Plain({"id": id, "name": names.get(id, id)})


TEAM = StarTable(
    "dim_team",
    Sort.DIMENSION,
    "Teams, each by the person its CSMs name as their manager.",
    (
        own_key("team_key", "Team", lambda row, of: of.key("team", row.id), "csm.manager_id"),
        Field("lead_id", TEXT, "The lead's id in the CRM", lambda row, _of: row.id, "csm.manager_id",
              nulls="in the first row"),
        plain("name", TEXT, "Name of the lead", "csm.name", label=True),
    ),
    _teams,
    "one team",
)  # fmt: skip
