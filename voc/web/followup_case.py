"""One follow-up, and its steps from new to confirmed."""

from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.followup import rules, run, store, you_said
from voc.followup.model import FollowUp, Promise
from voc.followup.store import lines
from voc.web import followups_view, pages, view, you_said_view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, Visit, roles


@get("/follow-ups/{follow_up_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def case_page(app: GivenApp, visit: GivenVisit, follow_up_id: FromPath[int]) -> Response[str]:
    return _case_page(app, visit, follow_up_id)


def _case_page(
    app: App, visit: Visit, follow_up_id: int, *, typed: dict[str, str] | None = None, refused: Refused | None = None
) -> Response[str]:
    now = app.now()
    with app.database.read() as db:
        wanted = preferences.load(db)
        case = store.follow_up(db, follow_up_id, visit.viewer, now=now, preferences=wanted)
        told = you_said_view.telling(case, lines.of_follow_up(db, follow_up_id))
    page = followups_view.case_page(
        case,
        limits=_limits(case, wanted),
        moment=partial(view.moment, zone=ZoneInfo(wanted.default_time_zone)),
        typed=typed,
        error=None if refused is None else f"{refused.reason}.",
    )
    status = 200 if refused is None else 409
    return pages.page(
        app, visit, "followups/follow_up.html", status=status, page=page, told=told, longest=you_said.LONGEST
    )


def _limits(case: FollowUp, wanted: Preferences) -> dict[Promise, float | None]:
    clock = rules.clock(case.kind, wanted)
    return {promise: clock.hours(promise) for promise in Promise}


@post("/follow-ups/{follow_up_id:int}/{act:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def move_on(
    app: GivenApp, visit: GivenVisit, follow_up_id: FromPath[int], act: FromPath[str], form: GivenForm
) -> Response[Any]:
    """One step. What cannot be done is said beside the form, with what was typed kept."""
    try:
        with app.database.begin() as db:
            said = _move(db, follow_up_id, act, form, viewer=visit.viewer, now=app.now())
    except Refused as refused:
        typed = {"act": act, "note": form.text("note"), "cause": form.text("cause"), "line": form.text("line")}
        return _case_page(app, visit, follow_up_id, typed=typed, refused=refused)
    undo: tuple[str, dict[str, str]] | None = (
        (f"/follow-ups/{follow_up_id}/reopen", {}) if act in ("resolve", "confirm") else None
    )
    back = pages.own_path(form.text("back"), f"/follow-ups/{follow_up_id}")
    return pages.back(app, visit, back, said, undo=undo)


def _move(db: Connection, id: int, act: str, form: Form, *, viewer: Viewer, now: datetime) -> str:
    """Do it; what was done, in words."""
    match act:
        case "acknowledge":
            run.acknowledge(db, id, viewer=viewer, now=now)
            return "It is yours; the clock for the first contact runs."
        case "contact":
            run.contact(db, id, viewer=viewer, now=now, note=form.text("note"))
            return "The call is logged."
        case "resolve":
            run.resolve(
                db,
                id,
                viewer=viewer,
                now=now,
                cause=form.text("cause"),
                outcome=form.text("note"),
                line=form.text("line"),
                colleagues=form.ticked("colleagues"),
            )
            return "Resolved. Ask the customer whether they agree, then confirm it."
        case "you-said":
            line, colleagues = form.text("line"), form.ticked("colleagues")
            run.you_said.write(db, id, line=line, colleagues=colleagues, viewer=viewer, now=now)
            return "The line stands in the next invitations."
        case "confirm":
            run.confirm(db, id, viewer=viewer, now=now, note=form.maybe("note"))
            return "Confirmed by the customer."
        case "reopen":
            run.reopen(db, id, viewer=viewer, now=now, note=form.maybe("note"))
            return "Open again; the same clock runs on."
        case _:
            raise Refused("There is no such step")


HANDLERS: list[Any] = [case_page, move_on]
