"""Comments -> themes by accounts, revenue and people; cuts in which nobody small is shown; views that may stand. Pure.

A person counts once for a theme, however often they wrote of it; so does an account (3-metrics 7).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voc.base.words import Role
from voc.metrics.units import group_of
from voc.statistics.forest import pareto

LEAST_PEOPLE, LEAST_ACCOUNTS = 5, 3
MOST_OF_ONE = 0.7  # of the revenue behind a theme: more, and it is that account's revenue which is shown
ANY = 0
"""In the place of a theme: everybody who wrote anything."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What one person wrote, with what was true of them when they were asked. `arr` is in the reporting currency."""

    response_id: int
    question: str
    account_id: str
    account_name: str
    contact_id: str
    team_id: str | None
    at: datetime
    score: int | None
    segment: str | None
    roles: tuple[str, ...]
    region: str | None
    arr: float | None
    themes: frozenset[int]


class Cut(StrEnum):
    """Into which parts everybody is divided. Each person is in one part, or differences would tell of single people."""

    SCORE = "score"
    SEGMENT = "segment"
    ROLE = "role"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that one person wrote in the window; score, segment, role and region are the latest known."""

    contact_id: str
    account_id: str
    team_id: str | None
    score: int | None
    segment: str | None
    role: str | None
    region: str | None
    themes: frozenset[int]

    def part(self, cut: Cut) -> str:
        """The part of the cut that this person is in; empty where it is not known."""
        match cut:
            case Cut.SCORE:
                return "" if self.score is None else group_of(self.score)
            case Cut.SEGMENT:
                return self.segment or ""
            case Cut.ROLE:
                return self.role or ""
            case Cut.REGION:
                return self.region or ""


_FIRST = {str(role): place for place, role in enumerate(Role)}


def people_of(comments: Iterable[Comment]) -> list[Person]:
    """One of each person at each account, in a fixed order; `comments` come the oldest first."""
    found: dict[tuple[str, str], list[Comment]] = defaultdict(list)
    for one in comments:
        found[one.account_id, one.contact_id].append(one)
    return [_person(found[key]) for key in sorted(found)]


def _person(theirs: Sequence[Comment]) -> Person:
    latest = theirs[-1]
    scores = [one.score for one in theirs if one.score is not None]
    return Person(
        contact_id=latest.contact_id,
        account_id=latest.account_id,
        team_id=latest.team_id,
        score=scores[-1] if scores else None,
        segment=latest.segment,
        # Whoever holds several roles is counted under the first of them, in the order of the role matrix.
        role=min(latest.roles, key=lambda role: _FIRST.get(role, len(_FIRST)), default=None),
        region=latest.region,
        themes=frozenset().union(*(one.themes for one in theirs)),
    )


def revenue_of(comments: Iterable[Comment]) -> dict[str, float | None]:
    """Recurring revenue by account, as of its latest comment; None without an amount or a rate."""
    return {one.account_id: one.arr for one in comments}


# --- how much is enough -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """People and accounts behind one number."""

    people: int
    accounts: int

    @property
    def small(self) -> bool:
        return self.people > 0 and (self.people < LEAST_PEOPLE or self.accounts < LEAST_ACCOUNTS)


def count(people: Iterable[Person]) -> Count:
    some = list(people)
    return Count(len(some), len({one.account_id for one in some}))


def complete(counts: Mapping[str, int], hidden: Collection[str], *, least: int) -> set[str]:
    """What must be hidden beside `hidden`, so that a total tells nothing: two or more cells of `least` people in all.

    The next smallest come first, ties by label; empty cells stay. With all small cells as `hidden` this is
    `statistics.suppress`.
    """
    found = {label for label in hidden if counts[label] > 0}
    if not found:
        return set()
    for _count, label in sorted((count, label) for label, count in counts.items() if count > 0):
        if len(found) >= 2 and sum(counts[one] for one in found) >= least:
            break
        found.add(label)
    return found


def hidden_cells(table: Mapping[int, Mapping[str, Count]]) -> set[tuple[int, str]]:
    """The cells of a table of themes by parts that are not shown: rows, then columns, until nothing changes."""
    hidden = {(row, column) for row, cells in table.items() for column, cell in cells.items() if cell.small}
    columns = sorted({column for cells in table.values() for column in cells})
    while True:
        before = len(hidden)
        for row, cells in table.items():
            counts = {column: cell.people for column, cell in cells.items()}
            small = {column for column in counts if (row, column) in hidden}
            hidden |= {(row, column) for column in complete(counts, small, least=LEAST_PEOPLE)}
        for column in columns:
            counts = {str(row): cells[column].people for row, cells in table.items() if column in cells}
            small = {str(row) for row in table if (row, column) in hidden}
            hidden |= {(int(row), column) for row in complete(counts, small, least=LEAST_PEOPLE)}
        if len(hidden) == before:
            return hidden


Population = frozenset[tuple[str, str]]
"""Who is counted: (account, contact)."""


def population(people: Iterable[Person]) -> Population:
    return frozenset((one.account_id, one.contact_id) for one in people)


def admitted(views: Mapping[str, Population]) -> dict[str, str | None]:
    """Which views may be shown: name -> None, or the name of the shown one it is too near to.

    In the order given. Two views whose people differ by one to four tell of those by subtraction; the
    later one is refused. One with the same people tells nothing more.
    """
    shown: list[str] = []
    found: dict[str, str | None] = {}
    for name, people in views.items():
        near = next((one for one in shown if 0 < len(people ^ views[one]) < LEAST_PEOPLE), None)
        found[name] = near
        if near is None:
            shown.append(name)
    return found


# --- themes -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One theme. `low` and `high` are the Wilson interval of its share of accounts; None while it is too few to show.

    `detractors` is None where so few were, or were not, that it would tell of single people.
    `first` and `last` are the ranks it may have as far as the intervals tell. `arr` is None where one
    account holds most of it (`of_one`) or no amount is known. `before` is the count of the window before, None where
    nobody wrote in it.
    """

    theme_id: int
    count: Count
    detractors: int | None
    hidden: bool
    rank: int | None = None
    first: int | None = None
    last: int | None = None
    low: float | None = None
    high: float | None = None
    arr: float | None = None
    of_one: bool = False
    arr_rank: int | None = None
    before: int | None = None

    @property
    def uncertain(self) -> bool:
        return self.first != self.last


