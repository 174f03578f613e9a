"""One look at the figures: of a whole company by its columns, of some accounts by their facts."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.base.words import Scope, StaffRole
from voc.metrics import cohorts, flight, store
from voc.metrics import figures as figured
from voc.metrics.catalogue import chosen
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.columns import running
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.fact_tallies import Scopes, count_rows
from voc.metrics.columns.facts import count_facts
from voc.metrics.columns.kinds import Column
from voc.metrics.columns.model import SEGMENTS
from voc.metrics.compare import RateBook
from voc.metrics.confidential import Released
from voc.metrics.figures import Counted
from voc.metrics.flight import Flight
from voc.metrics.model import EVERYTHING, AccountFacts, Facts, Figure, Norms, Person, Slice, Window
from voc.metrics.run import subjects
from voc.metrics.run.subjects import Question
from voc.metrics.silence import Limits
from voc.metrics.store import confidential as store_confidential
from voc.metrics.store.company import Ground, company
from voc.metrics.units import Terms


def limits_of(preferences: Preferences) -> Limits:
    return Limits(
        people=preferences.silent_people,
        invitations=preferences.silent_invitations,
        after=timedelta(days=preferences.silent_after_days),
        too_new=timedelta(days=preferences.customer_too_new_days),
    )


@dataclass(frozen=True)
class Asking:
    """What is asked: a window that ends at `as_of` (None: now), of a part of the company, and which figures."""

    now: datetime
    as_of: date | None = None
    days: int | None = None
    part: Slice = EVERYTHING
    names: Collection[str] | None = None
    preferences: Preferences | None = None
    scopes: Collection[Scope] = tuple(Scope)  # of the whole company those that are asked for, and the whole


class Allowed:
    """What the viewer may see; ids are read when they are asked for, a leader's hundred thousand are mostly not."""

    def __init__(self, db: Connection, viewer: Viewer) -> None:
        self._db, self.viewer = db, viewer

    @cached_property
    def accounts(self) -> frozenset[str]:
        return store.visible_account_ids(self._db, self.viewer)

    @cached_property
    def csms(self) -> frozenset[str]:
        return store.visible_csm_ids(self._db, self.viewer)

    def sees_account(self, account_id: str) -> bool:
        return self.viewer.sees_all or account_id in self.accounts

    def sees(self, key: Key) -> bool:
        scope, id = key
        if self.viewer.sees_all:
            return True
        if scope == Scope.ACCOUNT:
            return id in self.accounts
        if scope == Scope.CSM:
            return id in self.csms
        return scope == Scope.TEAM and self.viewer.role == StaffRole.LEAD and id == self.viewer.csm_id

    @property
    def only(self) -> frozenset[str] | None:
        """The accounts that need to be read for the viewer's own; None for all."""
        return None if self.viewer.sees_all else self.accounts

    @property
    def whole(self) -> Key:
        """The widest scope the viewer may see."""
        if self.viewer.sees_all:
            return TOTAL
        scope = Scope.TEAM if self.viewer.role == StaffRole.LEAD else Scope.CSM
        return scope, self.viewer.csm_id or ""


def allowed(db: Connection, viewer: Viewer) -> Allowed:
    return Allowed(db, viewer)


@dataclass(frozen=True)
class Book:
    """What a scope owns today: how many accounts, their revenue, and those whose currency has no rate."""

    accounts: int
    arr: float
    without_rate: tuple[str, ...]


class Look(ABC):
    """Everything that was counted for one question."""

    counted: Counted
    terms: Terms
    preferences: Preferences
    people: dict[str, Person]
    names: Collection[str] | None

    @property
    def moment(self) -> datetime:
        return self.terms.moment

    @property
    def window(self) -> Window:
        return self.counted.window

    @property
    def days(self) -> int:
        return self.terms.days

    @property
    def icc(self) -> float:
        return self.counted.icc

    def rate_book(self, key: Key) -> RateBook:
        tally = self.counted.tallies[key]["response_rate"]
        return RateBook(tally.part, tally.whole, tally.accounts, self.counted.deff(key))

    def has_rows(self, key: Key, name: str) -> bool:
        """Whether anything of this scope stands behind the figure, or beside it."""
        tally = self.counted.tallies.get(key, {}).get(name)
        return tally is not None and bool(tally.labels)

    def figure(self, key: Key, name: str) -> Figure:
        return figured.figure(self.counted, key, name)

    def figures(self, key: Key, names: Collection[str] | None = None) -> dict[str, Figure]:
        """All that were looked at, or those of `names`."""
        wanted = (one.name for one in chosen(self.names))
        return {name: self.figure(key, name) for name in wanted if names is None or name in names}

    def keys(self, scope: Scope) -> list[Key]:
        """Everybody of a scope who has a book or had anybody asked, by name."""
        counted = {
            id
            for (kind, id), tallies in self.counted.tallies.items()
            if kind == scope and any(tally.labels for tally in tallies.values())
        }
        ids = counted | set(self.owners(scope))
        return [(scope, id) for _, id in sorted((self.name((scope, id)).casefold(), id) for id in ids)]

    def name(self, key: Key) -> str:
        return cohorts.name_of(key, self.people)

    def manager_of(self, csm_id: str | None) -> str | None:
        found = self.people.get(csm_id) if csm_id else None
        return found.manager_id if found else None

    @abstractmethod
    def owners(self, scope: Scope) -> Collection[str]:
        """Who has a book today."""

    @abstractmethod
    def book(self, key: Key) -> Book: ...

    @abstractmethod
    def inherited(self, key: Key) -> int:
        """Due invitations that stand under this CSM but were handed over less than 60 days before sending."""

    @abstractmethod
    def flight(self, key: Key) -> Flight | None: ...


