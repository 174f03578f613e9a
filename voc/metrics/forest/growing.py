"""Themes by accounts, revenue and people (3-metrics 7).

A person counts once for a theme, however often they wrote of it; so does an account.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.forest.cutting import Cell, cut_table
from voc.metrics.forest.people import Comment, Count, Cut, Person, count, people_of, revenue_of
from voc.statistics.forest import pareto

MOST_OF_ONE = 0.7  # of the revenue behind a theme: more, and it is that account's revenue which is shown


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
    return grow_of(people_of(comments), themes, comments=comments, before=people_of(before), protected=protected)


def grow_of(
    people: Sequence[Person],
    themes: Sequence[int],
    *,
    comments: Sequence[Comment],
    before: Sequence[Person],
    protected: bool,
) -> Forest:
    """The same of `people_of(comments)` and those of the window before, for whoever knows them."""
    revenue = revenue_of(comments)
    by_theme = _by_theme(people, themes)
    earlier = _by_theme(before, themes)
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
