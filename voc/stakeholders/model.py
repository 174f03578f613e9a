"""The people an account should have known to us, and how sure we are of each.

A *place* is one required role at one account. A *holder* fills it when reachable; a fresh holder
covers it (3-metrics 5).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from voc.base.words import (
    NotAsked,
    Role,
    Segment,
    Sign,
    SuggestionKind,
    SuggestionState,
    SuppressionReason,
)

__all__ = [
    "Act",
    "ActKind",
    "Book",
    "CaughtUp",
    "Coverage",
    "Exclusion",
    "Freshness",
    "Holder",
    "Introduction",
    "NotAsked",
    "Place",
    "Requirement",
    "Role",
    "Seats",
    "Segment",
    "Sign",
    "SignOfLife",
    "SignsKnown",
    "Step",
    "StepKind",
    "Suggestion",
    "SuggestionKind",
    "SuggestionState",
    "Suppression",
    "SuppressionReason",
    "Team",
    "Threads",
]


@dataclass(frozen=True)
class Requirement:
    """One cell of the role matrix: what a role weighs in a segment, and how many holders it needs."""

    segment: Segment
    role: Role
    weight: int
    required_count: int = 1


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """A dated fact that says somebody is there, or (bounced, left) no longer is."""

    kind: Sign
    at: datetime
    source: str
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """Probability of 0..1 that the contact is still there, and why.

    `sign` is the sign it rests on, None when nothing ever verified the contact or a bounce or a
    departure cancelled all there was; `ended` is that bounce or departure if nothing came after it.
    `delivered_at` is the latest delivery when its weak evidence is what lifts the value.
    `without_own_word` is the value if the CSMs' own confirmations and edits did not count.
    """

    value: float
    sign: SignOfLife | None = None
    ended: SignOfLife | None = None
    delivered_at: datetime | None = None
    without_own_word: float = 0.0


@dataclass(frozen=True)
class Holder:
    """A contact as one account knows them. `why_not_reachable` is the first reason, None if reachable."""

    contact_id: str
    name: str
    first_name: str | None
    title: str | None
    address: str | None
    roles: tuple[Role, ...]  # held at this account, required or not
    freshness: Freshness
    why_not_reachable: NotAsked | None
    direct: bool = True  # False: belongs to another account of the customer
    away_until_on: date | None = None

    @property
    def reachable(self) -> bool:
        return self.why_not_reachable is None


@dataclass(frozen=True)
class Place:
    """A required role at an account. `holders`: reachable ones first, the freshest first."""

    role: Role
    weight: int
    required_count: int
    holders: tuple[Holder, ...]
    fresh_cut: float

    @property
    def reachable(self) -> tuple[Holder, ...]:
        return tuple(holder for holder in self.holders if holder.reachable)

    @property
    def named(self) -> bool:
        """As many reachable holders as the place requires."""
        return len(self.reachable) >= self.required_count

    @property
    def fresh(self) -> bool:
        """As many of them fresh."""
        return sum(holder.freshness.value >= self.fresh_cut for holder in self.reachable) >= self.required_count


@dataclass(frozen=True)
class Coverage:
    """Weighted share of places, 0..1: with fresh holders (the headline), with any reachable one, as expected.

    `fresh_points` and `named_points` of `points` are the weights behind the first two.
    """

    fresh: float
    named: float
    expected: float
    fresh_points: int
    named_points: int
    points: int


@dataclass(frozen=True)
class Threads:
    """How many people we would still reach at the account: people, not places. `people` are reachable holders."""

    people: int
    distribution: tuple[float, ...]  # P(0), P(1), ... of them still there
    expected: float
    single_or_none: float
    at_least_one: float

    @property
    def single_threaded(self) -> bool:
        return self.single_or_none > 0.5


@dataclass(frozen=True)
class Carrier:
    """Somebody who answered by name, or whom we met, rang or reviewed with. `here`: the CRM still has them."""

    contact_id: str
    name: str
    answers: int
    meetings: int
    here: bool = True

    @property
    def together(self) -> int:
        return self.answers + self.meetings


@dataclass(frozen=True)
class Carried:
    """On whom a year's answers and meetings rest, the most active first.

    `worth` is how many equally active people they are worth, None without an answer or a meeting.
    """

    people: tuple[Carrier, ...]
    worth: float | None

    @property
    def answers(self) -> int:
        return sum(one.answers for one in self.people)

    @property
    def meetings(self) -> int:
        return sum(one.meetings for one in self.people)


@dataclass(frozen=True)
class Seats:
    """The required places of one account and who sits there.

    `others` are contacts of the account that fill no required place: without a role, or with one that nobody asks for.
    """

    account_id: str
    segment: Segment | None
    places: tuple[Place, ...]
    others: tuple[Holder, ...] = ()

    @property
    def people(self) -> tuple[Holder, ...]:
        """Everybody in a required place, once each, in the order of the places."""
        found = {holder.contact_id: holder for place in self.places for holder in place.holders}
        return tuple(found.values())

    def points(self, weight: int) -> int:
        """A weight as whole points of coverage, of 100."""
        total = sum(place.weight for place in self.places)
        return round(100 * weight / total) if total else 0


@dataclass(frozen=True, kw_only=True)
class Team(Seats):
    """The stakeholder team of one account. `coverage` is None when the segment is unknown or requires nobody."""

    coverage: Coverage | None
    threads: Threads


@dataclass(frozen=True)
class SignsKnown:
    """How many contacts of valid customers have any sign of life.

    Until three in ten have, fresh coverage says more about our records than about the customers, so
    named coverage is shown beside it.
    """

    contacts: int
    with_sign: int

    @property
    def both_coverages(self) -> bool:
        return self.with_sign < 0.3 * self.contacts


@dataclass(frozen=True)
class Suggestion:
    """What a respondent, a bounce or an auto-reply told us, for the CSM to accept or decline.

    `name`, `address` and `role` speak of the person it names: the successor, or the colleague to ask.
    """

    id: int
    kind: SuggestionKind
    account_id: str
    contact_id: str | None
    contact_name: str | None
    name: str | None
    address: str | None
    role: Role | None
    quote: str | None
    created_at: datetime
    state: SuggestionState
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True)
class Exclusion:
    """An account, or one contact of it, that is not asked until a day."""

    id: int
    account_id: str
    account_name: str
    csm_id: str | None
    contact_id: str | None
    contact_name: str | None
    reason: str
    by: str
    created_at: datetime
    expires_on: date
    ended_at: datetime | None = None
    arr: Decimal | None = None
    currency: str | None = None
    contact_here: bool = False  # False: the CRM deleted or merged that contact since


@dataclass(frozen=True)
class Suppression:
    """An address that must not be mailed; `lifted_at` is None while it stands."""

    id: int
    address: str
    reason: SuppressionReason
    at: datetime
    source: str
    lifted_at: datetime | None


@dataclass(frozen=True)
class CaughtUp:
    """What one sync brought to this stage."""

    meetings: int = 0
    opt_outs: int = 0
    bounces: int = 0
    bounces_taken_back: int = 0
    left: int = 0


class StepKind(StrEnum):
    """What a step of the recruiting list is about."""

    EMPTY_PLACE = "empty_place"
    CONFIRM = "confirm"
    NO_ADDRESS = "no_address"  # bounced, or never had one
    LEFT = "left"
    SUCCESSOR = "successor"
    REFERRAL = "referral"
    CHANGED_ROLE = "changed_role"


class ActKind(StrEnum):
    CONFIRM = "confirm"
    LEFT = "left"
    CHANGE_ROLE = "change_role"
    ADD_PERSON = "add_person"
    INTRODUCTION = "introduction"
    ACCEPT = "accept"  # the suggestion of the step
    DECLINE = "decline"


@dataclass(frozen=True)
class Act:
    kind: ActKind
    label: str


@dataclass(frozen=True)
class Introduction:
    """A personal mail for the CSM to read and send from their own mail program."""

    contact_id: str
    name: str
    address: str
    subject: str
    body: str


@dataclass(frozen=True)
class Book:
    """What the recruiting list says of an account beside its team."""

    account_id: str
    name: str
    csm_id: str | None
    csm_name: str | None
    arr: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Step:
    """One thing to do for one account. `points` of coverage, of 100, are gained (or, with `left`, kept in truth).

    `key` is stable from day to day. `acts` are possible, the first is the likeliest; `candidates`
    are contacts in the CRM without a place who could be the one.
    """

    key: str
    kind: StepKind
    account: Book
    sentence: str
    why: str
    points: int
    minutes: int
    acts: tuple[Act, ...]
    contact_id: str | None = None
    roles: tuple[Role, ...] = ()
    suggestion: Suggestion | None = None
    introduction: Introduction | None = None
    candidates: tuple[Holder, ...] = ()
