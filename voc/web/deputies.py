"""Who is away, and who looks after their follow-ups."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.followup.deputies import Deputy
from voc.followup.run import deputies as run
from voc.followup.store import deputies as store
from voc.web import pages, view
from voc.web.acts import day_of
from voc.web.context import App
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, Visit, roles

PATH = "/follow-ups/away"


@get(PATH, sync_to_thread=True, opt=roles(*EVERYBODY))
def away_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _page(app, visit)


def _page(
    app: App, visit: Visit, *, typed: Mapping[str, str] | None = None, wrong: Refused | None = None
) -> Response[str]:
    today, viewer = app.now().date(), visit.viewer
    with app.database.read() as db:
        csms = store.may_be_away(db, viewer)
        mine = {one.csm_id for one in csms}
        standing = [
            {"one": one, "now": one.from_on <= today, "may_end": one.away.csm_id in mine, "words": _words(one, viewer)}
            for one in store.listing(db, viewer, today=today)
        ]
        colleagues = store.may_stand_in(db)
    filled = {"csm": viewer.csm_id or "", "deputy": "", "from": today.isoformat(), "to": "", **(typed or {})}
    return pages.page(
        app,
        visit,
        "followups/away.html",
        status=409 if wrong else 200,
        heading=_heading(len(standing)),
        standing=standing,
        csms=csms,
        colleagues=colleagues,
        typed=filled,
        error=None if wrong is None else f"{wrong.reason}.",
        field=None if wrong is None else wrong.field,
    )


def _heading(many: int) -> str:
    return f"{view.count(many, 'deputy', 'deputies')} named" if many else "Nobody is away"


def _words(one: Deputy, viewer: Viewer) -> str:
    """As in: Dana Whitlock stands in for Jonas Brandt."""
    if one.deputy.csm_id == viewer.csm_id:
        return f"You stand in for {one.away.name}"
    return f"{one.deputy.name} stands in for {one.away.name}"


@post(PATH, sync_to_thread=True, opt=roles(*EVERYBODY))
def appoint(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    try:
        from_on, to_on = day_of(form, "from"), day_of(form, "to")
        with app.database.begin() as db:
            made = run.appoint(
                db,
                csm_id=form.text("csm") or (visit.viewer.csm_id or ""),
                deputy_csm_id=form.text("deputy"),
                from_on=from_on,
                to_on=to_on,
                viewer=visit.viewer,
                now=app.now(),
            )
    except Refused as refused:
        return _page(app, visit, typed=form.typed(), wrong=refused)
    return pages.back(app, visit, PATH, f"{_words(made, visit.viewer)} {_days(made.from_on, made.to_on)}.")


@post(PATH + "/{deputy_id:int}/end", sync_to_thread=True, opt=roles(*EVERYBODY))
def end(app: GivenApp, visit: GivenVisit, deputy_id: FromPath[int]) -> Response[Any]:
    with app.database.begin() as db:
        ended = run.end(db, deputy_id, viewer=visit.viewer, now=app.now())
    return pages.back(app, visit, PATH, f"{ended.away.name} looks after the follow-ups again.")


def _days(from_on: date, to_on: date) -> str:
    return f"from {view.day(from_on)} to {view.day(to_on)}"


HANDLERS: list[Any] = [away_page, appoint, end]
