"""Comparing CSMs fairly: limits, exact chance, many comparisons, the verdict (3-metrics 2)."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, TypedDict

from voc.statistics.intervals import Interval, beta_interval, wilson

# Two-sided chance outside k sigma for k exactly 2 and 3.
TWO_SIGMA = 0.04550026389635842
THREE_SIGMA = 0.0026997960632601866


class Laney(TypedDict):
    pbar: float
    sigma_z: float
    sigma_used: float
    limits: list[Interval]


class Overdispersion(TypedDict):
    phi: float
    threshold: float
    tau2: float


class ExpectedFlags(TypedDict):
    two_sigma: float
    three_sigma: float
    any_three_sigma: float


class _Shrunk(TypedDict):
    mean: float
    rho: float
    prior_n: float
    shrunk: list[float]


class Shrunk(_Shrunk, total=False):
    interval_first: Interval


class CaseMix(TypedDict):
    expected: float
    ratio: float | None
    z: float | None


class Verdict(TypedDict):
    state: Literal["ok", "too_few"]
    standard: Literal["meets", "not_shown", "below"] | None
    team: Literal["within", "edge", "beyond"] | None
    p: float | None


def p_limits(*, p0: float, n: float, k: float, tau2: float = 0.0) -> Interval:
    """Funnel lines p0 -/+ k sigma, clamped to 0..1. They are for drawing and never decide."""
    half = k * math.sqrt(p0 * (1 - p0) / n + tau2)
    return max(0.0, p0 - half), min(1.0, p0 + half)


def exact_funnel_limits(*, theta: float, n: int, tails: Sequence[float]) -> list[float]:
    """The smooth line of Spiegelhalter 2005 at each tail chance, for drawing only."""
    from scipy.special import bdtr

    limits = []
    for q in tails:
        r = next(r for r in range(n + 1) if r == n or bdtr(r, n, theta) > q)
        before = float(bdtr(r - 1, n, theta)) if r else 0.0
        at = float(bdtr(r, n, theta))
        limits.append(min(1.0, max(0.0, (r - (at - q) / (at - before)) / n)))
    return limits


def midp_two_sided(*, x: int, n: int, p0: float) -> float:
    """Exact two-sided chance with half the weight of what was seen: decides for small books."""
    from scipy.special import bdtr, bdtrc, gammaln, xlog1py, xlogy

    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    at = math.exp(ways + xlogy(x, p0) + xlog1py(n - x, -p0))
    below = float(bdtr(x - 1, n, p0)) if x > 0 else 0.0
    above = float(bdtrc(x, n, p0)) if x < n else 0.0
    return min(1.0, 2 * min(below + at / 2, above + at / 2))


def normal_two_sided(deviation: float) -> float:
    """2(1 - Phi(|z|)), exact in the far tail."""
    return math.erfc(abs(deviation) / math.sqrt(2))


def expected_flags(*, csms: int) -> ExpectedFlags:
    """How many of equally good CSMs land outside the lines by chance alone."""
    return {
        "two_sigma": csms * TWO_SIGMA,
        "three_sigma": csms * THREE_SIGMA,
        "any_three_sigma": -math.expm1(csms * math.log1p(-THREE_SIGMA)),
    }


def laney(*, x: Sequence[float], n: Sequence[float], k: float) -> Laney:
    """p' limits for one series in time order, never across CSMs (Laney 2002).

    The floor of sigma at 1 keeps ties from collapsing the limits.
    """
    pbar = sum(x) / sum(n)
    spread = [math.sqrt(pbar * (1 - pbar) / size) for size in n]
    scores = [(seen / size - pbar) / sd if sd else 0.0 for seen, size, sd in zip(x, n, spread, strict=True)]
    moves = [abs(b - a) for a, b in pairwise(scores)]
    sigma = sum(moves) / len(moves) / 1.128 if moves else 0.0
    used = max(1.0, sigma)
    limits = [(max(0.0, pbar - k * used * sd), min(1.0, pbar + k * used * sd)) for sd in spread]
    return {"pbar": pbar, "sigma_z": sigma, "sigma_used": used, "limits": limits}


def overdispersion(*, x: Sequence[float], n: Sequence[float], p0: float, trim: float = 0.1) -> Overdispersion | None:
    """How much more CSMs differ than chance (Spiegelhalter 2005); None without a book or at p0 0 or 1.

    phi, its threshold and tau2 are returned regardless; tau2 is used only if phi is above the
    threshold, from 10 CSMs, and never against the standard.
    """
    import numpy as np

    k, unit = len(x), p0 * (1 - p0)
    if k == 0 or unit <= 0:
        return None
    scores = [(seen / size - p0) / math.sqrt(unit / size) for seen, size in zip(x, n, strict=True)]
    low, high = np.quantile(scores, [trim, 1 - trim])
    phi = math.fsum(min(max(score, low), high) ** 2 for score in scores) / k
    weights = [size / unit for size in n]
    total = sum(weights)
    room = total - sum(w * w for w in weights) / total
    tau2 = max(0.0, (k * phi - (k - 1)) / room) if room > 0 else 0.0
    return {"phi": float(phi), "threshold": 1 + 2 * math.sqrt(2 / k), "tau2": float(tau2)}


def bh_adjust(*, p: Sequence[float]) -> list[float]:
    """False discovery rates of one family of comparisons (Benjamini and Hochberg 1995)."""
    order = sorted(range(len(p)), key=lambda i: p[i], reverse=True)
    adjusted, lowest = [0.0] * len(p), 1.0
    for place, i in enumerate(order):
        lowest = min(lowest, p[i] * len(p) / (len(p) - place))
        adjusted[i] = lowest
    return adjusted


def eb_shrink(*, x: Sequence[float], n: Sequence[float], conf: float = 0.95) -> Shrunk | None:
    """Best guess of each book's underlying rate: beta-binomial by moments (Kleinman 1973).

    `prior_n` is how many invitations the team's average is worth; infinite when the books do not
    differ beyond chance, and then everyone shrinks to the mean. None without an invitation.
    """
    total, k = sum(n), len(x)
    if total <= 0:
        return None
    p = sum(x) / total
    spread = sum(size * (seen / size - p) ** 2 for seen, size in zip(x, n, strict=True) if size)
    room = p * (1 - p) * (total - sum(size * size for size in n) / total - (k - 1))
    rho = min(0.999, max(0.0, (spread - p * (1 - p) * (k - 1)) / room)) if room > 0 else 0.0
    if rho == 0:
        return {"mean": p, "rho": 0.0, "prior_n": math.inf, "shrunk": [p] * k}
    m = 1 / rho - 1
    shrunk = [(seen + p * m) / (size + m) for seen, size in zip(x, n, strict=True)]
    first = beta_interval(a=x[0] + p * m, b=n[0] - x[0] + (1 - p) * m, conf=conf)
    return {"mean": p, "rho": rho, "prior_n": m, "shrunk": shrunk, "interval_first": first}


def case_mix(*, strata: Sequence[Sequence[float]], observed: float, deff: float = 1.0) -> CaseMix:
    """Answers against what the team gets from the same mix; strata are (invitations, the team's rate)."""
    expected = math.fsum(size * rate for size, rate in strata)
    variance = deff * math.fsum(size * rate * (1 - rate) for size, rate in strata)
    return {
        "expected": expected,
        "ratio": observed / expected if expected > 0 else None,
        "z": (observed - expected) / math.sqrt(variance) if variance > 0 else None,
    }


def alike(*, x: Sequence[float], n: Sequence[float], deff: float = 1.0) -> float | None:
    """Chance of shares x/n this unlike each other if all were one: chi-square, k - 1 degrees (Pearson 1900).

    `deff` divides it, for answers that come in clusters (Rao and Scott 1981). None under two groups, or where
    all or none said yes.
    """
    from scipy.special import chdtrc

    groups = [(seen, size) for seen, size in zip(x, n, strict=True) if size > 0]
    share = sum(seen for seen, _ in groups) / sum(size for _, size in groups) if groups else 0.0
    if len(groups) < 2 or not 0 < share < 1:
        return None
    squares = sum((seen - size * share) ** 2 / (size * share * (1 - share)) / deff for seen, size in groups)
    return float(chdtrc(len(groups) - 1, squares))


def n_needed(*, p0: float, p1: float, k: float, deff: float = 1.0, power: float = 0.8) -> int:
    """Invitations needed to see a true p1 against p0 beyond k sigma with that power."""
    from scipy.special import ndtri

    top = k * math.sqrt(p0 * (1 - p0)) + float(ndtri(power)) * math.sqrt(p1 * (1 - p1))
    return math.ceil(deff * (top / abs(p0 - p1)) ** 2)


def verdict(*, x: int, n: int, accounts: int, deff: float, standard: float, team: float, tau2: float = 0.0) -> Verdict:
    """A book against the standard first and against chance second; too few says nothing at all."""
    n_eff = n / deff
    if n < 10 or accounts < 3 or n_eff < 8:
        return {"state": "too_few", "standard": None, "team": None, "p": None}
    interval = wilson(x=x / deff, n=n_eff)
    assert interval is not None  # n_eff is 8 or more
    against: Literal["meets", "below", "not_shown"] = "not_shown"
    if interval[0] >= standard:
        against = "meets"
    elif interval[1] < standard:
        against = "below"
    p = _chance(x=x, n=n, deff=deff, team=team, tau2=tau2)
    like: Literal["within", "edge", "beyond"] = "beyond"
    if p > TWO_SIGMA:
        like = "within"
    elif p > THREE_SIGMA:
        like = "edge"
    return {"state": "ok", "standard": against, "team": like, "p": p}


def _chance(*, x: int, n: int, deff: float, team: float, tau2: float) -> float:
    n_eff = n / deff
    if tau2 == 0 and not 0 < team < 1:
        return 1.0 if x == team * n else 0.0  # nobody, or everybody, answers: any other book is unlike that
    if tau2 == 0 and n_eff * team * (1 - team) < 5:
        return midp_two_sided(x=math.floor(x / deff + 0.5), n=math.floor(n_eff + 0.5), p0=team)
    return normal_two_sided((x / n - team) / math.sqrt(team * (1 - team) / n_eff + tau2))
