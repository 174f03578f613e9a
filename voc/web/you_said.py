"""You said, we did: what customers are told came of their answers, and who reads it next."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.campaigns.store.words import told_to
from voc.followup.run import you_said as run
from voc.followup.store import lines as store
from voc.web import pages, you_said_view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.parts import address, files
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, Visit, roles
from voc.web.you_said_view import Readers

MOST = 300


@get("/you-said", sync_to_thread=True, opt=roles(*EVERYBODY))
def you_said_page(
    app: GivenApp, visit: GivenVisit, account: Annotated[str, QueryParameter(name="account")] = ""
) -> Response[str]:
    return _page(app, visit, account)


def _page(app: App, visit: Visit, account: str, *, refused: tuple[int, str, str] | None = None) -> Response[str]:
    with app.database.read() as db:
        found = store.listing(db, visit.viewer, account_id=account or None, limit=MOST)
        page = you_said_view.page(found, readers(db, found, app), refused=refused)
    return pages.page(
        app,
        visit,
        "you_said/list.html",
        status=400 if refused else 200,
        page=page,
        account=account,
        files=files(address("/you-said", account=account), "of these lines") if found else [],
    )


def _rows(db: Connection, asked: Asked) -> Found:
    """Every line, also where the page stops at so many."""
    found = store.listing(db, asked.viewer, account_id=asked.get("account") or None)
    told = readers(db, found, asked.app)
    return Found([you_said_view.file_row(one, told.get(one.id, ())) for one in found])


LINES = PageTable(
    "you-said",
    "You said, we did: what customers are told",
    "/you-said",
    you_said_view.FILE_COLUMNS,
    _rows,
    "Each line with whose answer it came of and who reads it in their next invitation. account=ID of the CRM.",
)


def readers(db: Connection, found: list[store.Line], app: App) -> Readers:
    """Who reads which of these lines in their next invitation; by the rule that the claim goes by."""
    names = store.who_answered(db, {line.account_id for line in found})
    return you_said_view.readers_of(told_to(db, set(names), now=app.now()), names)


@post("/you-said/{line_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def change_line(app: GivenApp, visit: GivenVisit, line_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """`do` is write, withdraw or restore."""
    account = form.text("account")
    back = pages.own_path(form.text("back"), f"/you-said?account={account}" if account else "/you-said")
    undo = None
    try:
        with app.database.begin() as db:
            said = _do(db, line_id, form, viewer=visit.viewer, now=app.now())
    except Refused as refused:
        return _page(app, visit, account, refused=(line_id, form.text("line"), refused.reason))
    if form.text("do") == "withdraw":
        undo = (f"/you-said/{line_id}", {"do": "restore", "back": back})
    return pages.back(app, visit, back, said, undo=undo)


def _do(db: Connection, line_id: int, form: Form, *, viewer: Viewer, now: datetime) -> str:
    match form.text("do"):
        case "write":
            line, colleagues = form.text("line"), form.ticked("colleagues")
            run.change(db, line_id, line=line, colleagues=colleagues, viewer=viewer, now=now)
            return "The line is kept; it stands in the next invitations."
        case "withdraw":
            run.withdraw(db, line_id, viewer=viewer, now=now)
            return "The line is taken back; nobody is told it from now on."
        case "restore":
            run.restore(db, line_id, viewer=viewer, now=now)
            return "The line stands again."
        case _:
            raise NotFound("There is no such thing to do with a line.")


TABLES = (LINES,)
HANDLERS: list[Any] = [you_said_page, change_line, *file_handlers(*TABLES)]
