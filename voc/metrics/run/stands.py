"""Where the accounts of a list stand: of few as they stand now, of very many as of last night."""

from collections.abc import Collection
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import AccountState
from voc.metrics.model import Standing
from voc.metrics.run import accounts, stood_sums
from voc.metrics.run.standings import kept_on
from voc.metrics.store import standings as store
from voc.metrics.store.standings import Part


class Stands:
    """Of the viewer's accounts. `on` is the day whose night tells it; None where they are read now."""

    def __init__(
        self, db: Connection, viewer: Viewer, *, now: datetime, preferences: Preferences, live_up_to: int | None = None
    ) -> None:
        self._db, self._viewer, self._now, self._preferences = db, viewer, now, preferences
        self.on: date | None = kept_on(db, viewer, now=now, live_up_to=live_up_to)

    @cached_property
    def _live(self) -> dict[str, Standing]:
        return accounts.account_states(self._db, self._viewer, now=self._now, preferences=self._preferences)

    def of(self, account_ids: Collection[str]) -> dict[str, Standing]:
        if self.on is not None:
            return store.of(self._db, Part(self._viewer, self.on), account_ids)
        return {id: self._live[id] for id in account_ids if id in self._live}

    def ids(self, state: AccountState) -> list[str]:
        """Of few; a list of very many asks the database for them itself."""
        return [id for id, one in self._live.items() if one.state == state]

    def count(self, state: AccountState) -> int:
        if self.on is None:
            return len(self.ids(state))
        found = stood_sums.stood(self._db, Part(self._viewer, self.on)).states.get(state)
        return found.accounts if found is not None else 0

    def most_work(self, csm_id: str, *, limit: int) -> list[Standing]:
        """The accounts of one CSM with the most score x revenue."""
        if self.on is not None:
            return store.working(self._db, Part(self._viewer, self.on, csm_id=csm_id), limit=limit)
        theirs = [one for one in self._live.values() if one.csm_id == csm_id and one.work_order > 0]
        return sorted(theirs, key=lambda one: (-one.work_order, one.name, one.account_id))[:limit]


def stands(
    db: Connection, viewer: Viewer, *, now: datetime, preferences: Preferences, live_up_to: int | None = None
) -> Stands:
    return Stands(db, viewer, now=now, preferences=preferences, live_up_to=live_up_to)
