"""What reading the CRM brought: runs, their counts, changes and problems, and records that wait to be settled."""

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.accounts import run as accounts
from voc.accounts import schedule
from voc.accounts.model import Kind, ProblemLevel, Reason, RunState
from voc.accounts.store import connections, errands, history, run_page
from voc.accounts.store import reads as records
from voc.accounts.store.problems import HEADS, problem_table, problems
from voc.base import preferences
from voc.base.errors import NotFound, Refused
from voc.base.words import ErrandKind
from voc.reports.tables import Column
from voc.reports.tables import Kind as Holds
from voc.web import crm_view, pages, sync_view
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.parts import address, files
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import ADMINS, EVERYBODY, LEADERS, roles

RUNS, PROBLEMS, CHANGES = 30, 50, 100
"""How many a page shows."""


@get("/sync", sync_to_thread=True, opt=roles(*EVERYBODY))
def runs_page(
    app: GivenApp, visit: GivenVisit, before: Annotated[int | None, QueryParameter(name="before")] = None
) -> Response[str]:
    with app.database.read() as db:
        found = history.runs(db, limit=RUNS + 1, before=before)
        waiting = {kind: records.set_aside(db, visit.viewer, kind=kind) for kind in Kind}
        stored = connections.load_connection(db)
        asked = errands.errand(db, ErrandKind.SYNC)
        hours = preferences.load(db).stale_after_hours
    now = app.now()
    context: dict[str, Any] = {
        "crm": crm_view,
        "stale_after": timedelta(hours=hours),
        "reading": sync_view.reading(stored, app.settings, found[0] if found and before is None else None, now=now),
        "asked": asked if asked is not None and sync_view.is_worth_saying(asked, now=now) else None,
        "runs": found[:RUNS],
        "older": found[RUNS - 1].id if len(found) > RUNS else None,
        "first": before is None,
        "waiting": {kind: rows for kind, rows in waiting.items() if rows},
    }
    return pages.page(app, visit, "sync/runs.html", **context)


@get("/sync/{run_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def one_run(  # noqa: PLR0917 - Litestar passes them by name
    app: GivenApp,
    visit: GivenVisit,
    run_id: FromPath[int],
    level: Annotated[str, QueryParameter(name="level")] = "",
    reason: Annotated[str, QueryParameter(name="reason")] = "",
    after: Annotated[int, QueryParameter(name="after")] = 0,
) -> Response[str]:
    """One run: counts per object, what changed, and each refused or warned row with its place and reason."""
    wanted_level = ProblemLevel(level) if level in set(ProblemLevel) else None
    wanted_reason = Reason(reason) if reason in set(Reason) else None
    with app.database.read() as db:
        run = history.run(db, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id}.")
        found = problems(
            db, run_id, visit.viewer, level=wanted_level, reason=wanted_reason, after=after, limit=PROBLEMS + 1
        )
        counted = run_page.problem_counts(db, run_id, visit.viewer)
        fields = run_page.changed_fields(db, run_id)
        newest = history.newest_id(db)
        asked = errands.errand(db, ErrandKind.SYNC)
        app_zone = preferences.load(db).default_time_zone
    context: dict[str, Any] = {
        "run": run,
        "problems": found[:PROBLEMS],
        "further": _further(run_id, level, reason, found[PROBLEMS - 1].id) if len(found) > PROBLEMS else None,
        "level": wanted_level,
        "reason": wanted_reason,
        "counted": counted,
        "newest": newest == run_id,
        "crm": crm_view,
        "fields": fields,
        "windows": sync_view.windows(run, ZoneInfo(app_zone)),
        "live": run.state == RunState.RUNNING and schedule.is_alive(run, now=app.now()),
        "silent_since": schedule.heard_at(run),
        "waits": asked is not None and asked.begun_at is None,
        "files": files(f"/sync/{run_id}/problems", "of all problems"),
    }
    return pages.page(app, visit, "sync/run.html", **context)


def _further(run_id: int, level: str, reason: str, after: int) -> str:
    return address(f"/sync/{run_id}", level=level, reason=reason, after=after)


