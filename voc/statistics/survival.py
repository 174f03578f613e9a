"""Times to an event when some have not happened yet, and limits kept (3-metrics 6)."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypedDict

from voc.statistics.intervals import z


class KaplanMeier(TypedDict):
    median: float
    median_ci: tuple[float, float]
    S: float
    S_lo: float
    S_hi: float


class Sla(TypedDict):
    met: int
    missed: int
    pending: int
    attainment: float | None


def product_limit(time: Sequence[float], event: Sequence[int | bool]) -> list[tuple[float, int, int, float]]:
    """(time, at risk, events, survival after) of each time with an event; events go before censorings."""
    events = Counter(at for at, happened in zip(time, event, strict=True) if happened)
    leaving = Counter(time)
    at_risk, survival, table = len(time), 1.0, []
    for at in sorted(leaving):
        if events[at]:
            survival *= 1 - events[at] / at_risk
            table.append((at, at_risk, events[at], survival))
        at_risk -= leaving[at]
    return table


def kaplan_meier(
    *, time: Sequence[float], event: Sequence[int | bool], at: float, conf: float = 0.95
) -> KaplanMeier | None:
    """Survival and median time with Greenwood's variance and log(-log) limits; None without a case.

    Open cases are censored at their age; the mean of closed ones would only know the quick.
    Median and its limits are infinite when never reached (Brookmeyer and Crowley 1982).
    """
    if not time:
        return None
    rows = survival_steps(time=time, event=event, conf=conf)
    reached = [row for row in rows if row[0] <= at]
    _, survival, low, high = reached[-1] if reached else rows[0]
    first = [next((row[0] for row in rows if row[column] <= 0.5), math.inf) for column in (1, 2, 3)]
    return {"median": first[0], "median_ci": (first[1], first[2]), "S": survival, "S_lo": low, "S_hi": high}


def survival_steps(
    *, time: Sequence[float], event: Sequence[int | bool], conf: float = 0.95
) -> list[tuple[float, float, float, float]]:
    """(time, survival, low, high) from time 0 on, at each time with an event, as `kaplan_meier` has them."""
    rows = [(0.0, 1.0, 1.0, 1.0)]
    greenwood, quantile = 0.0, z(conf)
    for when, n, d, survival in product_limit(time, event):
        greenwood += d / (n * (n - d)) if n > d else 0.0
        rows.append((when, survival, *_limits(survival, greenwood, quantile)))
    return rows


def _limits(survival: float, greenwood: float, quantile: float) -> tuple[float, float]:
    if survival in (0.0, 1.0):
        return survival, survival
    spread = quantile * math.sqrt(greenwood) / abs(math.log(survival))
    return survival ** math.exp(spread), survival ** math.exp(-spread)


def sla(*, cases: Iterable[tuple[bool, float, float] | Sequence[float]]) -> Sla:
    """Limits kept. Each case is (done, hours so far, limit): open past the limit is missed, open within it pending."""
    met = missed = pending = 0
    for done, hours, limit in cases:
        if done and hours <= limit:
            met += 1
        elif done or hours > limit:
            missed += 1
        else:
            pending += 1
    due = met + missed
    return {"met": met, "missed": missed, "pending": pending, "attainment": met / due if due else None}


def rtm_mean(*, mean: float, first: float, retest_r: float) -> float:
    """What a first score comes back to by itself (regression to the mean)."""
    return mean + retest_r * (first - mean)


def recovery_expected(*, mean: float, sd: float, retest_r: float, cut: float = 6.5) -> float | None:
    """P(second score above the cut | first below), bivariate normal: recovery with nobody doing anything."""
    from scipy.special import ndtr, owens_t

    h = (cut - mean) / sd
    below = float(ndtr(h))
    if below == 0:
        return None
    # Both scores share h, so that the bivariate tail is one Owen's T.
    both_below = below - 2 * float(owens_t(h, math.sqrt((1 - retest_r) / (1 + retest_r))))
    return 1 - both_below / below
