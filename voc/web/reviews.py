"""Reviews by colleagues: of calls and of hand-overs, and the templates they are written on."""

from datetime import date
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile, ReviewKind, StaffRole
from voc.campaigns.mistakes import Mistake
from voc.metrics.cards import templates
from voc.metrics.cards.files import CardMistakes
from voc.metrics.cards.templates import FILE_OF, Template
from voc.metrics.run import reviews as run
from voc.metrics.store import cards as measure_files
from voc.metrics.store import reviews as store
from voc.reports.tables import Column, Kind
from voc.web import pages, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import AskedCsm, GivenApp, GivenForm, GivenVisit
from voc.web.parts import files
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, LEADERS, Visit, roles

MOST_IN_FILE = 100_000
WRITERS = (StaffRole.LEAD, *LEADERS)  # of templates


@get("/reviews", sync_to_thread=True, opt=roles(*EVERYBODY))
def reviews_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    with app.database.read() as db:
        listed = store.listing(db, visit.viewer)
        waiting = run.waiting(db, visit.viewer, now=app.now())
    standing = [one for one in listed if one.withdrawn_at is None]
    return pages.page(
        app,
        visit,
        "reviews/list.html",
        reviews=listed,
        standing=standing,
        waiting=waiting,
        own_csm_id=visit.viewer.csm_id,
        may_write_templates=visit.may(*WRITERS),
        files=files("/reviews", "of reviews") if listed else [],
    )


def _rows(db: Connection, asked: Asked) -> Found:
    return Found([_row(one) for one in store.listing(db, asked.viewer, limit=MOST_IN_FILE)])


def _row(one: store.Review) -> tuple[str | int | float | date | bool | None, ...]:
    told = " ".join(f"{key}={points}" for key, points in sorted(one.answers.items()))
    left = one.withdrawn_at is not None
    return (one.id, one.csm_name, view.low_word(one.kind), one.account_name, one.on, one.by,
            round(one.mean, 2), told, one.comment, left)  # fmt: skip


REVIEWS = PageTable(
    "reviews",
    "Reviews by colleagues",
    "/reviews",
    (
        Column("Review", Kind.WHOLE),
        Column("About", meaning="Whose call, or who handed the account over"),
        Column("What"),
        Column("Account"),
        Column("Day", Kind.DAY),
        Column("By"),
        Column("Mean", Kind.NUMBER, "Of its answers, 1 to 5"),
        Column("Answers", meaning="Each question's key and points, apart by a space"),
        Column("In their words"),
        Column("Withdrawn", Kind.YES, "Then it counts no more"),
    ),
    _rows,
    "Those about you or your team and those you wrote; a leader has all. Newest first.",
)


@get("/reviews/call", sync_to_thread=True, opt=roles(*EVERYBODY))
def call_page(app: GivenApp, visit: GivenVisit, csm: AskedCsm = "") -> Response[str]:
    return _call_page(app, visit, {"csm_id": csm, "on": app.now().date().isoformat()})


