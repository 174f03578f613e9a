"""The page a leader and a CSM talk about: where the book stands, their customers' words, two accounts, one play."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.metrics import run
from voc.metrics.model import Standing
from voc.metrics.run import csms, guesses
from voc.metrics.run.csms import CsmsPage, Line
from voc.metrics.run.guesses import Compared
from voc.metrics.store import talks
from voc.metrics.store.talks import Closed, Said

WORDS, ACCOUNTS = 4, 2


@dataclass(frozen=True)
class OneToOne:
    """`accounts` are the two with the most work in them (score x revenue); `play` one that a customer confirmed."""

    line: Line
    side: CsmsPage
    said: Sequence[Said]
    accounts: Sequence[Standing]
    play: Closed | None
    guesses: Sequence[Compared]


def page(db: Connection, viewer: Viewer, csm_id: str, *, now: datetime, preferences: Preferences) -> OneToOne:
    """NotFound for a CSM whose book the viewer may not see."""
    side = csms.page(db, viewer, now=now, preferences=preferences)
    line = next((one for one in side.lines if one.csm_id == csm_id and one.figures is not None), None)
    if line is None:
        raise NotFound("There is no such CSM.")
    since = now - timedelta(days=side.engagement.window.days)
    stands = run.stands(db, viewer, now=now, preferences=preferences)
    plays = talks.closed(db, viewer, csm_id=csm_id, since=since, until=now)
    return OneToOne(
        line=line,
        side=side,
        said=talks.said(db, viewer, csm_id=csm_id, since=since, until=now, limit=WORDS),
        accounts=stands.most_work(csm_id, limit=ACCOUNTS),
        play=_to_share(plays),
        guesses=guesses.compared(db, viewer, csm_id=csm_id, now=now),
    )


def _to_share(plays: Sequence[Closed]) -> Closed | None:
    """The latest that was in time, with what was done in enough words to be done again; else the latest."""
    told = [one for one in plays if one.in_time and len(one.outcome) >= 10]
    return next(iter(told or plays), None)
