"""Renewals at their landmark: kept by the night, once each; what silence costs here, for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.db import Database
from voc.metrics.cost.backtest import Backtest, TooEarly, backtest, bands
from voc.metrics.cost.landmark import Decision, read
from voc.metrics.cost.renewal import Renewal, one_each
from voc.metrics.cost.table import Cost, Share, cost
from voc.metrics.run import limits_of
from voc.metrics.store import landmarks as store
from voc.metrics.store.merges import people_merged

PORTION = 500  # accounts read at once


@dataclass(frozen=True)
class CostPage:
    """The whole company's renewals: silence has one price. `mine` are the accounts this viewer may open.

    `own` counts the viewer's renewals in the table. From a night there are no rows: `renewals` is empty.
    """

    cost: Cost
    bands: Sequence[tuple[str, Share]]
    backtest: Backtest | TooEarly
    renewals: Sequence[Renewal]
    mine: frozenset[str]
    own: int


def catch_up(database: Database, now: datetime) -> int:
    """Read every decision that is not kept yet, or that the CRM corrected, at its landmark; how many. Idempotent."""
    with database.read() as db:
        kept, waves, known = store.kept_keys(db), store.waves(db), settings.load(db)
        found = store.decisions(db, until=now.date(), preferences=known)
        merged = people_merged(db) if found else {}
    new = [one for one in found if kept.get(one.key) != (one.decided_on, one.lost)]
    gone = set(kept) - {one.key for one in found}
    if gone:
        with database.begin() as db:
            store.drop(db, gone)
    for portion in _portions(new):
        with database.begin() as db:
            pasts = store.pasts(db, {one.account_id for one in portion})
            rows = [
                (
                    one,
                    read(
                        one,
                        pasts[one.account_id],
                        notice_days=known.notice_days,
                        limits=limits_of(known),
                        waves=waves,
                        merged=merged,
                    ),
                )
                for one in portion
                if one.account_id in pasts
            ]
            store.keep(db, rows, now=now)
    return len(new)


def _portions(decisions: Sequence[Decision]) -> list[Sequence[Decision]]:
    return [decisions[start : start + PORTION] for start in range(0, len(decisions), PORTION)]


def page(db: Connection, viewer: Viewer) -> CostPage:
    """What silence costs here, from the renewals of the whole company.

    A CSM and a lead see the same figure as the leader: one book has too few renewals to price anything.
    Of the rows they open those of their own accounts.
    """
    found = store.renewals(db, viewer)
    all_of_them = one_each(one for one, _ in found)
    mine = frozenset(one.account_id for one, its in found if its)
    return CostPage(
        cost=cost(all_of_them),
        bands=bands(all_of_them),
        backtest=backtest(all_of_them),
        renewals=all_of_them,
        mine=mine,
        own=sum(one.counts and one.account_id in mine for one in all_of_them),
    )