@dataclass(frozen=True)
class Forest:
    """`whole` is everybody who wrote; `themeless` of them wrote of no theme. `without_rate` names accounts."""

    whole: Count
    themeless: int
    lines: tuple[Line, ...]
    covered: tuple[int, ...]  # accounts reached by the first theme, the first two, ...
    without_rate: tuple[str, ...]
    arr: float


def grow(
    comments: Sequence[Comment],
    themes: Sequence[int],
    *,
    protected: bool,
    before: Sequence[Comment] = (),
) -> Forest:
    """Themes by accounts, most first. `protected`: small ones are hidden, as for whoever is not their CSM."""
    people = people_of(comments)
    revenue = revenue_of(comments)
    by_theme = _by_theme(people, themes)
    earlier = _by_theme(people_of(before), themes)
    counts = {theme: count(some) for theme, some in by_theme.items()}
    shown = {theme: one for theme, one in counts.items() if one.people and not (protected and one.small)}
    whole = count(people)
    places = _places(shown, whole.accounts)
    money = {theme: _money(by_theme[theme], revenue, protected=protected) for theme in shown}
    unhappy = _detractors(people, themes, protected=protected)
    lines = [
        _line(
            theme,
            counts[theme],
            places.get(theme),
            money,
            detractors=unhappy[theme],
            earlier=earlier[theme] if before else None,
            protected=protected,
        )
        for theme in themes
    ]
    names = {one.account_id: one.account_name for one in comments}
    ordered = sorted(
        lines, key=lambda one: (one.hidden, one.rank or 0, -one.count.accounts, themes.index(one.theme_id))
    )
    return Forest(
        whole=whole,
        themeless=sum(not one.themes for one in people),
        lines=tuple(ordered),
        covered=_covered([by_theme[one.theme_id] for one in ordered if not one.hidden]),
        without_rate=tuple(sorted(names[id] for id, arr in revenue.items() if arr is None)),
        arr=sum(arr for arr in revenue.values() if arr is not None),
    )


def _by_theme(people: Iterable[Person], themes: Sequence[int]) -> dict[int, list[Person]]:
    found: dict[int, list[Person]] = {theme: [] for theme in themes}
    for one in people:
        for theme in one.themes:
            if theme in found:
                found[theme].append(one)
    return found


