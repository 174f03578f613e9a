"""A figure over the last year as its page shows it: the drawing, what happened, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from voc.metrics import wording
from voc.metrics.catalogue import BY_NAME, Measure, Owner
from voc.metrics.run import WINDOWS
from voc.metrics.run.trend import NAMES
from voc.metrics.trend import Event, Point, Trend
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import charts_trend, figure_view, view
from voc.web.charts_trend import Happened, Line, Spot
from voc.web.figure_view import Asking
from voc.web.parts import Link, Told, files

LEAST_NIGHTS = 2
PAGE = "/engagement"
MOST_EVENTS = 30  # more than that hide the line; the latest are kept


@dataclass(frozen=True)
class Section:
    heading: str
    links: Sequence[Link]
    files: Sequence[Link]
    drawing: Markup
    caption: str
    events: Sequence[str]
    rows: Sequence[tuple[str, Told, str]]
    none: str


def section(found: Trend, *, address: str, asking: Asking) -> Section:
    """`address` is that of the page, to which the name of another figure is put."""
    label = BY_NAME[found.name].label
    known = [one for one in found.points if one.value is not None]
    events = found.events[-MOST_EVENTS:]
    enough = len(known) >= LEAST_NIGHTS
    return Section(
        heading=f"Trend of a year: {label[:1].lower()}{label[1:]}",
        links=[_link(name, address, found.name) for name in NAMES],
        files=_files(address, found.name) if enough else [],
        drawing=_drawing(found, events, label) if enough else Markup(""),
        caption=_caption(found, known, label) if enough else "",
        events=[f"{number}. {view.short_day(one.on)}: {one.words}" for number, one in enumerate(events, 1)],
        rows=[_row(one, asking) for one in reversed(found.points)],
        none="" if enough else _none(found),
    )


_CROSSED = (
    "A night keeps each team, each book, each segment and each region, not a segment or region of one of them. Choose "
    "one alone to see its trend."
)


def not_kept(name: str, *, address: str, why: str = _CROSSED) -> Section:
    """Of a part that crosses two of team, segment and region; or why else there is no line."""
    label = BY_NAME[name].label
    return Section(
        heading=f"Trend of a year: {label[:1].lower()}{label[1:]}",
        links=[_link(one, address, name) for one in NAMES],
        files=[],
        drawing=Markup(""),
        caption="",
        events=[],
        rows=[],
        none=why,
    )


def _files(page: str, name: str) -> list[Link]:
    """Of the line of the engagement page; those of one book stand in the kept figures."""
    path, _, query = page.partition("?")
    return files(f"{path}/trend?{query}{'&' if query else ''}trend={name}", "of the trend") if path == PAGE else []


def _link(name: str, address: str, chosen: str) -> Link:
    join = "&" if "?" in address else "?"
    return Link(BY_NAME[name].label, f"{address}{join}trend={name}#h-trend", current=name == chosen)


def _drawing(found: Trend, events: Sequence[Event], label: str) -> Markup:
    scaled = Line(
        spots=[_spot(one) for one in found.points],
        events=[Happened(one.on, number) for number, one in enumerate(events, 1)],
        standard=found.standard,
        labels=((0.0, "−100"), (0.5, "0"), (1.0, "+100")) if _is_score(found.name) else (),
    )
    told = "; ".join(f"{view.short_day(one.on)} {wording.value(one.figure)}" for one in found.points[::4])
    happened = ". ".join(f"{number} {one.words}" for number, one in enumerate(events, 1))
    return charts_trend.trend(scaled, title=f"{label}, a point a week", description=f"{told}. {happened}")


def _is_score(name: str) -> bool:
    return BY_NAME[name].measure == Measure.SCORE


def _spot(one: Point) -> Spot:
    def scaled(value: float | None) -> float | None:
        if value is None:
            return None
        return min(max((value + 100) / 200 if _is_score(one.figure.name) else value, 0.0), 1.0)

    between = one.figure.interval
    return Spot(
        one.on, scaled(one.value), scaled(between.low if between else None), scaled(between.high if between else None)
    )


def _caption(found: Trend, known: Sequence[Point], label: str) -> str:
    first, last, days = known[0], known[-1], found.points[-1].figure.window.days
    over = "as it stood" if BY_NAME[found.name].owner == Owner.TODAY else f"over the {days} days before"
    band = " The band is the 95% interval of each night." if any(one.figure.interval for one in known) else ""
    few = len([one for one in found.points if not one.is_enough])
    left = f" {view.count(few, 'week rests', 'weeks rest')} on fewer than 30 rows or 3 accounts: only in the table."
    return (
        f"{label}: {wording.value(first.figure)} on {view.short_day(first.on)}, {wording.value(last.figure)} on "
        f"{view.short_day(last.on)}, {over}, as each night kept it. Upright lines are the numbers of the list: they "
        f"stand beside the change, and do not say why it came.{band}{left if few else ''}"
    )


def _none(found: Trend) -> str:
    if not found.points:
        kept = ", ".join(str(days) for days in WINDOWS[:-1])
        return f"No night has kept this period yet; each keeps the last {kept} and {WINDOWS[-1]} days."
    nights = len([one for one in found.points if one.value is not None])
    there = f"there {'is' if nights == 1 else 'are'} {nights}"
    few = len(found.points) - nights
    table = f" {view.count(few, 'week')} on fewer stand{'s' if few == 1 else ''} in the table." if few else ""
    return f"A trend needs {LEAST_NIGHTS} weeks that rest on 30 rows and 3 accounts or more; {there}.{table}"


def _row(one: Point, asking: Asking) -> tuple[str, Told, str]:
    of_night = replace(asking, as_of=one.on, live=False)
    told = Told(figure_view.counts(one.figure), figure_view.mark(one.figure, of_night))
    return view.short_day(one.on), told, wording.value(one.figure)


FILE_COLUMNS = (
    Column("Night after", Kind.DAY),
    Column("State", meaning="ok, too_few, none_asked, in_flight, suppressed or no_data"),
    Column("Value", Kind.NUMBER, "Empty where it rests on too few for a trend"),
    Column("Counts", Kind.NUMBER, "What counts"),
    Column("Of", Kind.NUMBER, "Of how many"),
    Column("Low", Kind.NUMBER, "Of its interval"),
    Column("High", Kind.NUMBER),
)


def file_row(one: Point) -> Sequence[Cell]:
    figure, span = one.figure, one.figure.interval
    low, high = (round(span.low, 6), round(span.high, 6)) if span and one.is_enough else (None, None)
    value = None if one.value is None else round(one.value, 6)
    return (one.on, figure.state.value, value, figure.numerator, figure.denominator, low, high)
