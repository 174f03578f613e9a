"""How long until it is done: the Kaplan-Meier curve with its band, and a mark for every case still open."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from voc.web.plot import Frame, drawing, line, n, share_grid, staircase, text, ticks, x_axis

_LIMITS_DRAWN = 4  # the axis ends at four times the limit, or the median if that is later


@dataclass(frozen=True)
class Point:
    """From this time on, the share still open with its limits; the first point is (0, 1, 1, 1)."""

    time: float
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """`still_open` are the ages of the open cases; `median` is None while more than half are open."""

    points: Sequence[Point]
    still_open: Sequence[float]
    median: float | None
    limit: float | None
    unit: str  # "working days", the word under the axis

    def share_at(self, time: float) -> float:
        return next(point.share for point in reversed(self.points) if point.time <= time)

    @cached_property
    def end(self) -> float:
        """As far as anything is known, but no further than the part one reads: a case forgotten for a year
        would squeeze the rest into a corner."""
        known = max([self.points[-1].time, *self.still_open, self.limit or 0.0, 1.0]) * 1.04
        worth_reading = _LIMITS_DRAWN * max(self.limit or 0.0, self.median or 0.0)
        return min(known, worth_reading) if worth_reading else known

    @property
    def beyond(self) -> int:
        """Open cases older than the drawing is long."""
        return sum(age > self.end for age in self.still_open)


def survival(curve: Curve, *, title: str, description: str) -> Markup:
    """A wide and a narrow drawing; the page shows the one that fits."""
    wide = Frame(width=600, height=300, x_high=curve.end, right=14, top=12)
    narrow = Frame(width=350, height=270, x_high=curve.end, right=14, top=12)
    return Markup("").join(
        drawing(
            frame,
            _parts(frame, curve, short=style == "narrow"),
            name=f"survival-{style}",
            title=title,
            description=description,
            style=style,
        )
        for frame, style in ((wide, "wideonly"), (narrow, "narrow"))
    )


def _parts(frame: Frame, curve: Curve, *, short: bool) -> list[Markup]:
    steps = staircase([*_places(frame, curve, "share"), _end(frame, curve, "share")])
    return [
        share_grid(frame, (0.0, 0.5, 1.0)),
        x_axis(frame, ticks(0, curve.end), f"{curve.unit} since the answer"),
        _band(frame, curve),
        line(steps, style="k-acc", width=2),
        *(_open_mark(frame, curve, age) for age in _apart(frame, curve)),
        *_median(frame, curve, short=short),
        *_limit(frame, curve),
    ]


def _apart(frame: Frame, curve: Curve) -> list[float]:
    """Ages of open cases, one of those that would be drawn at the same place."""
    places = {n(frame.x(age)): age for age in reversed(curve.still_open) if age <= curve.end}
    return sorted(places.values())


def _drawn(curve: Curve) -> list[Point]:
    return [point for point in curve.points if point.time <= curve.end]


def _places(frame: Frame, curve: Curve, side: str) -> list[tuple[float, float]]:
    return [(frame.x(point.time), frame.y(getattr(point, side))) for point in _drawn(curve)]


def _end(frame: Frame, curve: Curve, side: str) -> tuple[float, float]:
    """Where the curve stops: at the last time anything is known about, or where the drawing ends."""
    last = min(max([curve.points[-1].time, *curve.still_open]), curve.end)
    return frame.x(last), frame.y(getattr(_drawn(curve)[-1], side))


def _band(frame: Frame, curve: Curve) -> Markup:
    upper = staircase([*_places(frame, curve, "high"), _end(frame, curve, "high")])
    lower = staircase([*_places(frame, curve, "low"), _end(frame, curve, "low")])
    corners = " ".join(f"{n(x)},{n(y)}" for x, y in [*upper, *reversed(lower)])
    return Markup('<polygon class="f-tint" points="{}"/>').format(corners)


def _open_mark(frame: Frame, curve: Curve, age: float) -> Markup:
    x, y = frame.x(age), frame.y(curve.share_at(age))
    return line([(x, y - 6), (x, y + 6)], style="k-ink", width=1.6)


def _median(frame: Frame, curve: Curve, *, short: bool) -> list[Markup]:
    if curve.median is None:
        return []
    x, half = frame.x(curve.median), frame.y(0.5)
    words = f"half: day {curve.median:.0f}" if short else f"half done by day {curve.median:.0f}"
    return [
        line([(frame.left, half), (x, half), (x, frame.floor)], style="k-ink", dashes="3 3"),
        text(frame.left + 5, half + 16, words, style="halo t-acc"),
    ]


def _limit(frame: Frame, curve: Curve) -> list[Markup]:
    if curve.limit is None:
        return []
    x = frame.x(curve.limit)
    # The words stand where the drawing has room: before the line once it is near the edge.
    after = x + 110 < frame.edge
    label = text(
        x + 7 if after else x - 7,
        frame.top + 13,
        f"limit: {curve.limit:g} days",
        style="halo t-sig",
        anchor="start" if after else "end",
    )
    return [line([(x, frame.top), (x, frame.floor)], style="k-sig", width=1.4), label]
