"""How much of an account's stakeholder team we know, and how many people that really is (3-metrics 5.3, 5.4)."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypedDict


class Coverage(TypedDict):
    binary: float
    expected: float


class Threads(TypedDict):
    distribution: list[float]
    expected: float
    single_or_none: float
    at_least_one: float


def coverage(*, roles: Iterable[Sequence[Any]], fresh_cut: float) -> Coverage | None:
    """Weighted share of required roles with a contact who is still there; None without a required role.

    Each role is (weight, [freshness of each reachable holder]) or (weight, [...], required count).
    `binary` counts a role when as many holders as it requires reach the cut (inclusive; named
    coverage is the same with cut 0); `expected` is the mean share under the freshness.
    """
    total = binary = expected = 0.0
    for weight, holders, *count in roles:
        required = int(count[0]) if count else 1
        total += weight
        binary += weight * (sum(v >= fresh_cut for v in holders) >= required)
        expected += weight * _expected_share(holders, required)
    if total <= 0:
        return None
    return {"binary": binary / total, "expected": expected / total}


def _expected_share(holders: Sequence[float], required: int) -> float:
    """E[min(C, k)] / k, where C is how many of the holders are still there."""
    return math.fsum(p * min(c, required) for c, p in enumerate(poisson_binomial(holders))) / required


def poisson_binomial(probabilities: Iterable[float]) -> list[float]:
    """P(0), P(1), ... successes of independent trials."""
    distribution = [1.0]
    for p in probabilities:
        stays = [chance * (1 - p) for chance in distribution] + [0.0]
        distribution = [stay + up * p for stay, up in zip(stays, [0.0, *distribution], strict=True)]
    return distribution


def threads(*, valid_probabilities: Sequence[float]) -> Threads:
    """How many people we would still reach: people, not places. Single-threaded if `single_or_none` > .5."""
    distribution = poisson_binomial(valid_probabilities)
    return {
        "distribution": distribution,
        "expected": math.fsum(valid_probabilities),
        "single_or_none": math.fsum(distribution[:2]),
        "at_least_one": 1 - distribution[0],
    }


def concentration(*, shares: Sequence[float]) -> float | None:
    """How many equally active people these shares are worth: 1 / sum of squares of each one's part of the whole.

    Counts will do as shares. Between 1 and the number of people with one; None without any.
    """
    total = math.fsum(shares)
    return 1 / math.fsum((share / total) ** 2 for share in shares) if total else None
