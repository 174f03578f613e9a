"""A figure is never a bare number (3-metrics 0.1), and is made of units that a page can list.

facts     what the tables say of one account as of a moment: `AccountFacts`, `Asked`, `Case`
unit      one row that a figure counts: part of whole, with a label
tally     units of one figure added up for one scope, account by account
figure    value, numerator, denominator, interval, state, reason, window
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import msgspec

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
from voc.stakeholders.model import Team
from voc.statistics.moments import Moments
from voc.statistics.silence import SilentScore

__all__ = [
    "EVERYTHING",
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


# --- facts ---


_GONE = frozenset({StopReason.LEFT, StopReason.MOVED, StopReason.GONE, StopReason.MERGED})


@dataclass(frozen=True, slots=True)
class Asked:
    """One invitation as of a moment, with what was frozen when it was sent. Rows of a merged record carry the winner.

    `disposition` is None until it is due. `elsewhere` marks somebody who was asked through another
    account but holds a place here (one person, several rows): it counts for places and for silence,
    never for the rates. Of a confidential one it is known that it was sent or came back, and nothing more: it is
    in no rate (`Released` is). `arr` is in the reporting currency, None without an amount or a rate.
    """

    id: int
    wave_id: int
    account_id: str
    contact_id: str
    address: str
    csm_id: str | None
    inherited: bool
    segment: str | None
    roles: frozenset[Role]
    arr: float | None
    freshness: float | None
    sent_at: datetime | None
    due_at: datetime | None
    bounced_at: datetime | None
    answered_at: datetime | None
    stopped: StopReason | None
    disposition: Disposition | None
    score: int | None = None
    score_at: datetime | None = None
    planned: bool = False  # its wave runs and it is not sent yet
    elsewhere: bool = False
    currency: str | None = None
    confidential: bool = False

    @property
    def delivered(self) -> bool:
        """Accepted with 250 and no hard bounce by its due date; an answer proves it too."""
        if self.answered_at is not None:
            return True
        if self.sent_at is None or self.disposition == Disposition.UNKNOWN:
            return False
        return self.bounced_at is None or (self.due_at is not None and self.bounced_at > self.due_at)

    @property
    def eligible(self) -> bool:
        """False for whoever turned out to be no contact of the customer any more: in no denominator, never silent."""
        return self.disposition != Disposition.NOT_ELIGIBLE and self.stopped not in _GONE

    @property
    def opted_out(self) -> bool:
        """Not to be asked again; a complaint about the mail says the same."""
        return self.stopped in (StopReason.OPTED_OUT, StopReason.COMPLAINED)

    @property
    def answered_on_time(self) -> bool:
        return self.disposition in (Disposition.COMPLETE, Disposition.PARTIAL)


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody of the census who was not asked in a wave, and why."""

    wave_id: int
    contact_id: str
    roles: frozenset[Role]
    reason: NotAsked


@dataclass(frozen=True, slots=True)
class Case:
    """One follow-up as of a moment."""

    id: int
    kind: FollowUpKind
    account_id: str
    contact_id: str | None
    owner_csm_id: str | None
    opened_at: datetime
    contact_by: datetime
    resolve_by: datetime | None
    contacted_at: datetime | None
    resolved_at: datetime | None


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
    csms: dict[str, "Person"]
    confirmed: frozenset[str] = frozenset()  # contacts a CSM confirmed in the window
    part: "Slice" = field(default_factory=lambda: Slice())  # noqa: PLW0108 -- Slice is defined below

    def manager_of(self, csm_id: str | None) -> str | None:
        found = self.csms.get(csm_id) if csm_id else None
        return found.manager_id if found else None


@dataclass(frozen=True, slots=True)
class Person:
    """A CSM, or whoever they name as their manager."""

    id: str
    name: str
    manager_id: str | None
    active: bool = True


@dataclass(frozen=True)
class Book:
    """What one scope has of one account: the account, its due invitations, or its follow-ups."""

    facts: AccountFacts
    due: tuple[Asked, ...] = ()
    cases: tuple[Case, ...] = ()


# --- units and tallies ---


class Unit(NamedTuple):
    """One row behind a figure. With `whole` 0 it stands beside the figure (a bounce, somebody silent)."""

    part: float
    whole: float
    label: str
    kind: str  # invitation, contact, place, account, follow_up
    id: str
    contact_id: str | None = None
    role: Role | None = None
    on: date | None = None  # the day of a dated fact
    size: float | None = None  # how long it took, in days, where that is what is counted


class Fact(NamedTuple):
    """A row that names whose it is, of a subject whose rows are no invitations: a renewal, a milestone, a review.

    `account_id` is "" for what belongs to a person and to no account (a week). `csm_id` is the owner at the date of
    the fact. `inherited` counts for the team and the total, not for the CSM.
    `segment` as it was then, where that is known; None takes the account's.
    """

    account_id: str
    csm_id: str | None
    unit: Unit
    inherited: bool = False
    segment: str | None = None


class Known(NamedTuple):
    """What is known of an account, a lost one too."""

    name: str
    segment: str | None
    region: str | None


class Reckoned(NamedTuple):
    """What a figure is that is no share of sums, made of its rows in one scope. `value` None: nothing to tell."""

    value: float | None
    numerator: float | None
    denominator: float | None
    interval: Interval | None = None
    extra: Mapping[str, float | None] = MappingProxyType({})


