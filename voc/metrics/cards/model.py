"""A scorecard as its file says, and what it came to in a month. Values only; `Result` is kept as JSON."""

from datetime import date
from enum import StrEnum

import msgspec

from voc.base.words import FigureState, Scope
from voc.metrics.catalogue import Direction, Kind, Measure

PAYING = frozenset({Kind.PROCESS, Kind.RENEWAL})
"""Kinds of figures that may pay money: paid-for scores are begged for and then worthless (3-metrics 0.6)."""


class Without(StrEnum):
    """What becomes of a line that nothing was due for."""

    SHARED = "shared"  # left out, its weight goes to the others in proportion
    FULL = "full"  # counts as reached
    NOTHING = "nothing"  # counts as nothing


class Proration(StrEnum):
    """Of a sum of money and of targets that are a number, when a book was held for a part of the month."""

    DAYS = "days"
    NONE = "none"


class Split(StrEnum):
    """How a team's target that is a number is divided among its CSMs."""

    ACCOUNTS = "accounts"
    REVENUE = "revenue"


class Counting(StrEnum):
    IN_PROPORTION = "in proportion"
    ALL_OR_NOTHING = "all or nothing"


class Line(msgspec.Struct, frozen=True):
    """One figure of a scorecard. Shares and weights of a hundred are in percent, `standard` in the figure's own unit.

    `days` is the period that ends with the month's last day, None the month itself. `team_standard` is
    a number for the whole team, split by book. `floor`: worse than this counts nothing.
    """

    figure: str
    weight: float
    standard: float | None
    team_standard: float | None
    days: int | None
    pays: float
    least: int
    counting: Counting
    floor: float | None
    without: Without
    most: float  # attainment above 1 counts up to here


class Beside(msgspec.Struct, frozen=True):
    """A figure that is read with the lines and weighs nothing."""

    figure: str
    days: int | None


class Scorecard(msgspec.Struct, frozen=True):
    """`amount` is what a whole month pays when every line is reached, in the reporting currency; 0: it pays nothing."""

    name: str
    title: str
    about: str
    lines: tuple[Line, ...]
    beside: tuple[Beside, ...]
    amount: float
    proration: Proration
    without: Without  # of lines that do not say it themselves
    split: Split
    teams: tuple[str, ...]  # the leads' ids in the CRM; empty is everybody

    @property
    def figures(self) -> frozenset[str]:
        return frozenset([*(one.figure for one in self.lines), *(one.figure for one in self.beside)])


class Gap(StrEnum):
    """Why a line has no value."""

    NOTHING_DUE = "nothing_due"  # no renewal fell into the month
    TOO_FEW = "too_few"  # fewer rows than the line asks for
    NO_FACTS = "no_facts"  # nobody at all has this fact: it does not come in


class LineResult(msgspec.Struct, frozen=True):
    """What one line came to. The figure's label and kind are kept too: the catalogue may change, a result may not.

    `weight_counted` is the weight after what was left out is shared; `points` is that times attainment.
    """

    figure: str
    label: str
    counts: str
    kind: Kind
    measure: Measure
    direction: Direction
    definition_version: int
    days: int
    value: float | None
    numerator: float | None
    denominator: float | None
    counted: int
    low: float | None
    high: float | None
    state: FigureState
    reason: str | None
    standard: float | None
    team_standard: float | None
    book_share: float | None  # of the team's book, where a team's target is split by it
    weight: float
    weight_counted: float
    attainment: float | None
    points: float
    pays: float
    pays_counted: float
    money: float | None  # None where the line pays nothing
    gap: Gap | None
    without: Without

    @property
    def may_pay(self) -> bool:
        return self.kind in PAYING


class Result(msgspec.Struct, frozen=True):
    """One scorecard, one month, one scope. `points` of 100 are the lines' points added up; None: nothing was counted.

    `days_held` are the days of the month on which the CSM had a book; of teams and all, the days of the month.
    """

    scope: Scope
    id: str
    name: str
    lead_id: str | None
    lines: tuple[LineResult, ...]
    beside: tuple[LineResult, ...]
    points: float | None
    money: float | None
    full_money: float
    days_held: int
    days: int
    accounts: int
    arr: float

    @property
    def gaps(self) -> tuple[LineResult, ...]:
        return tuple(one for one in self.lines if one.gap is not None)

    @property
    def misses_facts(self) -> bool:
        return any(one.gap == Gap.NO_FACTS for one in self.lines)


class Book(msgspec.Struct, frozen=True):
    """Whom a month is about: what a CSM held, and for how many of its days."""

    id: str
    name: str
    lead_id: str | None
    days_held: int
    accounts: int
    arr: float


class Month(msgspec.Struct, frozen=True):
    """A calendar month."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1
