"""One account with its dated facts. Amounts are in the reporting currency; None is an amount nobody knows."""

from dataclasses import dataclass
from datetime import date

from voc.accounts.kinds import HUMAN, ContactKind, DealKind
from voc.base.words import Segment

__all__ = [
    "HUMAN",
    "NOBODY",
    "Again",
    "Client",
    "ContactKind",
    "Deal",
    "DealKind",
    "Held",
    "Mark",
    "Owned",
    "Stretch",
    "Told",
    "Touch",
    "Week",
]


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose a fact is. An inherited one counts for the team and not for the CSM (3-metrics 0.3)."""

    csm_id: str | None
    inherited: bool = False


NOBODY = Owned(None)


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch of ownership: days from `from_on` up to and without `to_on`; None is still."""

    csm_id: str | None
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of a period under one owner: from `from_on` up to and without `to_on`."""

    owner: Owned
    from_on: date
    to_on: date

    def has(self, on: date) -> bool:
        return self.from_on <= on < self.to_on

    @property
    def days(self) -> int:
        return (self.to_on - self.from_on).days


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity. `closes_on` is the day it was decided, or is meant to be; `due_on` the end of a renewal's term.

    `no_rate`: its currency has no rate, so that its amounts are None although the CRM has some.
    """

    id: str
    kind: DealKind
    closed: bool
    won: bool
    closes_on: date | None
    owner: Owned
    name: str = ""
    due_on: date | None = None
    before: float | None = None
    after: float | None = None
    amount: float | None = None
    confirmed_on: date | None = None
    no_rate: bool = False

    @property
    def gain(self) -> float | None:
        """Recurring revenue that it added."""
        if self.before is not None and self.after is not None:
            return max(0.0, self.after - self.before)
        return self.amount if self.after is None else self.after


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone. `value` is the CRM's number as it stands, `money` the same in the reporting currency."""

    id: str
    kind: str
    on: date
    owner: Owned  # of the account on that day
    actor: Owned  # whom the CRM names for it, else the owner
    value: float | None = None
    money: float | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A meeting, call, review or training, under whoever logged it."""

    id: str
    kind: ContactKind
    on: date
    owner: Owned
    contact_id: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one person said in one submitted answer: `ratings` are (measure or theme, number of 1-5)."""

    id: str
    questionnaire: str
    on: date
    owner: Owned
    contact_id: str | None = None
    ratings: tuple[tuple[str, float], ...] = ()
    named: int = 0  # people this answer named
    taken_up: int = 0  # of them, those that became contacts

    def of(self, measure: str) -> list[float]:
        return [number for what, number in self.ratings if what == measure]


@dataclass(frozen=True, slots=True)
class Again:
    """A detractor's next wave: `then` is what they scored, None is silence. Under the owner frozen at that wave."""

    id: str  # of the invitation
    on: date  # the day of the answer, or by which there was none
    owner: Owned
    first: int
    then: int | None
    contact_id: str | None = None


@dataclass(frozen=True)
class Client:
    """One account with everything that the figures of this package count."""

    account_id: str
    name: str
    segment: Segment | None
    customer: bool
    since_on: date | None
    churned_on: date | None
    revenue: float | None  # today
    currency: str | None
    known_amount: bool  # the CRM has a revenue, whether or not there is a rate
    parent_id: str | None = None
    renewal_on: date | None = None
    held: tuple[Held, ...] = ()
    owner: Owned = NOBODY  # as of the moment
    deals: tuple[Deal, ...] = ()
    marks: tuple[Mark, ...] = ()
    touches: tuple[Touch, ...] = ()
    told: tuple[Told, ...] = ()
    again: tuple[Again, ...] = ()
    latest_score: int | None = None
    overdue_follow_ups: int = 0

    @property
    def no_rate(self) -> bool:
        return self.known_amount and self.revenue is None


@dataclass(frozen=True, slots=True)
class Week:
    """A CSM's week of CRM upkeep, ending on `to_on`; kept if nothing was left lying for over 7 days."""

    csm_id: str
    to_on: date
    problems: int = 0
    suggestions: int = 0

    @property
    def kept(self) -> bool:
        return not self.problems and not self.suggestions