def _problem_rows(db: Connection, asked: Asked) -> Found:
    """Every problem of a run that the viewer may see, for whoever mends the CRM."""
    text = asked.get("run_id")
    run_id = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    if history.run(db, run_id) is None:
        raise NotFound(f"There is no run {text or 'without a number: run_id=3'}.")
    return Found(problem_table(db, run_id, asked.viewer), name=f"sync-{run_id}-problems")


_NUMBERS = ("row", "line")
PROBLEM_ROWS = PageTable(
    "sync-problems",
    "Problems of a reading of the CRM",
    "/sync/{run_id:int}/problems",
    [Column(head, Holds.WHOLE if head in _NUMBERS else Holds.TEXT) for head in HEADS],
    _problem_rows,
)


@get("/sync/{run_id:int}/changes", sync_to_thread=True, opt=roles(*LEADERS))
def changes_page(
    app: GivenApp,
    visit: GivenVisit,
    run_id: FromPath[int],
    kind: Annotated[str, QueryParameter(name="object")] = "",
    after: Annotated[int, QueryParameter(name="after")] = 0,
) -> Response[str]:
    """What the run did to each record."""
    wanted = Kind(kind) if kind in set(Kind) else None
    with app.database.read() as db:
        run = history.run(db, run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id}.")
        found = run_page.changes(db, run_id, object=wanted, after=after, limit=CHANGES + 1)
    further = None
    if len(found) > CHANGES:
        further = address(f"/sync/{run_id}/changes", object=wanted, after=found[CHANGES - 1].id)
    context: dict[str, Any] = {
        "run": run,
        "changes": found[:CHANGES],
        "further": further,
        "kind": wanted,
        "kinds": list(Kind),
    }
    return pages.page(app, visit, "sync/changes.html", **context)


@post("/sync/now", sync_to_thread=True, opt=roles(*ADMINS))
def read_now(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    """Begin a reading, or go on with one that was stopped: a worker does it at once."""
    now = app.now()
    with app.database.begin() as db:
        newest = history.newest(db)
        if newest is not None and schedule.is_alive(newest, now=now):
            raise Refused(f"Run {newest.id} is reading the CRM just now. Wait until it has ended")
        if connections.load_connection(db) is None and app.settings.crm is None:
            raise Refused("No CRM is connected. Set it up under Settings, CRM")
        errands.ask(db, ErrandKind.SYNC, of="", by=visit.viewer.name, now=now)
    return pages.back(app, visit, "/sync", "Asked for: a worker begins the reading within seconds.")


@post("/sync/{run_id:int}/release", sync_to_thread=True, opt=roles(*ADMINS))
def release(app: GivenApp, visit: GivenVisit, run_id: FromPath[int]) -> Response[Any]:
    """Apply a held run after somebody looked at what is missing."""
    accounts.release(app.database, run_id, by=visit.viewer.name, now=app.now())
    return pages.back(app, visit, f"/sync/{run_id}", "The run was applied as it was read.")


@post("/sync/settle", sync_to_thread=True, opt=roles(*EVERYBODY))
def settle(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """A record that is missing from the CRM: gone, or still there whatever the CRM says."""
    if form.text("kind") not in set(Kind) or form.text("do") not in ("gone", "there"):
        raise Refused("Choose a record from the list")
    kind, record_id, gone = Kind(form.text("kind")), form.text("record_id"), form.text("do") == "gone"
    with app.database.begin() as db:
        waiting = records.set_aside(db, visit.viewer, kind=kind, limit=10_000)
        record = next((one for one in waiting if one.id == record_id), None)
        if record is None:
            raise NotFound("Nothing like that waits to be settled; somebody may have done it already.")
        accounts.settle_gone(db, kind=kind, record_id=record_id, gone=gone, by=visit.viewer.name, now=app.now())
    said = "is closed" if gone else "is still there, until the CRM shows it again or says otherwise"
    return pages.back(app, visit, "/sync", f"{record.name or record.id} {said}.")


TABLES = (PROBLEM_ROWS,)
HANDLERS = [runs_page, one_run, *file_handlers(*TABLES), changes_page, read_now, release, settle]
