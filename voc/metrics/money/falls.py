"""A sudden fall of a series against its own last twelve months (8a). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from voc import statistics
from voc.statistics.compare import THREE_SIGMA

MONTHS = 12
LEAST_FOR_LIMITS = 12
QUARTERS = 4
LEAST_DECIDED = 8  # of fewer renewals a share of revenue is told by counts alone (3-metrics 8)
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Month:
    """One whole month of a figure: numerator and denominator, and how many rows they are of."""

    first: date
    part: float
    whole: float
    rows: int = 0


def monthly(rows: Iterable[tuple[date, float, float]], *, on: date) -> list[Month]:
    """Thirteen whole months before the day, the oldest first, with what fell into each."""
    sums: dict[date, tuple[float, float, int]] = defaultdict(lambda: (0.0, 0.0, 0))
    for day, part, whole in rows:
        before = sums[day.replace(day=1)]
        sums[day.replace(day=1)] = before[0] + part, before[1] + whole, before[2] + 1
    return [Month(first, *sums[first]) for first in reversed(_firsts(on))]


def spans(on: date) -> list[tuple[date, date]]:
    """The same thirteen months, each with the first day of the one that follows it."""
    firsts = [*reversed(_firsts(on)), on.replace(day=1)]
    return list(pairwise(firsts))


def _firsts(on: date) -> list[date]:
    months, first = [], on.replace(day=1)
    for _ in range(MONTHS + 1):
        first = (
            first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)
        )
        months.append(first)
    return months


def turned(months: Sequence[Month]) -> list[Month]:
    """The same of what was not: where less is better, a fall of the rest is a rise of it."""
    return [Month(one.first, one.whole - one.part, one.whole) for one in months]


def quarters(months: Sequence[Month]) -> list[Month]:
    """Of thirteen months every third, so that what looks back 90 days shares no day with the next; each March, June,
    September and December. None in between: a fall would be told three times.
    """
    return list(months[::3]) if months[-1].first.month % 3 == 0 else []


def rate_fell(months: Sequence[Month], *, least: int = LEAST_FOR_LIMITS) -> bool:
    """The last below 3 sigma of those before it (Laney p'); each of them needs something to count, whole things.

    They must share no row with each other: limits are drawn as if each were a draw of its own.
    """
    if len(months) <= least or any(one.whole <= 0 for one in months):
        return False
    before, last = months[:-1], months[-1]
    part, whole = sum(one.part for one in before), sum(one.whole for one in before)
    if not 0 < part < whole:  # no spread to measure: what is as rare as 3 sigma decides
        usual = (part + 0.5) / (whole + 1)
        chance = statistics.midp_two_sided(x=round(last.part), n=round(last.whole), p0=usual)
        return last.part / last.whole < usual and chance < THREE_SIGMA
    limits = statistics.laney(x=[one.part for one in before], n=[one.whole for one in before], k=3)
    spread = (limits["pbar"] * (1 - limits["pbar"]) / last.whole) ** 0.5
    return bool(last.part / last.whole < limits["pbar"] - 3 * limits["sigma_used"] * spread)


def revenue_share_fell(months: Sequence[Month]) -> bool:
    """The last month's share of revenue under half of that of the twelve before it, of which six had any.

    A euro is no trial, so there are no limits by chance; one large account must not be a month, so it takes eight.
    """
    before, last = months[:-1], months[-1]
    whole = sum(one.whole for one in before)
    if last.rows < LEAST_DECIDED or sum(one.rows > 0 for one in before) < MONTHS / 2 or whole <= 0 or last.whole <= 0:
        return False
    return last.part / last.whole < HALF * sum(one.part for one in before) / whole


def money_fell(months: Sequence[Month]) -> bool:
    """The last month under half of the mean of the twelve before it, of which six had any. Of things counted too."""
    before = [one.part for one in months[:-1]]
    if len(before) < MONTHS or sum(amount > 0 for amount in before) < MONTHS / 2:
        return False
    return months[-1].part < HALF * sum(before) / len(before)
