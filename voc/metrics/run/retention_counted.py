"""The retention page counted while somebody waits: of any period, day, segment or region, from the columns."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, figures, store
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.columns.fact_tallies import Scopes, count_rows
from voc.metrics.columns.kinds import Column, here
from voc.metrics.columns.model import SEGMENTS, Where
from voc.metrics.columns.money import renewals
from voc.metrics.columns.money.period import Period, day_of
from voc.metrics.columns.money.records import DEAL_KINDS
from voc.metrics.columns.money.stayed import Clients
from voc.metrics.figures import Counted
from voc.metrics.model import Figure, Person, Slice
from voc.metrics.money import goals
from voc.metrics.money.facts import DealKind
from voc.metrics.money.page import Line, Open, RetentionPage
from voc.metrics.run import money, retention_nights
from voc.metrics.run.retention_nights import OPEN_SHOWN
from voc.metrics.run.standings import LIVE_UP_TO
from voc.metrics.run.stayed import KeptRetention, Owners, Stayed
from voc.metrics.store import open_renewals
from voc.metrics.store.company import Ground
from voc.metrics.store.records import Read

COMES_UP = timedelta(days=90)
_SHOWN = (Scope.CSM, Scope.TEAM, Scope.TOTAL)


@dataclass(frozen=True)
class Book:
    """Customers of the moment, under its owners."""

    accounts: Column
    arr: float


class Look:
    """Everything that was counted for one page; `names` are its figures."""

    def __init__(
        self,
        db: Connection,
        *,
        moment: datetime,
        days: int,
        part: Slice,
        known: Preferences,
        names: Sequence[str],
        people: Mapping[str, Person],
    ) -> None:
        self.known, self.names, self.people, self._db = known, names, people, db
        self.ground = Ground(db, moment, known)
        self.on = day_of(moment.date())
        self._records = Read(self.ground, days=days)
        self._period = Period(self._records, self.on, days, money.standards_of(known))
        rows = self.ground.rows
        self._where = Where(self.ground.names, rows["segment"], self.ground.region, self.ground.regions, self.people)
        self._inside = None if part.whole else self._in(part)
        self._scopes = Scopes(self._where, self._records.csm_ids, self._inside, only=_SHOWN)
        self.counted = Counted(cohorts.window(moment, days), icc_default=known.icc_default)
        for name in names:
            made = BY_NAME[name].columns
            assert made is not None  # all of them are of the subject `money`
            count_rows(self.counted.tallies, self._scopes, BY_NAME[name], made(self._period))

    def _in(self, part: Slice) -> Column:
        found = np.ones(len(self._where.names), np.bool_)
        if part.segment is not None:
            found &= self._where.segment == SEGMENTS.index(part.segment)
        if part.region is not None:
            at = self._where.regions.index(part.region) if part.region in self._where.regions else -2
            found &= self._where.region == at
        return found

    def figure(self, key: Key, name: str) -> Figure:
        return figures.figure(self.counted, key, name)

    def name(self, id: str) -> str:
        return cohorts.name_of((Scope.CSM, id), self.people)

    @cached_property
    def _customers(self) -> Column:
        clients = self._records.clients
        inside = clients.customer if self._inside is None else clients.customer & self._inside
        return np.flatnonzero(inside & clients.there)

    @cached_property
    def _owner(self) -> Column:
        return self._records.clients.owner[self._customers]

    @cached_property
    def _by_csm(self) -> dict[str, Column]:
        """The customers of each."""
        order = np.argsort(self._owner, kind="stable")
        owners, starts = np.unique(self._owner[order], return_index=True)
        parts = np.split(self._customers[order], starts[1:]) if len(owners) else []
        ids = self._records.csm_ids
        return {ids[at]: part for at, part in zip(owners.tolist(), parts, strict=True) if at >= 0}

    def book(self, key: Key) -> Book:
        rows = self._book(key)
        return Book(rows, float(np.nansum(self._records.clients.revenue[rows])))

    def _book(self, key: Key) -> Column:
        scope, id = key
        if scope == Scope.TOTAL:
            return self._customers
        if scope == Scope.CSM:
            return self._by_csm.get(id, np.empty(0, np.int64))
        team_ids = self._where.team_ids
        team = self._where.team_of(self._records.csm_ids)[self._owner]
        rows: Column = self._customers[team == (team_ids.index(id) if id in team_ids else -2)]
        return rows

    def csm_ids(self) -> list[str]:
        """Everybody with a book or a row, by name."""
        counted = {id for (scope, id), found in self.counted.tallies.items() if scope == Scope.CSM and found}
        return sorted(set(self._by_csm) | counted, key=lambda one: (self.name(one).casefold(), one))

    def line(self, key: Key, name: str) -> Line:
        book = self.book(key)
        told = {one: self.figure(key, one) for one in self.names}
        return Line(key[0], key[1], name, told, len(book.accounts), book.arr)

    # --- renewals ---

    @cached_property
    def _stayed(self) -> Stayed:
        logos, nrr = (self._scopes.looked_at(made(self._period)) for made in (renewals.logo_retention, renewals.nrr))
        clients = Clients.of(self._where.segment, self._where.names)
        return Stayed(logos, nrr, clients, Owners(self._records.csm_ids, self.people))

    def reckoned(self, key: Key) -> KeptRetention:
        return self._stayed.reckoned(key, standard=self.known.retention_standard)

    def waiting(self, key: Key, until: date) -> Column:
        """Renewals of a book that wait for a decision: past their day, or due soon."""
        deals = self._records.deals
        theirs = np.zeros(len(self._where.names), np.bool_)
        theirs[self._book(key)] = True
        meant = (deals.kind == DEAL_KINDS.index(DealKind.RENEWAL)) & ~deals.closed
        return np.flatnonzero(
            meant & here(deals.closes_on) & (deals.closes_on <= day_of(until)) & theirs[deals.account]
        )

    def late(self, waiting: Column, today: date) -> int:
        return int((self._records.deals.closes_on[waiting] < day_of(today)).sum())

    def shown(self, waiting: Column, until: date) -> tuple[Open, ...]:
        """The earliest first; of very many accounts the first hundred."""
        deals, names = self._records.deals, self._where.names
        most = len(waiting) if len(names) <= LIVE_UP_TO else OPEN_SHOWN
        clients, first = self._records.clients, self._first(waiting, most)
        accounts = {self.ground.ids[at]: at for at in np.unique(deals.account[first]).tolist()}
        found = []
        for one in open_renewals.of_accounts(
            self._db, list(accounts), self.ground.merged, until=until, preferences=self.known
        ):
            at = accounts[one.account_id]
            owner, revenue = int(clients.owner[at]), float(clients.revenue[at])
            found.append(
                Open(
                    id=one.id,
                    account_id=one.account_id,
                    account_name=names[at],
                    csm_id=self._records.csm_ids[owner] if owner >= 0 else None,
                    due_on=one.due_on,
                    at_stake=one.before if one.before is not None else None if np.isnan(revenue) else revenue,
                    confirmed_on=one.confirmed_on,
                )
            )
        found.sort(key=lambda one: (one.due_on, one.account_name, one.id))
        return tuple(found[:most])

    def _first(self, waiting: Column, most: int) -> Column:
        """With those that no day or name tells from the last of them."""
        if len(waiting) <= most:
            return waiting
        deals, names = self._records.deals, self._where.names
        days = deals.closes_on[waiting]
        near = waiting[days <= np.partition(days, most - 1)[most - 1]]
        order = [
            (day, names[at])
            for day, at in zip(deals.closes_on[near].tolist(), deals.account[near].tolist(), strict=True)
        ]
        last = sorted(order)[most - 1]
        found: Column = near[[one <= last for one in order]]
        return found


def page(
    db: Connection,
    viewer: Viewer,
    look: Look,
    whole: Key,
    *,
    shared: str | None,
    now: datetime,
) -> RetentionPage:
    """`shared` is the manager whose CSMs are compared, None for everybody."""
    people = look.people
    everybody = [id for id in look.csm_ids() if shared is None or shared in (id, _manager_of(look, id))]
    mine = list(_visible(db, viewer, everybody))
    scope = TOTAL if shared is None else (Scope.TEAM, shared)
    family = look.reckoned(scope)
    own = family if whole == scope else look.reckoned(whole)
    until = look.counted.window.to_on + COMES_UP
    waiting = look.waiting(whole, until)
    books = {id: look.book((Scope.CSM, id)) for id in everybody}
    sized = {id: goals.Book(one.arr, len(one.accounts)) for id, one in books.items()}
    return RetentionPage(
        window=look.counted.window,
        currency=look.known.reporting_currency,
        whole=look.line(whole, "All" if whole == TOTAL else look.name(whole[1])),
        lines=tuple(look.line((Scope.CSM, id), look.name(id)) for id in mine),
        compared=retention_nights.compared_of(family, everybody, look.known),
        open=look.shown(waiting, until),
        without=tuple(own.without),
        goals=goals.of(look.known.goals, sized, mine=mine, by=look.known.split_by),
        split_by=look.known.split_by,
        inherited=own.inherited,
        names={id: one.name for id, one in people.items()},
        waiting=len(waiting),
        late=look.late(waiting, now.date()),
    )


def _manager_of(look: Look, csm_id: str) -> str | None:
    return look.people[csm_id].manager_id if csm_id in look.people else None


def _visible(db: Connection, viewer: Viewer, csm_ids: Collection[str]) -> Iterator[str]:
    if viewer.sees_all:
        return iter(csm_ids)
    seen = store.visible_csm_ids(db, viewer)
    return (id for id in csm_ids if id in seen)
