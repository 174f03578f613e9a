"""Scorecards: which there are, one of them, a month of everybody, a month of one CSM, approval and export."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import MeasureFile, Scope, StaffRole
from voc.metrics import store as metrics
from voc.metrics.cards import files, months, sheet
from voc.metrics.cards.model import Result, Scorecard
from voc.metrics.run import card_rows
from voc.metrics.run import cards as run
from voc.metrics.run.cards import Looked
from voc.metrics.store import cards as store
from voc.metrics.store.cards import Frozen
from voc.reports.scorecards import LINE_COLUMNS, XLSX, about, workbook
from voc.reports.tables import Format
from voc.web import cards_list, cards_view, pages, rows_view, view
from voc.web.cards_view import Amounts
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenForm, GivenVisit
from voc.web.kept_rows_view import KeptRows
from voc.web.parts import files as file_links
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, LEADERS, Visit, roles

CARD = MeasureFile.SCORECARD


@get("/scorecards", sync_to_thread=True, opt=roles(*EVERYBODY))
def cards_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    """For a leader all of them, those that ship too; for a CSM those in use, with the own last months."""
    with app.database.read() as db:
        leads = visit.may(*LEADERS)
        page = cards_list.page(
            in_use=store.in_use(db, CARD),
            newest=store.newest(db, CARD) if leads else [],
            shipped=run.shipped() if leads else {},
            frozen=store.frozen(db),
            own=_own(db, visit),
            csm_id=visit.viewer.csm_id if visit.viewer.role == StaffRole.CSM else None,
            today=app.now().date(),
            amounts=_amounts(db),
        )
    return pages.page(app, visit, "cards/list.html", page=page, leads=leads)


def _own(db: Connection, visit: Visit) -> list[store.OfCsm]:
    viewer = visit.viewer
    if viewer.role != StaffRole.CSM or viewer.csm_id is None:
        return []
    return store.of_csm(db, viewer.csm_id, viewer)


def _amounts(db: Connection) -> Amounts:
    return Amounts(preferences.load(db).reporting_currency)


@get("/scorecards/{card:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def card_page(
    app: GivenApp, visit: GivenVisit, card: FromPath[str], version: Annotated[str, QueryParameter(name="version")] = ""
) -> Response[str]:
    """What it measures, its versions and its months. One that ships shows before it is taken over."""
    today = app.now().date()
    with app.database.read() as db:
        file, found = _file(db, visit, card, version)
        in_use = store.in_use(db, CARD).get(card)
        every = store.versions(db, CARD, card) if visit.may(*LEADERS) else []
        frozen = store.frozen(db, card)
        amounts = _amounts(db)
    since = in_use.since_on if in_use else None
    outdated = run.why_outdated(in_use.file) if in_use and visit.may(*LEADERS) else ()
    return pages.page(
        app,
        visit,
        "cards/one.html",
        card=found,
        file=file,
        in_use=in_use,
        versions=every,
        outdated=outdated,
        text=file.text if file else run.shipped()[card],
        lines=[cards_view.defined(one) for one in found.lines],
        beside=[cards_view.beside(one) for one in found.beside],
        amount=amounts.exact(found.amount) if found.amount else "",
        without=found.without,
        months=[
            cards_list.month_row(card, one, kept, today) for one, kept in cards_view.recent_months(today, since, frozen)
        ]
        if in_use or frozen
        else [],
        leads=visit.may(*LEADERS),
        own_csm_id=visit.viewer.csm_id if visit.viewer.role == StaffRole.CSM else None,
        path=cards_view.card_path(card),
        this_month=months.written(months.month_of(today)),
        last_month=months.written(months.last_whole(today)),
    )


def _file(db: Connection, visit: Visit, name: str, version: str) -> tuple[store.File | None, Scorecard]:
    """The version asked for, the one that holds, or None and what ships."""
    if not visit.may(*LEADERS):
        found = run.held(db, name, visit.viewer)
        return found, run.card_of(found)
    every = store.versions(db, CARD, name)
    if version:
        every = [one for one in every if str(one.number) == version]
    if every:
        held = store.in_use(db, CARD).get(name)
        file = held.file if held is not None and not version else every[0]
        return file, run.card_of(file)
    if version or name not in run.shipped():
        raise NotFound("There is no such scorecard.")
    return None, files.load(name, run.shipped()[name])


@get("/scorecards/{card:str}/months/{month:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def month_page(
    app: GivenApp,
    visit: GivenVisit,
    card: FromPath[str],
    month: FromPath[str],
    revision: Annotated[str, QueryParameter(name="revision")] = "",
    *,
    anew: Annotated[str, QueryParameter(name="now")] = "",
) -> Response[str]:
    """A month under way as last night counted it; `now` counts it for whoever asks."""
    now = app.now()
    with app.database.read() as db:
        found = _looked(db, app, visit, card=card, month=month, revision=revision, anew=bool(anew))
        revisions = store.frozen(db, card, found.month)
        others = run.others_who_approve(db, visit.viewer.name)
        page = cards_view.month_page(
            found.card,
            found.month,
            found.frozen,
            found.results,
            today=now.date(),
            amounts=_amounts(db),
            has_rows=found.has_rows,
            counted=_counted(db, found),
        )
    newest = revisions[0] if revisions else None
    may_approve = newest is not None and found.frozen == newest and visit.may(*LEADERS)
    return pages.page(
        app,
        visit,
        "cards/month.html",
        page=page,
        frozen=found.frozen,
        revisions=revisions,
        approved=next((one for one in revisions if one.approved_at is not None), None),
        may_approve=may_approve,
        why_not=run.why_not_approve(newest, by=visit.viewer.name, others=others) if newest is not None else None,
        alone=not others,
        leads=visit.may(*LEADERS),
        path=cards_view.month_path(card, found.month),
        files=file_links(f"{cards_view.month_path(card, found.month)}/results", "of every line"),
        may_count=found.counted_at is not None,
    )


def _counted(db: Connection, found: Looked) -> str:
    """When a month under way was counted, in the company's time; empty for now."""
    if found.counted_at is None:
        return ""
    zone = ZoneInfo(preferences.load(db).default_time_zone)
    return f"as counted on {view.moment(found.counted_at, zone)}"


