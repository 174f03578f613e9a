"""Every figure of every scope from a company's columns: what `figures.count` adds up account by account. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from voc.base.words import Scope
from voc.metrics.columns import asked as over_asked
from voc.metrics.columns.contribution import voc_contribution
from voc.metrics.columns.kinds import Column, count_of, here, last_of, numbered
from voc.metrics.columns.model import DAY, KINDS, SEGMENTS, Asked, Company
from voc.metrics.columns.places import Places
from voc.metrics.columns.rows import Books, Rows, tally
from voc.metrics.columns.states import silent_figures, states
from voc.metrics.figures import Counted, with_needed
from voc.metrics.model import EVERYTHING, Slice
from voc.metrics.units import Terms

__all__ = ["KINDS", "Counting"]


@dataclass(frozen=True)
class Counting:
    """One look at a company: a window that ends at its moment, and what part of it is looked at."""

    company: Company
    terms: Terms
    part: Slice = EVERYTHING
    beside: "Counting | None" = None  # the same over another period: as accounts stand does not depend on it
    scopes: Collection[Scope] = tuple(Scope)  # that are asked for; the whole is always counted

    @property
    def _after(self) -> int:
        return self.company.at - self.terms.days * DAY

    @cached_property
    def places(self) -> Places:
        return self.beside.places if self.beside else Places(self.company, fresh_cut=self.terms.fresh_cut)

    @cached_property
    def states(self) -> Column:
        return self.beside.states if self.beside else states(self.company, self.places, limits=self.terms.limits)

    def into(self, counted: Counted, names: Collection[str] | None = None) -> None:
        """Add everything to the tallies. `names` None is all figures."""
        names = None if names is None else with_needed(names)
        self._asked(counted, names)
        self._flying(counted)
        self._add(counted, self._chain(), self._chain_books(), names)
        self._add(counted, self._standing(), self.today_books(), names)
        if names is None or "follow_up_attainment" in names:
            self._kept(counted)

    def _add(
        self,
        counted: Counted,
        found: Iterator[tuple[str, Rows]],
        books: list[Books],
        names: Collection[str] | None,
    ) -> None:
        for name, rows in found:
            if names is None or name in names:
                for one in books:
                    tally(counted.tallies, name, rows, one, self.company.accounts.names)

    # --- which part is looked at ---

    @cached_property
    def accounts_in(self) -> Column:
        accounts = self.company.accounts
        inside = np.ones(len(accounts), np.bool_)
        if self.part.segment is not None:
            inside &= accounts.segment == SEGMENTS.index(self.part.segment)
        return inside & self._region_in

    @cached_property
    def _region_in(self) -> Column:
        accounts, wanted = self.company.accounts, self.part.region
        if wanted is None:
            return np.ones(len(accounts), np.bool_)
        at = self.company.regions.index(wanted) if wanted in self.company.regions else -2
        found: Column = accounts.region == at
        return found

    def asked_in(self, rows: Column) -> Column:
        """Invitations by the segment frozen in them."""
        asked = self.company.asked
        inside = self._region_in[asked.account[rows]]
        if self.part.segment is not None:
            inside &= asked.segment[rows] == SEGMENTS.index(self.part.segment)
        return rows[inside]

    # --- what was asked ---

    @cached_property
    def settled(self) -> Column:
        asked = self.company.asked
        return np.flatnonzero(asked.settled(after=self._after, moment=self.company.at))

    @cached_property
    def due(self) -> Asked:
        rows = self.settled[~self.company.asked.elsewhere[self.settled]]
        return self.company.asked.of(self.asked_in(rows))

    def _asked(self, counted: Counted, names: Collection[str] | None) -> None:
        due = self.due
        if not len(due):
            return
        for books, book in self._asked_books(due):
            self._count_asked(counted, names, books, book)

    def _count_asked(self, counted: Counted, names: Collection[str] | None, books: Books, book: Column) -> None:
        inside, due = np.flatnonzero(book >= 0), self.due
        those, at = (due.of(inside), book[inside]) if len(inside) < len(due) else (due, book)
        people = over_asked.People(those, at)
        if books.scope == Scope.TOTAL:
            self._hear(counted, people)
        for name, rows in self._of_books(those, at, books, people):
            if names is None or name in names:
                tally(counted.tallies, name, rows, books, self.company.accounts.names)

    def _of_books(
        self, due: Asked, book: Column, books: Books, people: over_asked.People
    ) -> Iterator[tuple[str, Rows]]:
        yield from over_asked.rates(due, book)
        yield "reach", people.reach()
        yield "nps_people", people.scores()
        standard = self.terms.response_standard
        yield from over_asked.of_accounts(due, book, len(books), people, standard=standard)
        yield from over_asked.scores_of_accounts(due, book, len(books), people)

    def _hear(self, counted: Counted, people: over_asked.People) -> None:
        segment = self.company.accounts.segment[people.account]
        for at, name in [(None, ""), *enumerate(SEGMENTS), (-1, "")]:
            chosen = np.ones(people.count, np.bool_) if at is None else segment == at
            if at != -1:
                counted.heard[str(name)][0] += int(people.heard[chosen].sum())
                counted.heard[str(name)][1] += int(chosen.sum())

    def _asked_books(self, due: Asked) -> Iterator[tuple[Books, Column]]:
        """What each scope has of each account, by the owner and the segment frozen in the invitation."""
        csm = np.where(due.inherited, -1, due.csm)
        segment = due.segment.astype(np.int64)
        return self._books_of(due.account, csm=csm, team=self.company.team_of[due.csm], segment=segment)

    def _books_of(
        self, account: Column, *, csm: Column, team: Column, segment: Column
    ) -> Iterator[tuple[Books, Column]]:
        """For each kind of scope its books, and the book of each row (-1: of none)."""
        company = self.company
        for scope, ids, of in (
            (Scope.CSM, company.csm_ids, csm),
            (Scope.TEAM, company.team_ids, team),
            (Scope.SEGMENT, SEGMENTS, segment),
            (Scope.REGION, company.regions, company.accounts.region[account]),
            (Scope.TOTAL, [""], np.zeros(len(account), np.int64)),
        ):
            if not self._wants(scope):
                continue
            inside = np.flatnonzero(of >= 0)
            group, _, first = numbered(account[inside], of[inside])
            book = np.full(len(account), -1, np.int64)
            book[inside] = group
            yield Books(scope, ids, of[inside][first], account[inside][first]), book

    def _flying(self, counted: Counted) -> None:
        asked, moment = self.company.asked, self.company.at
        flying = self.asked_in(np.flatnonzero(asked.flying(moment)))
        secret = asked.confidential & ~asked.elsewhere & here(asked.sent) & (asked.due > self._after)
        secret = self.asked_in(np.flatnonzero(secret))
        for books, book in self._asked_books(asked.of(flying)):
            number = count_of(books.scope_of[book[book >= 0]], len(books.ids))
            for at in np.flatnonzero(number).tolist():
                counted.flying[books.scope, books.ids[at]] += int(number[at])
        for books, book in self._asked_books(asked.of(secret)):
            for at in np.unique(books.scope_of[book[book >= 0]]).tolist():
                counted.in_confidence.add((books.scope, books.ids[at]))

    # --- places and accounts ---

    def _chain(self) -> Iterator[tuple[str, Rows]]:
        return self.places.chain(self.settled)

    def _chain_books(self) -> list[Books]:
        """Under the owner of the account's latest due invitation, else today's."""
        company, asked = self.company, self.company.asked
        own = self.settled[~asked.elsewhere[self.settled] & here(asked.sent[self.settled])]
        latest = last_of(asked.account[own], (asked.sent[own], asked.id[own]), len(company.accounts))
        row = own[latest] if len(own) else latest
        had = latest >= 0
        owner = np.where(had, asked.csm[row], company.accounts.owner) if len(own) else company.accounts.owner
        inherited = had & asked.inherited[row] if len(own) else had & False
        return self._books_by(owner, inherited)

    def _standing(self) -> Iterator[tuple[str, Rows]]:
        moment, cut = self.company.at, self.terms.fresh_cut
        yield from self.places.standing(since=self._after, moment=moment, fresh_cut=cut)
        yield "voc_contribution", voc_contribution(self.company, self.places, since=self._after)
        yield from silent_figures(self.company.accounts.arr, self.states)

    def today_books(self) -> list[Books]:
        return self._books_by(self.company.accounts.owner)

    def _books_by(self, owner: Column, inherited: Column | None = None) -> list[Books]:
        """One book for each account, whole."""
        company, accounts = self.company, self.company.accounts
        inside = self.accounts_in
        every = np.arange(len(accounts))
        csm = owner if inherited is None else np.where(inherited, -1, owner)
        return [
            Books(scope, ids, np.where(inside, of, -1), every)
            for scope, ids, of in (
                (Scope.CSM, company.csm_ids, csm),
                (Scope.TEAM, company.team_ids, company.team_of[owner]),
                (Scope.SEGMENT, SEGMENTS, accounts.segment),
                (Scope.REGION, company.regions, accounts.region),
                (Scope.TOTAL, [""], np.zeros(len(accounts), np.int64)),
            )
            if self._wants(scope)
        ]

    # --- follow-ups ---

    @cached_property
    def _cases(self) -> Column:
        cases = self.company.cases
        counted = (cases.opened <= self.company.at) & (cases.contact_by > self._after)
        return np.flatnonzero(counted & self.accounts_in[cases.account])

    def _kept(self, counted: Counted) -> None:
        company, cases, rows, moment = self.company, self.company.cases, self._cases, self.company.at
        contacted, limit = cases.contacted[rows], cases.contact_by[rows]
        label = np.where(here(contacted), np.where(contacted <= limit, 0, 1), np.where(moment > limit, 2, 3))
        account, owner = cases.account[rows], cases.owner[rows]
        segment = company.accounts.segment[account]
        words = ("met", "missed", "open_late", "pending")
        for books, book in self._books_of(account, csm=owner, team=company.team_of[owner], segment=segment):
            inside = book >= 0
            told = label[inside]
            found = Rows(book[inside], (told == 0) * 1.0, (told < 3) * 1.0, told, words)
            tally(counted.tallies, "follow_up_attainment", found, books, company.accounts.names)

    # --- scopes ---

    def _wants(self, scope: Scope) -> bool:
        return scope == Scope.TOTAL or scope in self.scopes

    def ids_of(self, scope: Scope) -> list[str]:
        company = self.company
        found = {Scope.CSM: company.csm_ids, Scope.TEAM: company.team_ids, Scope.REGION: company.regions}
        if scope == Scope.SEGMENT:
            return [segment.value for segment in SEGMENTS]
        return found.get(scope, [""])

    def scopes_of_asked(self, asked: Asked) -> Iterator[tuple[Scope, Column]]:
        """Which CSM, team, segment and region each of these invitations counts for."""
        for books, book in self._asked_books(asked):
            yield books.scope, np.where(book >= 0, books.scope_of[book], -1) if len(books) else book

    def inherited(self) -> dict[str, int]:
        """Due invitations under each CSM that were handed over less than 60 days before sending."""
        due = self.due
        number = count_of(due.csm[due.inherited & (due.csm >= 0)], len(self.company.csm_ids))
        return {id: int(n) for id, n in zip(self.company.csm_ids, number, strict=True) if n}
