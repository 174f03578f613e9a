"""The page a leader and a CSM talk about: where the book stands, their customers' words, two accounts, one play."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import board, run
from voc.metrics.board import SixLine
from voc.metrics.model import Figure, Standing
from voc.metrics.run import csms, guesses, standings, trend
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
    """A figure over the last year, a point a week; `since`: beside a period before, as its night kept it.

    Where no night did, it is counted as of then; of a very large company it is None.
    """

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
        moved=_moved(db, viewer, line, side, now=now, preferences=preferences),
        said=talks.said(db, viewer, csm_id=csm_id, since=since, until=now, limit=WORDS),
        accounts=stands.most_work(csm_id, limit=ACCOUNTS),
        play=_to_share(plays),
        guesses=guesses.compared(db, viewer, csm_id=csm_id, now=now),
    )


def _moved(
    db: Connection, viewer: Viewer, line: Line, side: CsmsPage, *, now: datetime, preferences: Preferences
) -> Mapping[str, Moved]:
    assert line.figures is not None
    window, figures = side.engagement.window, line.figures.figures
    lines = trend.lines(db, (Scope.CSM, line.csm_id), FIGURES, window=window)
    before = {name: one.figure for name, points in lines.items() if (one := stood(points, window.after_on)) is not None}
    missing = [name for name in FIGURES if name not in before]
    if missing and standings.large_on(db, now=now) is None:
        before |= _then(db, viewer, line.csm_id, missing, window.after_on, now=now, preferences=preferences)
    icc = preferences.icc_default
    return {
        name: Moved(
            lines[name],
            SixLine(figures[name], before[name], board.change(figures[name], before[name], icc=icc))
            if name in before
            else None,
        )
        for name in FIGURES
    }


def _then(
    db: Connection,
    viewer: Viewer,
    csm_id: str,
    names: Collection[str],
    on: date,
    *,
    now: datetime,
    preferences: Preferences,
) -> Mapping[str, Figure]:
    """As of a day that no night kept."""
    found = run.figures(
        db, scope=Scope.CSM, ids=[csm_id], now=now, as_of=on, preferences=preferences, viewer=viewer, names=names
    )
    return found[0].figures


def _to_share(plays: Sequence[Closed]) -> Closed | None:
    """The latest that was in time, with what was done in enough words to be done again; else the latest."""
    told = [one for one in plays if one.in_time and len(one.outcome) >= 10]
    return next(iter(told or plays), None)
