"""How sure we are that a contact is still there (3-metrics 5.1, 5.2)."""

import math
from collections.abc import Iterable, Sequence
from typing import TypedDict

YEAR_DAYS = 365.25
SENSITIVITY = 0.7  # a leaver's mail bounces
FALSE_BOUNCE = 0.01  # a stayer's does


class Decay(TypedDict):
    lambda_per_year: float
    half_life_days: float


def decay(*, annual_loss: float) -> Decay:
    """The constant leaving rate behind a yearly loss (a share of 0..1), and its half-life."""
    rate = -math.log1p(-annual_loss)
    return {"lambda_per_year": rate, "half_life_days": math.inf if rate == 0 else YEAR_DAYS * math.log(2) / rate}


def freshness(
    *, events: Iterable[Sequence[float]], now: float, annual_loss: float, bounce_at: float | None = None
) -> float:
    """Probability of 0..1 that the person is still there; 0 without an event.

    `events` are pairs (day, strength), `now` and `bounce_at` days on the same scale. The largest
    decayed strength counts: a weak new sign never pulls a strong old one down. A bounce cancels
    every sign up to its own moment; a later sign revives.
    """
    rate = -math.log1p(-annual_loss) / YEAR_DAYS
    cancelled_to = bounce_at if bounce_at is not None and bounce_at <= now else -math.inf
    return max(
        (strength * math.exp(-rate * (now - at)) for at, strength in events if cancelled_to < at <= now),
        default=0.0,
    )


def delivered_update(*, v: float, sensitivity: float = SENSITIVITY, false_bounce: float = FALSE_BOUNCE) -> float:
    """Freshness after a mail did not bounce: weak evidence, used once, for the latest delivery only.

    `sensitivity` is the chance that a leaver's mail bounces, `false_bounce` that a stayer's does.
    """
    stays = v * (1 - false_bounce)
    total = stays + (1 - v) * (1 - sensitivity)
    return stays / total if total else 0.0
