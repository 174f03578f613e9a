"""Net Promoter Score on -100..100: value, intervals, census, totals, change (3-metrics 3)."""

import math
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from voc.statistics.intervals import Interval, census_size, t, z


class Nps(TypedDict):
    nps: float
    var: float
    se: float


class NpsWeighted(TypedDict):
    est: float
    a_eff: float
    se: float | None
    lo: float | None
    hi: float | None


class NpsRollup(TypedDict):
    pooled: float
    account_mean: float
    account_se: float | None
    lo: float | None
    hi: float | None


Change = tuple[float, float | None, float | None, float | None]  # change, se, low, high


def nps(*, promoters: float, passives: float, detractors: float) -> Nps | None:
    """The score, the variance of one answer (on -1..1) and the standard error.

    None when nobody answered: no data must never look like a score of 0.
    """
    n = promoters + passives + detractors
    if n <= 0:
        return None
    p, d = promoters / n, detractors / n
    variance = p + d - (p - d) ** 2
    return {"nps": 100 * (p - d), "var": variance, "se": 100 * math.sqrt(max(variance, 0) / n)}


def nps_adjusted_wald(*, promoters: float, passives: float, detractors: float, conf: float = 0.95) -> Interval | None:
    """The interval that is shown from 10 answers on (Rocks 2016): 3 more answers, three quarters at each end."""
    n = promoters + passives + detractors
    if n <= 0:
        return None
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    half = z(conf) * math.sqrt((p + d - (p - d) ** 2) / (n + 3))
    return max(-100.0, 100 * (p - d - half)), min(100.0, 100 * (p - d + half))


def nps_score(*, promoters: float, passives: float, detractors: float, conf: float = 0.95) -> Interval | None:
    """Score interval: every t that the answers do not speak against; where n < 10 must have an interval."""
    n = promoters + passives + detractors
    if n <= 0:
        return None
    estimate = (promoters - detractors) / n
    answers = _Answers(promoters, passives, detractors)
    low = -1.0 if detractors == n else _limit(answers, estimate, -1.0, z(conf))
    high = 1.0 if promoters == n else _limit(answers, estimate, 1.0, z(conf))
    return 100 * low, 100 * high


class _Answers(NamedTuple):
    promoters: float
    passives: float
    detractors: float


def _limit(answers: _Answers, estimate: float, end: float, quantile: float) -> float:
    from scipy.optimize import brentq

    def excess(t: float) -> float:
        return sum(answers) * (estimate - t) ** 2 - quantile**2 * _constrained_variance(answers, t)

    # At the estimate itself the variance may be 0 (all alike): start a hair beside it.
    beside = estimate + math.copysign(1e-9, end - estimate)
    return float(brentq(excess, beside, end, xtol=1e-14, rtol=1e-14))


def _constrained_variance(answers: _Answers, t: float) -> float:
    """V of one answer when the score is t, at the likeliest share of detractors."""
    promoters, passives, detractors = answers
    a = -2 * sum(answers)
    b = (1 - t) * (detractors + promoters) - 2 * detractors * t - 2 * passives * t
    c = detractors * t * (1 - t)
    root = (-b - math.sqrt(max(b * b - 4 * a * c, 0))) / (2 * a)  # a is negative: this is the larger one
    share = min(max(root, 0.0, -t), (1 - t) / 2)
    return max(2 * share + t - t * t, 0.0)


def nps_census(
    *, promoters: float, passives: float, detractors: float, N: float, conf: float = 0.95
) -> Interval | None:
    """The score had all N been heard, if the silent resemble the heard; never shown without `nps_bounds`."""
    point = nps(promoters=promoters, passives=passives, detractors=detractors)
    if point is None:
        return None
    n = promoters + passives + detractors
    worth = census_size(n=n, N=N)
    if math.isinf(worth):
        return point["nps"], point["nps"]
    more = worth / n
    return nps_adjusted_wald(
        promoters=promoters * more, passives=passives * more, detractors=detractors * more, conf=conf
    )


def nps_bounds(*, promoters: float, passives: float, detractors: float, N: float) -> Interval | None:
    """Worst and best case: every silent person of the N a detractor, or a promoter (Manski 1989)."""
    if N <= 0:
        return None
    silent = max(N - promoters - passives - detractors, 0)
    gap = promoters - detractors
    return 100 * (gap - silent) / N, 100 * (gap + silent) / N


