"""CSMs side by side, and the page one talks about with one of them."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics.run import csms as run
from voc.metrics.run import one_to_one
from voc.metrics.run import trend as trends
from voc.web import csms_view, one_to_one_view, pages, pdf, trend_view
from voc.web.context import App
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.given import AskedDay, AskedDays, AskedRegion, AskedSegment, AskedTeam, GivenApp, GivenVisit
from voc.web.narrowing import placed, strictly, teams_of, wanted_of
from voc.web.tables import Asked, Found, PageTable, file_handlers, period
from voc.web.unread import Reading
from voc.web.visit import EVERYBODY, Visit, roles


@get("/csms", sync_to_thread=True, opt=roles(*EVERYBODY))
def csms_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    team: AskedTeam = "",
    segment: AskedSegment = "",
    days: AskedDays = "",
    as_of: AskedDay = "",
    against: Annotated[str, QueryParameter(name="against")] = "",
    order: Annotated[str, QueryParameter(name="order")] = "",
    region: AskedRegion = "",
) -> Response[str]:
    today = app.now().date()
    wanted = wanted_of(team=team, segment=segment, days=days, as_of=as_of, against=against, region=region, today=today)
    read = Reading()
    by_work = read.one_of("order", order, ("work",), "they stand in alphabetical order") == "work"
    with app.database.read() as db:
        known, wanted = preferences.load(db), placed(db, wanted)
        page = csms_view.page(
            _found(db, visit.viewer, wanted, known, now=app.now()),
            wanted=wanted,
            by_work=by_work,
            teams=teams_of(db) if visit.viewer.sees_all else {},
            preferences=known,
            own_csm_id=visit.viewer.csm_id,
            today=today.isoformat(),
        )
    return pages.page(app, visit, "leader/csms.html", page=page, unread=(*wanted.unread, *read.unread))


def _found(db: Connection, viewer: Viewer, wanted: Wanted, known: Preferences, *, now: datetime) -> run.CsmsPage:
    return run.page(db, viewer, now=now, preferences=known, **wanted.part_of_period)


def _rows(db: Connection, asked: Asked) -> Found:
    wanted = wanted_of(
        team=asked.get("team"),
        segment=asked.get("segment"),
        days=asked.get("days"),
        as_of=asked.get("as_of"),
        region=asked.get("region"),
        today=asked.today,
    )
    wanted = strictly(placed(db, wanted))
    found = _found(db, asked.viewer, wanted, preferences.load(db), now=asked.now)
    rows = [csms_view.file_row(one, found) for one in found.lines if one.figures is not None]
    return Found(rows, period(found.engagement.window))


CSMS = PageTable(
    "csms",
    "CSMs: response against the standard and against chance",
    "/csms",
    csms_view.FILE_COLUMNS,
    _rows,
    "In alphabetical order, never a rank.",
)


@get("/csms/{csm_id:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def one_to_one_page(
    app: GivenApp,
    visit: GivenVisit,
    csm_id: FromPath[str],
    *,
    trend: Annotated[str, QueryParameter(name="trend")] = "",
) -> Response[str]:
    read = Reading()
    chosen = read.one_of("trend", trend, trends.NAMES, "the response is drawn")
    page, line = _one_to_one(app, visit, csm_id, trend=chosen)
    return pages.page(app, visit, "leader/one_to_one.html", page=page, trend=line, unread=read.unread)


@get("/csms/{csm_id:str}/page.pdf", sync_to_thread=True, opt=roles(*EVERYBODY))
def one_to_one_pdf(app: GivenApp, visit: GivenVisit, csm_id: FromPath[str]) -> Response[bytes]:
    page, _ = _one_to_one(app, visit, csm_id)
    return pdf.download(app, visit, "one-to-one", one_to_one_view.sheet(page))


def _one_to_one(
    app: App, visit: Visit, csm_id: str, *, trend: str = ""
) -> tuple[one_to_one_view.Page, trend_view.Section]:
    """The page, and the year of one figure below it."""
    now = app.now()
    with app.database.read() as db:
        known = preferences.load(db)
        found = one_to_one.page(db, visit.viewer, csm_id, now=now, preferences=known)
        window, chosen = found.side.engagement.window, trend or "response_rate"
        line = trends.of(db, (Scope.CSM, csm_id), chosen, window=window, preferences=known)
    page = one_to_one_view.page(found, preferences=known, today=now.date())
    return page, trend_view.section(line, address=f"/csms/{csm_id}", asking=Asking(days=window.days))


TABLES = (CSMS,)
HANDLERS: list[Any] = [csms_page, *file_handlers(*TABLES), one_to_one_page, one_to_one_pdf]
