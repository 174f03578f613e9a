"""Causes for the board page: what comments are about, else the root causes of follow-ups; who works on each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, func, select

from voc.base.access import Viewer, visible_accounts
from voc.base.schema import (
    account,
    alias,
    csm,
    follow_up,
    improvement,
)
from voc.base.words import FollowUpState, ImprovementState


@dataclass(frozen=True)
class Raised:
    """One root cause and the accounts whose follow-ups name it."""

    key: str
    name: str
    account_ids: frozenset[str]


@dataclass(frozen=True)
class Doing:
    owner: str
    department: str
    due_on: date
    title: str

    @property
    def who(self) -> str:
        return f"{self.owner}, {self.department}"


def causes(db: Connection, viewer: Viewer, *, since: datetime, until: datetime, team_id: str | None) -> list[Raised]:
    """Root causes of the follow-ups resolved in that time, by account."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == follow_up.c.account_id)
    query = (
        select(follow_up.c.cause, account.c.id)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, follow_up.c.account_id))
        .outerjoin(csm, csm.c.id == account.c.csm_id)
        .where(
            visible_accounts(viewer),
            follow_up.c.cause.is_not(None),
            follow_up.c.resolved_at > since,
            follow_up.c.resolved_at <= until,
        )
        .order_by(follow_up.c.cause, account.c.id)
    )
    if team_id is not None:
        query = query.where(csm.c.manager_id == team_id)
    accounts: dict[str, set[str]] = defaultdict(set)
    for row in db.execute(query):
        accounts[str(row.cause)].add(row.id)
    return [Raised(f"cause:{cause}", cause, frozenset(found)) for cause, found in sorted(accounts.items())]


def doing(db: Connection) -> dict[int, Doing]:
    """The improvement under way or planned for each theme, the one that is due first."""
    table = improvement.c
    query = (
        select(table.theme_id, table.owner, table.department, table.due_on, table.title)
        .where(table.state.in_([ImprovementState.PLANNED, ImprovementState.UNDER_WAY]))
        .order_by(table.due_on.desc(), table.id.desc())
    )
    return {row.theme_id: Doing(row.owner, row.department, row.due_on, row.title) for row in db.execute(query)}


def confirmed(db: Connection, viewer: Viewer, *, since: datetime, until: datetime, team_id: str | None) -> int:
    """Follow-ups that customers confirmed in that time."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == follow_up.c.account_id)
    query = (
        select(func.count())
        .select_from(follow_up)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, follow_up.c.account_id))
        .outerjoin(csm, csm.c.id == account.c.csm_id)
        .where(
            visible_accounts(viewer),
            follow_up.c.state == FollowUpState.CONFIRMED,
            follow_up.c.confirmed_at > since,
            follow_up.c.confirmed_at <= until,
        )
    )
    if team_id is not None:
        query = query.where(csm.c.manager_id == team_id)
    return db.execute(query).scalar_one()
