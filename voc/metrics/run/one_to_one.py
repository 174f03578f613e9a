"""The page a leader and a CSM talk about: where the book stands, their customers' words, two accounts, one play."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import board, run
from voc.metrics.board import SixLine
from voc.metrics.model import Standing
from voc.metrics.run import csms, guesses, trend
from voc.metrics.run.csms import CsmsPage, Line
from voc.metrics.run.guesses import Compared
from voc.metrics.store import talks
from voc.metrics.store.talks import Closed, Said
from voc.metrics.trend import Point, stood

WORDS, ACCOUNTS = 4, 2
FIGURES = (
    "participation",
    "response_rate",
    "coverage_fresh",
    "identified_promoters",
    "silent_accounts",
    "follow_up_attainment",
)


@dataclass(frozen=True)
class Moved:
    """A figure over the last year, a point a week; `since`: beside the night a period before, if one kept it."""

    points: Sequence[Point]
    since: SixLine | None


@dataclass(frozen=True)
class OneToOne:
    """`accounts` are the two with the most work in them (score x revenue); `play` one that a customer confirmed.

    `moved` is of each of FIGURES.
    """

    line: Line
    side: CsmsPage
    moved: Mapping[str, Moved]
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
        moved=_moved(db, line, side, icc=preferences.icc_default),
        said=talks.said(db, viewer, csm_id=csm_id, since=since, until=now, limit=WORDS),
        accounts=stands.most_work(csm_id, limit=ACCOUNTS),
        play=_to_share(plays),
        guesses=guesses.compared(db, viewer, csm_id=csm_id, now=now),
    )


def _moved(db: Connection, line: Line, side: CsmsPage, *, icc: float) -> Mapping[str, Moved]:
    assert line.figures is not None
    window, figures = side.engagement.window, line.figures.figures
    lines = trend.lines(db, (Scope.CSM, line.csm_id), FIGURES, window=window)
    found = {}
    for name, points in lines.items():
        before = stood(points, window.after_on)
        since = None
        if before is not None:
            change = board.change(figures[name], before.figure, icc=icc)
            since = SixLine(figures[name], before.figure, change)
        found[name] = Moved(points, since)
    return found


def _to_share(plays: Sequence[Closed]) -> Closed | None:
    """The latest that was in time, with what was done in enough words to be done again; else the latest."""
    told = [one for one in plays if one.in_time and len(one.outcome) >= 10]
    return next(iter(told or plays), None)
