"""The board page: one A4, on screen, on paper and as a file."""

from datetime import date
from typing import Any

from litestar import Response, get
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.words import Scope, StaffRole
from voc.metrics.board import Board
from voc.metrics.run import board as run
from voc.web import board_view, pages, pdf
from voc.web.context import App
from voc.web.engagement_view import Wanted
from voc.web.given import AskedDay, AskedTeam, GivenApp, GivenVisit
from voc.web.narrowing import names_of, strictly, teams_of, wanted_of
from voc.web.tables import Asked, Found, PageTable, file_handlers, period
from voc.web.visit import EVERYBODY, roles


@get("/board", sync_to_thread=True, opt=roles(*EVERYBODY))
def board_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    team: AskedTeam = "",
    as_of: AskedDay = "",
) -> Response[str]:
    wanted = _wanted(app, team=team, as_of=as_of)
    page = made(app, visit.viewer, team_id=wanted.team or None, as_of=wanted.as_of)
    return pages.page(app, visit, "leader/board.html", page=page, unread=wanted.unread)


@get("/board.pdf", sync_to_thread=True, opt=roles(*EVERYBODY))
def board_pdf(
    app: GivenApp,
    visit: GivenVisit,
    *,
    team: AskedTeam = "",
    as_of: AskedDay = "",
) -> Response[bytes]:
    wanted = strictly(_wanted(app, team=team, as_of=as_of))
    page = made(app, visit.viewer, team_id=wanted.team or None, as_of=wanted.as_of)
    return pdf.download(app, visit, "board-page", board_view.sheet(page))


def _wanted(app: App, *, team: str, as_of: str) -> Wanted:
    return wanted_of(days="", as_of=as_of, segment="", today=app.now().date(), team=team)


def made(app: App, viewer: Viewer, *, team_id: str | None = None, as_of: date | None = None) -> board_view.Page:
    """The page as this viewer may have it; for the terminal too."""
    now = app.now()
    with app.database.read() as db:
        known = preferences.load(db)
        found = run.page(db, viewer, now=now, preferences=known, as_of=as_of, team_id=team_id)
        teams = teams_of(db) if viewer.sees_all else {}
        names = names_of(db)
    scope = Scope.TEAM if team_id or viewer.role == StaffRole.LEAD else Scope.TOTAL
    if viewer.role == StaffRole.CSM:
        scope = Scope.CSM
    id = team_id or viewer.csm_id or ""
    return board_view.page(
        found,
        preferences=known,
        team=team_id or "",
        teams=teams,
        who=board_view.scope_words(scope, names.get(id, viewer.name)),
        as_of=as_of,
        today=now.date(),
    )


def _board(db: Connection, asked: Asked) -> Board:
    wanted = strictly(_wanted(asked.app, team=asked.get("team"), as_of=asked.get("as_of")))
    return run.page(
        db,
        asked.viewer,
        now=asked.now,
        preferences=preferences.load(db),
        as_of=wanted.as_of,
        team_id=wanted.team or None,
    )


def _six(db: Connection, asked: Asked) -> Found:
    found = _board(db, asked)
    return Found(board_view.six_rows(found), period(found.window))


SIX = PageTable(
    "board", "Board page: six programme figures", "/board", board_view.SIX_COLUMNS, _six, "Now and one period before."
)


def _states(db: Connection, asked: Asked) -> Found:
    found = _board(db, asked)
    return Found(board_view.state_rows(found), period(found.window))


STATES = PageTable("board-revenue", "Board page: revenue by state", "/board/revenue", board_view.STATE_COLUMNS, _states)

TABLES = (SIX, STATES)
HANDLERS: list[Any] = [board_page, board_pdf, *file_handlers(*TABLES)]
