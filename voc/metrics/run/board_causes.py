"""The causes on the board page: what the Forest shows of the same people, by its rule; else root causes of follow-ups.

A page of few accounts reads them as they stand. Of very many a night keeps them for each view that the Forest has: the
whole, each team; and of each CSM, who knows the own book by name.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.words import Scope, StaffRole
from voc.metrics import board
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.forest.growing import MOST_OF_ONE, Forest
from voc.metrics.run.forest.views import PERIODS, Asked, ForestPage, forest, has_comments, is_protected
from voc.metrics.store import board as store

TOO_NEAR = "The people behind the causes differ from another view by fewer than five, so they are not shown."
A_PAST_DAY = "Causes are shown as of today: two days side by side would tell of single people."


@dataclass(frozen=True)
class Cause:
    """`arr` is None where one account holds most of it, or nobody knows."""

    name: str
    theme_id: int | None
    accounts: int
    arr: float | None


@dataclass(frozen=True)
class Causes:
    """`why_none`: a rule hides them. None of either: nobody wrote, and root causes may stand for them."""

    found: list[Cause]
    why_none: str = ""
    comments: int = 0


def now_of(
    db: Connection,
    viewer: Viewer,
    *,
    since: datetime,
    until: datetime,
    team_id: str | None,
    today: bool,
    revenue: Mapping[str, float],
) -> Causes:
    """For one who looks now; `revenue` is of each account.

    The Forest's three periods and no other, so that no two views tell of single people.
    """
    asked = _asked(viewer, days=(until - since).days, team_id=team_id)
    root = partial(_root, db, viewer, since=since, until=until, team_id=team_id, revenue=revenue)
    if is_protected(viewer) and not today:
        wrote = has_comments(db, viewer, asked, now=until)
        return Causes([], A_PAST_DAY) if wrote else Causes(root())
    page = _forest(db, viewer, asked, now=until)
    return Causes(root()) if page is None or not page.comments else _of_page(page)


def _period(days: int) -> int:
    return days if days in PERIODS else PERIODS[1]


def _asked(viewer: Viewer, *, days: int, team_id: str | None) -> Asked:
    """A lead's own team is everybody to that lead."""
    own = viewer.role == StaffRole.LEAD and team_id == viewer.csm_id
    return Asked(_period(days), "" if own or team_id is None else team_id)


def _forest(db: Connection, viewer: Viewer, asked: Asked, *, now: datetime) -> ForestPage | None:
    try:
        return forest(db, viewer, asked, cut=None, now=now)
    except NotFound:
        if not asked.team:
            raise
        return None  # nobody of the team's customers wrote


def _lines(found: Forest, names: Mapping[int, str]) -> list[Cause]:
    """What people who scored 8 or less wrote of: promoters are asked what they would miss."""
    told = [(one, one.below) for one in found.lines if not one.hidden and one.below is not None]
    return [
        Cause(names[one.theme_id], one.theme_id, below.accounts, one.below_arr)
        for one, below in told
        if below.accounts >= board.LEAST_ACCOUNTS
    ]


def _root(
    db: Connection,
    viewer: Viewer,
    *,
    since: datetime,
    until: datetime,
    team_id: str | None,
    revenue: Mapping[str, float],
) -> list[Cause]:
    raised = store.causes(db, viewer, since=since, until=until, team_id=team_id)
    enough = [one for one in raised if len(one.account_ids) >= board.LEAST_ACCOUNTS]
    return [
        Cause(one.name, None, len(one.account_ids), _worth(one.account_ids, revenue, protected=is_protected(viewer)))
        for one in enough
    ]


def _worth(account_ids: Collection[str], revenue: Mapping[str, float], *, protected: bool) -> float | None:
    """As of a theme: where one account holds most of it, it would be that one's."""
    amounts = [revenue.get(id, 0.0) for id in account_ids]
    return None if protected and max(amounts) > MOST_OF_ONE * sum(amounts) else sum(amounts)


def of_every_team(
    db: Connection,
    found: Iterable[ForestPage],
    *,
    days: int,
    since: datetime,
    until: datetime,
    revenue: Mapping[str, float],
) -> dict[str, Causes]:
    """Of the whole ("") and of each lead's team, from the Forest's views."""
    causes: dict[str, Causes] = {}
    for page in found:
        team = page.asked.team
        if page.asked.days != _period(days):
            continue
        if page.comments:
            causes[team] = _of_page(page)
        else:
            root = _root(db, TERMINAL, since=since, until=until, team_id=team or None, revenue=revenue)
            causes[team] = Causes(root)
    return causes


def _of_page(page: ForestPage) -> Causes:
    if page.near is not None or page.forest is None:
        return Causes([], TOO_NEAR, page.comments)
    return Causes(_lines(page.forest, {id: one.name for id, one in page.themes.items()}), comments=page.comments)


def key_of(key: Key) -> str | None:
    """Which of these a scope's page shows; None for a CSM's, who reads the own book."""
    return "" if key == TOTAL else key[1] if key[0] == Scope.TEAM else None
