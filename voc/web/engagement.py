"""Engagement by CSM, with its year and the period beside it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import TERMINAL, Viewer
from voc.base.narrowed import Narrowed
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import catalogue, run
from voc.metrics import store as metrics
from voc.metrics.cohorts import Key
from voc.metrics.moved import Gone, gone
from voc.metrics.pages import Engagement, ScopeFigures
from voc.metrics.run import kept_pages
from voc.metrics.run import trend as trends
from voc.metrics.run.near_views import is_said
from voc.web import engagement_view, pages, trend_view
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.given import AskedCsm, AskedDay, AskedDays, AskedRegion, AskedSegment, AskedTeam, GivenApp, GivenVisit
from voc.web.narrowing import placed, strictly, teams_of, wanted_of
from voc.web.tables import Asked, Found, PageTable, file_handlers, period
from voc.web.unread import Unread, day_in
from voc.web.visit import EVERYBODY, roles


@get("/engagement", sync_to_thread=True, opt=roles(*EVERYBODY))
def engagement_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    team: AskedTeam = "",
    segment: AskedSegment = "",
    days: AskedDays = "",
    as_of: AskedDay = "",
    csm: AskedCsm = "",
    region: AskedRegion = "",
    from_on: Annotated[str, QueryParameter(name="from")] = "",
    live: Annotated[str, QueryParameter(name="live")] = "",
    beside: Annotated[str, QueryParameter(name="beside")] = "",
    beside_to: Annotated[str, QueryParameter(name="beside_to")] = "",
    trend: Annotated[str, QueryParameter(name="trend")] = "",
) -> Response[str]:
    now = app.now()
    wanted = wanted_of(
        team=team,
        segment=segment,
        days=days,
        as_of=as_of,
        csm=csm,
        region=region,
        from_on=from_on,
        live=live,
        beside=beside,
        beside_to=beside_to,
        trend=trend,
        today=now.date(),
    )
    with app.database.read() as db:
        known, wanted = preferences.load(db), placed(db, wanted)
        found = _engagement(db, visit.viewer, wanted, now=now)
        wanted = _with_line(found, wanted)
        if not found.whole.accounts and not found.lines:
            may_set_up = visit.viewer.sees_all
            return pages.page(app, visit, "leader/empty.html", may_set_up=may_set_up, unread=wanted.unread)
        page = engagement_view.page(
            found,
            total=_total(db, found, wanted, now=now),
            wanted=wanted,
            teams=teams_of(db) if visit.viewer.sees_all else {},
            preferences=known,
            own_csm_id=visit.viewer.csm_id,
            today=now.date(),
            periods=_beside(db, visit.viewer, _of_night(found, wanted), now=now) if wanted.beside else None,
            gone=_gone(db, found, wanted, known, now=now),
        )
        line = _trend(db, found, wanted, trend, known)
    return pages.page(app, visit, "leader/engagement.html", page=page, trend=line, unread=wanted.unread)


def _with_line(found: Engagement, wanted: Wanted) -> Wanted:
    """Without a CSM who has no line here: foreign or unknown is the same."""
    if not wanted.csm or wanted.csm in {one.id for one in found.lines}:
        return wanted
    odd = Unread("csm", wanted.csm, "is no CSM of this view", "no chain of theirs stands beside")
    return replace(wanted, csm="", unread=(*wanted.unread, odd))


def _of_night(found: Engagement, wanted: Wanted) -> Wanted:
    """The same period as the figures above, which a night kept."""
    return replace(wanted, as_of=found.window.to_on) if found.kept else wanted


def _gone(db: Connection, found: Engagement, wanted: Wanted, known: Preferences, *, now: datetime) -> Gone:
    """Of the accounts that were asked, those that left since or are another's."""
    countries = metrics.countries_of(db, wanted.region, known) if wanted.region else None
    part = Narrowed(segment=wanted.segment or None, countries=countries)
    on = found.window.to_on if found.kept else wanted.as_of
    moved = kept_pages.moved(db, on, days=found.window.days, now=now, part=part)
    return gone(moved, (found.whole.scope, found.whole.id), metrics.people(db))


