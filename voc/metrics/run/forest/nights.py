"""The Forest of very many comments, for whoever sees all of them: every view of it as the last night counted it.

A lead's and a CSM's comments are few enough to be counted while somebody waits, and so are those of most companies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.words import Scope
from voc.metrics import store as facts
from voc.metrics.forest.cutting import Cell, Table
from voc.metrics.forest.growing import Forest
from voc.metrics.forest.people import Count, Cut
from voc.metrics.run.forest import views
from voc.metrics.run.forest.views import Asked, Behind, Book, ForestPage
from voc.metrics.store import kept_pages as store

LIVE_UP_TO = 5_000  # comments of a year
_VIEW, _TEAMS = "forest", "forest_teams"


@dataclass(frozen=True)
class _Table:
    cut: Cut
    parts: list[str]
    rows: list[tuple[int, list[Count | None]]]


@dataclass(frozen=True)
class _View:
    near: Asked | None
    forest: Forest | None
    tables: list[_Table]
    comments: int


@dataclass(frozen=True)
class _Teams:
    """Of which teams there are views, by name, and by which version of the code book comments were counted."""

    book: int
    names: list[tuple[str, str]]


def kept(found: Sequence[tuple[ForestPage, Sequence[Table]]], *, live_up_to: int = LIVE_UP_TO) -> Iterator[store.Kept]:
    """Of every view. Nothing where the comments are few enough to be counted for a page."""
    if not found or max(page.comments for page, _ in found) <= live_up_to:
        return
    whole, _ = found[0]
    yield _TEAMS, _scope(""), 0, _Teams(whole.book, list(whole.teams.items()))
    for page, cuts in found:
        view = _View(page.near, page.forest, [_of_table(one) for one in cuts], page.comments)
        yield _VIEW, _scope(page.asked.team), page.asked.days, view


def _scope(team: str) -> tuple[Scope, str]:
    return (Scope.TEAM, team) if team else (Scope.TOTAL, "")


def _of_table(one: Table) -> _Table:
    rows = [(theme, [cells[part].count for part in one.parts]) for theme, cells in one.rows.items()]
    return _Table(one.cut, list(one.parts), rows)


def _table(one: _Table) -> Table:
    rows = {theme: {part: Cell(cell) for part, cell in zip(one.parts, cells, strict=True)} for theme, cells in one.rows}
    return Table(one.cut, tuple(one.parts), rows)


def forest(db: Connection, viewer: Viewer, asked: Asked, *, cut: Cut | None, now: datetime) -> ForestPage:
    """As `views.forest`; of the last night where it kept that view, by the code book as it stands."""
    on = now.date() - timedelta(days=1)
    return _kept_page(db, viewer, asked, on, cut=cut) or views.forest(db, viewer, asked, cut=cut, now=now)


def _kept_page(db: Connection, viewer: Viewer, asked: Asked, on: date, *, cut: Cut | None) -> ForestPage | None:
    if not viewer.sees_all:
        return None
    teams = store.read(db, on, _TEAMS, _Teams)
    known = Book.load(db)
    if teams is None or teams.book != known.version:
        return None
    found = store.read(db, on, _VIEW, _View, days=asked.days, scope=_scope(asked.team))
    if found is None:
        return None
    table = next((_table(one) for one in found.tables if one.cut == cut), None)
    return views.page_of(
        known,
        asked,
        teams=dict(teams.names),
        near=found.near,
        forest=found.forest,
        table=table,
        comments=found.comments,
        kept_on=on,
    )


def behind(
    db: Connection,
    viewer: Viewer,
    asked: Asked,
    *,
    theme_id: int,
    cut: Cut | None = None,
    part: str = "",
    now: datetime,
    start: int = 0,
    limit: int = 100,
) -> Behind:
    """As `views.behind`, of the view that `forest` shows: of a night's as of the end of its day."""
    page = forest(db, viewer, asked, cut=cut, now=now)
    moment = now if page.kept_on is None else facts.moment_of(page.kept_on, now=now)
    return views.behind_of(
        db, viewer, page, theme_id=theme_id, cut=cut, part=part, now=moment, start=start, limit=limit
    )
