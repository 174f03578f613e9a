"""Intervals of a share, each for its own question (3-metrics 1.6, 1.8). Wald is banned."""

import math
from functools import lru_cache

Interval = tuple[float, float]


@lru_cache(maxsize=64)
def z(conf: float) -> float:
    """The two-sided normal quantile, never rounded: 1.959963985 for 95%."""
    from scipy.special import ndtri

    return float(ndtri((1 + conf) / 2))


def t(conf: float, freedom: float) -> float:
    """The two-sided quantile of Student's t (1908), wider than z where few speak: 2.228 for 95% at 10 degrees."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + conf) / 2))


def wilson(*, x: float, n: float, conf: float = 0.95) -> Interval | None:
    """Score interval of x of n (Wilson 1927); n may be fractional. None without anybody.

    Says what the counts tell about the working of whoever asked; what happened needs no interval.
    """
    if n <= 0:
        return None
    quantile, p = z(conf), x / n
    d = 1 + quantile**2 / n
    centre = (p + quantile**2 / (2 * n)) / d
    half = quantile * math.sqrt(max(p * (1 - p), 0) / n + quantile**2 / (4 * n**2)) / d
    return (0.0 if x <= 0 else centre - half), (1.0 if x >= n else centre + half)


def census_size(*, n: float, N: float) -> float:
    """n* = n(N-1)/(N-n): what n of a census of N are worth; infinite when everybody answered."""
    return math.inf if n >= N else n * (N - 1) / (N - n)


def wilson_census(*, x: float, n: float, N: float, conf: float = 0.95) -> Interval | None:
    """What the share would be had everybody in the census of N answered (O'Neill 2021).

    Assumes that the silent resemble the heard: never shown without the worst and best case.
    """
    if n <= 0:
        return None
    worth, p = census_size(n=n, N=N), x / n
    if math.isinf(worth):
        return p, p
    return (p, p) if worth <= 0 else wilson(x=p * worth, n=worth, conf=conf)


def jeffreys(*, x: float, n: float, conf: float = 0.95) -> Interval | None:
    """Beta(x+1/2, n-x+1/2) quantiles; for exports only."""
    if n <= 0:
        return None
    low, high = beta_interval(a=x + 0.5, b=n - x + 0.5, conf=conf)
    return (0.0 if x <= 0 else low), (1.0 if x >= n else high)


def clopper_pearson(*, x: float, n: float, conf: float = 0.95) -> Interval | None:
    """The exact interval, always too wide; for exports only."""
    from scipy.special import betaincinv

    if n <= 0:
        return None
    tail = (1 - conf) / 2
    low = 0.0 if x <= 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x >= n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def beta_interval(*, a: float, b: float, conf: float) -> Interval:
    from scipy.special import betaincinv

    tail = (1 - conf) / 2
    return float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))


def newcombe_diff(
    *, x1: float, n1: float, x2: float, n2: float, conf: float = 0.95
) -> tuple[float, float, float] | None:
    """Difference of two shares of different people: estimate, low, high (Newcombe 1998)."""
    first, second = wilson(x=x1, n=n1, conf=conf), wilson(x=x2, n=n2, conf=conf)
    if first is None or second is None:
        return None
    p1, p2 = x1 / n1, x2 / n2
    low = p1 - p2 - math.hypot(p1 - first[0], second[1] - p2)
    high = p1 - p2 + math.hypot(first[1] - p1, p2 - second[0])
    return p1 - p2, low, high
