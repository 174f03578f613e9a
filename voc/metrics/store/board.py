"""Causes for the board page: what comments are about, else the root causes of follow-ups; who works on each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, func, select

from voc.base.access import Viewer, visible_accounts
from voc.base.confidential import named
from voc.base.schema import (
    account,
    alias,
    csm,
    follow_up,
    improvement,
    invitation,
    response,
    theme,
    verbatim_theme,
)
from voc.base.words import FollowUpState, ImprovementState, ResponseState, ThemeSource


@dataclass(frozen=True)
class Raised:
    """One cause and the accounts that named it; `theme_id` where it is a theme of the code book."""

    key: str
    name: str
    account_ids: frozenset[str]
    theme_id: int | None = None


@dataclass(frozen=True)
class Doing:
    owner: str
    department: str
    due_on: date
    title: str

    @property
    def who(self) -> str:
        return f"{self.owner}, {self.department}"


def themes(db: Connection, viewer: Viewer, *, since: datetime, until: datetime, team_id: str | None) -> list[Raised]:
    """Themes of comments given by name, by the accounts that raised them. A person's word overrules the rule's."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id)
    table = verbatim_theme.c
    query = (
        select(table.response_id, table.question, table.theme_id, table.source, table.holds)
        .add_columns(theme.c.name, account.c.id.label("account_id"))
        .join(theme, theme.c.id == table.theme_id)
        .join(response, response.c.id == table.response_id)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
        .outerjoin(csm, csm.c.id == account.c.csm_id)
        .where(
            named,
            visible_accounts(viewer),
            response.c.state == ResponseState.SUBMITTED,
            response.c.submitted_at > since,
            response.c.submitted_at <= until,
        )
        .order_by(table.theme_id, table.id)
    )
    if team_id is not None:
        query = query.where(csm.c.manager_id == team_id)
    said: dict[tuple[int, int, str], tuple[bool, bool, str]] = {}
    names: dict[int, str] = {}
    for row in db.execute(query):
        names[row.theme_id] = row.name
        key, person = (row.theme_id, row.response_id, row.question), row.source == ThemeSource.PERSON
        if person or key not in said or not said[key][0]:
            said[key] = (person, bool(row.holds), row.account_id)
    accounts: dict[int, set[str]] = defaultdict(set)
    for (theme_id, _, _), (_, holds, account_id) in said.items():
        if holds:
            accounts[theme_id].add(account_id)
    return [Raised(f"theme:{id}", names[id], frozenset(found), id) for id, found in sorted(accounts.items())]


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
