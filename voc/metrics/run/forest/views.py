"""Themes in figures: by accounts and revenue, cut by segment, role, region or score, over a period; and their rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import StaffRole
from voc.metrics import store
from voc.metrics.forest.book import Theme
from voc.metrics.forest.cutting import ANY, Table, cut_table
from voc.metrics.forest.growing import Forest, grow
from voc.metrics.forest.hiding import admitted, population
from voc.metrics.forest.matching import Matcher
from voc.metrics.forest.people import Comment, Count, Cut, people_of
from voc.metrics.forest.suggesting import Suggestion, suggest
from voc.metrics.store.forest import book, comments
from voc.metrics.store.forest.comments import Words
from voc.responses.store import themes as verbatims
from voc.responses.store.themes import Mark

PERIODS = (90, 180, 365)
EVERYTHING = ANY  # in the place of a theme: all comments
NO_THEME = -1  # and those that no theme of the book fits
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Asked:
    """Which view: comments of so many days, of one lead's team or (empty) of everybody the viewer may see."""

    days: int = 180
    team: str = ""

    @property
    def name(self) -> str:
        return f"{self.days}:{self.team}"


@dataclass(frozen=True)
class ForestPage:
    """`near` is the view that this one may not be shown beside: then nothing else is filled."""

    asked: Asked
    currency: str
    themes: Mapping[int, Theme]
    teams: Mapping[str, str]
    protected: bool
    near: Asked | None
    forest: Forest | None
    table: Table | None
    comments: int
    book: int
    unread: bool


def is_protected(viewer: Viewer) -> bool:
    """A CSM knows the people of the own book by name; whoever looks over several books sees groups."""
    return viewer.role != StaffRole.CSM


def forest(db: Connection, viewer: Viewer, asked: Asked, *, cut: Cut | None, now: datetime) -> ForestPage:
    """The themes of one view; `cut` adds the table of themes by its parts."""
    known = settings.load(db)
    themes = {one.id: one for one in book.themes(db)}
    back = max(2 * asked.days, PERIODS[-1] if is_protected(viewer) else 0)
    everything = comments.comments(db, viewer, after=now - timedelta(days=back), until=now, preferences=known)
    teams = _teams(db, everything) if is_protected(viewer) else {}
    if asked.team and asked.team not in teams:
        raise NotFound("There is no such team.")
    near = _too_near(asked, everything, teams, viewer, now=now)
    here = _of(everything, asked, now=now)
    before = _of(everything, asked, now=now - timedelta(days=asked.days))
    protected = is_protected(viewer)
    order = list(themes)
    version = book.version(db)
    return ForestPage(
        asked=asked,
        currency=known.reporting_currency,
        themes=themes,
        teams=teams,
        protected=protected,
        near=near,
        forest=None if near else grow(here, order, protected=protected, before=before),
        table=None if near or cut is None else cut_table(people_of(here), order, cut, protected=protected),
        comments=len(here),
        book=version,
        unread=verbatims.has_unread(db, book=version),
    )


def of_every_team(
    db: Connection, viewer: Viewer, *, days: int, now: datetime
) -> Iterator[tuple[str, Forest | None, Mapping[int, str], int]]:
    """The whole ("") and each lead's team, of one reading: its id, what is shown (None: too near another view), the
    themes' names, how many comments. For whoever looks over several books.
    """
    known = settings.load(db)
    themes = {one.id: one for one in book.themes(db)}
    everything = comments.comments(db, viewer, after=now - timedelta(days=PERIODS[-1]), until=now, preferences=known)
    teams = _teams(db, everything)
    order = sorted(PERIODS, key=lambda one: one != PERIODS[1])
    views = [Asked(one, team) for team in ("", *teams) for one in order]
    here = {one.name: _of(everything, one, now=now) for one in views}
    near = admitted({name: population(people_of(some)) for name, some in here.items()})
    names = {id: one.name for id, one in themes.items()}
    for team in ("", *teams):
        mine = Asked(days, team).name
        grown = None if near[mine] else grow(here[mine], list(themes), protected=True)
        yield team, grown, names, len(here[mine])


def _of(everything: Sequence[Comment], asked: Asked, *, now: datetime) -> list[Comment]:
    since = now - timedelta(days=asked.days)
    return [one for one in everything if since < one.at <= now and (not asked.team or one.team_id == asked.team)]


