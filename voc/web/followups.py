"""Follow-ups: the board, one case, and the steps from new to confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from voc.base.words import Cause, FollowUpState, StaffRole
from voc.followup import hours, rules, run, store, you_said
from voc.followup.model import FollowUp, Promise
from voc.followup.store import lines
from voc.followup.store.times import durations
from voc.metrics import run as metrics
from voc.metrics import store as figures
from voc.metrics import wording
from voc.metrics.model import Figure
from voc.metrics.recovery import Recovery
from voc.metrics.run import kept_pages, recovery, standings
from voc.metrics.run.kept import kept_of, last_night
from voc.metrics.run.narrowing import Within, within
from voc.web import figure_view, followups_view, pages, recovery_view, survival_view, view, you_said_view
from voc.web.context import App
from voc.web.engagement_view import Wanted, filters
from voc.web.figure_view import Asking
from voc.web.followups_view import Chosen
from voc.web.forms import Form
from voc.web.given import AnyRequest, GivenApp, GivenForm, GivenVisit
from voc.web.narrowing import csms_of, part_asked_for, part_wanted, teams_of
from voc.web.parts import Card
from voc.web.survival_view import Lasted
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, Visit, roles

PERIODS = (90, 180, 365)
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
    team: Annotated[str, QueryParameter(name="team")] = "",
    csm: Annotated[str, QueryParameter(name="csm")] = "",
    segment: Annotated[str, QueryParameter(name="segment")] = "",
    region: Annotated[str, QueryParameter(name="region")] = "",
    days: Annotated[str, QueryParameter(name="days")] = "",
) -> Response[str]:
    narrowing = {"team": team, "csm": csm, "segment": segment, "region": region, "days": days}
    place = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else None
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        wanted = preferences.load(db)
        teams, csms = teams_of(db) if viewer.sees_all else {}, csms_of(db, viewer, team)
        part = part_wanted(**narrowing, csms=csms, today=now.date())
        chosen = Chosen(
            as_list=show == "list",
            mine=mine == "yes",
            late=only == "late",
            done=only == "done",
            cause=cause if only == "done" and cause in {one.value for one in Cause} else "",
            part=part,
        )
        inside = _within(db, viewer, part, wanted)
        since = now - timedelta(days=part.days)
        cases, total = _cases(db, viewer, chosen, place, inside, now=now, wanted=wanted)
        waiting = cases
        if chosen.narrows:
            waiting = store.listing(db, viewer, now=now, preferences=wanted, states=_WAITING, part=inside.part)
        last = store.confirmed(db, viewer, now=now, preferences=wanted, limit=LAST_CONFIRMED, part=inside.part)
        a_day = hours.a_day(wanted)
        on = standings.large_on(db, now=now)
        page = followups_view.board_page(
            cases,
            waiting,
            last,
            store.causes(db, viewer, since=since, part=inside.part),
            _times(db, viewer, on, inside, days=part.days, now=now, wanted=wanted, a_day=a_day),
            in_time=_in_time(db, viewer, on, inside, part, now=now, wanted=wanted),
            recovered=_recovered(db, viewer, on, inside, now=now),
            filters=filters(part, teams, windows=PERIODS, regions=figures.regions(db, wanted), csms=csms),
            chosen=chosen,
            total=total,
            after=place,
            scope=_scope(viewer, part, {**teams, **csms}),
            owns_cases=viewer.csm_id is not None,
            hours_a_day=a_day,
            resolve_hours=wanted.resolve_hours,
        )
    return pages.page(app, visit, "followups/board.html", page=page)


def _within(db: Connection, viewer: Viewer, part: Wanted, known: Preferences) -> Within:
    return within(
        db,
        viewer,
        team_id=part.team or None,
        csm_id=part.csm or None,
        segment=part.segment or None,
        region=part.region or None,
        preferences=known,
    )


def _scope(viewer: Viewer, part: Wanted, names: Mapping[str, str]) -> str:
    told = ", ".join(part.told(names))
    return told[:1].upper() + told[1:] if told else _SCOPES.get(viewer.role, "All teams")


def _caused_by(cases: Sequence[FollowUp], cause: str, *, since: datetime) -> list[FollowUp]:
    return [one for one in cases if one.cause == cause and one.confirmed_at is not None and one.confirmed_at >= since]


def _cases(
    db: Connection,
    viewer: Viewer,
    chosen: Chosen,
    after: int | None,
    inside: Within,
    *,
    now: datetime,
    wanted: Preferences,
) -> tuple[list[FollowUp], int]:
    """Those of the view, and how many there are: of the confirmed one page and one more."""
    mine, part = chosen.mine, inside.part
    if chosen.cause:
        confirmed = [FollowUpState.CONFIRMED]
        every = store.listing(db, viewer, now=now, preferences=wanted, states=confirmed, mine=mine, part=part)
        caused = _caused_by(every, chosen.cause, since=now - timedelta(days=chosen.days))
        return caused, len(caused)
    if chosen.done:
        most = followups_view.LIST_MOST + 1
        found = store.confirmed(db, viewer, now=now, preferences=wanted, mine=mine, after=after, limit=most, part=part)
        return found, store.how_many_confirmed(db, viewer, mine=mine, part=part)
    found = store.listing(
        db, viewer, now=now, preferences=wanted, states=_WAITING, mine=mine, late=chosen.late, part=part
    )
    return found, len(found)


def _times(
    db: Connection,
    viewer: Viewer,
    on: date | None,
    inside: Within,
    *,
    days: int,
    now: datetime,
    wanted: Preferences,
    a_day: float,
) -> list[Lasted]:
    """From the night where it kept just this; a part, or another period, is read as it stands."""
    since = now - timedelta(days=days)
    if inside.part.whole and days == wanted.window_days:
        found = kept_pages.took(db, viewer, on, since=since, now=now, preferences=wanted)
        return [Lasted(one.hours / a_day, one.resolved, one.confirmed) for one in found]
    read = durations(db, viewer, since=since, now=now, preferences=wanted, part=inside.part)
    return [Lasted(one.hours / a_day, one.resolved, one.confirmed) for one in read]


def _recovered(db: Connection, viewer: Viewer, on: date | None, inside: Within, *, now: datetime) -> Recovery:
    if inside.part.whole:
        return kept_pages.recovery_of(db, viewer, on, now=now)
    return recovery.page(db, viewer, now=now, part=inside.part).recovery


def _in_time(
    db: Connection, viewer: Viewer, on: date | None, inside: Within, part: Wanted, *, now: datetime, wanted: Preferences
) -> Card:
    """The figure that the engagement page shows, of the same part; and what that page says, where it says another."""
    name, key = "follow_up_attainment", inside.kept_key
    night = on or last_night(now.date())
    kept = None if key is None else kept_of(db, key, on=night, days=part.days, names=[name]).get(name)
    if on is not None and kept is not None:
        asking = Asking(on, part.days) if key != inside.key else replace(part, as_of=on).asking
        return _in_time_card(kept, asking, [])
    scope, id = inside.key
    figure = metrics.figures(
        db,
        scope=scope,
        ids=[id],
        now=now,
        window_days=part.days,
        preferences=wanted,
        viewer=viewer,
        names=[name],
        part=inside.slice,
    )[0].figures[name]
    return _in_time_card(figure, part.asking, _as_engagement(kept, figure, night))


def _as_engagement(kept: Figure | None, figure: Figure, night: date) -> list[str]:
    """What last night counted, where it is another number than now."""
    if kept is None or (kept.numerator, kept.denominator, kept.parts) == (
        figure.numerator,
        figure.denominator,
        figure.parts,
    ):
        return []
    pending = kept.parts.get("pending", 0)
    still = f" and {pending} open" if pending else ""
    return [f"as Engagement counts the night after {view.short_day(night)}, {wording.counts(kept)}{still}"]


def _in_time_card(figure: Figure, asking: Asking, notes: Sequence[str]) -> Card:
    pending = figure.parts.get("pending", 0)
    beside = [f"{pending} open within the limit"] if pending else []
    of = f"{wording.counts(figure)} due"
    return figure_view.card(figure, asking, name="Contacted in time", of=of, notes=[*beside, *notes])


@get("/follow-ups/recovery", sync_to_thread=True, opt=roles(*EVERYBODY))
def recovery_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    """Detractors who were asked again, one row each; `of` those who answered, or by what was done in between."""
    asked = _asked(app, visit, request)
    with app.database.read() as db:
        found, part = _recovery(db, asked)
        page = recovery_view.page(found, of=asked.get("of"), query=part.query)
    return pages.page(app, visit, "followups/recovery.html", page=page)


def _asked(app: App, visit: Visit, request: AnyRequest) -> Asked:
    return Asked(app, visit.viewer, app.now(), dict(request.query_params))


def _recovery(db: Connection, asked: Asked) -> tuple[recovery.RecoveryPage, Wanted]:
    part = part_asked_for(db, asked)
    inside = _within(db, asked.viewer, part, preferences.load(db))
    return recovery.page(db, asked.viewer, now=asked.now, part=inside.part), part


def _recovery_rows(db: Connection, asked: Asked) -> Found:
    return Found(recovery_view.file_rows(_recovery(db, asked)[0]))


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
    only = asked.get("state") == "resolved"
    with app.database.read() as db:
        rows, a_day, part = _lasted(db, asked, only_resolved=only)
    page = survival_view.times_page(rows, a_day, days=part.days, only_resolved=only, query=Chosen(part=part).query)
    return pages.page(app, visit, "followups/times.html", page=page)


def _lasted(db: Connection, asked: Asked, *, only_resolved: bool) -> tuple[list[survival_view.Timed], float, Wanted]:
    """How long each took, with its case; how many hours a working day has; and which part of them was asked for."""
    wanted, part, viewer = preferences.load(db), part_asked_for(db, asked), asked.viewer
    inside = _within(db, viewer, part, wanted).part
    since = asked.now - timedelta(days=part.days)
    lasted = durations(db, viewer, since=since, now=asked.now, preferences=wanted, part=inside)
    cases = {case.id: case for case in store.listing(db, viewer, now=asked.now, preferences=wanted, part=inside)}
    rows = [(one, cases.get(one.follow_up_id)) for one in lasted if one.resolved or not only_resolved]
    return rows, hours.a_day(wanted), part


def _times_rows(db: Connection, asked: Asked) -> Found:
    rows, a_day, part = _lasted(db, asked, only_resolved=asked.get("state") == "resolved")
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


def _case_rows(db: Connection, asked: Asked) -> Found:
    wanted = {"done": (FollowUpState.CONFIRMED,), "late": _WAITING, "waiting": _WAITING}
    known = preferences.load(db)
    inside = _within(db, asked.viewer, part_asked_for(db, asked), known)
    cases = store.listing(
        db,
        asked.viewer,
        now=asked.now,
        preferences=known,
        mine=asked.get("mine") == "yes",
        late=asked.get("only") == "late",
        states=wanted.get(asked.get("only")),
        part=inside.part,
    )
    return Found([followups_view.file_row(case) for case in cases])


CASES = PageTable(
    "follow-ups",
    "Follow-ups",
    "/follow-ups/all",
    followups_view.FILE_COLUMNS,
    _case_rows,
    "Every duty to get back to a person, with its owner and its times. only=late, waiting or done; mine=yes; of a "
    "team, csm, segment or region.",
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


TABLES = (CASES, RECOVERY, TIMES, CURVE)
HANDLERS: list[Any] = [board_page, recovery_page, times_page, *file_handlers(*TABLES), case_page, move_on]
