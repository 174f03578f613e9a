"""Waves: the list, how far each is, pausing and stopping."""

from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.errors import NotFound
from voc.base.words import StaffRole
from voc.campaigns.store import programmes, trials, wave_pages
from voc.metrics.store import confidential as store_confidential
from voc.web import pages, view, wave_view
from voc.web.given import AskedCsm, GivenApp, GivenVisit
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, LEADERS, roles
from voc.web.wave_people import Chosen
from voc.web.wave_view import behind

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
    csm: AskedCsm = "",
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
            held=wave_pages.held(db, wave_id, visit.viewer),
            moment=partial(view.moment, zone=zone),
            release=store_confidential.release_of(db, wave_id, visit.viewer) if row.confidential else None,
        )
    return pages.page(app, visit, "programme/wave.html", page=page)


@get("/waves/{wave_id:int}/rows", sync_to_thread=True, opt=roles(*EVERYBODY))
def wave_rows(
    app: GivenApp,
    visit: GivenVisit,
    wave_id: FromPath[int],
    *,
    of: Annotated[str, QueryParameter(name="of")] = "",
    became: Annotated[str, QueryParameter(name="became")] = "",
    reason: Annotated[str, QueryParameter(name="reason")] = "",
    csm: AskedCsm = "",
    half: Annotated[str, QueryParameter(name="half")] = "",
    after: Annotated[str, QueryParameter(name="after")] = "",
) -> Response[str]:
    """The people behind one number of the wave's page."""
    with app.database.read() as db:
        row = wave_pages.row(db, wave_id, visit.viewer)
        asked = wave_pages.asked(db, wave_id, visit.viewer)
        left_out = wave_pages.left_out(db, wave_id, visit.viewer)
    page = behind.rows_page(row, asked, left_out, Chosen(of, became, reason, csm or None, half), after=after)
    return pages.page(app, visit, "programme/wave_rows.html", page=page)


def _people(db: Connection, asked: Asked) -> Found:
    wave_id = wave_of(asked)
    row = wave_pages.row(db, wave_id, asked.viewer)
    views = wave_view.views(row)
    standings = views[asked.get("show")][1] if asked.get("show") in views else ()
    people = wave_pages.asked(db, wave_id, asked.viewer, standings=standings, csm_id=asked.get("csm") or None)
    return Found(wave_view.people_rows(people), [("Wave", row.label)], name=f"wave-{wave_id}-people")


PEOPLE = PageTable(
    "wave-people",
    "Everybody asked in a wave",
    "/waves/{wave_id:int}/people",
    wave_view.PEOPLE_COLUMNS,
    _people,
    "Of a confidential wave it is told that a mail went out or came back, never whether somebody answered.",
)


def _not_asked(db: Connection, asked: Asked) -> Found:
    wave_id = wave_of(asked)
    row = wave_pages.row(db, wave_id, asked.viewer)
    rows = wave_view.left_out_rows(wave_pages.left_out(db, wave_id, asked.viewer))
    return Found(rows, [("Wave", row.label)], name=f"wave-{wave_id}-not-asked")


NOT_ASKED = PageTable(
    "wave-not-asked",
    "Everybody not asked in a wave, and why",
    "/waves/{wave_id:int}/not-asked",
    wave_view.LEFT_OUT_COLUMNS,
    _not_asked,
)


def _waves(db: Connection, asked: Asked) -> Found:
    return Found(wave_view.wave_rows(wave_pages.rows(db, asked.viewer)))


WAVES = PageTable("waves", "Waves", "/waves", wave_view.WAVE_COLUMNS, _waves)


def wave_of(asked: Asked) -> int:
    """The wave that the path or --where names."""
    text = asked.get("wave_id")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound("There is no such wave. Name one by its number: wave_id=3")
    return int(text)


TABLES = (WAVES, PEOPLE, NOT_ASKED)
HANDLERS: list[Any] = [waves_page, wave_page, wave_rows, *file_handlers(*TABLES)]
