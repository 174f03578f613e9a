"""The forest: what customers write about, by accounts and revenue; and the comments behind every count."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base.errors import NotFound
from voc.followup.store import improvements
from voc.metrics.forest.people import Cut
from voc.metrics.run.forest import nights, views
from voc.metrics.run.forest.views import PERIODS, Asked
from voc.metrics.store.forest import book
from voc.responses.run import themes as verbatims
from voc.web import pages
from voc.web.forest_view import comments as comments_view
from voc.web.forest_view import cut as cut_view
from voc.web.forest_view import overview, theme_files
from voc.web.given import AskedDays, AskedTeam, GivenApp, GivenForm, GivenVisit
from voc.web.narrowing import names_of
from voc.web.tables import Asked as FileAsked
from voc.web.tables import Found, PageTable, file_handlers
from voc.web.unread import Reading, refuse
from voc.web.visit import EVERYBODY, LEADERS, roles

MOST_IN_FILE = 100_000

AskedCut = Annotated[str, QueryParameter(name="cut")]


def asked_of(read: Reading, days: str, team: str) -> Asked:
    """What makes no sense falls back to a year, which has most to tell."""
    known = {str(one): one for one in PERIODS}
    chosen = read.one_of("days", days, tuple(known), f"{PERIODS[-1]} days are shown")
    return Asked(known.get(chosen, PERIODS[-1]), team)


def cut_of(read: Reading, text: str) -> Cut | None:
    chosen = read.one_of("cut", text, tuple(Cut), "the themes are not cut")
    return Cut(chosen) if chosen else None


def _of_file(asked: FileAsked) -> tuple[Asked, Cut | None]:
    read = Reading()
    found = asked_of(read, asked.get("days"), asked.get("team")), cut_of(read, asked.get("cut"))
    refuse(read.unread)
    return found


@get("/forest", sync_to_thread=True, opt=roles(*EVERYBODY))
def forest_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    days: AskedDays = "",
    team: AskedTeam = "",
    cut: AskedCut = "",
    by: Annotated[str, QueryParameter(name="by")] = "",
) -> Response[str]:
    read = Reading()
    chosen, wanted = asked_of(read, days, team), cut_of(read, cut)
    sorted_by = read.one_of("by", by, tuple(overview.SORTS), "the themes stand by accounts") or "accounts"
    with app.database.read() as db:
        found = nights.forest(db, visit.viewer, chosen, cut=wanted, now=app.now())
        page = overview.page(
            found,
            cut=wanted,
            by=sorted_by,
            improvements=improvements.listing(db, visit.viewer),
            may_change=visit.may(*LEADERS),
        )
    return pages.page(app, visit, "forest/forest.html", page=page, unread=read.unread)


def _theme_rows(db: Connection, asked: FileAsked) -> Found:
    chosen, _ = _of_file(asked)
    found = nights.forest(db, asked.viewer, chosen, cut=None, now=asked.now)
    as_of = found.kept_on or asked.today
    return Found(theme_files.file_rows(found), [("Days", str(chosen.days)), ("As of", as_of.isoformat())])


THEMES = PageTable(
    "themes",
    "Forest: themes by accounts and revenue",
    "/forest",
    theme_files.FILE_COLUMNS,
    _theme_rows,
    "What is hidden on the page because too few said it is empty here.",
)


def _cut_rows(db: Connection, asked: FileAsked) -> Found:
    chosen, given = _of_file(asked)
    cut = given or Cut.SEGMENT
    found = nights.forest(db, asked.viewer, chosen, cut=cut, now=asked.now)
    as_of = found.kept_on or asked.today
    return Found(cut_view.cut_rows(found), [("Days", str(chosen.days)), ("As of", as_of.isoformat())])


CUTS = PageTable(
    "themes-cut",
    "Forest: themes by score, segment, role or region",
    "/forest/cut",
    cut_view.CUT_COLUMNS,
    _cut_rows,
    "One line a cell. Hidden is what fewer than 5 people or 3 accounts said, and what that would follow from.",
)


@get("/forest/comments", sync_to_thread=True, opt=roles(*EVERYBODY))
def comments_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    theme: Annotated[str, QueryParameter(name="theme")] = "",
    days: AskedDays = "",
    team: AskedTeam = "",
    cut: AskedCut = "",
    part: Annotated[str, QueryParameter(name="part")] = "",
    start: Annotated[str, QueryParameter(name="start")] = "",
) -> Response[str]:
    """The comments behind one count."""
    read = Reading()
    asked, wanted, place = asked_of(read, days, team), cut_of(read, cut), theme_id_of(start or "0")
    with app.database.read() as db:
        found = nights.behind(
            db,
            visit.viewer,
            asked,
            theme_id=_theme(theme),
            cut=wanted,
            part=part,
            now=app.now(),
            start=place,
            limit=comments_view.PER_PAGE,
        )
        page = comments_view.page(
            found,
            asked,
            cut=wanted,
            start=place,
            themes={one.id: one for one in book.themes(db)},
            csms=names_of(db),
            may_change=visit.may(*LEADERS),
        )
    return pages.page(app, visit, "forest/comments.html", page=page, unread=read.unread)


def _comment_rows(db: Connection, asked: FileAsked) -> Found:
    chosen, cut = _of_file(asked)
    found = nights.behind(
        db,
        asked.viewer,
        chosen,
        theme_id=_theme(asked.get("theme")),
        cut=cut,
        part=asked.get("part"),
        now=asked.now,
        limit=MOST_IN_FILE,
    )
    themes = {one.id: one for one in book.themes(db)}
    csms = names_of(db)
    return Found(comments_view.file_rows(found, themes, csms))


COMMENTS = PageTable(
    "comments",
    "The comments behind a count",
    "/forest/comments",
    comments_view.FILE_COLUMNS,
    _comment_rows,
    "Named answers of the accounts one may see; nothing that was asked in confidence.",
)


def _theme(text: str) -> int:
    """The id in an address; `none` for comments of no theme, nothing for all."""
    if text == "none":
        return views.NO_THEME
    return theme_id_of(text) if text else views.EVERYTHING


def theme_id_of(text: str) -> int:
    """NotFound for what is no number."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise NotFound("There is no such theme.")
    return int(text)


_DOES = {"add": True, "take_off": False, "rule": None}


@post("/forest/comments/{response_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def correct_comment(app: GivenApp, visit: GivenVisit, response_id: FromPath[int], form: GivenForm) -> Redirect:
    """`do` is add, take_off, or rule: what the rule finds counts again."""
    do, question = form.text("do"), form.text("question")
    if do not in _DOES:
        raise NotFound("There is no such thing to do with a comment.")
    with app.database.begin() as db:
        theme = book.one(db, theme_id_of(form.text("theme") or "x"))
        verbatims.correct(db, response_id, question, theme.id, holds=_DOES[do], viewer=visit.viewer, now=app.now())
    said = {
        "add": f"The comment counts as one about {theme.name}.",
        "take_off": f"{theme.name} is taken off that comment.",
        "rule": "What the rule finds in that comment counts again.",
    }[do]
    fields = {"do": "rule", "question": question, "theme": str(theme.id), "back": form.text("back")}
    undo = None if do == "rule" else (f"/forest/comments/{response_id}", fields)
    return pages.back(app, visit, pages.own_path(form.text("back"), "/forest"), said, undo=undo)


TABLES = (THEMES, CUTS, COMMENTS)
HANDLERS: list[Any] = [forest_page, comments_page, *file_handlers(*TABLES), correct_comment]
