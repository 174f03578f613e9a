"""A copied or restored database: why nothing leaves it, and what resuming does."""

from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.response import Redirect

from voc.base import preferences
from voc.base.errors import Refused
from voc.delivery import run
from voc.delivery.run import copied
from voc.web import pages, view
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, LEADERS, roles

PATH = "/delivery/copied"


@get(PATH, sync_to_thread=True, opt=roles(*LEADERS))
def copied_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    with app.database.read() as db:
        zone = ZoneInfo(preferences.load(db).default_time_zone)
        doubt = copied.doubt(db, now=app.now())
    moment = partial(view.moment, zone=zone)
    return pages.page(app, visit, "programme/copied.html", doubt=doubt, may_change=visit.may(*ADMINS), at=moment)


@post(PATH, sync_to_thread=True, opt=roles(*ADMINS))
def resume(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Redirect:
    act = form.text("act")
    if act not in ("careful", "nothing"):
        raise Refused("Choose how to resume")
    with app.database.begin() as db:
        settled = run.resume_sending(db, by=visit.viewer.name, now=app.now(), nothing_was_sent=act == "nothing")
    if settled is None:
        return pages.back(app, visit, "/delivery", "Sending was resumed already.")
    said = f"Mail goes out again: {view.count(settled.planned_anew, 'overdue step')} planned anew"
    unknown = f", {settled.unknown:,} that may have been sent wait below for your word" if settled.unknown else ""
    return pages.back(app, visit, "/delivery", f"{said}{unknown}.")


HANDLERS: list[Any] = [copied_page, resume]
