"""Where very many accounts stand: kept by each night, so that a list of a hundred thousand is a look at one page of it.

A CSM's book, or a small company, is read as it stands this minute.
"""

from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.metrics import store as facts
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.standing import standings
from voc.metrics.model import Norms
from voc.metrics.store import standings as store

LIVE_UP_TO = 500  # accounts of which every fact may be read while somebody waits
_AT_ONCE = 5_000  # rows of one transaction


def keep(database: Database, on: date, counting: Counting, norms: Norms) -> int:
    """Write the night's; how many. What was left of a broken night is begun anew."""
    with database.begin() as db:
        store.drop(db, on=on)
    kept, found = 0, iter(standings(counting, norms))
    while portion := list(islice(found, _AT_ONCE)):
        with database.begin() as db:
            store.keep(db, on, portion)
        kept += len(portion)
    return kept


def kept_on(
    db: Connection, viewer: Viewer, *, now: datetime, as_of: date | None = None, live_up_to: int | None = None
) -> date | None:
    """The night whose list answers this; None where the accounts are few enough to look at, or none was kept."""
    on = as_of or now.date() - timedelta(days=1)
    if on >= now.date() or not facts.is_counted(db, on) or not store.is_kept(db, on):
        return None
    most = LIVE_UP_TO if live_up_to is None else live_up_to
    return on if facts.how_many_accounts(db, viewer) > most else None


def large_on(db: Connection, *, now: datetime, live_up_to: int | None = None) -> date | None:
    """Last night, where the company is too large to be counted while somebody waits; else None."""
    return kept_on(db, TERMINAL, now=now, live_up_to=live_up_to)
