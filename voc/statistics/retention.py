"""Customers and revenue kept among renewals that were decided (3-metrics 8)."""

import math
from typing import TYPE_CHECKING, TypedDict

from voc.statistics.intervals import Interval, t, wilson

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

LEAST_FOR_AN_INTERVAL = 8


class Retention(TypedDict):
    nrr: float | None
    nrr_se: float | None
    grr: float | None
    grr_se: float | None
    logo: float | None
    logo_ci: Interval | None


def retention(*, start_arr: "ArrayLike", end_arr: "ArrayLike") -> Retention:
    """Net and gross revenue retention with standard errors, and accounts kept with Wilson limits.

    One pair per decided renewal; an account lost ends at 0. Without opening revenue the rates are None.
    """
    import numpy as np

    start, end = np.asarray(start_arr, np.float64), np.asarray(end_arr, np.float64)
    kept, accounts = int((end > 0).sum()), len(start)
    nrr, nrr_se = _ratio(start, end)
    grr, grr_se = _ratio(start, np.minimum(end, start))
    return {
        "nrr": nrr,
        "nrr_se": nrr_se,
        "grr": grr,
        "grr_se": grr_se,
        "logo": kept / accounts if accounts else None,
        "logo_ci": wilson(x=kept, n=accounts),
    }


def _ratio(start: "NDArray[float64]", end: "NDArray[float64]") -> tuple[float | None, float | None]:
    total, k = float(start.sum()), len(start)
    if total <= 0:
        return None, None
    ratio = float(end.sum()) / total
    if k < 2:
        return ratio, None
    return ratio, math.sqrt(k / (k - 1) * float(((end - ratio * start) ** 2).sum())) / total


def ratio_interval(
    *, ratio: float, se: float | None, accounts: int, conf: float = 0.95, least: int = LEAST_FOR_AN_INTERVAL
) -> Interval | None:
    """r -/+ t(k-1) se, approximate; None under 8 accounts (`least`), where only counts are shown."""
    if accounts < max(least, 2) or se is None:
        return None
    half = t(conf, accounts - 1) * se
    return ratio - half, ratio + half
