"""Who answered: rates by disposition, the chain over places, waves still in flight (3-metrics 1.1 to 1.5)."""

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from voc.statistics.survival import product_limit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class ResponseRates(TypedDict):
    RR1: float | None
    RR2: float | None
    RR3: float | None
    RR4: float | None
    RR5: float | None
    RR6: float | None


class Participation(TypedDict):
    coverage: float | None
    delivery: float | None
    response: float | None
    participation: float | None


class Pace(TypedDict):
    expected: float
    z: float | None


def share(part: float, whole: float) -> float | None:
    """None of nobody is no share, not 0."""
    return part / whole if whole > 0 else None


def response_rates(*, I: int, P: int, R: int, NC: int, O: int, UE: int, e: float = 0.5) -> ResponseRates:
    """The six rates after the AAPOR Standard Definitions; "response rate" without qualifier is RR6.

    I complete, P partial, R refused, NC silent, O other, UE unknown (bounced), e the share of the
    unknown believed still in post. RR1 and RR2 count every bounce as no answer, RR5 and RR6 none.
    """
    base = I + P + R + NC + O
    return {
        "RR1": share(I, base + UE),
        "RR2": share(I + P, base + UE),
        "RR3": share(I, base + e * UE),
        "RR4": share(I + P, base + e * UE),
        "RR5": share(I, base),
        "RR6": share(I + P, base),
    }


def participation(*, census: int, invited: int, delivered: int, responded: int) -> Participation:
    """The chain that cannot be gamed: answered / census = coverage x delivery x response, all four in places."""
    return {
        "coverage": share(invited, census),
        "delivery": share(delivered, invited),
        "response": share(responded, delivered),
        "participation": share(responded, census),
    }


def km_response_rate(*, days: Sequence[float], responded: Sequence[int | bool], horizon: float) -> float | None:
    """The rate a running wave is heading for: product-limit with the answer as event, 1 - S(horizon).

    `days` is the time to the answer, or the age so far. A bounce is left out by the caller, not
    censored. None without an invitation.
    """
    if not days:
        return None
    survival = 1.0
    for at, _, _, survival_after in product_limit(days, responded):
        if at > horizon:
            break
        survival = survival_after
    return 1 - survival


def product_limit_rate(*, days: "ArrayLike", responded: "ArrayLike") -> float | None:
    """`km_response_rate` of as many as one likes, at the horizon that all ages end by. None without an invitation."""
    import numpy as np

    taken, answered = np.sort(np.asarray(days, np.float64)), np.asarray(responded, np.bool_)
    if not len(taken):
        return None
    at, events = np.unique(np.asarray(days, np.float64)[answered], return_counts=True)
    at_risk = len(taken) - np.searchsorted(taken, at, side="left")
    return float(1 - np.prod(1 - events / at_risk))


def pace(*, curve: Mapping[str, float] | Mapping[float, float], ages: Sequence[float], answered: int) -> Pace:
    """Answers so far against what the team's curve makes usual at these ages.

    `curve` maps days to the share answered by then (a step function, 0 before its first day). z is
    None when nothing is at stake.
    """
    steps = sorted((float(day), answered_by) for day, answered_by in curve.items())
    days = [day for day, _ in steps]
    chances = [steps[at - 1][1] if at else 0.0 for at in (bisect.bisect_right(days, age) for age in ages)]
    return pace_at(chances=chances, answered=answered)


def pace_at(*, chances: Sequence[float], answered: int) -> Pace:
    """The same, where the chance that each had answered by its age is known."""
    expected = math.fsum(chances)
    variance = math.fsum(chance * (1 - chance) for chance in chances)
    return {"expected": expected, "z": (answered - expected) / math.sqrt(variance) if variance > 0 else None}