def _teams(db: Connection, everything: Sequence[Comment]) -> dict[str, str]:
    """Leads of whose teams somebody's customers wrote, in alphabetical order."""
    people = store.people(db)
    leads = {one.team_id for one in everything if one.team_id is not None} & set(people)
    ordered = sorted((people[id] for id in leads), key=lambda one: (one.name.casefold(), one.id))
    return {one.id: one.name for one in ordered} if len(ordered) > 1 else {}


def _too_near(
    asked: Asked, everything: Sequence[Comment], teams: Mapping[str, str], viewer: Viewer, *, now: datetime
) -> Asked | None:
    """Which other view of this page tells, beside this one, of one to four people. The half year comes first."""
    if not is_protected(viewer):
        return None
    order = sorted(PERIODS, key=lambda days: days != 180)
    views = [Asked(days, team) for team in ("", *teams) for days in order]
    if asked not in views:
        raise Refused(f"Choose {PERIODS[0]}, {PERIODS[1]} or {PERIODS[2]} days", field="days")
    by_name = {one.name: one for one in views}
    people = {one.name: population(people_of(_of(everything, one, now=now))) for one in views}
    near = admitted(people)[asked.name]
    return None if near is None else by_name[near]


# --- the rows behind a count --------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """One comment behind a theme, with what the rule and people say of it."""

    words: Words
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Behind:
    """`count` and `comments` are the whole of it; `said` one page. `part` is the cut's value, if it is one cell."""

    theme_id: int
    theme: Theme | None  # None: everything, or comments of no theme
    count: Count
    comments: int
    said: tuple[Said, ...]
    part: str | None


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
    """The comments that a count is made of, the latest first. Refused where the count itself is not shown.

    `theme_id` may be EVERYTHING, or NO_THEME: what the code book does not know yet.
    """
    page = forest(db, viewer, asked, cut=cut, now=now)
    theme = page.themes.get(theme_id)
    if theme is None and theme_id not in (EVERYTHING, NO_THEME):
        raise NotFound("There is no such theme.")
    if page.near is not None:
        raise Refused("These people differ from another view by fewer than five: it is not shown")
    _check_shown(page, theme_id, cut, part)
    rows = _rows(db, viewer, page, asked, theme_id=theme_id, cut=cut, part=part, now=now)
    some = rows[start : start + limit]
    keys = [(one.response_id, one.question) for one in some]
    words = comments.texts(db, viewer, keys, until=now)
    marks = verbatims.marks(db, {response_id for response_id, _question in keys})
    said = tuple(Said(words[key], tuple(marks.get(key, ()))) for key in keys if key in words)
    counted = Count(len({(one.account_id, one.contact_id) for one in rows}), len({one.account_id for one in rows}))
    return Behind(theme_id, theme, counted, len(rows), said, part if cut is not None else None)


def _check_shown(page: ForestPage, theme_id: int, cut: Cut | None, part: str) -> None:
    hidden = Refused("Fewer than five people or three accounts: too few to show without telling of single people")
    if cut is not None:
        cell = page.table.rows.get(theme_id, {}).get(part) if page.table is not None else None
        if cell is None:
            raise NotFound("There is no such part.")
        if cell.count is None:
            raise hidden
    elif page.forest is not None and any(one.hidden for one in page.forest.lines if one.theme_id == theme_id):
        raise hidden


def _rows(
    db: Connection,
    viewer: Viewer,
    page: ForestPage,
    asked: Asked,
    *,
    theme_id: int,
    cut: Cut | None,
    part: str,
    now: datetime,
) -> list[Comment]:
    known: Preferences = settings.load(db)
    since = now - timedelta(days=asked.days)
    all_of_them = comments.comments(db, viewer, after=since, until=now, preferences=known)
    here = _of(all_of_them, asked, now=now)
    mine = {(one.account_id, one.contact_id): one for one in people_of(here)}

    def counts(one: Comment) -> bool:
        person = mine[one.account_id, one.contact_id]
        if theme_id == NO_THEME:
            return not one.themes
        return (theme_id == EVERYTHING or theme_id in one.themes) and (cut is None or person.part(cut) == part)

    return [one for one in reversed(here) if counts(one)]


# --- words that no theme has --------------------------------------------------------------------


def suggestions(db: Connection, viewer: Viewer, *, now: datetime) -> list[Suggestion]:
    """Of the last year's comments."""
    said = comments.said(db, viewer, after=now - YEAR, until=now)
    names = [one.name for one in store.people(db).values()] + [settings.load(db).company]
    names += comments.names(db, viewer, after=now - YEAR, until=now)
    return suggest(said, Matcher(book.themes(db)), names=names)
