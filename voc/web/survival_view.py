"""Times of follow-ups -> the curve of how long until they are resolved, with its words and its table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.followup.model import FollowUp
from voc.followup.store.times import Duration
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.statistics import kaplan_meier, survival_steps
from voc.web import view
from voc.web.charts_survival import Curve, Point, survival
from voc.web.parts import Link, Mark, address, files

_DRAWN_FROM = 10  # cases: a curve of fewer says more about each of them than about the work (3-metrics 0.7)


@dataclass(frozen=True)
class Lasted:
    """One follow-up: working days until it was resolved, or its age while it is open."""

    days: float
    resolved: bool
    confirmed: bool = False


@dataclass(frozen=True)
class SurvivalChart:
    drawing: Markup
    caption: str
    rows: Sequence[tuple[str, str, str, str]]


def curve(cases: Sequence[Lasted], *, limit_days: float) -> Curve | None:
    """None under ten cases."""
    if len(cases) < _DRAWN_FROM:
        return None
    time, event = [case.days for case in cases], [case.resolved for case in cases]
    return Curve(
        points=[Point(*step) for step in survival_steps(time=time, event=event)],
        still_open=sorted(case.days for case in cases if not case.resolved),
        median=median(cases)[0],
        limit=limit_days,
        unit="working days",
    )


def median(cases: Sequence[Lasted]) -> tuple[float | None, tuple[float, float] | None]:
    """Median days until resolved with its limits; None while more than half are open. Limits may be infinite."""
    found = kaplan_meier(time=[case.days for case in cases], event=[case.resolved for case in cases], at=0)
    if found is None or math.isinf(found["median"]):
        return None, None
    return found["median"], found["median_ci"]


def chart(cases: Sequence[Lasted], *, limit_days: float) -> SurvivalChart | None:
    drawn = curve(cases, limit_days=limit_days)
    if drawn is None:
        return None
    left = drawn.share_at(limit_days)
    still = len(drawn.still_open)
    half = f"Half are resolved by day {drawn.median:.0f}." if drawn.median is not None else _more_than_half(drawn)
    description = f"Share of {len(cases)} follow-ups still open by working day since the answer. {half}"
    marks = (
        f"The {view.count(still, 'upright mark is a case', 'upright marks are cases')} still open, each at its age: "
        "leaving them out would make it look quicker than it is. "
    )
    return SurvivalChart(
        drawing=survival(drawn, title="How long until resolved", description=description),
        caption=(
            f"Share still open, with its 95% band. {marks if still else ''}"
            f"{view.percent(left)} are still open at the limit of {limit_days:g} working days."
            f"{_beyond(drawn)}"
        ),
        rows=[
            (f"{point.time:.1f}", view.percent(point.share), view.percent(point.low), view.percent(point.high))
            for point in drawn.points
        ],
    )


def _beyond(drawn: Curve) -> str:
    if not drawn.beyond:
        return ""
    older = view.count(drawn.beyond, "open case is", "open cases are")
    return f" {older} older than the drawing is long, up to {max(drawn.still_open):.0f} working days."


def _more_than_half(drawn: Curve) -> str:
    age = max([*drawn.still_open, drawn.points[-1].time])
    return f"More than half are still open after {age:.0f} working days."


# --- the rows behind the curve ---


@dataclass(frozen=True)
class TimeRow:
    who: str
    href: str
    account: str
    days: str
    state: str
    counts: bool


@dataclass(frozen=True)
class TimesPage:
    heading: str
    mark: Mark
    rows: Sequence[TimeRow]
    files: Sequence[Link]


Timed = tuple[Duration, FollowUp | None]


def ranked(cases: Sequence[Timed]) -> list[Timed]:
    """The longest first."""
    return sorted(cases, key=lambda pair: (-pair[0].hours, pair[0].follow_up_id))


def times_page(
    cases: Sequence[Timed],
    hours_a_day: float,
    *,
    days: int,
    only_resolved: bool = False,
    query: Mapping[str, str],
) -> TimesPage:
    """Of the resolved ones those count that the customer confirmed."""
    resolved = sum(one.resolved for one, _ in cases)
    confirmed = sum(one.confirmed for one, _ in cases)
    part, words = (confirmed, "confirmed") if only_resolved else (resolved, "resolved")
    which = "resolved follow-up" if only_resolved else "follow-up"
    path = address("/follow-ups/times", **query, state="resolved" if only_resolved else None)
    return TimesPage(
        heading=f"{view.count(len(cases), which)} in {days} days, {part} {words}",
        mark=Mark("confirmed" if only_resolved else "time_to_resolve", part, len(cases), path),
        rows=[
            _time_row(one, case, hours_a_day, counts=one.confirmed if only_resolved else one.resolved)
            for one, case in ranked(cases)
        ],
        files=files(path, "of these follow-ups"),
    )


def _time_row(one: Duration, case: FollowUp | None, hours_a_day: float, *, counts: bool) -> TimeRow:
    return TimeRow(
        who=(case.contact_name or "The whole account") if case else f"Follow-up {one.follow_up_id}",
        href=f"/follow-ups/{one.follow_up_id}",
        account=case.account_name if case else view.DASH,
        days=f"{one.hours / hours_a_day:.1f}",
        state=_state(one),
        counts=counts,
    )


def _state(one: Duration) -> str:
    if one.resolved:
        return "confirmed" if one.confirmed else "resolved"
    return "no customer any more before it was resolved" if one.left else "open, at its age"


# --- files ---

TIMES_COLUMNS = (
    Column("Follow-up", Kind.WHOLE),
    Column("Person"),
    Column("Account"),
    Column("Working days", Kind.NUMBER, "Of the owner, from the answer to resolved, or to now while it is open"),
    Column("Working hours", Kind.NUMBER),
    Column("Resolved", Kind.YES),
    Column("Confirmed", Kind.YES, "By the customer"),
    Column("No customer any more", Kind.YES, "Before it was resolved: it stays open to the end"),
)


def times_row(one: Duration, case: FollowUp | None, hours_a_day: float) -> Sequence[Cell]:
    who, account = (case.contact_name, case.account_name) if case else (None, None)
    days, in_hours = round(one.hours / hours_a_day, 2), round(one.hours, 2)
    return (one.follow_up_id, who, account, days, in_hours, one.resolved, one.confirmed, one.left)


CURVE_COLUMNS = (
    Column("Working days", Kind.NUMBER, "Since the answer"),
    Column("Share open", Kind.SHARE),
    Column("Low", Kind.SHARE, "Of its 95% limits"),
    Column("High", Kind.SHARE),
)


def curve_rows(cases: Sequence[Lasted]) -> list[Sequence[Cell]]:
    drawn = curve(cases, limit_days=0)
    if drawn is None:
        return []
    return [tuple(round(value, 4) for value in (at.time, at.share, at.low, at.high)) for at in drawn.points]
