"""A list of numbers in one: quantiles, mean and spread, a line through points."""

import math
from collections.abc import Sequence


def quantile(*, values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of at least one value stay under, linear between neighbours.

    Type 7 of Hyndman and Fan 1996, as NumPy and R do it by default.
    """
    ordered, place = sorted(values), share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def mean_sd(*, counts: Sequence[float]) -> tuple[float, float] | None:
    """Mean and standard deviation (n - 1) of points 0, 1, 2, ... from how many gave each; None under two."""
    n = sum(counts)
    if n < 2:
        return None
    mean = sum(point * count for point, count in enumerate(counts)) / n
    return mean, math.sqrt(sum(count * (point - mean) ** 2 for point, count in enumerate(counts)) / (n - 1))


def slope(*, points: Sequence[tuple[float, float, float]]) -> float | None:
    """Least squares of y on x from (x, y, how many such): change of y for one more of x; None where x never varies.

    Unlike a correlation it stays the same where only a part of the range of x was looked at.
    """
    n = sum(count for _, _, count in points)
    if not n:
        return None
    mean_x = sum(x * count for x, _, count in points) / n
    mean_y = sum(y * count for _, y, count in points) / n
    spread = sum(count * (x - mean_x) ** 2 for x, _, count in points)
    if spread == 0:
        return None
    return sum(count * (x - mean_x) * (y - mean_y) for x, y, count in points) / spread
