"""What silence costs here: relative risks from one's own renewals, and their backtest (3-metrics 4.4 to 4.6)."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from voc.statistics.intervals import z

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any]

Ratio = tuple[float | None, float | None, float | None]  # relative risk, low, high


class Lift(TypedDict):
    k: int
    captured: float
    rate: float | None
    lift: float | None


class Calibration(TypedDict):
    brier: float | None
    observed: float
    expected: float
    ratio: float | None


class Logistic(TypedDict):
    coef: list[float]
    se: list[float]
    or_silent: float


def _risk_ratio(a: float, n1: float, b: float, n2: float) -> float | None:
    if a == b == 0:
        return None
    return math.inf if b == 0 else (a / n1) / (b / n2)


def rr_katz(*, a: float, n1: float, b: float, n2: float, conf: float = 0.95) -> Ratio | None:
    """Log interval, a cross-check only: no limits with a zero cell."""
    if n1 <= 0 or n2 <= 0:
        return None
    ratio = _risk_ratio(a, n1, b, n2)
    if ratio is None or a == 0 or b == 0:
        return ratio, None, None
    half = z(conf) * math.sqrt(1 / a - 1 / n1 + 1 / b - 1 / n2)
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def rr_walter(*, a: float, n1: float, b: float, n2: float, conf: float = 0.95) -> Ratio | None:
    """Half a case more on both counts and both totals, then Katz: works with any zero cell (Walter 1975)."""
    return rr_katz(a=a + 0.5, n1=n1 + 0.5, b=b + 0.5, n2=n2 + 0.5, conf=conf)


def rr_score(*, a: float, n1: float, b: float, n2: float, conf: float = 0.95) -> Ratio | None:
    """The interval that is shown (Koopman 1984): a of n1 silent lost, b of n2 responding lost."""
    if n1 <= 0 or n2 <= 0:
        return None
    ratio = _risk_ratio(a, n1, b, n2)
    if ratio is None:
        return None, 0.0, math.inf
    limit = z(conf) ** 2

    def excess(log_ratio: float) -> float:
        return _koopman(a, n1, b, n2, math.exp(log_ratio)) - limit

    start = math.log(ratio) if 0 < ratio < math.inf else 0.0
    low = 0.0 if a == 0 else math.exp(_crossing(excess, start, -math.log(2)))
    high = math.inf if b == 0 else math.exp(_crossing(excess, start, math.log(2)))
    return ratio, low, high


def _crossing(excess: Callable[[float], float], start: float, stride: float) -> float:
    """The root of a function that is negative inside an interval, walking outward from `start`."""
    from scipy.optimize import brentq

    inside = start
    while excess(inside) > 0:  # a ratio of 0 or infinity starts at 1, which may be outside already
        inside -= stride
    outside = inside + stride
    while excess(outside) < 0:
        inside, outside = outside, outside + stride
    return float(brentq(excess, inside, outside, xtol=1e-14, rtol=1e-14))


def _koopman(a: float, n1: float, b: float, n2: float, r: float) -> float:
    """U(r): how much the two counts speak against a ratio of r."""
    s = r * (n1 + b) + a + n2
    p1 = (s - math.sqrt(max(s * s - 4 * r * (n1 + n2) * (a + b), 0))) / (2 * (n1 + n2))
    return _term(a, n1, p1) + _term(b, n2, p1 / r)


def _term(count: float, n: float, p: float) -> float:
    gap = (count - n * p) ** 2
    if gap < 1e-18:
        return 0.0
    return gap / (n * p * (1 - p)) if 0 < p < 1 else math.inf


def rr_mantel_haenszel(
    *, strata: Sequence[Sequence[float]], conf: float = 0.95
) -> tuple[float, float, float, float] | None:
    """Segment for segment: RR, se of its log, low, high from (a, n1, b, n2); None where it cannot be told."""
    full = [row for row in strata if row[1] > 0 and row[3] > 0]  # an empty arm adds nothing
    r = sum(a * n2 / (n1 + n2) for a, n1, _, n2 in full)
    s = sum(b * n1 / (n1 + n2) for _, n1, b, n2 in full)
    if r == 0 or s == 0:
        return None
    top = sum(((a + b) * n1 * n2 - a * b * (n1 + n2)) / (n1 + n2) ** 2 for a, n1, b, n2 in full)
    se = math.sqrt(top / (r * s))
    return r / s, se, r / s * math.exp(-z(conf) * se), r / s * math.exp(z(conf) * se)


def fisher_two_sided(*, a: int, n1: int, b: int, n2: int) -> float:
    """Exact chance of a table at least this uneven, for the record."""
    import numpy as np
    from scipy.stats import fisher_exact

    return float(fisher_exact(np.array([[a, n1 - a], [b, n2 - b]])).pvalue)


def rr_posterior(
    *, a: float, n1: float, b: float, n2: float, prior_median: float = 2, prior_upper: float = 14, conf: float = 0.95
) -> tuple[float, float, float, float] | None:
    """Own renewals weighed against a cautious prior on the log ratio: median, low, high, P(RR > 1).

    With an empty arm there is nothing to compare, and the prior stands alone.
    """
    from scipy.special import ndtr

    prior = math.log(prior_median), (math.log(prior_upper / prior_median) / z(0.95)) ** 2
    found = prior if n1 == 0 or n2 == 0 else _weighed(prior, a=a, n1=n1, b=b, n2=n2)
    if found is None:
        return None
    mean, sd = found[0], math.sqrt(found[1])
    half = z(conf) * sd
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half), float(ndtr(mean / sd))


def _weighed(prior: tuple[float, float], *, a: float, n1: float, b: float, n2: float) -> tuple[float, float] | None:
    """Mean and variance of the log ratio: the prior's and the Walter estimate's, each by its precision."""
    walter = rr_walter(a=a, n1=n1, b=b, n2=n2)
    variance = 1 / (a + 0.5) - 1 / (n1 + 0.5) + 1 / (b + 0.5) - 1 / (n2 + 0.5)
    if walter is None or walter[0] is None or variance <= 0:
        return None
    precision = 1 / prior[1] + 1 / variance
    return (prior[0] / prior[1] + math.log(walter[0]) / variance) / precision, 1 / precision


def firth_log_or(*, a: float, b: float, c: float, d: float) -> float:
    """Penalised log odds ratio of one yes/no predictor (Firth 1993)."""
    return math.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))


class Fit(TypedDict):
    coef: list[float]
    se: list[float]


def logistic_fit(
    *, x: "Sequence[Sequence[float]] | Column", y: "Sequence[int | bool] | Column", penalised: bool = True
) -> Fit | None:
    """Logistic model with an intercept first, by Firth's penalised likelihood or plain; one row per case.

    With one yes/no predictor the penalised slope is `firth_log_or`. None where the plain data allow no
    finite answer, or a predictor never varies.
    """
    import numpy as np

    lost = np.array(y, float)
    if not len(lost) or not lost.any() or lost.all():
        return None
    cases = np.array(x, float)
    design = np.column_stack([np.ones(len(cases)), cases])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    coef = np.zeros(design.shape[1])
    for _ in range(200):
        chance = 1 / (1 + np.exp(-design @ coef))
        weight = chance * (1 - chance)
        information = design.T @ (design * weight[:, None])
        if np.linalg.cond(information) > 1e12:
            return None
        inverse = np.linalg.inv(information)
        pull = weight * np.einsum("ij,jk,ik->i", design, inverse, design) * (0.5 - chance) if penalised else 0.0
        step = inverse @ (design.T @ (lost - chance + pull))
        coef = coef + step * min(1.0, 5 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-10:
            return {"coef": coef.tolist(), "se": np.sqrt(np.diag(inverse)).tolist()}
    return None


def auc_difference(
    *,
    one: "Sequence[float] | Column",
    other: "Sequence[float] | Column",
    churned: "Sequence[int | bool] | Column",
    conf: float = 0.95,
) -> tuple[float, float, float, float] | None:
    """How much better one score sorts the same accounts than another: difference of the areas, se, low, high.

    The two areas rest on the same accounts, so their errors go together (DeLong 1988). None under two lost or kept.
    """
    import numpy as np

    gone = np.asarray(churned, bool)
    if min(int(gone.sum()), int((~gone).sum())) < 2:
        return None
    scores = [np.asarray(score, float) for score in (one, other)]
    areas = [_placements(score[gone], score[~gone]) for score in scores]
    of_lost, of_kept = (areas[0][side] - areas[1][side] for side in (0, 1))
    difference = float(of_lost.mean())
    se = math.sqrt(_variance(of_lost) / len(of_lost) + _variance(of_kept) / len(of_kept))
    return difference, se, difference - z(conf) * se, difference + z(conf) * se


def auc_delong(
    *, churned: "Sequence[float] | Column", renewed: "Sequence[float] | Column", conf: float = 0.95
) -> tuple[float, float | None, float | None, float | None] | None:
    """P(a lost account scored above a kept one), ties half: auc, se, low, high (DeLong 1988), clamped."""
    import numpy as np

    if not len(churned) or not len(renewed):
        return None
    of_churned, of_renewed = _placements(np.asarray(churned, float), np.asarray(renewed, float))
    auc = float(of_churned.mean())
    if min(len(churned), len(renewed)) < 2:
        return auc, None, None, None
    se = math.sqrt(_variance(of_churned) / len(of_churned) + _variance(of_renewed) / len(of_renewed))
    return auc, se, max(0.0, auc - z(conf) * se), min(1.0, auc + z(conf) * se)


def _placements(lost: "Column", kept: "Column") -> "tuple[Column, Column]":
    """For each lost one the share of the kept it beats, for each kept one the share of the lost that beat it; ties 1/2.

    By sorting: a large company has a hundred thousand renewals, and pairs would be billions.
    """
    return _beaten(lost, kept), 1 - _beaten(kept, lost)


def _beaten(some: "Column", others: "Column") -> "Column":
    import numpy as np

    ordered = np.sort(others)
    below, up_to = (np.searchsorted(ordered, some, side=side) for side in ("left", "right"))
    found: Column = (below + up_to) / 2 / len(ordered)
    return found


def _variance(values: "Column") -> float:
    return float(values.var(ddof=1))


def lift_top(*, scores: Sequence[float], churned: Sequence[int | bool], fraction: float) -> Lift:
    """How many of the lost were among the first `fraction`; accounts tied at the cut share its places."""
    k = math.ceil(fraction * len(scores) - 1e-9)
    if not scores or k <= 0:
        return {"k": max(k, 0), "captured": 0.0, "rate": None, "lift": None}
    cut = sorted(scores, reverse=True)[k - 1]
    above = [lost for score, lost in zip(scores, churned, strict=True) if score > cut]
    tied = [lost for score, lost in zip(scores, churned, strict=True) if score == cut]
    captured = sum(above) + (k - len(above)) * sum(tied) / len(tied)
    base = sum(churned) / len(churned)
    return {"k": k, "captured": captured, "rate": captured / k, "lift": captured / k / base if base else None}


def calibration(*, p: Sequence[float], churned: Sequence[int | bool]) -> Calibration:
    """Mean squared error of the predicted chances, and lost against predicted lost."""
    observed, expected = sum(churned), math.fsum(p)
    squares = math.fsum((chance - lost) ** 2 for chance, lost in zip(p, churned, strict=True))
    return {
        "brier": squares / len(p) if p else None,
        "observed": observed,
        "expected": expected,
        "ratio": observed / expected if expected > 0 else None,
    }


def logistic_grouped(*, rows: Sequence[Mapping[str, float]]) -> Logistic | None:
    """Logistic model of grouped counts `churned` and `renewed`; other keys are predictors, `silent` first.

    Coefficients in the order intercept, then the keys of the first row. None when the data allow no
    finite answer (a predictor that separates).
    """
    import numpy as np

    if not rows:
        return None
    predictors = [key for key in rows[0] if key not in ("churned", "renewed")]
    x = np.array([[1.0, *(float(row[key]) for key in predictors)] for row in rows])
    lost = np.array([float(row["churned"]) for row in rows])
    total = lost + np.array([float(row["renewed"]) for row in rows])
    coef = np.zeros(x.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-x @ coef))
        information = x.T @ (x * (total * chance * (1 - chance))[:, None])
        if np.linalg.cond(information) > 1e12:
            return None
        step = np.linalg.solve(information, x.T @ (lost - total * chance))
        coef = coef + step
        if np.abs(step).max() < 1e-12:
            break
    se = np.sqrt(np.diag(np.linalg.inv(information)))
    silent = coef[1 + predictors.index("silent")] if "silent" in predictors else coef[1]
    return {"coef": coef.tolist(), "se": se.tolist(), "or_silent": float(np.exp(silent))}
