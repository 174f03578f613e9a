"""Follow-ups: the rows behind the board's figures, who came back and how long each case took."""

from datetime import timedelta
from typing import Any

from litestar import Response, get
from sqlalchemy import Connection

from voc.base import preferences
from voc.followup import hours, store
from voc.followup.store.times import durations
from voc.metrics.recovery import Contact
from voc.metrics.run import recovery
from voc.web import pages, recovery_view, survival_view
from voc.web.context import App
from voc.web.engagement_view import Wanted
from voc.web.followups_view import Chosen
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.narrowing import part_asked_for, strictly, within_of
from voc.web.survival_view import Lasted
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.unread import Reading, refuse
from voc.web.visit import EVERYBODY, Visit, roles


@get("/follow-ups/recovery", sync_to_thread=True, opt=roles(*EVERYBODY))
def recovery_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    """Detractors who were asked again, one row each; `of` those who answered, or by what was done in between."""
    asked = _asked(app, visit, request)
    with app.database.read() as db:
        found, part = _recovery(db, asked)
        read = Reading()
        of = read.one_of("of", asked.get("of"), ("again", *Contact), "all who were asked again are shown")
        page = recovery_view.page(found, of=of, query=part.query)
    return pages.page(app, visit, "followups/recovery.html", page=page, unread=(*part.unread, *read.unread))


def _asked(app: App, visit: Visit, request: AnyRequest) -> Asked:
    return Asked(app, visit.viewer, app.now(), dict(request.query_params))


def _recovery(db: Connection, asked: Asked) -> tuple[recovery.RecoveryPage, Wanted]:
    part = part_asked_for(db, asked)
    inside = within_of(db, asked.viewer, part, preferences.load(db))
    return recovery.page(db, asked.viewer, now=asked.now, part=inside.part), part


def _recovery_rows(db: Connection, asked: Asked) -> Found:
    found, part = _recovery(db, asked)
    strictly(part)
    return Found(recovery_view.file_rows(found))


RECOVERY = PageTable(
    "recovery",
    "Detractors at their next wave",
    "/follow-ups/recovery",
    recovery_view.FILE_COLUMNS,
    _recovery_rows,
    "An answer of 6 or less and the same person's next wave; silence there is no recovery.",
)


@get("/follow-ups/times", sync_to_thread=True, opt=roles(*EVERYBODY))
def times_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    """How long each follow-up of the period took, or has taken: the rows behind the curve."""
    asked = _asked(app, visit, request)
    read = Reading()
    only = read.one_of("state", asked.get("state"), ("resolved",), "open ones are shown too") == "resolved"
    with app.database.read() as db:
        rows, a_day, part = _lasted(db, asked, only_resolved=only)
    page = survival_view.times_page(rows, a_day, days=part.days, only_resolved=only, query=Chosen(part=part).query)
    return pages.page(app, visit, "followups/times.html", page=page, unread=(*part.unread, *read.unread))


def _lasted(db: Connection, asked: Asked, *, only_resolved: bool) -> tuple[list[survival_view.Timed], float, Wanted]:
    """How long each took, with its case; how many hours a working day has; and which part of them was asked for."""
    wanted, part, viewer = preferences.load(db), part_asked_for(db, asked), asked.viewer
    inside = within_of(db, viewer, part, wanted).part
    since = asked.now - timedelta(days=part.days)
    lasted = durations(db, viewer, since=since, now=asked.now, preferences=wanted, part=inside)
    cases = {case.id: case for case in store.listing(db, viewer, now=asked.now, preferences=wanted, part=inside)}
    rows = [(one, cases.get(one.follow_up_id)) for one in lasted if one.resolved or not only_resolved]
    return rows, hours.a_day(wanted), part


def _times_rows(db: Connection, asked: Asked) -> Found:
    read = Reading()
    only = read.one_of("state", asked.get("state"), ("resolved",), "all are in it")
    refuse(read.unread)
    rows, a_day, part = _lasted(db, asked, only_resolved=bool(only))
    strictly(part)
    ranked = survival_view.ranked(rows)
    return Found([survival_view.times_row(one, case, a_day) for one, case in ranked], _facts(asked, part, a_day))


def _facts(asked: Asked, part: Wanted, a_day: float) -> list[tuple[str, str]]:
    as_of, hours_a_day = asked.today.isoformat(), f"{a_day:g}"
    return [("Period", f"{part.days} days"), ("As of", as_of), ("Hours of a working day", hours_a_day)]


TIMES = PageTable(
    "times",
    "How long follow-ups took",
    "/follow-ups/times",
    survival_view.TIMES_COLUMNS,
    _times_rows,
    "The rows behind the curve: from the answer to resolved, or to now while it is open. state=resolved.",
)


def _curve_rows(db: Connection, asked: Asked) -> Found:
    rows, a_day, part = _lasted(db, asked, only_resolved=False)
    strictly(part)
    lasted = [Lasted(one.hours / a_day, one.resolved, one.confirmed) for one, _ in rows]
    return Found(survival_view.curve_rows(lasted), [*_facts(asked, part, a_day), ("Follow-ups", str(len(lasted)))])


CURVE = PageTable(
    "times-curve",
    "Share of follow-ups still open by day",
    "/follow-ups/curve",
    survival_view.CURVE_COLUMNS,
    _curve_rows,
    "Kaplan-Meier with 95% limits; open ones count at their age. Nothing under ten follow-ups.",
)


TABLES = (RECOVERY, TIMES, CURVE)
HANDLERS: list[Any] = [recovery_page, times_page, *file_handlers(*TABLES)]
