"""What each scope can expect, read once and only where a figure rests on too few."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import enough
from voc.metrics.cohorts import Key
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.enough import Coming, Outlook
from voc.metrics.model import Figure, Person, Shown, Slice
from voc.metrics.model.facts import EVERYTHING
from voc.metrics.pages import ScopeFigures
from voc.metrics.store import outlook as store

Row = TypeVar("Row")


@dataclass
class _Accounts:
    """Of one book: those it counts already, those that come, by their day, and those of its last wave."""

    known: set[str] = field(default_factory=set)
    coming: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    wave: set[str] = field(default_factory=set)

    def put_into(self, outlook: Outlook) -> Outlook:
        coming = tuple(replace(one, accounts=frozenset(self.coming[one.on])) for one in outlook.coming)
        return replace(outlook, coming=coming, wave_accounts=frozenset(self.wave), known=frozenset(self.known))


class Outlooks:
    """Of the scopes of one page."""

    def __init__(
        self,
        db: Connection,
        *,
        now: datetime,
        preferences: Preferences,
        people: Mapping[str, Person],
        keys: Iterable[Key],
        part: Slice = EVERYTHING,
    ) -> None:
        self._db, self._now, self._preferences, self._people = db, now, preferences, people
        self._keys, self._part = list(keys), part
        self._known: dict[Key, Outlook] = {}

    def of(self, key: Key) -> Outlook:
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]

    def told(self, one: ScopeFigures) -> ScopeFigures:
        """The same, with when there will be enough in the reason of whatever rests on too few."""
        few = [figure for figure in one.figures.values() if figure.shown == Shown.COUNTS]
        if not few:
            return one
        outlook = self.of((one.scope, one.id))
        return replace(one, figures={**one.figures, **{figure.name: _told(figure, outlook) for figure in few}})

    def compared(self, found: Comparisons, *, days: int) -> Comparisons:
        """The same for each comparison of a book."""
        few = {id: one for id, one in found.by_csm.items() if one.state == "too_few"}
        accounts = self._accounts([id for id, one in few.items() if one.accounts < enough.LEAST_ACCOUNTS], days)
        told = {id: self._compared(one, accounts, days) for id, one in few.items()}
        return replace(found, by_csm={**found.by_csm, **told})

    def _compared(self, one: Comparison, accounts: Mapping[str, _Accounts], days: int) -> Comparison:
        outlook = self.of((Scope.CSM, one.csm_id))
        if one.csm_id in accounts:
            outlook = accounts[one.csm_id].put_into(outlook)
        return replace(one, enough=enough.of_comparison(one, outlook, days=days))

    def _accounts(self, csm_ids: Collection[str], days: int) -> dict[str, _Accounts]:
        """Of books with too few accounts: which they are, and which come. Three queries, whatever their number."""
        found: dict[str, _Accounts] = {}
        if not csm_ids or self._part.region is not None:
            return found
        found = {id: _Accounts() for id in csm_ids}
        since = self._now - timedelta(days=days)
        for one in store.accounts_sent(self._db, csm_ids=csm_ids, after=since, until=self._now):
            if self._part.segment in (None, one.segment):
                found[one.csm_id].known.add(one.account_id)
        for one in store.accounts_sent(self._db, csm_ids=csm_ids, after=self._now):
            if self._part.segment in (None, one.segment):
                found[one.csm_id].coming[one.on].add(one.account_id)
        if self._last_wave is not None:
            for csm_id, segment, account_id in store.accounts_of_wave(self._db, self._last_wave.id, csm_ids=csm_ids):
                if self._part.segment in (None, segment):
                    found[csm_id].wave.add(account_id)
        return found

    def _read(self, key: Key) -> Outlook:
        if self._part.region is not None:  # invitations do not know theirs
            return enough.NOTHING
        coming: dict[date, int] = {}
        for one in self._may_count(key, self._under_way):
            if self._counts(key, one.csm_id, one.segment, inherited=one.inherited):
                coming[one.on] = coming.get(one.on, 0) + one.rows
        last = self._last_wave
        books = (
            []
            if last is None
            else [
                rows
                for csm_id, segment, rows in self._may_count(key, self._last_books)
                if self._counts(key, csm_id, segment)
            ]
        )
        return Outlook(
            coming=tuple(Coming(on, rows) for on, rows in sorted(coming.items())),
            wave_on=last.due_on if last is not None and books else None,
            wave_rows=sum(books),
        )

    def _counts(self, key: Key, csm_id: str | None, segment: str | None, *, inherited: bool = False) -> bool:
        scope, id = key
        if self._part.segment not in (None, segment):
            return False
        owner = self._people.get(csm_id) if csm_id is not None else None
        manager = owner.manager_id if owner is not None else None
        return {
            Scope.TOTAL: True,
            Scope.TEAM: manager == id,
            Scope.CSM: csm_id == id and not inherited,
            Scope.SEGMENT: segment == id,
        }.get(scope, False)

    @cached_property
    def _csm_ids(self) -> list[str] | None:
        """None where somebody else’s books count too."""
        if any(scope not in (Scope.CSM, Scope.TEAM) for scope, _ in self._keys):
            return None
        leads = {id for scope, id in self._keys if scope == Scope.TEAM}
        theirs = [one.id for one in self._people.values() if one.manager_id in leads]
        return [*theirs, *(id for scope, id in self._keys if scope == Scope.CSM)]

    @staticmethod
    def _may_count(key: Key, found: Mapping[str | None, Sequence[Row]]) -> Iterable[Row]:
        """Of a CSM's book the own rows: a page has hundreds of books, and each has days."""
        return found.get(key[1], ()) if key[0] == Scope.CSM else chain.from_iterable(found.values())

    @cached_property
    def _under_way(self) -> Mapping[str | None, list[store.Sent]]:
        sent = store.under_way(self._db, csm_ids=self._csm_ids, now=self._now)
        return _by(sent, lambda one: one.csm_id)

    @cached_property
    def _last_books(self) -> Mapping[str | None, list[store.BookSent]]:
        return _by(() if self._last_wave is None else self._last_wave.books, lambda one: one[0])

    @cached_property
    def _last_wave(self) -> store.LastWave | None:
        due_days = self._preferences.due_days
        return store.last_wave(self._db, csm_ids=self._csm_ids, now=self._now, due_days=due_days)


def _by(found: Iterable[Row], csm_of: Callable[[Row], str | None]) -> Mapping[str | None, list[Row]]:
    held: dict[str | None, list[Row]] = defaultdict(list)
    for one in found:
        held[csm_of(one)].append(one)
    return held


def _told(figure: Figure, outlook: Outlook) -> Figure:
    return msgspec.structs.replace(figure, reason=enough.of_figure(figure, outlook))
