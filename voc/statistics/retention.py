"""Customers and revenue kept among renewals that were decided (3-metrics 8)."""

import math
from collections.abc import Sequence
from typing import TypedDict

from voc.statistics.intervals import Interval, wilson

LEAST_FOR_AN_INTERVAL = 8


class Retention(TypedDict):
    nrr: float | None
    nrr_se: float | None
    grr: float | None
    grr_se: float | None
    logo: float | None
    logo_ci: Interval | None


def retention(*, start_arr: Sequence[float], end_arr: Sequence[float]) -> Retention:
    """Net and gross revenue retention with standard errors, and accounts kept with Wilson limits.

    One pair per decided renewal; an account lost ends at 0. Without opening revenue the rates are None.
    """
    kept = sum(end > 0 for end in end_arr)
    accounts = len(start_arr)
    nrr, nrr_se = _ratio(start_arr, end_arr)
    grr, grr_se = _ratio(start_arr, [min(end, start) for start, end in zip(start_arr, end_arr, strict=True)])
    return {
        "nrr": nrr,
        "nrr_se": nrr_se,
        "grr": grr,
        "grr_se": grr_se,
        "logo": kept / accounts if accounts else None,
        "logo_ci": wilson(x=kept, n=accounts),
    }


def _ratio(start: Sequence[float], end: Sequence[float]) -> tuple[float | None, float | None]:
    total, k = sum(start), len(start)
    if total <= 0:
        return None, None
    ratio = sum(end) / total
    if k < 2:
        return ratio, None
    squares = sum((e - ratio * s) ** 2 for s, e in zip(start, end, strict=True))
    return ratio, math.sqrt(k / (k - 1) * squares) / total


def mean_se(*, values: Sequence[float]) -> float | None:
    """sd(n-1)/sqrt n of a mean; None under two values."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def ratio_interval(*, ratio: float, se: float | None, accounts: int, conf: float = 0.95) -> Interval | None:
    """r -/+ t(k-1) se, approximate; None under 8 accounts, where only counts are shown."""
    from scipy.special import stdtrit

    if accounts < LEAST_FOR_AN_INTERVAL or se is None:
        return None
    half = float(stdtrit(accounts - 1, (1 + conf) / 2)) * se
    return ratio - half, ratio + half
