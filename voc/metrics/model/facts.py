"""What the tables say of accounts as of a moment."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from voc.base.words import Segment
from voc.metrics.model.asked import Asked, Case, Left
from voc.stakeholders.model import Team


@dataclass(frozen=True)
class Slice:
    """Which part of the company is looked at. Invitations go by the segment frozen in them, accounts by today's."""

    segment: str | None = None
    region: str | None = None

    @property
    def whole(self) -> bool:
        return self.segment is None and self.region is None


EVERYTHING = Slice()


@dataclass(frozen=True, slots=True)
class Person:
    """A CSM, or whoever they name as their manager."""

    id: str
    name: str
    manager_id: str | None
    active: bool = True


@dataclass(frozen=True)
class AccountFacts:
    """Everything a figure needs of one account. `csm_id` is the owner at the moment."""

    account_id: str
    name: str
    csm_id: str | None
    segment: Segment | None
    customer: bool
    arr: float | None  # in the reporting currency
    amount: Decimal | None
    currency: str | None
    renewal_on: date | None
    customer_since_on: date | None
    team: Team | None
    region: str | None = None
    asked: tuple[Asked, ...] = ()
    left: tuple[Left, ...] = ()
    cases: tuple[Case, ...] = ()
    last_answered_at: datetime | None = None  # ever
    first_delivered_at: datetime | None = None  # ever


@dataclass(frozen=True)
class Facts:
    """Accounts as of a moment, and the people of ours they belong to."""

    moment: datetime
    accounts: tuple[AccountFacts, ...]
    csms: dict[str, Person]
    confirmed: frozenset[str] = frozenset()  # contacts a CSM confirmed in the window
    entered: frozenset[str] = frozenset()  # whom a CSM entered in it, or gave a role
    part: Slice = field(default_factory=Slice)

    def manager_of(self, csm_id: str | None) -> str | None:
        found = self.csms.get(csm_id) if csm_id else None
        return found.manager_id if found else None


@dataclass(frozen=True)
class Book:
    """What one scope has of one account: the account, its due invitations, or its follow-ups."""

    facts: AccountFacts
    due: tuple[Asked, ...] = ()
    cases: tuple[Case, ...] = ()
