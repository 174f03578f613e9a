"""Retention, for leaders and for each CSM's own book."""

from datetime import datetime
from typing import Any

from litestar import Response, get
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.words import Scope
from voc.metrics import store as metrics
from voc.metrics.money.page import RetentionPage
from voc.metrics.run import retention as run
from voc.web import pages, retention_view
from voc.web.context import App
from voc.web.engagement_view import Wanted, filters
from voc.web.given import AskedDay, AskedDays, AskedRegion, AskedSegment, AskedTeam, GivenApp, GivenVisit
from voc.web.narrowing import placed, strictly, teams_of, wanted_of
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, Visit, roles

YEAR = 365
PERIODS = (90, 180, 365, 730)


@get("/retention", sync_to_thread=True, opt=roles(*EVERYBODY))
def retention_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    team: AskedTeam = "",
    segment: AskedSegment = "",
    days: AskedDays = "",
    as_of: AskedDay = "",
    region: AskedRegion = "",
) -> Response[str]:
    today = app.now().date()
    given = {"team": team, "segment": segment, "days": days, "as_of": as_of, "region": region}
    wanted, found, teams, regions = _found(app, visit, wanted_of(**given, today=today, otherwise=YEAR))
    page = retention_view.page(
        found,
        wanted=wanted,
        filters=filters(wanted, teams, windows=PERIODS, regions=regions),
        heading=_heading(found, teams, wanted),
        own_csm_id=visit.viewer.csm_id,
        today=today,
    )
    return pages.page(app, visit, "leader/retention.html", page=page, unread=wanted.unread)


def _rows(db: Connection, asked: Asked) -> Found:
    wanted = wanted_of(
        team=asked.get("team"),
        segment=asked.get("segment"),
        days=asked.get("days"),
        as_of=asked.get("as_of"),
        region=asked.get("region"),
        today=asked.today,
        otherwise=YEAR,
    )
    wanted = strictly(placed(db, wanted))
    found = _retention(db, asked.viewer, wanted, now=asked.now)
    facts = [("Days", str(wanted.days)), ("As of", (wanted.as_of or asked.today).isoformat())]
    return Found([retention_view.file_row(one, found) for one in (*found.lines, found.whole)], facts)


RETENTION = PageTable(
    "retention-by-csm",
    "Retention by CSM",
    "/retention/by-csm",
    retention_view.FILE_COLUMNS,
    _rows,
    "Each figure with its counts; the last line is the whole. A value is empty where only counts may be told.",
)


def _found(app: App, visit: Visit, asked: Wanted) -> tuple[Wanted, RetentionPage, dict[str, str], list[str]]:
    with app.database.read() as db:
        wanted = placed(db, asked)
        found = _retention(db, visit.viewer, wanted, now=app.now())
        regions = metrics.regions(db, preferences.load(db))
        return wanted, found, teams_of(db) if visit.viewer.sees_all else {}, regions


def _retention(db: Connection, viewer: Viewer, wanted: Wanted, *, now: datetime) -> RetentionPage:
    return run.retention(db, viewer, now=now, **wanted.part_of_period)


def _heading(found: RetentionPage, teams: dict[str, str], wanted: Wanted) -> str:
    segment = "".join(f", {one}" for one in (wanted.segment, wanted.region) if one)
    if found.whole.scope == Scope.CSM:
        return f"Retention, your book{segment}"
    if found.whole.scope == Scope.TEAM:
        return f"Retention, team of {teams.get(found.whole.id, found.whole.name)}{segment}"
    return f"Retention, all teams{segment}"


TABLES = (RETENTION,)
HANDLERS: list[Any] = [retention_page, *file_handlers(*TABLES)]
