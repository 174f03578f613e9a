"""Silent accounts: how surprising the silence is, and its score in seven visible parts (3-metrics 4.2, 4.3)."""

import math
from collections.abc import Iterable, Sequence
from typing import TypedDict

PARTS = ("recency", "roles", "decision_maker", "coverage", "bounces", "detractor", "renewal")
MOST_POINTS = {
    "recency": 25,
    "roles": 20,
    "decision_maker": 15,
    "coverage": 10,
    "bounces": 5,
    "detractor": 15,
    "renewal": 10,
}
DECISION_MAKER_POINTS = {"answered": 0.0, "not_asked": 0.0, "silent": 15.0, "unreachable": 7.5, "none": 7.5}
DETRACTOR_POINTS = {"none": 0.0, "resolved": 0.0, "open": 7.5, "overdue": 15.0}
BANDS = ((75, "critical"), (50, "at risk"), (25, "watch"))


class SilentScore(TypedDict):
    recency: float
    roles: float
    decision_maker: float
    coverage: float
    bounces: float
    detractor: float
    renewal: float
    total: float


def p_silent(*, n: int, p: float, rho: float) -> float:
    """Chance that n people of an ordinary account all stay silent (beta-binomial).

    p is the person-level reach of the segment, rho how alike colleagues answer (0: independent).
    """
    if n == 0:
        return 1.0
    if rho >= 1:  # all answer alike: the first speaks for everybody
        return 1 - p
    # (b + j) / (a + b + j) with a = pM, b = (1-p)M, M = 1/rho - 1, times rho on both sides: safe down to rho 0.
    return math.prod(((1 - p) * (1 - rho) + j * rho) / (1 - rho + j * rho) for j in range(n))


def silent_score(
    *,
    days_since_response: float,
    invited_roles: Iterable[Sequence[float]],
    decision_maker: str,
    coverage: float,
    bounced: int,
    invited: int,
    detractor: str,
    days_to_renewal: float | None,
) -> SilentScore:
    """0..100 in seven parts. A rule of judgement, not a probability; the weights are assumed.

    `days_since_response` counts from the first delivered invitation when nobody ever answered.
    `invited_roles` are (weight, answered in the window) of required roles; `decision_maker` is
    answered, silent (delivered, none answered), unreachable or not_asked; `coverage` is binary;
    `detractor` is none, resolved, open (within its limit) or overdue. The renewal part multiplies
    what is already there, so an engaged account near renewal stays at 0.
    """
    roles = list(invited_roles)
    asked = sum(weight for weight, _ in roles)
    silent = sum(weight for weight, answered in roles if not answered)
    parts = {
        "recency": 25 * _clamp((days_since_response - 90) / 275),
        "roles": 20 * silent / asked if asked else 0.0,
        "decision_maker": DECISION_MAKER_POINTS[decision_maker],
        "coverage": 10 * (1 - coverage),
        "bounces": 5 * bounced / invited if invited else 0.0,
        "detractor": DETRACTOR_POINTS[detractor],
    }
    so_far = sum(parts.values())
    nearness = 0.0 if days_to_renewal is None else _clamp((180 - days_to_renewal) / 150)
    renewal = 10 * nearness * so_far / 90
    return {
        "recency": parts["recency"],
        "roles": parts["roles"],
        "decision_maker": parts["decision_maker"],
        "coverage": parts["coverage"],
        "bounces": parts["bounces"],
        "detractor": parts["detractor"],
        "renewal": renewal,
        "total": so_far + renewal,
    }


def _clamp(share: float) -> float:
    return min(1.0, max(0.0, share))


def band(total: float) -> str:
    """calm, watch, at risk or critical, from 25, 50 and 75 points on."""
    return next((word for least, word in BANDS if total >= least), "calm")
