"""What a figure is declared with: name, label, definition in plain words, where its rows come from, how it is read.

Two ways to say where the rows come from:

- `owner` and `units`: rows out of what an account was asked, its places and its follow-ups (`units.py`);
- `subject` and `facts`: rows of a subject of its own. `run.subjects.LOADERS[subject]` reads what the subject
  needs, once for all its figures; `facts` makes rows of it, each with its account and owner at the date of the fact.
  `columns` makes the same rows of all accounts at once; without it a night goes through them one by one.

The figure of every scope is these rows added up, so that what a page lists is what it counted. Where a value is
no share of sums (a median, a ratio of two sums), `reckon` makes it of the rows of one scope.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from voc.base.choices import Preferences
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.model import Fact, Reckoned, Sample
from voc.metrics.units import Units

VERSION = 1  # goes up when a formula, a window or a default that nobody has measured changes


class Measure(StrEnum):
    SHARE = "share"  # 0..1, shown as a whole percent
    SCORE = "score"  # -100..100, shown in whole points
    MEAN = "mean"  # of a scale such as 1..5, shown with one decimal
    DAYS = "days"
    MONEY = "money"  # in the reporting currency
    NUMBER = "number"


class Direction(StrEnum):
    UP = "up"  # more is better
    DOWN = "down"


class Kind(StrEnum):
    """Only process and renewal figures may pay money (3-metrics 0.6, 8a)."""

    PROCESS = "process"
    SENTIMENT = "sentiment"
    STATE = "state"
    RENEWAL = "renewal"
    MIXED = "mixed"


class Owner(StrEnum):
    """Whose figure a fact is, and so which facts a scope counts."""

    ASKED = "asked"  # due invitations, owner frozen when each was sent
    CHAIN = "chain"  # places, owner of the account's latest due invitation, else today's
    TODAY = "today"  # the account as it stands
    FOLLOW_UP = "follow_up"  # the follow-up's own owner
    FACT = "fact"  # each row names its own: the owner at the date of the fact


class Spread(StrEnum):
    """Which interval it carries; none where nothing was sampled."""

    NONE = "none"
    PLAIN = "plain"  # Wilson over its own rows
    CLUSTERED = "clustered"  # Wilson, widened because colleagues answer alike
    SCORE = "score"  # adjusted Wald on effective counts
    ACCOUNTS = "accounts"  # t over account scores
    RECKONED = "reckoned"  # made with the value, of the same rows


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One figure; `counts` is what one row of the denominator is, in the plural.

    `rows` is what a row is where the denominator is an amount. Under `least` of them only counts are told, from
    `least_for_interval` on the interval too. `nothing` is said where there is nothing to count.
    """

    name: str
    label: str
    text: str
    counts: str
    owner: Owner
    units: Units | None = None
    subject: str = ""
    facts: Callable[[Any], Iterable[Fact]] | None = None
    columns: Callable[[Any], FactRows] | None = None
    reckon: Callable[[Sample], Reckoned] | None = None
    nothing: str = "There is nothing to count in this period."
    rows: str = ""
    least: int = 5
    least_for_interval: int = 10
    direction: Direction = Direction.UP
    kind: Kind = Kind.PROCESS
    spread: Spread = Spread.NONE
    measure: Measure = Measure.SHARE
    nightly: bool = False  # kept each night for accounts too
    stands: bool = False  # as things stand on the day: the period changes nothing
    version: int = VERSION
    standard: str = ""  # the setting that says what is asked of everybody
    needs_all: bool = False  # a row of one account cannot be made without those of all others

    def asked_of_all(self, preferences: Preferences) -> float | None:
        """The standard as the owner set it: at least this, or at most where less is better. None: it has none."""
        found: float | None = getattr(preferences, self.standard) if self.standard else None
        return found

    @property
    def in_money(self) -> bool:
        """Whether its numerator and denominator are amounts in the reporting currency."""
        return self.counts == "in revenue" or self.name in _OF_REVENUE or self.measure == Measure.MONEY


_OF_REVENUE = frozenset({"arr_heard", "silent_arr", "stakeholders_known_arr", "nps_money"})

DUE = "Counts invitations whose due date (21 days after sending) lies in the window, under the owner at sending."
