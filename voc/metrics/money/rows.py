"""What a rule is given besides the account, and how it makes a row (3-metrics 0). Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from voc.base.words import Segment
from voc.metrics.model import NO_RATE, Fact, Unit
from voc.metrics.money import owners
from voc.metrics.money.facts import Client, Held, Owned, Stretch

QUARTER_DAYS = 365.25 / 4
NO_REVENUE = "no_revenue"  # the CRM has no amount


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
    costs_known: bool = False  # some cost came in for the period
    _stretches: dict[tuple[Held, ...], list[Stretch]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def after_on(self) -> date:
        return self.on - timedelta(days=self.days)

    def holds(self, day: date | None) -> bool:
        """Whether the day lies in the period."""
        return day is not None and self.after_on < day <= self.on

    def stretches(self, client: Client) -> list[Stretch]:
        """The days of the period by owner; found once for the half dozen rules that share them out."""
        found = self._stretches.get(client.held)
        if found is None:
            found = self._stretches[client.held] = owners.stretches(client.held, after_on=self.after_on, to_on=self.on)
        return found


Rule = Callable[[Client, Terms], list[Fact]]


def row(
    client: Client,
    owner: Owned,
    part: float,
    whole: float,
    label: str,
    *,
    kind: str = "account",
    id: str | None = None,
    on: date | None = None,
    contact_id: str | None = None,
    size: float | None = None,
) -> Fact:
    """One row under its owner. With `whole` 0 it stands beside the figure. `size`: how long it took, in days."""
    unit = Unit(part, whole, label, kind, client.account_id if id is None else id, contact_id, None, on, size)
    return Fact(client.account_id, owner.csm_id, unit, owner.inherited)


def without_amount(
    client: Client, owner: Owned, *, no_rate: bool, kind: str = "account", id: str | None = None, on: date | None = None
) -> Fact:
    """Left out of a money figure; an account whose currency has no rate is named beside it."""
    return row(client, owner, 0.0, 0.0, NO_RATE if no_rate else NO_REVENUE, kind=kind, id=id, on=on)
