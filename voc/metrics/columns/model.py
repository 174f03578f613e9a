"""A whole company as columns: what `AccountFacts` says of one account, here of all at once. Pure.

Accounts, CSMs, segments and regions are their place in a list, contacts and addresses a number of 64 bits, moments
microseconds (`MISSING` for none), roles a set of bits in the order of `Role`. What came after the moment is in none
of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np

from voc.base.words import Disposition, FollowUpKind, NotAsked, Role, Segment, StopReason
from voc.metrics.columns.kinds import MISSING, Column, here, numbered
from voc.metrics.model import Person

DISPOSITIONS = tuple(Disposition)
STOPS = tuple(StopReason)
ROLES = tuple(Role)
SEGMENTS = tuple(Segment)
KINDS = tuple(FollowUpKind)
REASONS = tuple(NotAsked)
_GONE = (StopReason.LEFT, StopReason.MOVED, StopReason.GONE, StopReason.MERGED)
DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def bits_of(*roles: Role) -> int:
    return sum(1 << ROLES.index(role) for role in roles)


@dataclass(frozen=True)
class Accounts:
    """`owner` is a place among the CSMs at the moment, -1 for nobody; `region` a place among `Company.regions`."""

    ids: list[str]
    names: list[str]
    owner: Column
    segment: Column
    region: Column
    customer: Column
    arr: Column  # in the reporting currency; NaN without an amount or a rate
    has_amount: Column
    renewal_on: Column  # days since 1970; MISSING for none
    since_on: Column
    last_answered: Column  # ever
    first_delivered: Column

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Asked:
    """Invitations, account by account and there person by person; with `elsewhere` also those that count for places
    and silence of another account alone."""

    id: Column
    wave: Column
    account: Column
    contact: Column
    address: Column
    csm: Column
    inherited: Column
    segment: Column
    roles: Column
    arr: Column
    freshness: Column
    sent: Column
    due: Column
    bounced: Column
    answered: Column
    stopped: Column
    disposition: Column  # -1 until it is due
    score: Column  # -1 for none
    score_at: Column
    planned: Column
    elsewhere: Column
    confidential: Column

    def __len__(self) -> int:
        return len(self.id)

    def of(self, rows: Column) -> "Asked":
        return Asked(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})

    @cached_property
    def person(self) -> Column:
        """A number for each contact of each account."""
        return numbered(self.account, self.contact)[0]

    def is_(self, *dispositions: Disposition) -> Column:
        return np.isin(self.disposition, [DISPOSITIONS.index(one) for one in dispositions])

    def _stopped(self, *reasons: StopReason) -> Column:
        return np.isin(self.stopped, [STOPS.index(one) for one in reasons])

    @cached_property
    def delivered(self) -> Column:
        late = (self.due != MISSING) & (self.bounced > self.due)
        arrived = here(self.sent) & ~self.is_(Disposition.UNKNOWN) & (~here(self.bounced) | late)
        found: Column = here(self.answered) | arrived
        return found

    @cached_property
    def not_eligible(self) -> Column:
        return self.is_(Disposition.NOT_ELIGIBLE)

    @cached_property
    def eligible(self) -> Column:
        return ~self.not_eligible & ~self._stopped(*_GONE)

    @cached_property
    def opted_out(self) -> Column:
        return self._stopped(StopReason.OPTED_OUT, StopReason.COMPLAINED)

    @cached_property
    def on_time(self) -> Column:
        return self.is_(Disposition.COMPLETE, Disposition.PARTIAL)

    def settled(self, *, after: int, moment: int) -> Column:
        """Due in (after, moment], and what became of it is known."""
        known = ~self.confidential & (self.disposition >= 0) & here(self.due)
        known &= here(self.sent) | self.is_(Disposition.UNKNOWN)
        return known & (self.due > after) & (self.due <= moment)

    def flying(self, moment: int) -> Column:
        found = ~self.confidential & ~self.elsewhere & here(self.sent) & ~here(self.bounced) & self.eligible
        return found & here(self.due) & (self.due > moment)


@dataclass(frozen=True)
class Left:
    """Who of a census was not asked, and why."""

    wave: Column
    account: Column
    roles: Column
    reason: Column


@dataclass(frozen=True)
class Cases:
    id: Column
    account: Column
    owner: Column
    kind: Column
    opened: Column
    contact_by: Column
    resolve_by: Column
    contacted: Column
    resolved: Column


@dataclass(frozen=True)
class Holders:
    """Who holds a role where: one row for each account, contact and role. `value` is the freshness of 0..1."""

    account: Column
    contact: Column
    address: Column
    role: Column
    reachable: Column
    value: Column
    without_own_word: Column
    confirmed_at: Column  # the latest confirmation by a CSM
    entered_at: Column  # when a CSM last entered the person, or gave them a role


@dataclass(frozen=True)
class Where:
    """Which segment, region and team each account, and each of our people, belongs to."""

    names: list[str]  # of accounts
    segment: Column
    region: Column  # a place among `regions`
    regions: list[str]
    people: Mapping[str, Person]

    @cached_property
    def team_ids(self) -> list[str]:
        """Whoever a CSM names as manager."""
        return sorted({one.manager_id for one in self.people.values() if one.manager_id})

    def team_of(self, csm_ids: Sequence[str]) -> Column:
        """A CSM's team by place; the last, reached by -1, is nobody's."""
        place = {id: at for at, id in enumerate(self.team_ids)}
        managers = [self.people[id].manager_id if id in self.people else None for id in csm_ids]
        return np.array([place[one] if one else -1 for one in managers] + [-1], np.int64)


@dataclass(frozen=True)
class Company:
    moment: datetime
    accounts: Accounts
    asked: Asked
    left: Left
    cases: Cases
    holders: Holders
    weight: Column  # of each role in each segment; the last row is for accounts without one
    required: Column
    csm_ids: list[str]
    people: Mapping[str, Person]
    regions: list[str]

    @cached_property
    def at(self) -> int:
        return micros(self.moment)

    @cached_property
    def where(self) -> Where:
        accounts = self.accounts
        return Where(accounts.names, accounts.segment, accounts.region, self.regions, self.people)

    @property
    def team_ids(self) -> list[str]:
        return self.where.team_ids

    @cached_property
    def team_of(self) -> Column:
        return self.where.team_of(self.csm_ids)

    @cached_property
    def weights(self) -> Column:
        """By account and role; 0 where the role is not required, or there is no customer."""
        return self.weight[self.accounts.segment] * self.accounts.customer[:, None]

    @cached_property
    def counts(self) -> Column:
        return self.required[self.accounts.segment]
