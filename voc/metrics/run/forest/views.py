"""Themes in figures: by accounts and revenue, cut by segment, role, region or score, over a period; and their rows."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
from voc.metrics.forest.hiding import Population, admitted, beside_few, population
from voc.metrics.forest.matching import Matcher
from voc.metrics.forest.people import BELOW, LEAST_PEOPLE, Comment, Count, Cut, people_of
from voc.metrics.forest.suggesting import Suggestion, suggest
from voc.metrics.model import Person
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
    kept_on: date | None = None  # the day whose night this is from; None: counted for this page


def is_protected(viewer: Viewer) -> bool:
    """A CSM knows the people of the own book by name; whoever looks over several books sees groups."""
    return viewer.role != StaffRole.CSM


def forest(db: Connection, viewer: Viewer, asked: Asked, *, cut: Cut | None, now: datetime) -> ForestPage:
    """The themes of one view; `cut` adds the table of themes by its parts."""
    known = settings.load(db)
    protected = is_protected(viewer)
    back = max(2 * asked.days, PERIODS[-1] if protected else 0)
    everything = Written(
        comments.comments(db, viewer, after=now - timedelta(days=back), until=now, preferences=known), now=now
    )
    teams = _teams(db, everything) if protected else {}
    if asked.team and asked.team not in teams:
        raise NotFound("There is no such team.")
    if protected and asked not in views_of(teams):
        raise Refused(f"Choose {PERIODS[0]}, {PERIODS[1]} or {PERIODS[2]} days", field="days")
    near = _near(everything, teams)[asked] if protected else None
    here, order = everything.of(asked), [one.id for one in book.themes(db)]
    grown = None if near else grow(here, order, protected=protected, before=everything.before(asked))
    table = None if near or cut is None else cut_table(people_of(here), order, cut, protected=protected)
    return page_of(
        Book.load(db), asked, teams=teams, protected=protected, near=near, forest=grown, table=table, comments=len(here)
    )


def has_comments(db: Connection, viewer: Viewer, asked: Asked, *, now: datetime) -> bool:
    """Whether `forest` would find any in that view; nobody looks at what they say."""
    after = now - timedelta(days=asked.days)
    if not asked.team:
        return comments.were_written(db, viewer, after=after, until=now)
    in_a_year = comments.teams(db, viewer, after=now - timedelta(days=PERIODS[-1]), until=now)
    shown = leads(store.people(db), in_a_year)
    return asked.team in shown and asked.team in comments.teams(db, viewer, after=after, until=now)


@dataclass(frozen=True)
class Book:
    """The code book as it stands."""

    themes: Mapping[int, Theme]
    version: int
    currency: str
    unread: bool

    @classmethod
    def load(cls, db: Connection) -> "Book":
        version = book.version(db)
        return cls(
            themes={one.id: one for one in book.themes(db)},
            version=version,
            currency=settings.load(db).reporting_currency,
            unread=verbatims.has_unread(db, book=version),
        )


def page_of(
    known: Book,
    asked: Asked,
    *,
    teams: Mapping[str, str],
    protected: bool = True,
    near: Asked | None,
    forest: Forest | None,
    table: Table | None,
    comments: int,
    kept_on: date | None = None,
) -> ForestPage:
    """What was counted of one view."""
    return ForestPage(
        asked=asked,
        currency=known.currency,
        themes=known.themes,
        teams=teams,
        protected=protected,
        near=near,
        forest=forest,
        table=table,
        comments=comments,
        book=known.version,
        unread=known.unread,
        kept_on=kept_on,
    )


class Written:
    """Comments up to now by view, the oldest first: a team's are looked for among its own."""

    def __init__(self, everything: Sequence[Comment], *, now: datetime) -> None:
        self._now = now
        self._by_team: dict[str, list[Comment]] = {"": list(everything)}
        for one in everything:
            if one.team_id:
                self._by_team.setdefault(one.team_id, []).append(one)

    @property
    def team_ids(self) -> frozenset[str]:
        """Teams whose customers wrote in the last year."""
        return frozenset(id for id in self._by_team if id and self.of(Asked(PERIODS[-1], id)))

    def of(self, asked: Asked) -> list[Comment]:
        return self._between(asked, self._now)

    def before(self, asked: Asked) -> list[Comment]:
        """Of the period before."""
        return self._between(asked, self._now - timedelta(days=asked.days))

    def _between(self, asked: Asked, until: datetime) -> list[Comment]:
        written, after = self._by_team.get(asked.team, []), until - timedelta(days=asked.days)
        first, last = (bisect_right(written, at, key=_when) for at in (after, until))
        return written[first:last]


def _when(one: Comment) -> datetime:
    return one.at


