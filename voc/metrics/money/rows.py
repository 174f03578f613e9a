"""What a rule is given and what it gives: a scope's part of one account, and the rows that a figure counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from voc.base.words import Segment
from voc.metrics.money.facts import Client, Deal, Mark, Owned, Told, Touch

QUARTER_DAYS = 365.25 / 4
NO_RATE = "no_rate"  # the currency has no exchange rate: left out of money figures and named
NO_REVENUE = "no_revenue"  # the CRM has no amount


class Row(NamedTuple):
    """One row of a figure. With `whole` 0 it stands beside it. `days` is how long something took, or has taken so far."""

    part: float
    whole: float
    label: str
    kind: str  # renewal, sale, account, milestone, activity, answer
    id: str
    on: date | None = None
    contact_id: str | None = None
    days: float | None = None


@dataclass(frozen=True)
class Slice:
    """What one scope has of one account: the facts under its owners, and whether the account is theirs today."""

    client: Client
    deals: tuple[Deal, ...] = ()
    marks: tuple[Mark, ...] = ()  # by the owner of the day
    acts: tuple[Mark, ...] = ()  # by whoever did them
    touches: tuple[Touch, ...] = ()
    told: tuple[Told, ...] = ()
    held: float = 0.0  # the part of the period for which the scope had the account
    today: bool = False
    owns: Callable[[Owned], bool] = lambda _owner: True  # whether a fact with this owner is the scope's


@dataclass(frozen=True)
class Standards:
    """What a company expects; all are settings."""

    onboarding_days: int = 90
    meetings_per_quarter: float = 3.0
    call_quality: float = 4.0
    review_segments: frozenset[Segment] = frozenset({Segment.ENTERPRISE, Segment.MID_MARKET})
    gross_margin: float | None = None


@dataclass(frozen=True)
class Terms:
    """The period, what is expected, and how long a stage usually takes by (segment, stage)."""

    on: date
    days: int
    standards: Standards = field(default_factory=Standards)
    usual_days: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def after_on(self) -> date:
        return self.on - timedelta(days=self.days)

    def holds(self, day: date | None) -> bool:
        """Whether the day lies in the period."""
        return day is not None and self.after_on < day <= self.on


Rule = Callable[[Slice, Terms], list[Row]]


def of_account(client: Client, part: float, whole: float, label: str, *, on: date | None = None) -> Row:
    return Row(part, whole, label, "account", client.account_id, on)


def without_amount(client: Client, id: str, kind: str, *, no_rate: bool, on: date | None = None) -> Row:
    """Left out of a money figure; an account whose currency has no rate is named beside it."""
    return Row(0.0, 0.0, NO_RATE if no_rate else NO_REVENUE, kind, id, on)
