"""The code book is read by everybody and edited by leaders; everybody may sort comments of the own accounts blindly."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.campaigns import templates
from voc.campaigns.definition import Texts
from voc.metrics.forest import book as pure
from voc.metrics.forest.agreement import LEAST_COMMENTS
from voc.metrics.forest.book import Draft
from voc.metrics.forest.languages import STEMMERS
from voc.metrics.run.forest import book as run
from voc.metrics.run.forest import drivers, sorting, views
from voc.metrics.store.forest import book as store
from voc.responses.run import themes as verbatims
from voc.web import code_book_view, pages
from voc.web.context import App
from voc.web.forest import asked_of, theme_id_of
from voc.web.forest_view import drivers as drivers_view
from voc.web.forms import Form
from voc.web.given import AskedDays, GivenApp, GivenForm, GivenVisit
from voc.web.parts import files
from voc.web.tables import Asked, Column, Found, Kind, PageTable, file_handlers
from voc.web.unread import Reading, refuse
from voc.web.visit import EVERYBODY, LEADERS, Visit, roles

READ_AGAIN = "Comments are read anew within a minute or so."


@get("/forest/code-book", sync_to_thread=True, opt=roles(*EVERYBODY))
def book_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _book(app, visit)


def _book(app: App, visit: Visit, *, typed: Mapping[str, str] | None = None, error: str = "") -> Response[str]:
    may_change = visit.may(*LEADERS)
    with app.database.read() as db:
        suggestions = views.suggestions(db, visit.viewer, now=app.now()) if may_change else []
        page = code_book_view.page(
            store.themes(db, retired=True), sorting.agreements(db), suggestions, version=store.version(db)
        )
    return pages.page(
        app,
        visit,
        "forest/code_book.html",
        status=400 if error else 200,
        page=page,
        may_change=may_change,
        typed=typed or {},
        error=error,
        files=files("/forest/code-book", "of themes and their words"),
    )


@post("/forest/code-book", sync_to_thread=True, opt=roles(*LEADERS))
def add_theme(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """A new theme with its first words; or a suggested word, as a theme of its own or for one that there is."""
    try:
        with app.database.begin() as db:
            theme_id, said = _add(db, form, visit, app)
    except Refused as refused:
        return _book(app, visit, typed=form.typed(), error=refused.reason)
    undo = None
    if form.text("do") == "word":
        word = {"language": form.text("language") or "en", "word": form.text("word"), "back": form.text("back")}
        undo = ("/forest/code-book", {"do": "take_back", "theme": str(theme_id), **word})
    back = pages.own_path(form.text("back"), f"/forest/code-book/{theme_id}")
    return pages.back(app, visit, back, said, undo=undo)


def _add(db: Connection, form: Form, visit: Visit, app: App) -> tuple[int, str]:
    language, word, now = form.text("language") or "en", form.text("word"), app.now()
    if form.text("do") in ("word", "take_back"):
        if not form.text("theme"):
            raise Refused(f"Choose the theme that “{word}” is a word of", field="theme")
        theme = store.one(db, theme_id_of(form.text("theme")))
        if form.text("do") == "take_back":
            run.remove_word(db, theme.id, language=language, word=word, viewer=visit.viewer, now=now)
            return theme.id, f"“{word}” is no word of {theme.name} any more. {READ_AGAIN}"
        run.add_word(db, theme.id, language=language, word=word, viewer=visit.viewer, now=now)
        return theme.id, f"“{word}” is a word of {theme.name}. {READ_AGAIN}"
    name = form.text("name") or word[:1].upper() + word[1:]
    department = form.text("department") or "Not decided"
    draft = Draft("", name, department, {language: pure.lines(word)})
    theme_id = run.add(db, draft, viewer=visit.viewer, now=now)
    return theme_id, f"{name} is a theme. Say which department it is for, and give it more words. {READ_AGAIN}"


@get("/forest/code-book/{theme_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def theme_page(app: GivenApp, visit: GivenVisit, theme_id: FromPath[int]) -> Response[str]:
    return _theme(app, visit, theme_id)


def _theme(
    app: App, visit: Visit, theme_id: int, *, typed: Mapping[str, str] | None = None, refused: Refused | None = None
) -> Response[str]:
    errors = {} if refused is None else {refused.field or "": refused.reason}
    with app.database.read() as db:
        theme = store.one(db, theme_id)
        agreed = {one.id: found for one, found in sorting.agreements(db).by_theme}
        history = store.history(db, theme_id)
        page = code_book_view.theme_page(theme, history, agreed.get(theme_id), typed=typed, errors=errors)
    status = 200 if refused is None else 400
    return pages.page(app, visit, "forest/theme.html", status=status, page=page, may_change=visit.may(*LEADERS))


@post("/forest/code-book/{theme_id:int}", sync_to_thread=True, opt=roles(*LEADERS))
def change_theme(app: GivenApp, visit: GivenVisit, theme_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """`do` is save, retire or use."""
    try:
        with app.database.begin() as db:
            said = _change(db, theme_id, form, visit, app)
    except Refused as refused:
        return _theme(app, visit, theme_id, typed=form.typed(), refused=refused)
    return pages.back(app, visit, f"/forest/code-book/{theme_id}", said)


def _change(db: Connection, theme_id: int, form: Form, visit: Visit, app: App) -> str:
    match form.text("do"):
        case "save":
            version = run.change(
                db, theme_id, _draft(form), seen=theme_id_of(form.text("version")), viewer=visit.viewer, now=app.now()
            )
            return f"Version {version} of the code book stands. {READ_AGAIN}"
        case "retire":
            run.set_retired(db, theme_id, retired=True, viewer=visit.viewer, now=app.now())
            return "The theme is used no more. What it was counted for stays on record."
        case "use":
            run.set_retired(db, theme_id, retired=False, viewer=visit.viewer, now=app.now())
            return f"The theme is used again. {READ_AGAIN}"
        case _:
            raise NotFound("There is no such thing to do with a theme.")


def _draft(form: Form) -> Draft:
    words = {
        name.removeprefix("words:"): pure.lines(form.text(name)) for name in form.names() if name.startswith("words:")
    }
    another = form.text("another")
    if another in STEMMERS:
        words[another] = pure.lines(form.text("another_words"))
    return Draft("", form.text("name"), form.text("department"), words)


# --- sorting without seeing what the rule found -------------------------------------------------


@get("/forest/sorting", sync_to_thread=True, opt=roles(*EVERYBODY))
def sorting_page(
    app: GivenApp, visit: GivenVisit, after: Annotated[str, QueryParameter(name="after")] = ""
) -> Response[str]:
    with app.database.read() as db:
        task = sorting.next_task(db, visit.viewer, now=app.now(), after=after)
        themes, version = store.themes(db), store.version(db)
        found = sorting.agreements(db)
    heading, note = code_book_view.total_words(found.total)
    return pages.page(
        app,
        visit,
        "forest/sorting.html",
        task=task,
        themes=themes,
        version=version,
        skip=sorting.place_of((task.response_id, task.question)) if task else "",
        agreement=heading,
        note=note,
        done=found.comments,
        least=LEAST_COMMENTS,
    )


@post("/forest/sorting/{response_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def sort_comment(app: GivenApp, visit: GivenVisit, response_id: FromPath[int], form: GivenForm) -> Redirect:
    """The themes that somebody chose, none of them meaning none."""
    question = form.text("question")
    chosen = [theme_id_of(one) for one in form.many("theme")]
    offered = [theme_id_of(one) for one in form.many("offered")]
    with app.database.begin() as db:
        if not set(offered) <= {one.id for one in store.themes(db)}:
            raise Refused("The code book has changed meanwhile. Load the page again")
        first = verbatims.code(
            db,
            response_id,
            question,
            themes=chosen,
            offered=offered,
            book=theme_id_of(form.text("version")),
            viewer=visit.viewer,
            now=app.now(),
        )
    said = "Sorted; here is the next one." if first else "Somebody sorted that one already; here is the next."
    return pages.back(app, visit, f"/forest/sorting?after={sorting.place_of((response_id, question))}", said)


# --- drivers ------------------------------------------------------------------------------------


@get("/forest/drivers", sync_to_thread=True, opt=roles(*EVERYBODY))
def drivers_page(app: GivenApp, visit: GivenVisit, days: AskedDays = "") -> Response[str]:
    read = Reading()
    asked = asked_of(read, days, "")
    with app.database.read() as db:
        found, names = _of_score(db, visit.viewer, days=asked.days, now=app.now())
    page = drivers_view.page(found, days=asked.days, names=names)
    links = files(f"/forest/drivers?days={asked.days}", "of the drivers")
    return pages.page(app, visit, "forest/drivers.html", page=page, files=links, unread=read.unread)


def _of_score(
    db: Connection, viewer: Viewer, *, days: int, now: datetime
) -> tuple[drivers.DriversPage | None, dict[str, str]]:
    """What goes with the score, and the drivers in words."""
    found = drivers.of_score(db, viewer, days=days, now=now)
    company = preferences.load(db).company
    return found, {key: _text(text, company) for key, text in found.texts.items()} if found else {}


def _driver_rows(db: Connection, asked: Asked) -> Found:
    read = Reading()
    days = asked_of(read, asked.get("days"), "").days
    refuse(read.unread)
    found, names = _of_score(db, asked.viewer, days=days, now=asked.now)
    if found is None or not found.found.enough:
        return Found([], [("Days", str(days)), ("State", "too few complete answers")])
    facts = [("Days", str(days)), ("Complete answers", str(found.found.answers))]
    return Found([drivers_view.file_row(one, names) for one in found.found.drivers], facts)


DRIVERS = PageTable(
    "drivers",
    "What goes with the score",
    "/forest/drivers",
    drivers_view.FILE_COLUMNS,
    _driver_rows,
    "From 30 complete answers beside the score, from 100 weighed against each other. What goes with it, not why.",
)


def _text(texts: Texts, company: str) -> str:
    text = texts.get("en") or next(iter(texts.values()), "")
    return str(templates.render_words(text, {**dict.fromkeys(templates.PAGE, ""), "company": company}))


def _book_rows(db: Connection, asked: Asked) -> Found:
    rows = [
        (one.name, one.key, one.department, language, ", ".join(some), one.retired, one.version)
        for one in store.themes(db, retired=True)
        for language, some in sorted(one.words.items())
    ]
    return Found(rows, [("Version", str(store.version(db))), ("As of", asked.today.isoformat())])


CODE_BOOK = PageTable(
    "code-book",
    "Code book: themes and their words",
    "/forest/code-book",
    (
        Column("Theme"),
        Column("Key", meaning="Never changes"),
        Column("Department"),
        Column("Language"),
        Column("Words", meaning="A comment with one of them is about the theme; a star stands for any ending"),
        Column("Used no more", Kind.YES),
        Column("Version", Kind.WHOLE, "Of the book, when the theme was last changed"),
    ),
    _book_rows,
    "One line a theme and language.",
)
TABLES = (CODE_BOOK, DRIVERS)
HANDLERS: list[Any] = [
    book_page,
    *file_handlers(*TABLES),
    add_theme,
    theme_page,
    change_theme,
    sorting_page,
    sort_comment,
    drivers_page,
]