class Sample(NamedTuple):
    """Rows of one scope as columns, for a value that is no share of sums. `size` NaN: it has none."""

    part: Iterable[float]
    whole: Iterable[float]
    size: Iterable[float]


def sample_of(units: Sequence[Unit]) -> Sample:
    return Sample(
        [unit.part for unit in units],
        [unit.whole for unit in units],
        [math.nan if unit.size is None else unit.size for unit in units],
    )


class Sum(NamedTuple):
    """Units of one figure at one account, added up: most accounts count alike for CSM, team and total."""

    part: float
    whole: float
    squares: float
    counted: int
    labels: Counter[str]


def add_up(units: Sequence[Unit]) -> Sum:
    return Sum(
        part=sum(unit.part for unit in units),
        whole=sum(unit.whole for unit in units),
        squares=sum(unit.part * unit.part for unit in units),
        counted=sum(unit.whole > 0 for unit in units),
        labels=Counter(unit.label for unit in units),
    )


@dataclass
class Tally:
    """One figure in one scope; `moments` are the sums over its accounts, for the clustering."""

    part: float = 0.0
    whole: float = 0.0
    counted: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    moments: Moments = field(default_factory=Moments)
    # groups never taken apart: how many accounts they are of, and the square of `whole` per account
    grouped: int = 0
    grouped_squares: float = 0.0
    left_out: list[str] = field(default_factory=list)
    # kept where the figure is no share of sums
    units: list[Unit] = field(default_factory=list)
    sample: Sample | None = None  # the same, where they were made as columns

    def add(self, found: Sum, *, account_name: str) -> None:
        self.part += found.part
        self.whole += found.whole
        self.counted += found.counted
        for label, count in found.labels.items():
            self.labels[label] += count
        if found.whole > 0:
            self.moments.add(found.part, found.whole, found.squares)
        if NO_RATE in found.labels:
            self.left_out.append(account_name)

    @property
    def accounts(self) -> int:
        return self.moments.accounts + self.grouped

    @property
    def spread_out(self) -> float:
        """Mean size of an account as one of its rows sees it: sum m^2 / sum m."""
        return (self.moments.mm + self.grouped_squares) / self.whole if self.whole > 0 else 1.0

    def add_group(self, found: Sum, *, accounts: int) -> None:
        """People of several accounts that cannot be told apart: how alike colleagues answer is not read from them."""
        self.part += found.part
        self.whole += found.whole
        self.counted += found.counted
        self.labels.update(found.labels)
        if found.whole > 0:
            self.grouped += accounts
            self.grouped_squares += found.whole * found.whole / accounts


Tallies = dict[tuple[Scope, str], dict[str, Tally]]


@dataclass(frozen=True)
class Slice:
    """Which part of the company is looked at. Invitations go by the segment frozen in them, accounts by today's."""

    segment: str | None = None
    region: str | None = None

    @property
    def whole(self) -> bool:
        return self.segment is None and self.region is None


EVERYTHING = Slice()


NO_RATE = "no_rate"  # an account whose currency has no rate: left out of money figures and named


CONFIDENTIAL = "confidential"  # the kind of a row that is one of a group and nobody's


@dataclass(frozen=True)
class CountedRow:
    """One row that a figure counts, ready for a page or CSV.

    Rows with `whole` above 0 make up the denominator, their `part` the numerator; the others stand
    beside it with their `label`. `kind` and `id` name the record (invitation, contact, place,
    account, follow_up); one of a confidential wave has the wave's instead, and no account.
    `handed_over` marks an account that is not the viewer's any more.
    """

    kind: str
    id: str
    account_id: str
    account_name: str
    csm_id: str | None
    contact_id: str | None
    contact_name: str | None
    role: Role | None
    label: str
    part: float
    whole: float
    handed_over: bool = False
    on: date | None = None
    size: float | None = None


# --- accounts ---


@dataclass(frozen=True)
class Norms:
    """What is usual here: how alike colleagues answer, and the share of people heard by segment ("" in all)."""

    icc: float
    reach: dict[str, float]

    def reach_of(self, segment: str | None) -> float | None:
        return self.reach.get(segment or "", self.reach.get(""))


@dataclass(frozen=True)
class Standing:
    """Where one account stands: its state (3-metrics 4.1) and, for silent, quiet and heard ones, the score.

    `people` were delivered to in the window, `asked_twice` if each at least twice; `one_in` is how
    rarely an ordinary account of this size stays silent (None unless silent). `work_order` is score x
    revenue. `spell_on` is the day the silence began.
    """

    account_id: str
    name: str
    csm_id: str | None
    segment: Segment | None
    state: AccountState
    arr: float | None
    amount: Decimal | None
    currency: str | None
    renewal_on: date | None
    last_answered_at: datetime | None
    coverage_fresh: float | None
    coverage_named: float | None
    people: int = 0
    answered: int = 0
    asked_twice: bool = False
    score: SilentScore | None = None
    band: str | None = None
    p_silent: float | None = None
    spell_on: date | None = None
    note: str | None = None

    @property
    def work_order(self) -> float:
        return (self.score["total"] if self.score else 0.0) * (self.arr or 0.0)
