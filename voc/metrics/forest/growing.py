"""Themes by accounts, revenue and people (3-metrics 7).

A person counts once for a theme, however often they wrote of it; so does an account.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.forest.cutting import Cell, Counts, Table, counts_of, table_of
from voc.metrics.forest.people import (
    LEAST_PEOPLE,
    UNHAPPY,
    Comment,
    Count,
    Cut,
    Person,
    count,
    people_of,
    revenue_of,
)
from voc.statistics.forest import pareto

MOST_OF_ONE = 0.7  # of the revenue behind a theme: more, and it is that account's revenue which is shown


@dataclass(frozen=True)
class Line:
    """One theme. `low` and `high` are the Wilson interval of its share of accounts; None while it is too few to show.

    `detractors` is None where so few were, or were not, that it would tell of single people; so is `below`: those who
    scored 8 or less, which makes a theme a cause, as promoters are asked what they would miss. `below_arr` is their
    accounts' revenue.
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
    before: int | None = None
    below: Count | None = None
    below_arr: float | None = None

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


@dataclass(frozen=True)
class Money:
    """Of the accounts behind a theme so many have an amount: what they are worth together, and the most of one."""

    accounts: int
    total: float
    most: float


@dataclass(frozen=True)
class Grown:
    """What a Forest is made of, however it was counted. `before` is None where nobody wrote in the window before.

    `below` are those of a theme who scored 8 or less; `scores` everybody by score. `covered` says how many accounts the
    first of these themes reaches, the first two, ...
    """

    whole: Count
    themeless: int
    counts: Mapping[int, Count]
    before: Mapping[int, Count] | None
    money: Mapping[int, Money]
    scores: Counts
    below: Mapping[int, Count]
    below_money: Mapping[int, Money]
    covered: Callable[[Sequence[int]], tuple[int, ...]]
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
    grown = _grown(people, comments, people_of(before), themes)
    return forest_of(grown, table_of(grown.scores, Cut.SCORE, protected=protected), themes, protected=protected)


def _grown(
    people: Sequence[Person], comments: Sequence[Comment], before: Sequence[Person], themes: Sequence[int]
) -> Grown:
    revenue = revenue_of(comments)
    names = {one.account_id: one.account_name for one in comments}
    by_theme, earlier = _by_theme(people, themes), _by_theme(before, themes)
    unhappy = {theme: [one for one in some if one.below] for theme, some in by_theme.items()}
    return Grown(
        whole=count(people),
        themeless=sum(not one.themes for one in people),
        counts={theme: count(some) for theme, some in by_theme.items()},
        before={theme: count(some) for theme, some in earlier.items()} if before else None,
        money={theme: _money(some, revenue) for theme, some in by_theme.items()},
        scores=counts_of(people, themes, Cut.SCORE),
        below={theme: count(some) for theme, some in unhappy.items()},
        below_money={theme: _money(some, revenue) for theme, some in unhappy.items()},
        covered=lambda order: _covered([by_theme[theme] for theme in order]),
        without_rate=tuple(sorted(names[id] for id, arr in revenue.items() if arr is None)),
        arr=sum(arr for arr in revenue.values() if arr is not None),
    )


def forest_of(grown: Grown, by_score: Table, themes: Sequence[int], *, protected: bool) -> Forest:
    """What of it is shown. `by_score` is the same people's table, so that the two never say more than each alone."""
    shown = {theme: one for theme, one in grown.counts.items() if one.people and not (protected and one.small)}
    places = _places(shown, grown.whole.accounts)
    money = {theme: _shown_money(grown.money[theme], protected=protected) for theme in shown}
    unhappy = _detractors(by_score, themes)
    lines = [
        _line(
            theme,
            grown.counts[theme],
            places.get(theme),
            money,
            detractors=unhappy[theme],
            below=_below(grown, by_score, theme, protected=protected),
            before=None if grown.before is None else grown.before[theme],
            protected=protected,
        )
        for theme in themes
    ]
    ordered = sorted(
        lines, key=lambda one: (one.hidden, one.rank or 0, -one.count.accounts, themes.index(one.theme_id))
    )
    return Forest(
        whole=grown.whole,
        themeless=grown.themeless,
        lines=tuple(ordered),
        covered=grown.covered([one.theme_id for one in ordered if not one.hidden]),
        without_rate=grown.without_rate,
        arr=grown.arr,
    )


def _by_theme(people: Iterable[Person], themes: Sequence[int]) -> dict[int, list[Person]]:
    found: dict[int, list[Person]] = {theme: [] for theme in themes}
    for one in people:
        for theme in one.themes:
            if theme in found:
                found[theme].append(one)
    return found


def _detractors(by_score: Table, themes: Sequence[int]) -> dict[int, int | None]:
    nobody = Cell(Count(0, 0))
    cells = {theme: by_score.rows[theme].get("detractor", nobody).count for theme in themes}
    return {theme: None if cell is None else cell.people for theme, cell in cells.items()}


def _below(grown: Grown, by_score: Table, theme: int, *, protected: bool) -> tuple[Count | None, float | None]:
    """Those who scored 8 or less and their revenue, where no more follows from it than the cut by score shows.

    Whoever is in a hidden cell of that must be nobody, or five people, among them and among the others: else this
    count less the shown cells would tell of fewer.
    """
    counted = grown.below[theme]
    if protected:
        hidden = [part for part, cell in by_score.rows[theme].items() if cell.count is None]
        inside = sum(grown.scores[theme][part].people for part in hidden if part in UNHAPPY)
        outside = sum(grown.scores[theme][part].people for part in hidden if part not in UNHAPPY)
        few = any(0 < people < LEAST_PEOPLE for people in (inside, outside))
        if few or counted.small or grown.counts[theme].small:
            return None, None
    arr, _of_one = _shown_money(grown.below_money[theme], protected=protected)
    return counted, arr


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


def _money(some: Iterable[Person], revenue: Mapping[str, float | None]) -> Money:
    amounts = [arr for id in sorted({one.account_id for one in some}) if (arr := revenue.get(id)) is not None]
    return Money(len(amounts), sum(amounts), max(amounts, default=0.0))


def _shown_money(found: Money, *, protected: bool) -> tuple[float | None, bool]:
    """The revenue of the accounts, and whether it is not shown because one account holds most of it."""
    if not found.accounts or found.total <= 0:
        return None, False
    if protected and found.most > MOST_OF_ONE * found.total:
        return None, True
    return found.total, False


def _line(
    theme: int,
    counted: Count,
    place: _Place | None,
    money: Mapping[int, tuple[float | None, bool]],
    *,
    detractors: int | None,
    below: tuple[Count | None, float | None],
    before: Count | None,
    protected: bool,
) -> Line:
    if theme not in money or place is None:
        return Line(theme, counted, detractors, hidden=protected and counted.small, below=below[0])
    arr, of_one = money[theme]
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
        before=None if before is None or (protected and before.small) else before.accounts,
        below=below[0],
        below_arr=below[1],
    )


def _covered(groups: Iterable[Sequence[Person]]) -> tuple[int, ...]:
    reached: set[str] = set()
    found = []
    for some in groups:
        reached |= {one.account_id for one in some}
        found.append(len(reached))
    return tuple(found)
