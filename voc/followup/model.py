"""A follow-up: the duty to get back to a person, with an owner, a clock and a next step."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from voc.base.words import Cause, FollowUpKind, FollowUpState, Role

__all__ = [
    "Act",
    "Answer",
    "Bar",
    "Cause",
    "CauseCount",
    "Clock",
    "Colleague",
    "Deadlines",
    "Escalated",
    "Event",
    "FollowUp",
    "FollowUpKind",
    "FollowUpState",
    "Notice",
    "NoticeKind",
    "Opening",
    "Promise",
    "Role",
    "Stand",
    "StandIn",
    "Timed",
]


class Act(StrEnum):
    """What a person does with a follow-up."""

    ACKNOWLEDGE = "acknowledge"
    CONTACT = "contact"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    REOPEN = "reopen"


class Promise(StrEnum):
    """The three limits of a follow-up, in the order in which they fall due."""

    ACKNOWLEDGE = "acknowledge"
    CONTACT = "contact"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class Clock:
    """Where the limits of one kind stand, in business hours; None is no such limit."""

    acknowledge_hours: float | None
    contact_hours: float
    resolve_hours: float | None

    def hours(self, promise: Promise) -> float | None:
        return {
            Promise.ACKNOWLEDGE: self.acknowledge_hours,
            Promise.CONTACT: self.contact_hours,
            Promise.RESOLVE: self.resolve_hours,
        }[promise]


@dataclass(frozen=True)
class Deadlines:
    """The same as moments, in UTC."""

    acknowledge_by: datetime | None
    contact_by: datetime
    resolve_by: datetime | None


@dataclass(frozen=True)
class Answer:
    """A submitted answer that nobody has looked at for a follow-up yet.

    `picked` are the keys that were picked, by question: {"recommend": {"4"}, "call": {"yes"}}.
    """

    response_id: int
    invitation_id: int
    questionnaire_version_id: int
    wave_id: int
    account_id: str
    contact_id: str
    submitted_at: datetime
    score: int | None
    picked: dict[str, frozenset[str]]
    confidential: bool = False


@dataclass(frozen=True)
class Opening:
    """A case to open."""

    key: str
    kind: FollowUpKind
    account_id: str
    contact_id: str | None
    wave_id: int | None
    response_id: int | None
    score: int | None
    opened_at: datetime


@dataclass(frozen=True)
class Event:
    at: datetime
    what: str  # opened, planned, acknowledged, contacted, resolved, confirmed, reopened, reassigned, escalated
    by: str
    note: str | None


@dataclass(frozen=True)
class Bar:
    """The limit that counts now and how much of it is used up; `late` once it has passed."""

    promise: Promise
    elapsed_hours: float
    limit_hours: float
    due_at: datetime

    @property
    def left_hours(self) -> float:
        return max(self.limit_hours - self.elapsed_hours, 0.0)

    @property
    def share(self) -> float:
        """1.0 is the limit; more is late."""
        return self.elapsed_hours / self.limit_hours if self.limit_hours else 0.0


@dataclass(frozen=True)
class StandIn:
    """Who looks after it while its owner is away, to the last day."""

    csm_id: str
    name: str
    address: str
    to_on: date


@dataclass(frozen=True)
class FollowUp:
    """One case with all that a card or a mail says. `words` are the person's own; `bar` is None when nothing is due.

    `roles` are those the person held when asked. `asked` are the questions to which they said yes
    (call, reference, story). `owner_*` are None when nobody active owns the account.
    """

    id: int
    kind: FollowUpKind
    state: FollowUpState
    account_id: str
    account_name: str
    arr: Decimal | None
    currency: str | None
    contact_id: str | None
    contact_name: str | None
    contact_title: str | None
    contact_address: str | None
    roles: tuple[Role, ...]
    wave_id: int | None
    response_id: int | None
    score: int | None
    words: str | None
    asked: tuple[str, ...]
    owner_csm_id: str | None
    owner_name: str | None
    owner_address: str | None
    time_zone: str  # the owner's, in which the clock runs
    lead_csm_id: str | None
    opened_at: datetime
    acknowledge_by: datetime | None
    contact_by: datetime
    resolve_by: datetime | None
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None
    confirmed_at: datetime | None
    cause: Cause | None
    outcome: str | None
    lead_told_at: datetime | None
    leader_told_at: datetime | None
    deputy: StandIn | None = None
    opens_account: bool = True  # whether who looks may see the account too: a deputy sees the case alone
    bar: Bar | None = None
    late: bool = False
    events: tuple[Event, ...] = ()

    @property
    def open(self) -> bool:
        """Somebody of ours still has something to do."""
        return self.state not in (FollowUpState.RESOLVED, FollowUpState.CONFIRMED)


class Timed(Protocol):
    """What of a case its limits go by."""

    @property
    def kind(self) -> FollowUpKind: ...
    @property
    def state(self) -> FollowUpState: ...
    @property
    def acknowledge_by(self) -> datetime | None: ...
    @property
    def contact_by(self) -> datetime: ...
    @property
    def resolve_by(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a case stands, without what its card says: thousands are counted and put in order, a few are shown.

    `due_at` is the limit that counts now, None when nothing is due.
    """

    id: int
    state: FollowUpState
    due_at: datetime | None
    late: bool
    closed_at: datetime
    lead_told: bool
    leader_told: bool


class NoticeKind(StrEnum):
    """Which mail to our own people; also the end of its key `followup:<id>:<kind>`."""

    OPENED = "opened"
    LEAD = "lead"
    LEADER = "leader"


@dataclass(frozen=True)
class Notice:
    """A mail to one of our own people about one case."""

    key: str
    kind: NoticeKind
    name: str
    address: str
    subject: str
    body: str


@dataclass(frozen=True)
class Escalated:
    """How many cases went to the lead and to the leader in one round."""

    to_lead: int = 0
    to_leader: int = 0


@dataclass(frozen=True)
class Waiting:
    """Follow-ups that are not confirmed yet, and how many of them are past a limit."""

    open: int = 0
    late: int = 0


@dataclass(frozen=True)
class CauseCount:
    """How often a root cause was behind a confirmed case, and at how many accounts."""

    cause: Cause
    cases: int
    accounts: int


@dataclass(frozen=True)
class Colleague:
    """One of our own people who is told."""

    key: str
    name: str
    address: str
