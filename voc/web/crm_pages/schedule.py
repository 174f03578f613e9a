"""How often the CRM is read."""

from typing import Any

import msgspec
from litestar import Response, get, post

from voc.accounts import schedule
from voc.accounts.store import history
from voc.base.errors import Refused
from voc.web import crm_view, pages
from voc.web.context import App
from voc.web.crm_pages.standing import PATH, connected, crm_page, save_connection
from voc.web.crm_view import OFFERS, Standing
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, Visit, roles


@get(f"{PATH}/schedule", sync_to_thread=True, opt=roles(*ADMINS))
def schedule_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, connection = connected(app)
    return _schedule_page(app, visit, standing, str(connection.every_minutes))


def _schedule_page(
    app: App, visit: Visit, standing: Standing, minutes: str, *, refusal: Refused | None = None
) -> Response[str]:
    with app.database.read() as db:
        newest = history.newest(db)
    assert standing.connection is not None
    return crm_page(
        app,
        visit,
        "schedule",
        standing,
        status=400 if refusal else 200,
        minutes=minutes,
        newest=newest,
        next_at=crm_view.next_at(standing.connection, newest, now=app.now()),
        limits=schedule.EVERY,
        refusal=refusal,
    )


@post(f"{PATH}/schedule", sync_to_thread=True, opt=roles(*ADMINS))
def change_schedule(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    standing, connection = connected(app)
    on, minutes = form.text("do") != "off", form.text("every_minutes")
    try:
        if on and standing.why_not:
            raise Refused(standing.why_not[0], field="on")
        if not minutes.isascii() or not minutes.isdigit() or len(minutes) > 5:
            raise Refused("Write a number of minutes, such as 60.", field="every_minutes")
        saved = save_connection(app, visit, msgspec.structs.replace(connection, on=on, every_minutes=int(minutes)))
    except Refused as refused:
        return _schedule_page(app, visit, standing, minutes, refusal=refused)
    said = (
        f"{OFFERS[saved.crm].name} is read {crm_view.every(saved.every_minutes)}."
        if on
        else "It is not read on schedule any more."
    )
    return pages.back(app, visit, f"{PATH}/schedule", said)
