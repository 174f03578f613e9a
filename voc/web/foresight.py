"""A CSM guesses before a wave what each account will answer; afterwards the gap stands beside the guess."""

from typing import Any

from litestar import Response, get, post
from sqlalchemy import Connection

from voc.base.errors import Refused
from voc.metrics.run import guesses
from voc.web import foresight_view, pages
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, Visit, roles


@get("/guesses", sync_to_thread=True, opt=roles(*EVERYBODY))
def guesses_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _page(app, visit)


def _page(
    app: App, visit: Visit, *, typed: dict[str, str] | None = None, wrong: Refused | None = None
) -> Response[str]:
    now, viewer = app.now(), visit.viewer
    csm_id = viewer.csm_id or ""
    with app.database.read() as db:
        page = foresight_view.page(
            guesses.open_ones(db, viewer, now=now),
            guesses.standing(db, viewer, csm_id=csm_id),
            guesses.compared(db, viewer, csm_id=csm_id, now=now),
            typed=typed or {},
            wrong=wrong,
        )
    return pages.page(app, visit, "leader/guesses.html", status=409 if wrong else 200, page=page)


@post("/guesses", sync_to_thread=True, opt=roles(*EVERYBODY))
def guess(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """All guesses that are written, or none: what was typed stays where one of them cannot be taken."""
    typed = _typed(form)
    try:
        with app.database.begin() as db:
            new = guesses.keep(db, visit.viewer, _scores(typed), now=app.now())
    except Refused as refused:
        return _page(app, visit, typed=typed, wrong=refused)
    said = "Nothing changed." if not new else f"{new} guess{'es' if new > 1 else ''} kept; nothing counts them."
    return pages.back(app, visit, "/guesses", said)


def _typed(form: Form) -> dict[str, str]:
    return {name.removeprefix("guess:"): text for name, text in form.typed().items() if name.startswith("guess:")}


def _scores(typed: dict[str, str]) -> dict[str, int]:
    written = {id: text.strip() for id, text in typed.items() if text.strip()}
    for id, text in written.items():
        if not text.isascii() or not text.isdigit() or len(text) > 2 or int(text) > 10:
            raise Refused(f"{text[:20]} is no guess: write a whole number from 0 to 10", field=f"guess:{id}")
    return {id: int(text) for id, text in written.items()}


def _compared_rows(db: Connection, asked: Asked) -> Found:
    """The own ones; `csm` asks for those of somebody whose accounts one sees."""
    csm_id = asked.get("csm") or asked.viewer.csm_id or ""
    compared = guesses.compared(db, asked.viewer, csm_id=csm_id, now=asked.now)
    return Found([foresight_view.file_row(one) for one in compared], [("As of", asked.today.isoformat())])


GUESSES = PageTable(
    "guesses",
    "Guesses beside what was answered",
    "/guesses",
    foresight_view.FILE_COLUMNS,
    _compared_rows,
    "What a CSM expected before a wave and what its accounts then answered, on average. Nothing counts it. csm=ID.",
)
TABLES = (GUESSES,)
HANDLERS: list[Any] = [guesses_page, guess, *file_handlers(*TABLES)]
