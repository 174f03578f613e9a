"""Settings > CRM > Write-back: what goes into the CRM, each by its own switch, with a rehearsal. Admins only."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from litestar import Response, get, post
from sqlalchemy import Connection as Db

from voc.accounts import run as accounts
from voc.accounts import store as records
from voc.accounts import writing
from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import Probe
from voc.accounts.model import Kind
from voc.accounts.run import errands as doing
from voc.accounts.store import connections, errands, written_back
from voc.base.errors import Refused
from voc.base.words import ErrandKind
from voc.reports.cells import Cell
from voc.reports.tables import Column
from voc.reports.write_back import rehearse
from voc.web import crm_pages, crm_view, pages, write_back_view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.parts import files
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import ADMINS, Visit, roles

PATH = "/settings/crm/write-back"
SHOWN = 50
COUNTED = 2_000
"""How many planned writes a page shows and counts; the file has all."""
HEADS = ("what", "about", "key", "record_id", "state", "name", "before", "value", "why")


@get(PATH, sync_to_thread=True, opt=roles(*ADMINS))
def write_back_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    connection = _connection(app)
    if connection is None:
        return pages.page(app, visit, "crm/write_back_empty.html")
    return _page(app, visit, connection)


@post(PATH, sync_to_thread=True, opt=roles(*ADMINS))
def change(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """Save the switches and columns, or rehearse them as if they were saved."""
    before = _connection(app)
    if before is None:
        raise Refused("No CRM is connected yet: begin under Settings > CRM.")
    typed = _typed(before, form)
    try:
        if form.text("do") == "rehearse":
            if (wrong := writing.why_not_columns(typed, _probe(app, before))) is not None:
                raise Refused(wrong[1], field=f"write_columns.{wrong[0]}")
            return _page(app, visit, typed, rehearsed=True)
        _save(app, visit, typed)
    except Refused as refused:
        field = (refused.field or "").removeprefix("write_columns.")
        return _page(app, visit, typed, status=400, errors={field: refused.reason})
    undo = (PATH, {**_as_form(before), "do": "save"})
    return pages.back(app, visit, PATH, _said(before, typed), undo=undo)


@post(f"{PATH}/again", sync_to_thread=True, opt=roles(*ADMINS))
def again(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """Somebody mended what the CRM did not like: the next run tries one refused write again, or all of them."""
    with app.database.begin() as db:
        count = written_back.try_again(db, key=form.maybe("key"), now=app.now())
    if not count:
        raise Refused("Nothing like that is refused now; somebody may have had it tried again already.")
    return pages.back(app, visit, PATH, "It is tried again with the next run, within an hour.")


def _rehearsed(_db: Db, asked: Asked) -> Found:
    connection = _connection(asked.app)
    return Found(_lines(asked.app, connection) if connection else ())


REHEARSED = PageTable(
    "write-back-rehearsal",
    "What would be written back to the CRM",
    f"{PATH}/rehearsal",
    [Column(head) for head in HEADS],
    _rehearsed,
    "Every value that would be written now, one a line.",
    ADMINS,
)


def _lines(app: App, connection: Connection) -> Iterator[tuple[Cell, ...]]:
    for one in rehearse(app.database, connection, base_url=app.settings.base_url, now=app.now()):
        write, why = one.write, one.told.why if one.told else None
        for name, value in write.values.items():
            before = one.before.get(name)
            yield (write.what, one.wanted.about, write.key, write.record_id, one.state, name, before, value, why)


def _connection(app: App) -> Connection | None:
    with app.database.read() as db:
        return connections.load_connection(db)


def _probe(app: App, connection: Connection) -> Probe | None:
    """What the last check of this CRM found; None before the first."""
    with app.database.read() as db:
        looked = errands.errand(db, ErrandKind.CHECK)
    checked = doing.checked(looked, connection, app.vault)
    return checked.probe if checked else None


def _typed(before: Connection, form: Form) -> Connection:
    """The connection as the form would have it."""
    writes = frozenset(one for one in Switch if form.ticked(f"on.{one}"))
    columns = {one: form.text(f"column.{one}") for one in writing.FIELDS if form.text(f"column.{one}")}
    return msgspec.structs.replace(before, writes=writes, write_columns=columns)


def _as_form(connection: Connection) -> dict[str, str]:
    fields = {f"on.{one}": "1" for one in sorted(connection.writes)}
    return {**fields, **{f"column.{one}": column for one, column in connection.write_columns.items()}}


def _save(app: App, visit: Visit, typed: Connection) -> None:
    with app.database.begin() as db:
        accounts.choose_writes(
            db,
            writes=typed.writes,
            columns=typed.write_columns,
            probe=_probe(app, typed),
            actor=visit.viewer.name,
            now=app.now(),
            vault=app.vault,
            private_hosts=tuple(app.settings.crm_private_hosts),
        )


def _said(before: Connection, after: Connection) -> str:
    if after.writes - before.writes:
        return "The next run writes what is switched on, within an hour of this."
    if before.writes - after.writes:
        return "What was switched off is not written any more; what the CRM has already stays there."
    return "The fields are saved."


def _page(
    app: App,
    visit: Visit,
    connection: Connection,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    rehearsed: bool = False,
) -> Response[str]:
    """`connection` may be one that was only typed: then `rehearsed`, or with what is wrong in `errors`."""
    takes_writes = connection.crm in crm_view.WRITABLE
    kept = crm_pages.standing_of(app)
    probe = _probe(app, connection)
    with app.database.read() as db:
        standing = written_back.standing(db)
        refused, _oldest = written_back.count_refused(db)
        refusals = written_back.refused(db)
        owners = {one.id: one.name for one in records.csms(db, visit.viewer)}
    plans = [] if errors or not takes_writes else _plans(app, connection)
    names = {one.wanted.key: one.wanted.about for one in plans}
    shown = [one for one in plans if one.state != writing.State.REFUSED]  # those have a table of their own
    due = [one for one in shown if one.due]
    columns = {kind: writing.columns_of(probe, kind) for kind in (Kind.CONTACT, Kind.ACCOUNT)}
    context: dict[str, Any] = {
        "connection": connection,
        "stages": crm_view.stages(kept, now=app.now()),
        "crm_name": crm_view.OFFERS[connection.crm].name,
        "takes_writes": takes_writes,
        "offers": write_back_view.offers(
            connection, standing, columns=write_back_view.columns_for(columns), errors=errors or {}
        ),
        "checked": probe is not None,
        "errors": errors or {},
        "rehearsed": rehearsed,
        "files": files(f"{PATH}/rehearsal", "of every value"),
        "heading": write_back_view.heading(connection, refused=refused, due=len(due), more=len(plans) == COUNTED),
        "rows": [write_back_view.row(one, owners=owners) for one in shown[:SHOWN]],
        "due": len(due),
        "more": len(plans) == COUNTED,
        "hidden": max(len(shown) - SHOWN, 0),
        "refusals": [write_back_view.refusal(one, names) for one in refusals],
        "refused": refused,
        "last": standing.last,
        "path": PATH,
    }
    return pages.page(app, visit, "crm/write_back.html", status=status, **context)


def _plans(app: App, connection: Connection) -> list[writing.Planned]:
    return list(islice(rehearse(app.database, connection, base_url=app.settings.base_url, now=app.now()), COUNTED))


TABLES = (REHEARSED,)
HANDLERS = [write_back_page, change, again, *file_handlers(*TABLES)]
