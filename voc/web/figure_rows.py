"""The rows behind any figure, one by one, and as a file."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from sqlalchemy import Connection

from voc.base.errors import NotFound
from voc.base.words import Scope
from voc.metrics import catalogue
from voc.metrics.rows import place_of
from voc.metrics.run.counted_rows import Opened, behind, every_row
from voc.web import pages, rows_view
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.narrowing import names_of, placed, wanted_of
from voc.web.parts import Link
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.unread import Reading, refuse
from voc.web.visit import EVERYBODY, roles

ROWS_QUERY = ("figure", "scope", "id", "days", "as_of", "to", "segment", "region", "live", "state")


def opened_of(request_query: Mapping[str, str], *, today: date, read: Reading | None = None) -> Opened:
    """Which rows an address asks for; what makes no sense falls back, and `read` has it noted."""
    read, given = read or Reading(), request_query.get
    wanted = wanted_of(
        days=given("days", ""),
        as_of=given("as_of", ""),
        segment=given("segment", ""),
        region=given("region", ""),
        live=given("live", ""),
        today=today,
    )
    read.unread.extend(wanted.unread)
    to = read.day("to", given("to", ""), "the period ends on the day it is as of", until=today)
    return Opened(
        figure=request_query.get("figure", "")[:64],
        scope=_scope(request_query.get("scope", "")),
        id=request_query.get("id", "")[:64],
        as_of=wanted.as_of,
        to=to if to is not None and to < today else None,
        window_days=wanted.days,
        segment=wanted.segment or None,
        region=wanted.region or None,
        live=wanted.live,
        label=request_query.get("state", "")[:64],
    )


def _placed(db: Connection, opened: Opened, read: Reading) -> Opened:
    """The same, without a region that no account lies in."""
    wanted = placed(db, Wanted(region=opened.region or ""))
    read.unread.extend(wanted.unread)
    return replace(opened, region=wanted.region or None)


@get("/engagement/rows", sync_to_thread=True, opt=roles(*EVERYBODY))
def rows_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    """What a figure counts, row by row, a page at a time."""
    query, now = request.query_params, app.now()
    beside, read = query.get("beside", "") == "1", Reading()
    with app.database.read() as db:
        opened = _placed(db, opened_of(query, today=now.date(), read=read), read)
        found = behind(
            db,
            visit.viewer,
            opened,
            now=now,
            want_beside=beside,
            after=place_of(query.get("after", "")),
            before=place_of(query.get("before", "")),
        )
        names = names_of(db)
    path = _rows_address(opened)
    around = rows_view.Around(
        who=found.account_name or _who(opened.scope, opened.id, names),
        csms=names,
        back=_back(opened),
        path=path,
        beside=beside,
    )
    return pages.page(app, visit, "leader/rows.html", page=rows_view.page(found, opened, around), unread=read.unread)


def _rows_address(opened: Opened) -> str:
    asking = Asking(opened.as_of, opened.window_days, opened.segment, opened.region, live=opened.live)
    return asking.rows_of(opened.figure, opened.key, label=opened.label, to=opened.to)


def _back(opened: Opened) -> Link:
    if opened.scope == Scope.ACCOUNT:
        return Link("The account", f"/accounts/{quote(opened.id, safe='')}")
    wanted = Wanted(
        segment=opened.segment or "",
        days=opened.window_days or 180,
        as_of=opened.as_of,
        region=opened.region or "",
        live=opened.live,
    )
    if opened.figure in _RETENTION:
        return Link("Retention", wanted.address("/retention"))
    return Link("Engagement", wanted.address())


_RETENTION = frozenset(one.name for one in catalogue.CATALOGUE if one.kind == catalogue.Kind.RENEWAL) | frozenset(
    ("onboarding_rating", "training_score", "stuck_accounts")
)


def _counted_rows(db: Connection, asked: Asked) -> Found:
    if not (asked.get("figure") and asked.get("scope")):
        raise NotFound("Name a figure and whose it is, such as figure=response_rate and scope=total.")
    read = Reading()
    opened = opened_of({name: asked.get(name) for name in ROWS_QUERY}, today=asked.today, read=read)
    opened = _placed(db, opened, read)
    refuse(read.unread)
    names = names_of(db)
    rows = every_row(db, asked.viewer, opened, now=asked.now)
    definition = catalogue.OPENS[opened.figure]
    facts = [
        ("Figure", definition.label),
        ("What it counts", definition.text),
        ("Definition", f"{opened.figure}, version {definition.version}"),
        ("Whose", _who(opened.scope, opened.id, names)),
        ("Days", str(opened.window_days)),
        ("As of", (opened.as_of or asked.today).isoformat()),
    ]
    return Found(list(rows_view.file_rows(rows, names)), facts, name=f"rows-{opened.figure.replace('_', '-')}")


COUNTED = PageTable(
    "rows",
    "The rows behind a figure",
    "/engagement/rows",
    rows_view.FILE_COLUMNS,
    _counted_rows,
    "As many as the figure's count says, and those that stand beside it.",
)


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise NotFound("There is no such figure.") from None


def _who(scope: Scope, id: str, names: Mapping[str, str]) -> str:
    return {
        Scope.TOTAL: "All teams",
        Scope.TEAM: f"Team of {names.get(id, id)}",
        Scope.CSM: names.get(id, "a CSM the CRM does not know"),
        Scope.SEGMENT: id.capitalize(),
        Scope.REGION: id,
        Scope.ACCOUNT: "This account",
    }[scope]


TABLES = (COUNTED,)
HANDLERS: list[Any] = [rows_page, *file_handlers(*TABLES)]
