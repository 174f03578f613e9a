"""Waves: the list, how far each is, pausing and stopping."""

from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath, QueryParameter

from voc.base import preferences
from voc.base.words import StaffRole
from voc.campaigns.store import programmes, trials, wave_pages
from voc.metrics.store import confidential as store_confidential
from voc.web import pages, view, wave_view
from voc.web.given import GivenApp, GivenVisit
from voc.web.tables import csv_file
from voc.web.visit import EVERYBODY, LEADERS, roles

_WHOSE = {StaffRole.CSM: "your own accounts", StaffRole.LEAD: "your team’s accounts"}


@get("/waves", sync_to_thread=True, opt=roles(*EVERYBODY))
def waves_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    with app.database.read() as db:
        rows = wave_pages.rows(db, visit.viewer)
        campaigns = [one.name for one in programmes.campaigns(db)]
    page = wave_view.waves_page(
        rows,
        campaigns,
        may_launch=visit.may(*LEADERS),
        whose=_WHOSE.get(visit.viewer.role, "all accounts"),
    )
    return pages.page(app, visit, "programme/waves.html", page=page)


@get("/waves/{wave_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def wave_page(
    app: GivenApp,
    visit: GivenVisit,
    wave_id: FromPath[int],
    show: Annotated[str, QueryParameter(name="show")] = "",
    csm: Annotated[str, QueryParameter(name="csm")] = "",
) -> Response[str]:
    with app.database.read() as db:
        zone = ZoneInfo(preferences.load(db).default_time_zone)
        row = wave_pages.row(db, wave_id, visit.viewer)
        views = wave_view.views(row)
        chosen = show if show in views else wave_view.first_view(row)
        people = wave_pages.asked(
            db,
            wave_id,
            visit.viewer,
            standings=views[chosen][1],
            csm_id=csm or None,
            limit=wave_view.MOST_LISTED,
        )
        page = wave_view.wave_page(
            row,
            wave_pages.tally(db, wave_id, visit.viewer),
            wave_pages.left_out(db, wave_id, visit.viewer),
            people,
            trials.halves(db, visit.viewer, wave_id=wave_id),
            chosen=chosen,
            csm_id=csm or None,
            own_csm_id=visit.viewer.csm_id,
            may_steer=visit.may(*LEADERS),
            moment=partial(view.moment, zone=zone),
            release=store_confidential.release_of(db, wave_id, visit.viewer) if row.confidential else None,
        )
    return pages.page(app, visit, "programme/wave.html", page=page)


@get("/waves/{wave_id:int}/people.csv", sync_to_thread=True, opt=roles(*EVERYBODY))
def people_file(app: GivenApp, visit: GivenVisit, wave_id: FromPath[int]) -> Response[bytes]:
    with app.database.read() as db:
        wave_pages.row(db, wave_id, visit.viewer)
        people = wave_pages.asked(db, wave_id, visit.viewer)
    return csv_file(app, visit, f"wave-{wave_id}-people", wave_view.PEOPLE_HEADS, wave_view.people_rows(people))


@get("/waves/{wave_id:int}/not-asked.csv", sync_to_thread=True, opt=roles(*EVERYBODY))
def not_asked_file(app: GivenApp, visit: GivenVisit, wave_id: FromPath[int]) -> Response[bytes]:
    with app.database.read() as db:
        wave_pages.row(db, wave_id, visit.viewer)
        left_out = wave_pages.left_out(db, wave_id, visit.viewer)
    rows = wave_view.left_out_rows(left_out)
    return csv_file(app, visit, f"wave-{wave_id}-not-asked", wave_view.LEFT_OUT_HEADS, rows)


HANDLERS: list[Any] = [waves_page, wave_page, people_file, not_asked_file]
