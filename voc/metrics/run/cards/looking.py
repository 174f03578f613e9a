"""A month for whoever looks: frozen, or as last night counted it, or by what is known now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.words import Scope, StaffRole
from voc.metrics.cards.model import Month, Result, Scorecard
from voc.metrics.run.cards.reckoning import reckon
from voc.metrics.run.cards.versions import CARD, card_of, held
from voc.metrics.store import cards as store
from voc.metrics.store import kept_rows, visible_scopes
from voc.metrics.store.cards import Frozen

STILL_NEW = timedelta(hours=30)  # a night that failed is made up for by counting now


@dataclass(frozen=True)
class Looked:
    """A month as the viewer may see it; `frozen` None: counted now. Results in the order of `counting.count`."""

    card: Scorecard
    month: Month
    frozen: Frozen | None
    results: list[Result]
    counted_at: datetime | None = None  # of a month under way, if a night counted it
    has_rows: bool = False  # the rows behind it are kept

    def of(self, csm_id: str) -> Result:
        """One CSM's. NotFound for nobody, or for somebody who is not the viewer's."""
        for one in self.results:
            if one.scope == Scope.CSM and one.id == csm_id:
                return one
        raise NotFound("There is no such result.")


def look(
    db: Connection,
    name: str,
    wanted: Month,
    viewer: Viewer,
    *,
    now: datetime,
    revision: int | None = None,
    anew: bool = False,
) -> Looked:
    """A month: as it was frozen, else as last night counted it, else (or `anew`) by what is known now.

    NotFound for a month to come or before it counted.
    """
    every = [one for one in store.frozen(db, name, wanted) if revision in (None, one.revision)]
    if every:
        found = every[0]
        file = store.file(db, found.file_id)
        kept = kept_rows.are_kept(db, found.id)
        return Looked(card_of(file), wanted, found, store.results(db, found.id, viewer), has_rows=kept)
    in_use = store.in_use(db, CARD).get(name)
    counts = in_use is not None and wanted.first_on >= in_use.since_on
    if revision is not None or wanted.first_on > now.date() or not (counts or viewer.sees_all):
        raise NotFound("There is no such month of this scorecard.")
    file = held(db, name, viewer)
    card = card_of(file)
    running = None if anew else store.running(db, name)
    if running is not None and running.holds(wanted, file.id) and now - running.counted_at < STILL_NEW:
        seen = _visible(db, running.results, viewer)
        return Looked(card, wanted, None, seen, counted_at=running.counted_at)
    return Looked(card, wanted, None, _visible(db, reckon(db, card, wanted, now=now), viewer))


def _visible(db: Connection, results: list[Result], viewer: Viewer) -> list[Result]:
    """The same as the store lets them see of what is frozen."""
    if viewer.sees_all:
        return results
    _accounts, csms = visible_scopes(db, viewer)
    team = {viewer.csm_id} if viewer.role == StaffRole.LEAD else set()
    return [
        one
        for one in results
        if (one.scope == Scope.CSM and one.id in csms) or (one.scope == Scope.TEAM and one.id in team)
    ]