@post("/reviews/call", sync_to_thread=True, opt=roles(*EVERYBODY))
def write_call(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    try:
        with app.database.begin() as db:
            number = run.write_call(
                db,
                csm_id=form.text("csm_id"),
                account_name=form.text("account"),
                on=_day(form),
                typed=_answers(form),
                comment=form.maybe("comment"),
                viewer=visit.viewer,
                now=app.now(),
            )
    except Refused as refused:
        return _call_page(app, visit, form.typed(), errors={refused.field or "csm_id": refused.reason})
    return pages.back(app, visit, f"/reviews/{number}", "The review is kept. Your colleague can read it.")


def _day(form: Form) -> date:
    try:
        return date.fromisoformat(form.text("on"))
    except ValueError:
        raise Refused("Write a day as year-month-day, such as 2026-11-30", field="on") from None


def _answers(form: Form) -> dict[str, str]:
    return {name.removeprefix("q:"): form.text(name) for name in form.names() if name.startswith("q:")}


def _call_page(app: App, visit: Visit, typed: dict[str, str], *, errors: dict[str, str] | None = None) -> Response[str]:
    with app.database.read() as db:
        context: dict[str, Any] = {
            "template": run.template(db, ReviewKind.CALL),
            "colleagues": store.colleagues(db, visit.viewer),
            "accounts": store.visible_account_names(db, visit.viewer),
        }
    return _form_page(app, visit, "reviews/call.html", typed=typed, errors=errors, **context)


def _form_page(
    app: App,
    visit: Visit,
    page: str,
    *,
    typed: dict[str, str],
    errors: dict[str, str] | None,
    **context: Any,
) -> Response[str]:
    return pages.page(app, visit, page, status=400 if errors else 200, typed=typed, errors=errors or {}, **context)


@get("/reviews/hand-over", sync_to_thread=True, opt=roles(*EVERYBODY))
def hand_over_page(
    app: GivenApp, visit: GivenVisit, account: Annotated[str, QueryParameter(name="account")] = ""
) -> Response[str]:
    return _hand_over_page(app, visit, account, {})


@post("/reviews/hand-over", sync_to_thread=True, opt=roles(*EVERYBODY))
def write_hand_over(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    account_id = form.text("account")
    if not account_id:
        raise Refused("Choose the account that came to you")
    try:
        with app.database.begin() as db:
            number = run.write_hand_over(
                db,
                account_id=account_id,
                typed=_answers(form),
                comment=form.maybe("comment"),
                viewer=visit.viewer,
                now=app.now(),
            )
    except Refused as refused:
        return _hand_over_page(app, visit, account_id, form.typed(), errors={refused.field or "": refused.reason})
    return pages.back(app, visit, f"/reviews/{number}", "The review is kept. Your colleague can read it.")


def _hand_over_page(
    app: App, visit: Visit, account_id: str, typed: dict[str, str], *, errors: dict[str, str] | None = None
) -> Response[str]:
    with app.database.read() as db:
        waiting = run.waiting(db, visit.viewer, now=app.now())
        template = run.template(db, ReviewKind.HAND_OVER)
    chosen = next((one for one in waiting if one.account_id == account_id), None)
    if account_id and chosen is None:
        raise NotFound("There is no such hand-over to you that waits for a review.")
    context: dict[str, Any] = {"template": template, "waiting": waiting, "chosen": chosen}
    return _form_page(app, visit, "reviews/hand_over.html", typed=typed, errors=errors, **context)


@get("/reviews/{review_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def review_page(app: GivenApp, visit: GivenVisit, review_id: FromPath[int]) -> Response[str]:
    with app.database.read() as db:
        found, template = run.review(db, review_id, visit.viewer)
    mine = found.staff_id is not None and found.staff_id == visit.viewer.staff_id
    return pages.page(
        app,
        visit,
        "reviews/one.html",
        review=found,
        template=template,
        may_withdraw=mine and found.withdrawn_at is None,
    )


@post("/reviews/{review_id:int}/withdraw", sync_to_thread=True, opt=roles(*EVERYBODY))
def withdraw(app: GivenApp, visit: GivenVisit, review_id: FromPath[int]) -> Redirect:
    with app.database.begin() as db:
        run.withdraw(db, review_id, visit.viewer, now=app.now())
    return pages.back(app, visit, "/reviews", "The review is withdrawn and counts no more.")


@get("/reviews/templates/{template:str}", sync_to_thread=True, opt=roles(*WRITERS))
def template_page(app: GivenApp, visit: GivenVisit, template: FromPath[str]) -> Response[str]:
    kind = _kind(template)
    with app.database.read() as db:
        text = run.text_of(db, kind)
    return _template_page(app, visit, kind, text)


@post("/reviews/templates/{template:str}", sync_to_thread=True, opt=roles(*WRITERS))
def edit_template(app: GivenApp, visit: GivenVisit, template: FromPath[str], form: GivenForm) -> Response[Any]:
    """`do` is check, as one types, or save."""
    kind, text = _kind(template), form.file("text")  # as typed: a mistake names its line
    if form.text("do") != "save":
        return _template_page(app, visit, kind, text, note=form.text("note"))
    try:
        with app.database.begin() as db:
            kept = run.save_template(db, kind, text, by=visit.viewer.name, now=app.now(), note=form.maybe("note"))
    except CardMistakes:
        return _template_page(app, visit, kind, text, note=form.text("note"), status=400)
    said = f"Version {kept.number} is what colleagues are asked from now on; reviews that are written keep theirs."
    return pages.back(app, visit, "/reviews", said)


def _kind(word: str) -> ReviewKind:
    try:
        return ReviewKind(word)
    except ValueError:
        raise NotFound("There is no such template.") from None


def _template_page(
    app: App, visit: Visit, kind: ReviewKind, text: str, *, note: str = "", status: int = 200
) -> Response[str]:
    found: Template | None = None
    mistakes: tuple[Mistake, ...] = ()
    try:
        found = templates.load(FILE_OF[kind], text)
    except CardMistakes as wrong:
        mistakes = wrong.mistakes
    with app.database.read() as db:
        versions = measure_files.versions(db, MeasureFile.REVIEW, FILE_OF[kind])
    return pages.page(
        app,
        visit,
        "reviews/template.html",
        status=status,
        kind=kind,
        text=text,
        note=note,
        template=found,
        mistakes=mistakes,
        versions=versions,
    )


TABLES = (REVIEWS,)
HANDLERS: list[Any] = [
    reviews_page,
    *file_handlers(*TABLES),
    call_page,
    write_call,
    hand_over_page,
    write_hand_over,
    review_page,
    withdraw,
    template_page,
    edit_template,
]
