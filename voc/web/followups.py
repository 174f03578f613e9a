"""Follow-ups: the board, and every case as a list."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Cause, FollowUpState, StaffRole
from voc.followup import hours, rules, store
from voc.followup.model import FollowUp, Stand
from voc.followup.store.times import durations
from voc.metrics import run as metrics
from voc.metrics import store as figures
from voc.metrics import wording
from voc.metrics.model import Figure
from voc.metrics.recovery import Recovery
from voc.metrics.run import kept_pages, standings
from voc.metrics.run.kept import kept_of, last_night
from voc.metrics.run.narrowing import Within
from voc.web import figure_view, followups_view, pages, view
from voc.web.engagement_view import Wanted, filters
from voc.web.figure_view import Asking
from voc.web.followups_view import Chosen
from voc.web.given import AskedCsm, AskedDays, AskedRegion, AskedSegment, AskedTeam, GivenApp, GivenVisit
from voc.web.narrowing import csms_of, part_asked_for, part_wanted, strictly, teams_of, within_of
from voc.web.parts import Card
from voc.web.survival_view import Lasted
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.unread import Reading, refuse
from voc.web.visit import EVERYBODY, roles

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
    team: AskedTeam = "",
    csm: AskedCsm = "",
    segment: AskedSegment = "",
    region: AskedRegion = "",
    days: AskedDays = "",
) -> Response[str]:
    narrowing = {"team": team, "csm": csm, "segment": segment, "region": region, "days": days}
    place = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else None
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        wanted = preferences.load(db)
        teams, csms = teams_of(db) if viewer.sees_all else {}, csms_of(db, viewer, team)
        part = part_wanted(db, **narrowing, csms=csms, today=now.date())
        read = Reading()
        chosen = _chosen(read, part, show=show, mine=mine, only=only, cause=cause)
        inside = within_of(db, viewer, part, wanted)
        since = now - timedelta(days=part.days)
        cases, total = _cases(db, viewer, chosen, place, inside, now=now, wanted=wanted)
        waiting = cases
        if chosen.narrows:
            waiting = store.stands(db, viewer, now=now, preferences=wanted, states=_WAITING, part=inside.part)
        ids = followups_view.ids_shown(cases, chosen, place)
        last = store.confirmed(db, viewer, now=now, preferences=wanted, limit=LAST_CONFIRMED, part=inside.part)
        a_day = hours.a_day(wanted)
        on = standings.large_on(db, now=now)
        page = followups_view.board_page(
            cases,
            waiting,
            last,
            store.causes(db, viewer, since=since, part=inside.part),
            _times(db, viewer, on, inside, days=part.days, now=now, wanted=wanted, a_day=a_day),
            shown=store.some(db, viewer, ids, now=now, preferences=wanted),
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
    return pages.page(app, visit, "followups/board.html", page=page, unread=(*part.unread, *read.unread))


def _chosen(read: Reading, part: Wanted, *, show: str, mine: str, only: str, cause: str) -> Chosen:
    only = read.one_of("only", only, ("late", "done"), "all that wait are shown")
    return Chosen(
        as_list=read.one_of("show", show, ("list",), "they stand on the board") == "list",
        mine=read.one_of("mine", mine, ("yes",), "everybody’s are shown") == "yes",
        late=only == "late",
        done=only == "done",
        cause=read.one_of("cause", cause, tuple(Cause), "all causes are shown") if only == "done" else "",
        part=part,
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
) -> tuple[list[Stand], int]:
    """Those of the view, and how many there are: of the confirmed one page and one more."""
    mine, part = chosen.mine, inside.part
    if chosen.cause:
        confirmed = [FollowUpState.CONFIRMED]
        every = store.listing(db, viewer, now=now, preferences=wanted, states=confirmed, mine=mine, part=part)
        caused = _caused_by(every, chosen.cause, since=now - timedelta(days=chosen.days))
        return [rules.stand_of(one) for one in caused], len(caused)
    if chosen.done:
        most = followups_view.LIST_MOST + 1
        found = store.confirmed(db, viewer, now=now, preferences=wanted, mine=mine, after=after, limit=most, part=part)
        many = store.how_many_confirmed(db, viewer, mine=mine, part=part)
        return [rules.stand_of(one) for one in found], many
    late = chosen.late
    waiting = store.stands(db, viewer, now=now, preferences=wanted, states=_WAITING, mine=mine, late=late, part=part)
    return waiting, len(waiting)


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
    return kept_pages.recovery_of(db, viewer, on, now=now, part=inside.part)


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


def _case_rows(db: Connection, asked: Asked) -> Found:
    wanted = {"done": (FollowUpState.CONFIRMED,), "late": _WAITING, "waiting": _WAITING}
    known, read = preferences.load(db), Reading()
    read.one_of("only", asked.get("only"), tuple(wanted), "all are in it")
    read.one_of("mine", asked.get("mine"), ("yes",), "everybody’s are in it")
    refuse(read.unread)
    inside = within_of(db, asked.viewer, strictly(part_asked_for(db, asked)), known)
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


TABLES = (CASES,)
HANDLERS: list[Any] = [board_page, *file_handlers(*TABLES)]
