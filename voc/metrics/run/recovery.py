"""Whether unhappy people came back at the next wave, for the page of follow-ups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.narrowed import WHOLE, Narrowed
from voc.metrics.recovery import Recovery, recovery
from voc.metrics.store import recovery as store
from voc.metrics.store.recovery import Known

WINDOW = timedelta(days=730)  # two answers of one person lie half a year or more apart


@dataclass(frozen=True)
class RecoveryPage:
    """`elsewhere` are invitations sent at accounts that are not the viewer's: counted, and not told of."""

    recovery: Recovery
    known: Mapping[tuple[str, str], Known]  # by person and account
    elsewhere: frozenset[int] = frozenset()


def page(db: Connection, viewer: Viewer, *, now: datetime, part: Narrowed = WHOLE) -> RecoveryPage:
    """Of the viewer's accounts, or of a part of them; every row began at one of theirs."""
    found, known, elsewhere = store.answers(db, viewer, since=now - WINDOW, now=now, part=part)
    return RecoveryPage(recovery(found), known, elsewhere)
