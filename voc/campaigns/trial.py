"""Does a heads-up help? Both halves of the lot compared, over one wave or all. Pure.

The lot is drawn by whole accounts, so the account is what is counted with: colleagues answer alike,
and taking each for a witness of its own would promise more than there is (Cochran's ratio estimate
over accounts). Several waves are put together by the difference within each, weighted by its size
(Mantel-Haenszel): waves differ in how many answer, and in how many got a heads-up.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from voc.statistics import cluster_ratio_se, t, z

FEWEST_ACCOUNTS = 5  # in each half; with fewer the spread between accounts is a guess
FEWEST_PEOPLE = 10
LEAST_DIFFERENCE = 0.05  # nobody would change a programme for less
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Half:
    """One half of one wave: (answered in time, asked) of each account."""

    accounts: tuple[tuple[int, int], ...]

    @property
    def answered(self) -> int:
        return sum(answered for answered, _asked in self.accounts)

    @property
    def asked(self) -> int:
        return sum(asked for _answered, asked in self.accounts)

    @property
    def rate(self) -> float | None:
        return self.answered / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Halves:
    """A wave in which both were drawn."""

    wave_id: int
    label: str
    over: bool
    with_heads_up: Half
    without: Half


@dataclass(frozen=True, slots=True)
class Difference:
    """With minus without, as shares. The interval (95%) is None while there are too few accounts for one.

    `needed` is how many more people in each half would show a difference of `of` in four of five cases.
    """

    estimate: float
    low: float | None
    high: float | None
    needed: int | None
    of: float

    @property
    def tells(self) -> bool:
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def compare(waves: Sequence[Halves]) -> Difference | None:
    """None where no wave has people in both halves."""
    both = [one for one in waves if one.with_heads_up.asked and one.without.asked]
    if not both:
        return None
    weights = [_weight(one) for one in both]
    estimate = sum(weight * _points(one) for weight, one in zip(weights, both, strict=True)) / sum(weights)
    variances = [_variance(one) for one in both]
    accounts = min(sum(len(half.accounts) for half in side) for side in _sides(both))
    people = min(sum(half.asked for half in side) for side in _sides(both))
    wanted = max(abs(estimate), LEAST_DIFFERENCE)
    known = [variance for variance in variances if variance is not None]
    if len(known) < len(both) or accounts < FEWEST_ACCOUNTS or people < FEWEST_PEOPLE:
        return Difference(estimate, None, None, _needed(both, wanted, deff=None), wanted)
    se = math.sqrt(sum(w * w * v for w, v in zip(weights, known, strict=True))) / sum(weights)
    reach = t(0.95, 2 * accounts - 2) * se
    low, high = max(estimate - reach, -1.0), min(estimate + reach, 1.0)
    more = _needed(both, wanted, deff=_deff(both, se)) if low <= 0 <= high else None
    return Difference(estimate, low, high, more, wanted)


def _sides(waves: Sequence[Halves]) -> tuple[list[Half], list[Half]]:
    return [one.with_heads_up for one in waves], [one.without for one in waves]


def _points(one: Halves) -> float:
    return (one.with_heads_up.rate or 0.0) - (one.without.rate or 0.0)


def _weight(one: Halves) -> float:
    first, second = one.with_heads_up.asked, one.without.asked
    return first * second / (first + second)


def _variance(one: Halves) -> float | None:
    parts = [
        cluster_ratio_se(responded=[x for x, _n in half.accounts], invited=[n for _x, n in half.accounts])
        for half in (one.with_heads_up, one.without)
    ]
    return None if None in parts else sum(part * part for part in parts if part is not None)


def _spread(waves: Sequence[Halves]) -> float:
    """Variance of one person's answer in both halves together."""
    found = 0.0
    for side in _sides(waves):
        asked, answered = sum(half.asked for half in side), sum(half.answered for half in side)
        rate = (answered + 1) / (asked + 2)  # never 0 or 1: a few silent people prove nothing
        found += rate * (1 - rate)
    return found


def _deff(waves: Sequence[Halves], se: float) -> float:
    """How many times more people are needed than if everybody answered for themselves."""
    people = sum(_weight(one) for one in waves) * 2  # as if both halves were equal
    alone = _spread(waves) / people
    return max(se * se / alone, 1.0) if alone > 0 else 1.0


def _needed(waves: Sequence[Halves], difference: float, *, deff: float | None) -> int:
    reach = z(0.95) + z(2 * _POWER - 1)
    per_half = (deff or 1.5) * _spread(waves) * (reach / difference) ** 2
    have = min(sum(half.asked for half in side) for side in _sides(waves))
    return max(math.ceil(per_half) - have, 1)