def _looked(
    db: Connection, app: App, visit: Visit, *, card: str, month: str, revision: str, anew: bool = False
) -> Looked:
    return _looked_at(db, card, month, revision, visit.viewer, now=app.now(), anew=anew)


def _looked_at(
    db: Connection, card: str, month: str, revision: str, viewer: Viewer, *, now: datetime, anew: bool = False
) -> Looked:
    try:
        wanted = months.parse(month)
    except Refused:
        raise NotFound("There is no such month.") from None
    return run.look(db, card, wanted, viewer, now=now, revision=_revision(revision), anew=anew)


def _revision(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


@get("/scorecards/{card:str}/months/{month:str}/rows", sync_to_thread=True, opt=roles(*EVERYBODY))
def rows_page(
    app: GivenApp, visit: GivenVisit, card: FromPath[str], month: FromPath[str], request: AnyRequest
) -> Response[str]:
    """The rows behind a line of a frozen month, as they were then."""
    given = {**request.query_params, "card": card, "month": month}
    with app.database.read() as db:
        found = _kept(db, Asked(app, visit.viewer, app.now(), given))
    start = given.get("start", "")
    at = int(start) if start.isascii() and start.isdigit() and len(start) < 8 else 0
    return pages.page(app, visit, "cards/rows.html", page=found.page(start=at))


def _kept(db: Connection, asked: Asked) -> KeptRows:
    """NotFound for a month that is not frozen, and for a result that is not the viewer's."""
    figure, days, id = asked.get("figure"), asked.get("days"), asked.get("id")
    if not (days.isascii() and days.isdigit() and len(days) < 5) or asked.get("scope") not in set(Scope):
        raise NotFound("There is no such line.")
    scope = Scope(asked.get("scope"))
    found = _looked_at(db, asked.get("card"), asked.get("month"), asked.get("revision"), asked.viewer, now=asked.now)
    if found.frozen is None or not found.has_rows:
        raise NotFound("The rows of this month are not kept.")
    rows = card_rows.rows(db, found.frozen, asked.viewer, figure=figure, days=int(days), scope=scope, id=id)
    names = {one: person.name for one, person in metrics.people(db).items()}
    return KeptRows(found.card, found.frozen, figure, int(days), scope, id, rows, names)


def _kept_rows(db: Connection, asked: Asked) -> Found:
    found = _kept(db, asked)
    frozen = found.frozen
    facts = [("Frozen at", frozen.frozen_at.isoformat(timespec="seconds")), ("Revision", str(frozen.revision))]
    return Found(found.file_rows(), facts, found.file_name)


KEPT = PageTable(
    "scorecard-rows",
    "The rows behind a line of a frozen month",
    "/scorecards/{card:str}/months/{month:str}/rows",
    rows_view.FILE_COLUMNS,
    _kept_rows,
    "As they were counted. Named by card=NAME, month=2026-10, figure, days, scope (csm, team, total) and id.",
)


@get("/scorecards/{card:str}/months/{month:str}/of/{csm_id:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def csm_page(
    app: GivenApp,
    visit: GivenVisit,
    card: FromPath[str],
    month: FromPath[str],
    csm_id: FromPath[str],
    *,
    revision: Annotated[str, QueryParameter(name="revision")] = "",
) -> Response[str]:
    """One CSM's month, for the CSM as for the leader."""
    with app.database.read() as db:
        found = _looked(db, app, visit, card=card, month=month, revision=revision)
        result = found.of(csm_id)
        page = cards_view.csm_month(
            found.card,
            result,
            found.month,
            found.frozen,
            others=_others(db, visit, card, csm_id),
            today=app.now().date(),
            amounts=_amounts(db),
            has_rows=found.has_rows,
            counted=_counted(db, found),
        )
    return pages.page(app, visit, "cards/csm.html", page=page)


def _others(db: Connection, visit: Visit, card: str, csm_id: str) -> list[tuple[Frozen, Result]]:
    return [(one.month, one.result) for one in store.of_csm(db, csm_id, visit.viewer, name=card)][:12]


@post("/scorecards/{card:str}/months/{month:str}/approve", sync_to_thread=True, opt=roles(*LEADERS))
def approve(app: GivenApp, visit: GivenVisit, card: FromPath[str], month: FromPath[str], form: GivenForm) -> Redirect:
    wanted, looked_at = months.parse(month), form.text("revision")
    number = _revision(looked_at)
    if number is None:
        raise Refused("Say which revision you looked at", field="revision")
    with app.database.begin() as db:
        run.approve(db, card, wanted, revision=number, viewer=visit.viewer, now=app.now())
    said = f"{cards_view.month_words(wanted)} is approved. It may be paid and exported."
    return pages.back(app, visit, cards_view.month_path(card, wanted), said)


@post("/scorecards/{card:str}/months/{month:str}/correct", sync_to_thread=True, opt=roles(*LEADERS))
def correct(app: GivenApp, visit: GivenVisit, card: FromPath[str], month: FromPath[str], form: GivenForm) -> Redirect:
    wanted, looked_at = months.parse(month), _revision(form.text("revision"))
    if looked_at is None:
        raise Refused("Say which revision you looked at", field="revision")
    number = run.correct(
        app.database, card, wanted, revision=looked_at, reason=form.text("reason"), by=visit.viewer.name, now=app.now()
    )
    said = f"{cards_view.month_words(wanted)} is counted anew as revision {number}. It wants an approval of its own."
    return pages.back(app, visit, cards_view.month_path(card, wanted), said)


def _result_rows(db: Connection, asked: Asked) -> Found:
    """What is approved; Refused before the approval."""
    card = asked.get("card")
    found = run.approved(db, card, months.parse(asked.get("month")), asked.viewer)
    name = f"{card}-{months.written(found.month.month)}"
    facts = [(label, str(value)) for label, value in about(found) if value is not None]
    return Found(sheet.line_rows(found.results), facts, name, detail={"revision": found.month.revision})


RESULTS = PageTable(
    "scorecard",
    "A month of a scorecard, line by line",
    "/scorecards/{card:str}/months/{month:str}/results",
    LINE_COLUMNS,
    _result_rows,
    "Of every CSM, as it was frozen and approved. Named by card=NAME and month=2026-10.",
    LEADERS,
    formats=(Format.CSV, Format.PARQUET),  # the workbook has the sums too
)


@get("/scorecards/{card:str}/months/{month:str}/results.xlsx", sync_to_thread=True, opt=roles(*LEADERS))
def workbook_file(app: GivenApp, visit: GivenVisit, card: FromPath[str], month: FromPath[str]) -> Response[bytes]:
    with app.database.begin() as db:
        found = run.approved(db, card, months.parse(month), visit.viewer)
        people = [one for one in found.results if one.scope == Scope.CSM]
        detail = {
            "scorecard": card,
            "month": month,
            "revision": found.month.revision,
            "as": "xlsx",
            "rows": len(people) * len(found.card.lines),
        }
        audit.exported(db, what="scorecard", detail=detail, by=visit.viewer.name, now=app.now())
    name = f"{card}-{months.written(found.month.month)}"
    return Response(
        workbook(found), media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    )


TABLES = (RESULTS, KEPT)
HANDLERS: list[Any] = [
    cards_page,
    card_page,
    month_page,
    csm_page,
    rows_page,
    approve,
    correct,
    *file_handlers(*TABLES),
    workbook_file,
]
