"""Follow-ups: the board, one case, and the steps from new to confirmed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.preferences import Preferences
from voc.base.words import Cause, FollowUpState, Scope, StaffRole
from voc.followup import hours, rules, run, store, you_said
from voc.followup.model import FollowUp, Promise
from voc.followup.store import lines
from voc.followup.store.times import durations
from voc.metrics import run as metrics
from voc.metrics import wording
from voc.metrics.run import kept_pages, recovery, standings
from voc.metrics.run.kept import kept_of
from voc.web import figure_view, followups_view, pages, recovery_view, survival_view, view, you_said_view
from voc.web.context import App
from voc.web.figure_view import Asking
from voc.web.followups_view import Chosen
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.parts import Card
from voc.web.survival_view import Lasted
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, Visit, roles

WINDOW = timedelta(days=180)
LAST_CONFIRMED = 5

_SCOPES = {StaffRole.CSM: "Your accounts", StaffRole.LEAD: "Your team"}
_WAITING = tuple(state for state in FollowUpState if state != FollowUpState.CONFIRMED)


@get("/follow-ups", sync_to_thread=True, opt=roles(*EVERYBODY))
def board_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    show: Annotated[str, QueryParameter(name="show")] = "",
    mine: Annotated[str, QueryParameter(name="mine")] = "",
    only: Annotated[str, QueryParameter(name="only")] = "",
    after: Annotated[str, QueryParameter(name="after")] = "",
    cause: Annotated[str, QueryParameter(name="cause")] = "",
) -> Response[str]:
    chosen = Chosen(
        as_list=show == "list",
        mine=mine == "yes",
        late=only == "late",
        done=only == "done",
        cause=cause if cause in {one.value for one in Cause} else "",
    )
    place = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else None
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        wanted = preferences.load(db)
        cases, total = _cases(db, viewer, chosen, place, now=now, wanted=wanted)
        last = store.confirmed(db, viewer, now=now, preferences=wanted, limit=LAST_CONFIRMED)
        a_day = hours.a_day(wanted)
        on = standings.large_on(db, now=now)
        page = followups_view.board_page(
            cases,
            last,
            store.causes(db, viewer, since=now - WINDOW),
            _times(db, viewer, on, now=now, wanted=wanted, a_day=a_day),
            in_time=_in_time(db, viewer, on, now=now, wanted=wanted),
            recovered=kept_pages.recovery_of(db, viewer, on, now=now),
            chosen=chosen,
            total=total,
            after=place,
            scope=_SCOPES.get(viewer.role, "All teams"),
            owns_cases=viewer.csm_id is not None,
            hours_a_day=a_day,
            resolve_hours=wanted.resolve_hours,
        )
    return pages.page(app, visit, "followups/board.html", page=page)


def _caused_by(cases: Sequence[FollowUp], cause: str, *, since: datetime) -> list[FollowUp]:
    return [one for one in cases if one.cause == cause and one.confirmed_at is not None and one.confirmed_at >= since]


def _cases(
    db: Connection, viewer: Viewer, chosen: Chosen, after: int | None, *, now: datetime, wanted: Preferences
) -> tuple[list[FollowUp], int]:
    """Those of the view, and how many there are: of the confirmed one page and one more."""
    if chosen.cause:
        every = store.listing(db, viewer, now=now, preferences=wanted, states=[FollowUpState.CONFIRMED])
        caused = _caused_by(every, chosen.cause, since=now - WINDOW)
        return caused, len(caused)
    if chosen.done:
        most = followups_view.LIST_MOST + 1
        found = store.confirmed(db, viewer, now=now, preferences=wanted, mine=chosen.mine, after=after, limit=most)
        return found, store.how_many_confirmed(db, viewer, mine=chosen.mine)
    found = store.listing(db, viewer, now=now, preferences=wanted, states=_WAITING, mine=chosen.mine, late=chosen.late)
    return found, len(found)


def _times(
    db: Connection, viewer: Viewer, on: date | None, *, now: datetime, wanted: Preferences, a_day: float
) -> list[Lasted]:
    found = kept_pages.took(db, viewer, on, since=now - WINDOW, now=now, preferences=wanted)
    return [Lasted(one.hours / a_day, one.resolved, one.confirmed) for one in found]


def _in_time(db: Connection, viewer: Viewer, on: date | None, *, now: datetime, wanted: Preferences) -> Card:
    """The figure that the engagement page shows, of what this viewer sees."""
    scope, id = (Scope.TOTAL, "") if viewer.sees_all else (Scope.TEAM, viewer.csm_id or "")
    if viewer.role == StaffRole.CSM:
        scope = Scope.CSM
    name = "follow_up_attainment"
    figure = None if on is None else kept_of(db, (scope, id), on=on, days=wanted.window_days, names=[name]).get(name)
    if figure is None:
        ids = None if scope == Scope.TOTAL else [id]
        found = metrics.figures(db, scope=scope, ids=ids, now=now, preferences=wanted, viewer=viewer, names=[name])
        figure = found[0].figures[name]
    pending = figure.parts.get("pending", 0)
    notes = [f"{pending} open within the limit"] if pending else []
    of = f"{wording.counts(figure)} due"
    return figure_view.card(figure, Asking(on), name="Contacted in time", of=of, notes=notes)


@get("/follow-ups/recovery", sync_to_thread=True, opt=roles(*EVERYBODY))
def recovery_page(
    app: GivenApp, visit: GivenVisit, of: Annotated[str, QueryParameter(name="of")] = ""
) -> Response[str]:
    """Detractors who were asked again, one row each; `of` those who answered, or by what was done in between."""
    with app.database.read() as db:
        page = recovery_view.page(recovery.page(db, visit.viewer, now=app.now()), of=of)
    return pages.page(app, visit, "followups/recovery.html", page=page)


def _recovery_rows(db: Connection, asked: Asked) -> Found:
    return Found(recovery_view.file_rows(recovery.page(db, asked.viewer, now=asked.now)))


RECOVERY = PageTable(
    "recovery",
    "Detractors at their next wave",
    "/follow-ups/recovery",
    recovery_view.FILE_COLUMNS,
    _recovery_rows,
    "An answer of 6 or less and the same person's next wave; silence there is no recovery.",
)


@get("/follow-ups/times", sync_to_thread=True, opt=roles(*EVERYBODY))
def times_page(
    app: GivenApp, visit: GivenVisit, only: Annotated[str, QueryParameter(name="state")] = ""
) -> Response[str]:
    """How long each follow-up of the last 180 days took, or has taken: the rows behind the curve."""
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        wanted = preferences.load(db)
        lasted = durations(db, viewer, since=now - WINDOW, now=now, preferences=wanted)
        if only == "resolved":
            lasted = [one for one in lasted if one.resolved]
        cases = {case.id: case for case in store.listing(db, viewer, now=now, preferences=wanted)}
    rows = [(one, cases.get(one.follow_up_id)) for one in lasted]
    page = survival_view.times_page(rows, hours.a_day(wanted), only_resolved=only == "resolved")
    return pages.page(app, visit, "followups/times.html", page=page)


def _case_rows(db: Connection, asked: Asked) -> Found:
    wanted = {"done": (FollowUpState.CONFIRMED,), "late": _WAITING, "waiting": _WAITING}
    cases = store.listing(
        db,
        asked.viewer,
        now=asked.now,
        preferences=preferences.load(db),
        mine=asked.get("mine") == "yes",
        late=asked.get("only") == "late",
        states=wanted.get(asked.get("only")),
    )
    return Found([followups_view.file_row(case) for case in cases])


CASES = PageTable(
    "follow-ups",
    "Follow-ups",
    "/follow-ups/all",
    followups_view.FILE_COLUMNS,
    _case_rows,
    "Every duty to get back to a person, with its owner and its times. only=late, waiting or done; mine=yes.",
)


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


TABLES = (CASES, RECOVERY)
HANDLERS: list[Any] = [board_page, recovery_page, times_page, *file_handlers(*TABLES), case_page, move_on]
