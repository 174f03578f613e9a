"""Improvements: the list, a new one for a theme, one with its steps, who raised it and what they are told."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base.errors import NotFound, Refused
from voc.followup import improving
from voc.followup.improving import ANYBODY, Plan
from voc.followup.run import improvements as run
from voc.followup.store import improvements as store
from voc.metrics.forest.languages import STEMMERS
from voc.metrics.store.forest import book
from voc.web import improvements_view, pages
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.narrowing import names_of
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, LEADERS, Visit, roles


@get("/improvements", sync_to_thread=True, opt=roles(*EVERYBODY))
def list_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    with app.database.read() as db:
        found = store.listing(db, visit.viewer)
    page = improvements_view.list_page(found, today=app.now().date(), may_change=visit.may(*LEADERS))
    return pages.page(app, visit, "forest/improvements.html", page=page)


def _rows(db: Connection, asked: Asked) -> Found:
    return Found([improvements_view.file_row(one, asked.today) for one in store.listing(db, asked.viewer)])


IMPROVEMENTS = PageTable("improvements", "Improvements", "/improvements", improvements_view.FILE_COLUMNS, _rows)


@get("/improvements/new", sync_to_thread=True, opt=roles(*LEADERS))
def new_page(
    app: GivenApp, visit: GivenVisit, theme: Annotated[str, QueryParameter(name="theme")] = ""
) -> Response[str]:
    return _new(app, visit, theme)


def _new(
    app: App, visit: Visit, theme: str, *, typed: Mapping[str, str] | None = None, refused: Refused | None = None
) -> Response[str]:
    with app.database.read() as db:
        themes = book.themes(db)
    chosen = next((one for one in themes if str(one.id) == theme), None)
    return pages.page(
        app,
        visit,
        "forest/new_improvement.html",
        status=200 if refused is None else 400,
        themes=themes,
        chosen=chosen,
        typed=typed or {"department": chosen.department if chosen is not None else ""},
        errors={} if refused is None else {refused.field or "": refused.reason},
        today_on=app.now().date().isoformat(),
    )


@post("/improvements", sync_to_thread=True, opt=roles(*LEADERS))
def open_one(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    theme = form.text("theme")
    if not (theme.isascii() and theme.isdecimal() and len(theme) < 10):
        raise NotFound("There is no such theme.")
    try:
        plan = _plan(form, app, new=True)
        with app.database.begin() as db:
            improvement_id = run.open_improvement(db, int(theme), plan, viewer=visit.viewer, now=app.now())
    except Refused as refused:
        return _new(app, visit, theme, typed=form.typed(), refused=refused)
    return pages.back(app, visit, f"/improvements/{improvement_id}", "The improvement is open.")


def _plan(form: Form, app: App, *, new: bool) -> Plan:
    return improving.plan(
        title=form.text("title"),
        department=form.text("department"),
        owner=form.text("owner"),
        due_on=form.text("due_on"),
        not_before=app.now().date() if new else None,
    )


@get("/improvements/{improvement_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def one_page(app: GivenApp, visit: GivenVisit, improvement_id: FromPath[int]) -> Response[str]:
    return _one(app, visit, improvement_id)


def _one(
    app: App,
    visit: Visit,
    improvement_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> Response[str]:
    now = app.now()
    with app.database.read() as db:
        found = store.one(db, improvement_id, visit.viewer)
        until = found.closed_at or now
        page = improvements_view.one_page(
            found,
            store.raisers(db, visit.viewer, theme_id=found.theme_id, since_on=found.since_on, until=until),
            store.drafted(db, improvement_id),
            csms=names_of(db),
            everybody=store.everybody(db, found, until=now) if visit.may(*LEADERS) else [],
            today=now.date(),
            typed=typed,
            errors={} if refused is None else {refused.field or "": refused.reason},
        )
    status = 200 if refused is None else 400
    return pages.page(app, visit, "forest/improvement.html", status=status, page=page, may_change=visit.may(*LEADERS))


@post("/improvements/{improvement_id:int}", sync_to_thread=True, opt=roles(*LEADERS))
def change_one(app: GivenApp, visit: GivenVisit, improvement_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """`do` is change, begin, close, drop, reopen or tell."""
    try:
        with app.database.begin() as db:
            said = _do(db, improvement_id, form, app, visit)
    except Refused as refused:
        return _one(app, visit, improvement_id, typed=form.typed(), refused=refused)
    return pages.back(app, visit, f"/improvements/{improvement_id}", said)


def _do(db: Connection, improvement_id: int, form: Form, app: App, visit: Visit) -> str:
    viewer, now = visit.viewer, app.now()
    match form.text("do"):
        case "change":
            run.change(db, improvement_id, _plan(form, app, new=False), viewer=viewer, now=now, seen=_seen(form))
            return "The change is kept."
        case "begin":
            run.begin(db, improvement_id, viewer=viewer, now=now)
            return "It is under way."
        case "close":
            count = run.close(
                db,
                improvement_id,
                done=form.text("done"),
                told=_lines(db, improvement_id, form, visit),
                viewer=viewer,
                now=now,
            )
            return f"It is done, and {count} people are told in their next invitation. Their CSMs may change the lines."
        case "drop":
            run.drop(db, improvement_id, note=form.text("note"), viewer=viewer, now=now)
            return "It is dropped; nobody is told anything."
        case "reopen":
            run.reopen(db, improvement_id, note=form.text("note"), viewer=viewer, now=now)
            return "It is open again. Lines that nobody has read yet are taken back."
        case "tell":
            count = run.tell(db, improvement_id, viewer=viewer, now=now)
            return f"{count} more people are told." if count else "Everybody who raised it has a line."
        case _:
            raise NotFound("There is no such thing to do with an improvement.")


def _seen(form: Form) -> int:
    """How many steps the page showed; a form that does not say has seen none."""
    count = form.text("seen")
    return int(count) if count.isascii() and count.isdigit() and len(count) < 8 else 0


def _lines(db: Connection, improvement_id: int, form: Form, visit: Visit) -> dict[str, str]:
    """The lines by language; without one for everybody it is drafted of what was done."""
    lines = {
        name.removeprefix("line:"): form.text(name)
        for name in form.names()
        if name.startswith("line:") and name.removeprefix("line:") in {ANYBODY, *STEMMERS}
    }
    if not lines.get(ANYBODY, "").strip():
        found = store.one(db, improvement_id, visit.viewer)
        lines[ANYBODY] = improving.draft(found.theme, form.text("done"))
    return lines


TABLES = (IMPROVEMENTS,)
HANDLERS: list[Any] = [list_page, *file_handlers(*TABLES), new_page, open_one, one_page, change_one]