def _trend(db: Connection, found: Engagement, wanted: Wanted, name: str, known: Preferences) -> trend_view.Section:
    """Of the whole that the page shows: all teams, a team or a book, a segment or a region."""
    chosen, address = name if name in trends.NAMES else trends.NAMES[0], replace(wanted, trend="").address()
    key = _kept_key(found, wanted)
    if key is None:
        return trend_view.not_kept(chosen, address=address)
    if found.not_told is not None and is_said(chosen):
        return trend_view.not_kept(chosen, address=address, why="Not shown in this view, as the top of the page says.")
    line = trends.of(db, key, chosen, window=found.window, preferences=known)
    return trend_view.section(line, address=address, asking=Asking(days=found.window.days))


def _kept_key(found: Engagement, wanted: Wanted) -> Key | None:
    """What a night keeps; it crosses no two of team, segment and region."""
    whole = found.whole.scope, found.whole.id
    if not wanted.segment and not wanted.region:
        return whole
    if found.whole.scope != Scope.TOTAL or (wanted.segment and wanted.region):
        return None
    return (Scope.SEGMENT, wanted.segment) if wanted.segment else (Scope.REGION, wanted.region)


def _beside(db: Connection, viewer: Viewer, wanted: Wanted, *, now: datetime) -> run.Beside:
    earlier = day_in(wanted.beside)
    return run.compare_periods(db, viewer, now=now, earlier_to=earlier, **wanted.part_of_period)


def _engagement(db: Connection, viewer: Viewer, wanted: Wanted, *, now: datetime) -> Engagement:
    return run.engagement(db, viewer, now=now, live=wanted.live, **wanted.part_of_period)


def _total(db: Connection, found: Engagement, wanted: Wanted, *, now: datetime) -> ScopeFigures:
    """The last line: the viewer's whole, or for a CSM everybody's, as a leader sees it."""
    if found.whole.scope != Scope.CSM:
        return found.whole
    return _engagement(db, TERMINAL, wanted, now=now).whole


def _asked_for(db: Connection, asked: Asked, *, trend: str = "") -> Wanted:
    """The page's filters out of the query of a file."""
    wanted = wanted_of(
        team=asked.get("team"),
        segment=asked.get("segment"),
        days=asked.get("days"),
        as_of=asked.get("as_of"),
        region=asked.get("region"),
        live=asked.get("live"),
        from_on=asked.get("from"),
        trend=trend,
        today=asked.today,
    )
    return strictly(placed(db, wanted))


def _line_rows(db: Connection, asked: Asked) -> Found:
    wanted = _asked_for(db, asked)
    found = _engagement(db, asked.viewer, wanted, now=asked.now)
    rows = [engagement_view.file_row(one, found) for one in found.lines]
    return Found(
        [*rows, engagement_view.file_total(_total(db, found, wanted, now=asked.now), found)], period(found.window)
    )


LINES = PageTable(
    "engagement-by-csm",
    "Engagement by CSM",
    "/engagement/by-csm",
    engagement_view.FILE_COLUMNS,
    _line_rows,
    "Each figure with its counts; percent only from five, an interval from ten. The last line is the whole.",
)


def _trend_rows(db: Connection, asked: Asked) -> Found:
    """The line that the page draws; nothing where the page draws none."""
    wanted = _asked_for(db, asked, trend=asked.get("trend"))
    chosen = wanted.trend or trends.NAMES[0]
    found = _engagement(db, asked.viewer, wanted, now=asked.now)
    key, facts = _kept_key(found, wanted), [("Figure", catalogue.OPENS[chosen].label), *period(found.window)]
    if key is None or (found.not_told is not None and is_said(chosen)):
        return Found([], facts, name=f"trend-{chosen.replace('_', '-')}")
    line = trends.of(db, key, chosen, window=found.window, preferences=preferences.load(db))
    return Found([trend_view.file_row(one) for one in line.points], facts, name=f"trend-{chosen.replace('_', '-')}")


TREND = PageTable(
    "trend",
    "Trend of a year",
    "/engagement/trend",
    trend_view.FILE_COLUMNS,
    _trend_rows,
    "The latest night of each week as it was kept. trend=response_rate and others; the filters of the page.",
)


TABLES = (LINES, TREND)
HANDLERS: list[Any] = [engagement_page, *file_handlers(*TABLES)]
