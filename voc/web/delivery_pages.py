"""Delivery: what waits, what is stuck, what came back; pausing, and settling what nobody can know."""

from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.errors import Refused
from voc.delivery import run, store
from voc.web import delivery_view, pages, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, LEADERS, Visit, roles

MOST_LISTED = 200


@get("/delivery", sync_to_thread=True, opt=roles(*LEADERS))
def delivery_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    with app.database.read() as db:
        zone = ZoneInfo(preferences.load(db).default_time_zone)
        health = store.health(db, now=app.now())
        troubles = store.troubles(db, visit.viewer, limit=MOST_LISTED)
    page = delivery_view.page(health, troubles, may_change=visit.may(*ADMINS), moment=partial(view.moment, zone=zone))
    return pages.page(app, visit, "programme/delivery.html", page=page)


@post("/delivery/pause", sync_to_thread=True, opt=roles(*ADMINS))
def pause(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Redirect:
    because = form.maybe("reason")
    if because is None:
        raise Refused("Say why: everybody reads it on top of every page", field="reason")
    with app.database.begin() as db:
        run.pause_sending(db, because=because, by=visit.viewer.name, now=app.now())
    return pages.back(app, visit, "/delivery", "Sending is paused; nothing leaves until you resume it.")


@post("/delivery/resume", sync_to_thread=True, opt=roles(*ADMINS))
def resume(app: GivenApp, visit: GivenVisit) -> Redirect:
    with app.database.begin() as db:
        run.resume_sending(db, by=visit.viewer.name, now=app.now())
    return pages.back(app, visit, "/delivery", "Mail goes out again; what is overdue goes in its next window.")


@post("/delivery/{message_id:int}/settle", sync_to_thread=True, opt=roles(*ADMINS))
def settle(app: GivenApp, visit: GivenVisit, message_id: FromPath[int], form: GivenForm) -> Redirect:
    with app.database.begin() as db:
        said = _settle(app, db, visit, message_id, form)
    return pages.back(app, visit, "/delivery", said)


def _settle(app: App, db: Connection, visit: Visit, message_id: int, form: Form) -> str:
    by, now = visit.viewer.name, app.now()
    match form.text("act"):
        case "arrived":
            run.settle(db, message_id, accepted=True, by=by, now=now)
            return "Settled: it arrived."
        case "lost":
            run.settle(db, message_id, accepted=False, by=by, now=now)
            return "Settled: it did not arrive; the chase goes on with its next step."
        case "release":
            run.release(db, message_id, by=by, now=now)
            return "It goes out once more; if it had arrived, the person gets it twice."
        case _:
            raise Refused("Choose what became of the message")


HANDLERS: list[Any] = [delivery_page, pause, resume, settle]
