"""What a page shows of a figure."""

from datetime import date
from enum import StrEnum

import msgspec

from voc.base.words import FigureState, Scope


class Shown(StrEnum):
    """How much of a figure its numbers allow (3-metrics 0.7)."""

    REASON = "reason"  # nothing to count: the state and its reason
    COUNTS = "counts"  # "2 of 3 answered"
    PERCENT = "percent"  # counts and percent; no interval, no colour, no comparison
    INTERVAL = "interval"  # comparison allowed
    TREND = "trend"  # comparison between waves too


class IntervalKind(StrEnum):
    """Which question an interval answers (3-metrics 1.6)."""

    WILSON = "wilson"  # what the counts say about the working of whoever asked
    WILSON_CLUSTERED = "wilson_clustered"  # the same, widened because colleagues answer alike
    NPS = "nps_adjusted_wald"  # the same for a score; on effective counts
    ACCOUNTS = "t_over_accounts"  # mean over accounts; approximate
    KAPLAN_MEIER = "kaplan_meier"


class Interval(msgspec.Struct, frozen=True):
    low: float
    high: float
    level: float
    kind: IntervalKind


class Window(msgspec.Struct, frozen=True):
    """Due dates after `after_on` up to and with `to_on`."""

    days: int
    after_on: date
    to_on: date


class Figure(msgspec.Struct, frozen=True):
    """`value` is a share of 0..1, a score of -100..100, an amount, days or points: the catalogue says which.

    It is None when there is nothing to count, with the reason. `counted` is how many people,
    invitations, places or accounts stand behind it, in `accounts` distinct accounts. `parts` are the
    counts beside it (dispositions, steps of the chain), `extra` further values such as the worst
    case; `left_out` are the names of accounts that could not be counted, each a reason in itself.
    """

    name: str
    scope: Scope
    scope_id: str
    value: float | None
    numerator: float | None
    denominator: float | None
    interval: Interval | None
    state: FigureState
    reason: str | None
    shown: Shown
    counted: int
    accounts: int
    window: Window
    as_of: date
    definition_version: int
    parts: dict[str, int] = {}
    extra: dict[str, float | None] = {}
    left_out: list[str] = []