def nps_weighted(*, account_scores: Sequence[float], arr: Sequence[float], conf: float = 0.95) -> NpsWeighted | None:
    """Mean of account scores (-1..1) weighted by revenue. Shown from 8 accounts and a_eff 5, as approximate.

    `se` is None under two accounts, the interval None at a_eff 2 or less. None without weight.
    """
    total, accounts = sum(arr), len(arr)
    if total <= 0:
        return None
    mean = sum(w * s for w, s in zip(arr, account_scores, strict=True)) / total
    a_eff = total**2 / sum(w * w for w in arr)
    if accounts < 2:
        return {"est": 100 * mean, "a_eff": a_eff, "se": None, "lo": None, "hi": None}
    squares = sum(w * w * (s - mean) ** 2 for w, s in zip(arr, account_scores, strict=True))
    se = math.sqrt(accounts / (accounts - 1) * squares) / total
    if a_eff <= 2:
        return {"est": 100 * mean, "a_eff": a_eff, "se": 100 * se, "lo": None, "hi": None}
    half = t(conf, a_eff - 1) * se
    low, high = max(-1.0, mean - half), min(1.0, mean + half)
    return {"est": 100 * mean, "a_eff": a_eff, "se": 100 * se, "lo": 100 * low, "hi": 100 * high}


def nps_rollup(*, accounts: Sequence[Sequence[float]], conf: float = 0.95) -> NpsRollup | None:
    """One person one vote (`pooled`) and one account one vote (`account_mean`) from (P, Pa, D) per account."""
    heard = [counts for counts in accounts if sum(counts) > 0]
    if not heard:
        return None
    scores = [(counts[0] - counts[2]) / sum(counts) for counts in heard]
    mean = nps_weighted(account_scores=scores, arr=[1.0] * len(scores), conf=conf)
    assert mean is not None  # its weights are ones
    gap = sum(counts[0] - counts[2] for counts in heard)
    return {
        "pooled": 100 * gap / sum(sum(counts) for counts in heard),
        "account_mean": mean["est"],
        "account_se": mean["se"],
        "lo": mean["lo"],
        "hi": mean["hi"],
    }


def paired_response_change(
    *, newly_answering: int, unchanged: int, newly_silent: int, conf: float = 0.95
) -> tuple[float, float, float] | None:
    """Change of the response rate among the same people asked twice: estimate, low, high (Tango 1998)."""
    n = newly_answering + unchanged + newly_silent
    interval = nps_score(promoters=newly_answering, passives=unchanged, detractors=newly_silent, conf=conf)
    if interval is None:
        return None
    return (newly_answering - newly_silent) / n, interval[0] / 100, interval[1] / 100


def nps_change_unpaired(*, wave1: Sequence[float], wave2: Sequence[float], conf: float = 0.95) -> Change | None:
    """Change between waves of different people, each as (P, Pa, D)."""
    first = nps(promoters=wave1[0], passives=wave1[1], detractors=wave1[2])
    second = nps(promoters=wave2[0], passives=wave2[1], detractors=wave2[2])
    if first is None or second is None:
        return None
    change, se = second["nps"] - first["nps"], math.hypot(first["se"], second["se"])
    return change, se, change - z(conf) * se, change + z(conf) * se


def nps_change_paired(*, wave1: Sequence[int], wave2: Sequence[int], conf: float = 0.95) -> Change | None:
    """Change among the same people, scores as -1, 0, +1; not clamped."""
    moves = [b - a for a, b in zip(wave1, wave2, strict=True)]
    n = len(moves)
    if n == 0:
        return None
    mean = sum(moves) / n
    if n == 1:
        return 100 * mean, None, None, None
    se = math.sqrt(sum((move - mean) ** 2 for move in moves) / (n - 1) / n)
    half = t(conf, n - 1) * se
    return 100 * mean, 100 * se, 100 * (mean - half), 100 * (mean + half)


def nps_change_overlap(
    *, both: Sequence[Sequence[int]], only1: Sequence[int], only2: Sequence[int], conf: float = 0.95
) -> Change | None:
    """Change when some people are in both waves (the normal case); scores as -1, 0, +1."""
    first, second = [a for a, _ in both] + list(only1), [b for _, b in both] + list(only2)
    if not first or not second:
        return None
    change = sum(second) / len(second) - sum(first) / len(first)
    if min(len(first), len(second)) < 2:
        return 100 * change, None, None, None
    shared = _covariance([a for a, _ in both], [b for _, b in both]) if len(both) > 1 else 0.0
    variance = (
        _covariance(first, first) / len(first)
        + _covariance(second, second) / len(second)
        - 2 * len(both) * shared / (len(first) * len(second))
    )
    se = math.sqrt(max(variance, 0))
    return 100 * change, 100 * se, 100 * (change - z(conf) * se), 100 * (change + z(conf) * se)


def _covariance(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    return sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / (len(a) - 1)
