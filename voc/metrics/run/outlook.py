"""What each scope can expect, read once and only where a figure rests on too few."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property

import msgspec
from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import enough
from voc.metrics.cohorts import Key
from voc.metrics.compare import Comparisons
from voc.metrics.enough import Coming, Outlook
from voc.metrics.model import Figure, Person, Shown
from voc.metrics.pages import ScopeFigures
from voc.metrics.store import outlook as store


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
        segment: str | None = None,
    ) -> None:
        self._db, self._now, self._preferences, self._people = db, now, preferences, people
        self._keys, self._segment = list(keys), segment
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
        by_csm = {
            id: replace(one, enough=enough.of_comparison(one, self.of((Scope.CSM, id)), days=days))
            if one.state == "too_few"
            else one
            for id, one in found.by_csm.items()
        }
        return replace(found, by_csm=by_csm)

    def _read(self, key: Key) -> Outlook:
        coming: dict[date, tuple[int, set[str]]] = {}
        for one in self._under_way:
            if self._counts(key, one.csm_id, one.segment, one.account_id):
                rows, accounts = coming.get(one.on, (0, set()))
                coming[one.on] = (rows + one.rows, accounts | {one.account_id})
        last = self._last_wave
        books = [] if last is None else [one for one in last.books if self._counts(key, *one[:3])]
        return Outlook(
            coming=tuple(Coming(on, rows, frozenset(ids)) for on, (rows, ids) in sorted(coming.items())),
            wave_on=last.due_on if last is not None and books else None,
            wave_rows=sum(one[3] for one in books),
            wave_accounts=len({one[2] for one in books}),
        )

    def _counts(self, key: Key, csm_id: str | None, segment: str | None, account_id: str) -> bool:
        scope, id = key
        if self._segment not in (None, segment):
            return False
        owner = self._people.get(csm_id) if csm_id is not None else None
        manager = owner.manager_id if owner is not None else None
        return {
            Scope.TOTAL: True,
            Scope.TEAM: manager == id,
            Scope.CSM: csm_id == id,
            Scope.SEGMENT: segment == id,
            Scope.ACCOUNT: account_id == id,
            Scope.REGION: False,
        }[scope]

    @cached_property
    def _csm_ids(self) -> list[str] | None:
        """None where somebody else’s books count too."""
        if any(scope not in (Scope.CSM, Scope.TEAM) for scope, _ in self._keys):
            return None
        leads = {id for scope, id in self._keys if scope == Scope.TEAM}
        theirs = [one.id for one in self._people.values() if one.manager_id in leads]
        return [*theirs, *(id for scope, id in self._keys if scope == Scope.CSM)]

    @cached_property
    def _under_way(self) -> list[store.UnderWay]:
        return store.under_way(self._db, csm_ids=self._csm_ids, now=self._now)

    @cached_property
    def _last_wave(self) -> store.LastWave | None:
        due_days = self._preferences.due_days
        return store.last_wave(self._db, csm_ids=self._csm_ids, now=self._now, due_days=due_days)


def _told(figure: Figure, outlook: Outlook) -> Figure:
    return msgspec.structs.replace(figure, reason=enough.of_figure(figure, outlook))
