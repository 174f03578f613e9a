"""A figure is never a bare number (3-metrics 0.1), and is made of units that a page can list.

facts     what the tables say of one account as of a moment: `AccountFacts`, `Asked`, `Case`
unit      one row that a figure counts: part of whole, with a label
tally     units of one figure added up for one scope, account by account
figure    value, numerator, denominator, interval, state, reason, window
"""

from voc.base.words import (
    AccountState,
    AccountStatus,
    Disposition,
    FigureState,
    FollowUpKind,
    NotAsked,
    Role,
    Scope,
    Segment,
    StopReason,
)
from voc.metrics.model.asked import Asked, Case, Left
from voc.metrics.model.facts import EVERYTHING, AccountFacts, Book, Facts, Person, Slice
from voc.metrics.model.figure import Figure, Interval, IntervalKind, Shown, Window
from voc.metrics.model.standing import Norms, Standing
from voc.metrics.model.tally import Tallies, Tally
from voc.metrics.model.units import (
    CONFIDENTIAL,
    NO_RATE,
    CountedRow,
    Fact,
    Known,
    Reckoned,
    Sample,
    Sum,
    Unit,
    add_up,
    sample_of,
)
from voc.statistics.silence import SilentScore

__all__ = [
    "CONFIDENTIAL",
    "EVERYTHING",
    "NO_RATE",
    "AccountFacts",
    "AccountState",
    "AccountStatus",
    "Asked",
    "Book",
    "Case",
    "CountedRow",
    "Disposition",
    "Fact",
    "Facts",
    "Figure",
    "FigureState",
    "FollowUpKind",
    "Interval",
    "IntervalKind",
    "Known",
    "Left",
    "Norms",
    "NotAsked",
    "Person",
    "Reckoned",
    "Role",
    "Sample",
    "Scope",
    "Segment",
    "Shown",
    "SilentScore",
    "Slice",
    "Standing",
    "StopReason",
    "Sum",
    "Tallies",
    "Tally",
    "Unit",
    "Window",
    "add_up",
    "sample_of",
]