def _detractors(people: Sequence[Person], themes: Sequence[int], *, protected: bool) -> dict[int, int | None]:
    """As the cut by score tells, so that the two never say more together than each alone."""
    table = cut_table(people, themes, Cut.SCORE, protected=protected)
    nobody = Cell(Count(0, 0))
    cells = {theme: table.rows[theme].get("detractor", nobody).count for theme in themes}
    return {theme: None if cell is None else cell.people for theme, cell in cells.items()}


@dataclass(frozen=True)
class _Place:
    rank: int
    first: int
    last: int
    low: float
    high: float


def _places(counts: Mapping[int, Count], accounts: int) -> dict[int, _Place]:
    """Rank by accounts, and the ranks that the intervals allow."""
    if not accounts:
        return {}
    by_name = {f"{theme:09d}": one.accounts for theme, one in counts.items()}
    rows = pareto(accounts_by_theme=by_name, accounts=accounts)
    return {
        int(name): _Place(
            rank,
            first=min(rank, 1 + sum(other[3] > high for other in rows)),
            last=max(rank, len(rows) - sum(other[4] < low for other in rows)),
            low=low,
            high=high,
        )
        for name, _count, rank, low, high in rows
    }


def _money(
    some: Iterable[Person], revenue: Mapping[str, float | None], *, protected: bool
) -> tuple[float | None, bool]:
    """The revenue of the accounts, and whether it is not shown because one account holds most of it."""
    amounts = [arr for id in sorted({one.account_id for one in some}) if (arr := revenue.get(id)) is not None]
    total = sum(amounts)
    if not amounts or total <= 0:
        return None, False
    if protected and max(amounts) > MOST_OF_ONE * total:
        return None, True
    return total, False


def _line(
    theme: int,
    counted: Count,
    place: _Place | None,
    money: Mapping[int, tuple[float | None, bool]],
    *,
    detractors: int | None,
    earlier: Sequence[Person] | None,
    protected: bool,
) -> Line:
    if theme not in money or place is None:
        return Line(theme, counted, detractors, hidden=protected and counted.small)
    arr, of_one = money[theme]
    richer = sum((other or 0.0) > (arr or 0.0) for other, _of_one in money.values())
    before = count(earlier or ())
    return Line(
        theme_id=theme,
        count=counted,
        detractors=detractors,
        hidden=False,
        rank=place.rank,
        first=place.first,
        last=place.last,
        low=place.low,
        high=place.high,
        arr=arr,
        of_one=of_one,
        arr_rank=None if arr is None else richer + 1,
        before=None if earlier is None or (protected and before.small) else before.accounts,
    )


def _covered(groups: Iterable[Sequence[Person]]) -> tuple[int, ...]:
    reached: set[str] = set()
    found = []
    for some in groups:
        reached |= {one.account_id for one in some}
        found.append(len(reached))
    return tuple(found)


# --- cuts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """`count` is None where it is hidden."""

    count: Count | None


@dataclass(frozen=True)
class Table:
    """Themes by the parts of a cut. `rows` holds a line for everybody (`ANY`) too."""

    cut: Cut
    parts: tuple[str, ...]
    rows: Mapping[int, Mapping[str, Cell]]

    @property
    def hides(self) -> bool:
        return any(cell.count is None for cells in self.rows.values() for cell in cells.values())


def cut_table(people: Sequence[Person], themes: Sequence[int], cut: Cut, *, protected: bool) -> Table:
    by_part: dict[str, list[Person]] = defaultdict(list)
    for one in people:
        by_part[one.part(cut)].append(one)
    parts = tuple(sorted(by_part, key=lambda part: (part == "", _order(cut, part), part)))
    counts = {
        theme: {part: count(one for one in by_part[part] if theme == ANY or theme in one.themes) for part in parts}
        for theme in (ANY, *themes)
    }
    hidden = hidden_cells(counts) if protected else set()
    rows = {
        theme: {part: Cell(None if (theme, part) in hidden else one) for part, one in cells.items()}
        for theme, cells in counts.items()
    }
    return Table(cut, parts, rows)


_ORDER: Mapping[Cut, Sequence[str]] = {
    Cut.SCORE: ("detractor", "passive", "promoter"),
    Cut.SEGMENT: ("enterprise", "mid-market", "small"),
    Cut.ROLE: tuple(_FIRST),
    Cut.REGION: (),
}


def _order(cut: Cut, part: str) -> int:
    known = _ORDER[cut]
    return known.index(part) if part in known else len(known)