def _teams(db: Connection, everything: Written) -> dict[str, str]:
    return leads(store.people(db), everything.team_ids)


def leads(people: Mapping[str, Person], wrote: Collection[str]) -> dict[str, str]:
    """Leads of whose teams somebody's customers wrote, in alphabetical order."""
    ordered = sorted((people[id] for id in set(wrote) & set(people)), key=lambda one: (one.name.casefold(), one.id))
    return {one.id: one.name for one in ordered} if len(ordered) > 1 else {}


def views_of(teams: Mapping[str, str]) -> list[Asked]:
    """Every view there is; the half year comes first."""
    order = sorted(PERIODS, key=lambda days: days != PERIODS[1])
    return [Asked(days, team) for team in ("", *teams) for days in order]


def _near(everything: Written, teams: Mapping[str, str]) -> dict[Asked, Asked | None]:
    return near_of({one: population(everything.of(one)) for one in views_of(teams)}, teams)


def near_of(people: Mapping[Asked, Population], teams: Mapping[str, str]) -> dict[Asked, Asked | None]:
    """Of each view the one shown that tells, beside it, of one to four people; None where there is none."""
    by_name = {one.name: one for one in people}
    near = admitted({one.name: some for one, some in people.items()})
    found = {by_name[name]: None if other is None else by_name[other] for name, other in near.items()}
    for days in PERIODS:
        whole = Asked(days)
        sizes = {team: len(people[Asked(days, team)]) for team in teams if found[Asked(days, team)] is None}
        if found[whole] is None:
            shown = {team: number for team, number in sizes.items() if number >= LEAST_PEOPLE}
            found |= {Asked(days, team): whole for team in beside_few(len(people[whole]), shown)}
    return found


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


def behind_of(
    db: Connection,
    viewer: Viewer,
    page: ForestPage,
    *,
    theme_id: int,
    cut: Cut | None,
    part: str,
    now: datetime,
    start: int,
    limit: int,
) -> Behind:
    """Of a view that was counted; `page.table` is there where a cut is asked for."""
    theme = page.themes.get(theme_id)
    if theme is None and theme_id not in (EVERYTHING, NO_THEME):
        raise NotFound("There is no such theme.")
    if page.near is not None:
        raise Refused("Beside another view it would tell what fewer than five people wrote: it is not shown")
    _check_shown(page, theme_id, cut, part)
    rows = _rows(db, viewer, page, theme_id=theme_id, cut=cut, part=part, now=now)
    some = rows[start : start + limit]
    keys = [(one.response_id, one.question) for one in some]
    words = comments.texts(db, viewer, keys, until=now)
    marks = verbatims.marks(db, {response_id for response_id, _question in keys})
    said = tuple(Said(words[key], tuple(marks.get(key, ()))) for key in keys if key in words)
    counted = Count(len({(one.account_id, one.contact_id) for one in rows}), len({one.account_id for one in rows}))
    return Behind(theme_id, theme, counted, len(rows), said, part if cut is not None else None)


def _check_shown(page: ForestPage, theme_id: int, cut: Cut | None, part: str) -> None:
    hidden = Refused("Fewer than five people or three accounts: too few to show without telling of single people")
    if (cut, part) == (Cut.SCORE, BELOW):
        lines = page.forest.lines if page.forest is not None else ()
        if not any(one.theme_id == theme_id and one.below is not None and not one.hidden for one in lines):
            raise hidden
    elif cut is not None:
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
    *,
    theme_id: int,
    cut: Cut | None,
    part: str,
    now: datetime,
) -> list[Comment]:
    known: Preferences = settings.load(db)
    since = now - timedelta(days=page.asked.days)
    all_of_them = comments.comments(db, viewer, after=since, until=now, preferences=known)
    here = Written(all_of_them, now=now).of(page.asked)
    mine = {(one.account_id, one.contact_id): one for one in people_of(here)}

    def counts(one: Comment) -> bool:
        person = mine[one.account_id, one.contact_id]
        if theme_id == NO_THEME:
            return not one.themes
        return (theme_id == EVERYTHING or theme_id in one.themes) and (cut is None or person.is_in(cut, part))

    return [one for one in reversed(here) if counts(one)]


# --- words that no theme has --------------------------------------------------------------------


def suggestions(db: Connection, viewer: Viewer, *, now: datetime) -> list[Suggestion]:
    """Of the last year's comments."""
    said = comments.said(db, viewer, after=now - YEAR, until=now)
    names = [one.name for one in store.people(db).values()] + [settings.load(db).company]
    names += comments.names(db, viewer, after=now - YEAR, until=now)
    return suggest(said, Matcher(book.themes(db)), names=names)