def terms_of(asking: Asking, moment: datetime, known: Preferences, facts: Facts | None = None) -> Terms:
    """`facts` where what our own people said of contacts counts."""
    days = asking.days or known.window_days
    if days < 1:
        raise Refused("Write a window of 1 day or more", field="window")
    return Terms(
        moment=moment,
        days=days,
        response_standard=known.response_standard,
        fresh_cut=known.fresh_cut,
        limits=limits_of(known),
        confirmed=frozenset() if facts is None else facts.confirmed,
        entered=frozenset() if facts is None else facts.entered,
    )


def released(db: Connection, moment: datetime, days: int, part: Slice) -> list[Released]:
    """Groups of confidential waves that closed in the window; of a part those that are known to lie in it whole."""
    if part.region is not None:
        return []
    found = store_confidential.released(db, after=moment - timedelta(days=days), moment=moment)
    return [one for one in found if part.segment in (None, one.group.segment)]


# --- the whole company ---


class CompanyLook(Look):
    """By the columns."""

    def __init__(self, counting: Counting, counted: Counted, known: Preferences, names: Collection[str] | None) -> None:
        self.counting, self.counted, self.preferences, self.names = counting, counted, known, names
        self.terms, self.people = counting.terms, dict(counting.company.people)

    def owners(self, scope: Scope) -> Collection[str]:
        company = self.counting.company
        if scope == Scope.TOTAL:
            return [""]
        if scope == Scope.TEAM:
            return company.team_ids
        if scope == Scope.SEGMENT:
            return [SEGMENTS[at].value for at in self._owned(company.accounts.segment)]
        if scope == Scope.REGION:
            return [company.regions[at] for at in self._owned(company.accounts.region)]
        return [company.csm_ids[at] for at in self._owned(company.accounts.owner)]

    def _owned(self, of: Column) -> list[int]:
        found: list[int] = np.unique(of[self.counting.company.accounts.customer & (of >= 0)]).tolist()
        return found

    @cached_property
    def _scope_of(self) -> dict[Scope, Column]:
        return {one.scope: one.scope_of for one in self.counting.today_books()}

    def _rows(self, key: Key) -> Column:
        """The customers of a scope."""
        company = self.counting.company
        ids = self.counting.ids_of(key[0])
        at = ids.index(key[1]) if key[1] in ids else -2
        return np.flatnonzero((self._scope_of[key[0]] == at) & company.accounts.customer)

    def book(self, key: Key) -> Book:
        accounts, rows = self.counting.company.accounts, self._rows(key)
        arr = accounts.arr[rows]
        without = rows[np.isnan(arr) & accounts.has_amount[rows]]
        return Book(len(rows), float(np.nansum(arr)), tuple(accounts.names[at] for at in without.tolist()))

    @cached_property
    def _inherited(self) -> dict[str, int]:
        return self.counting.inherited()

    def inherited(self, key: Key) -> int:
        return self._inherited.get(key[1], 0) if key[0] == Scope.CSM else 0

    @cached_property
    def _running(self) -> running.Running:
        return running.Running(self.counting, horizon=self.preferences.due_days)

    def flight(self, key: Key) -> Flight | None:
        return self._running.of(key)


def look(db: Connection, asking: Asking) -> CompanyLook:
    """Count the whole company, or a part of it."""
    known = asking.preferences or settings.load(db)
    terms = terms_of(asking, store.moment_of(asking.as_of, now=asking.now), known)
    ground = Ground(db, terms.moment, known)
    found = company(db, moment=terms.moment, window_days=terms.days, preferences=known, ground=ground)
    shared = subjects.Shared(db, Question(terms.moment, terms.days, known), ground)
    return count(
        db, Counting(found, terms, asking.part, scopes=asking.scopes), known, names=asking.names, shared=shared
    )


