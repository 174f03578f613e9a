"""What many answers have in common: themes, cuts, drivers (3-metrics 7)."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, TypedDict

from voc.statistics.intervals import wilson, z

if TYPE_CHECKING:
    from numpy.typing import NDArray

Matrix = Sequence[Sequence[float]]


class RelativeWeights(TypedDict):
    raw: list[float]
    share: list[float | None]
    r2: float


def pareto(
    *, accounts_by_theme: Mapping[str, int], accounts: int, conf: float = 0.95
) -> list[tuple[str, int, int, float, float]]:
    """(theme, accounts, rank, low, high), most accounts first; ties share the best rank, by name."""
    ordered = sorted(accounts_by_theme.items(), key=lambda item: (-item[1], item[0]))
    counts = [count for _, count in ordered]
    rows = []
    for name, count in ordered:
        low, high = wilson(x=count, n=accounts, conf=conf) or (0.0, 1.0)
        rows.append((name, count, counts.index(count) + 1, low, high))
    return rows


def suppress(*, counts: Mapping[str, int], min_n: int) -> list[str]:
    """Cells to hide, sorted, so that no small cell can be worked out from a shown total.

    Zeros are shown. After the small ones the next smallest follow (ties by label) until two or
    more are hidden that sum to `min_n`, or none is left.
    """
    filled = sorted((count, label) for label, count in counts.items() if count > 0)
    hidden = [(count, label) for count, label in filled if count < min_n]
    if not hidden:
        return []
    for cell in filled[len(hidden) :]:
        if len(hidden) >= 2 and sum(count for count, _ in hidden) >= min_n:
            break
        hidden.append(cell)
    return sorted(label for _, label in hidden)


def cohen_kappa(*, table: Matrix) -> float | None:
    """Agreement of rule and person beyond chance; None if chance alone would always agree."""
    total = sum(map(sum, table))
    if total <= 0:
        return None
    agreed = sum(table[i][i] for i in range(len(table))) / total
    columns = [sum(row[i] for row in table) for i in range(len(table))]
    chance = sum(sum(row) * column for row, column in zip(table, columns, strict=True)) / total**2
    return None if math.isclose(chance, 1.0) else (agreed - chance) / (1 - chance)


def log_odds_dirichlet(*, yi: float, ni: float, yj: float, nj: float, aw: float, a0: float) -> tuple[float, float]:
    """How much more a word belongs to group i than to j, and its z (Monroe, Colaresi and Quinn 2008)."""
    d = math.log((yi + aw) / (ni + a0 - yi - aw)) - math.log((yj + aw) / (nj + a0 - yj - aw))
    return d, d / math.sqrt(1 / (yi + aw) + 1 / (yj + aw))


def spearman_ci(
    *, x: Sequence[float], y: Sequence[float], conf: float = 0.95
) -> tuple[float, float | None, float | None] | None:
    """Rank correlation with its interval (Bonett and Wright 2000); None if a side never varies."""
    n = len(x)
    if n < 2 or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    r = _pearson(_mid_ranks(x), _mid_ranks(y))
    if n <= 3:
        return r, None, None
    if abs(r) >= 1 - 1e-12:
        return r, r, r
    half = z(conf) * math.sqrt((1 + r * r / 2) / (n - 3))
    return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def _mid_ranks(values: Sequence[float]) -> list[float]:
    from scipy.stats import rankdata

    return [float(rank) for rank in rankdata(values)]


def _pearson(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    return top / math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))


def relative_weights(*, rxx: Matrix, rxy: Sequence[float]) -> RelativeWeights:
    """How much of R^2 goes with each driver (Johnson 2000), from correlations of rank-transformed answers."""
    import numpy as np

    values, vectors = np.linalg.eigh(np.array(rxx, dtype=float))
    roots = vectors @ np.diag(np.sqrt(np.clip(values, 0, None))) @ vectors.T
    beta = np.linalg.solve(roots, np.array(rxy, dtype=float))
    raw = (roots**2) @ (beta**2)
    r2 = float(raw.sum())
    return {"raw": raw.tolist(), "share": [float(w) / r2 if r2 else None for w in raw], "r2": r2}


def shapley_r2(*, rxx: Matrix, rxy: Sequence[float]) -> list[float]:
    """Average gain in R^2 of each driver over all orders: the check of `relative_weights`, up to 8 drivers."""
    import numpy as np

    correlations, target, k = np.array(rxx, dtype=float), np.array(rxy, dtype=float), len(rxy)
    fit = {
        chosen: _r2(correlations, target, chosen) for size in range(k + 1) for chosen in combinations(range(k), size)
    }
    gains = [0.0] * k
    for driver in range(k):
        for chosen, before in fit.items():
            if driver not in chosen:
                weight = math.factorial(len(chosen)) * math.factorial(k - len(chosen) - 1) / math.factorial(k)
                gains[driver] += weight * (fit[tuple(sorted((*chosen, driver)))] - before)
    return gains


def _r2(correlations: "NDArray[Any]", target: "NDArray[Any]", chosen: tuple[int, ...]) -> float:
    import numpy as np

    if not chosen:
        return 0.0
    columns = list(chosen)
    beta = np.linalg.solve(correlations[np.ix_(columns, columns)], target[columns])
    return float(beta @ target[columns])
