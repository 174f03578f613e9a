"""The board page as values: six figures now and one period earlier, revenue by state, causes, what changed. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from voc import statistics
from voc.base.words import AccountState
from voc.metrics.catalogue import OPENS, Spread
from voc.metrics.cost.table import Cost
from voc.metrics.model import Figure, Shown, Window

SIX = (
    "identified_promoters",
    "follow_up_attainment",
    "response_rate",
    "silent_accounts",
    "invitation_guideline",
    "response_target",
)
ORDER = (
    AccountState.HEARD,
    AccountState.SILENT,
    AccountState.NOT_ASKED,
    AccountState.QUIET,
    AccountState.UNREACHABLE,
    AccountState.ALL_OPTED_OUT,
    AccountState.IN_FLIGHT,
    AccountState.IN_CONFIDENCE,
    AccountState.TOO_NEW,
)


CAUSES = 3  # on the page
LEAST_ACCOUNTS = 3  # a cause that fewer named is theirs, not a cause
CAME_FROM = {
    AccountState.HEARD: frozenset({AccountState.SILENT, AccountState.QUIET}),
    AccountState.SILENT: frozenset(AccountState),
}


@dataclass(frozen=True)
class Change:
    """Difference of two shares with its 95% interval; None where either is too thin to compare."""

    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class SixLine:
    now: Figure
    before: Figure
    change: Change | None


@dataclass(frozen=True)
class StateLine:
    state: AccountState
    accounts: int
    arr: float


@dataclass(frozen=True)
class CauseLine:
    """What people who scored 8 or less wrote of: distinct accounts and their revenue; who works on it, what is done.

    `arr` is None where one account holds most of it.
    """

    name: str
    accounts: int
    arr: float | None
    owner: str = ""
    due_on: date | None = None
    doing: str = ""
    theme_id: int | None = None  # None: a root cause of follow-ups


@dataclass(frozen=True)
class Moved:
    """Accounts whose state became another since the period before, and their revenue today."""

    names: tuple[str, ...]  # the largest first; of very many some
    arr: float
    accounts: int


@dataclass(frozen=True)
class Board:
    window: Window
    before: Window
    currency: str
    six: tuple[SixLine, ...]
    states: tuple[StateLine, ...]
    cost: Cost
    causes: tuple[CauseLine, ...]
    why_no_causes: str  # where a rule hides them
    order_certain: tuple[bool, bool]  # first against second, second against third
    heard: int  # accounts heard, of which the causes count
    heard_again: Moved
    newly_silent: Moved
    confirmed: int
    median_days: float | None
    empty_places: int
    empty_senior: int
    places: int
    without_rate: tuple[str, ...]
    kept_on: date | None = None  # the day whose night this is from


def change(now: Figure, before: Figure, *, icc: float) -> Change | None:
    """By the limits of both figures (Newcombe); most accounts are in both, so that it errs on the careful side.

    A figure without limits of its own is a census of rows that lie together in accounts: Wilson on effective ones.
    """
    shown = (Shown.INTERVAL, Shown.TREND, Shown.PERCENT)
    if now.value is None or before.value is None or now.shown not in shown or before.shown not in shown:
        return None
    if min(now.counted, before.counted) < least_compared(now.name) or min(now.accounts, before.accounts) < 3:
        return None
    first, second = limits(now, icc=icc), limits(before, icc=icc)
    if first is None or second is None:
        return None
    gap = now.value - before.value
    down = math.hypot(now.value - first[0], second[1] - before.value)
    up = math.hypot(first[1] - now.value, before.value - second[0])
    return Change(gap, max(-1.0, gap - down), min(1.0, gap + up))


def least_compared(name: str) -> int:
    """Rows from which one period is told beside another (3-metrics 0.7); our own records are no sample."""
    return 10 if OPENS[name].spread == Spread.NONE else 30


def limits(figure: Figure, *, icc: float) -> statistics.Interval | None:
    if figure.interval is not None:
        return figure.interval.low, figure.interval.high
    if figure.value is None or not figure.accounts:
        return None
    deff = 1 + max(0.0, figure.counted / figure.accounts - 1) * icc
    n = figure.counted / deff
    return statistics.wilson(x=figure.value * n, n=n)


def certain(causes: Sequence[CauseLine], heard: int) -> tuple[bool, bool]:
    """Whether the first three stand in a certain order: their intervals do not overlap."""
    spans = [statistics.wilson(x=one.accounts, n=heard) if heard >= one.accounts else None for one in causes[:3]]
    told = []
    for i in (0, 1):
        one = spans[i] if i < len(spans) else None
        other = spans[i + 1] if i + 1 < len(spans) else None
        told.append(one is None or other is None or one[0] > other[1])
    return told[0], told[1]


def ordered(causes: Iterable[CauseLine]) -> list[CauseLine]:
    return sorted(causes, key=lambda one: (-one.accounts, -(one.arr or 0.0), one.name))


def median_days(times: Sequence[tuple[float, bool]]) -> float | None:
    """Of (days, whether it was resolved): open ones are at their age. None where half are open yet."""
    found = statistics.kaplan_meier(time=[days for days, _ in times], event=[done for _, done in times], at=0)
    return None if found is None or found["median"] == float("inf") else found["median"]