def count(
    db: Connection,
    counting: Counting,
    known: Preferences,
    *,
    names: Collection[str] | None = None,
    shared: subjects.Shared,
) -> CompanyLook:
    """`shared` is what several periods with one end have in common."""
    terms, part = counting.terms, counting.part
    counted = Counted(cohorts.window(terms.moment, terms.days), icc_default=known.icc_default)
    counting.into(counted, names)
    everybody = Facts(terms.moment, (), dict(counting.company.people))
    question = Question(terms.moment, terms.days, known, None, part)
    inside = None if part.whole else counting.accounts_in
    for definition, of_all, csm_ids in subjects.columns(question, names=names, shared=shared):
        count_rows(counted.tallies, Scopes(counting.company.where, csm_ids, inside), definition, of_all)
    for definition, found in subjects.rows(db, question, names=subjects.row_by_row(names), shared=shared):
        count_facts(counted.tallies, everybody.csms, definition, found)
    figured.count_released(counted, everybody, released(db, terms.moment, terms.days, part), terms)
    return CompanyLook(counting, counted, known, names)


# --- some accounts ---


class FactsLook(Look):
    """By the facts of each account: what is usual in the company is not known from them."""

    def __init__(
        self, facts: Facts, terms: Terms, counted: Counted, known: Preferences, names: Collection[str] | None
    ) -> None:
        self.facts, self.terms, self.counted, self.preferences, self.names = facts, terms, counted, known, names
        self.people = facts.csms

    def owners(self, scope: Scope) -> Collection[str]:
        return [one.account_id for one in self.facts.accounts] if scope == Scope.ACCOUNT else []

    @cached_property
    def _by_id(self) -> dict[str, AccountFacts]:
        return {one.account_id: one for one in self.facts.accounts}

    def name(self, key: Key) -> str:
        return self._by_id[key[1]].name if key[1] in self._by_id else super().name(key)

    def book(self, key: Key) -> Book:
        one = self._by_id[key[1]]
        return Book(1, one.arr or 0.0, (one.name,) if one.arr is None and one.amount is not None else ())

    def inherited(self, key: Key) -> int:
        return 0

    @cached_property
    def _flights(self) -> dict[Key, Flight]:
        return flight.by_scope(self.facts, horizon=self.preferences.due_days, usual={})

    def flight(self, key: Key) -> Flight | None:
        return self._flights.get(key)


def look_at(db: Connection, asking: Asking, account_ids: Collection[str] | None) -> FactsLook:
    """Count these accounts one by one, each by itself; None is all of them."""
    facts, terms, known = facts_for(db, asking, account_ids)
    counted = Counted(cohorts.window(terms.moment, terms.days), icc_default=known.icc_default)
    figured.count(counted, facts, terms, names=asking.names)
    ids = None if account_ids is None else frozenset(account_ids)
    question = Question(terms.moment, terms.days, known, ids, asking.part)
    for definition, found in subjects.rows(db, question, names=asking.names):
        figured.count_facts(counted, facts, definition, found)
    return FactsLook(facts, terms, counted, known, asking.names)


def facts_for(
    db: Connection, asking: Asking, account_ids: Collection[str] | None, *, as_then: bool = False
) -> tuple[Facts, Terms, Preferences]:
    """`as_then`: records that were merged after the moment stand apart, as a night of then counted them."""
    known = asking.preferences or settings.load(db)
    moment = store.moment_of(asking.as_of, now=asking.now)
    terms_of(asking, moment, known)  # refuses a window that is none
    facts = store.facts(
        db,
        moment=moment,
        window_days=asking.days or known.window_days,
        preferences=known,
        account_ids=account_ids,
        as_then=as_then,
    )
    facts = cohorts.within(asking.part, facts)
    return facts, terms_of(asking, moment, known, facts), known


def usual(db: Connection, moment: datetime, days: int, known: Preferences) -> Norms:
    """What is usual in the whole company: as of last night, else counted now."""
    kept = store.norms(db, on=moment.date(), window_days=days)
    if kept is not None:
        return kept
    asking = Asking(now=moment, days=days, preferences=known, names=("reach",))
    return look(db, asking).counted.norms


def in_portions(ids: Sequence[str], portion: int) -> Iterator[list[str]]:
    for start in range(0, len(ids), portion):
        yield list(ids[start : start + portion])
