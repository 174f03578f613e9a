"""A figure over time with its band, a mark for each thing that happened, and the standard beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from voc.web.plot import Frame, drawing, line, n, share_grid, text

_APART = 34  # of the drawing's units, between the first of two groups: "14–17" and some air


@dataclass(frozen=True)
class Spot:
    """A night: the value and its limits as shares 0..1 of the plane; None where only counts were told."""

    on: date
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Happened:
    """`number` is that of the list below the drawing."""

    on: date
    number: int


@dataclass(frozen=True)
class Line:
    spots: Sequence[Spot]
    events: Sequence[Happened]
    standard: float | None
    labels: Sequence[tuple[float, str]] = ()  # of the plane's rules; none: whole percent


def trend(one: Line, *, title: str, description: str) -> Markup:
    """A wide and a narrow drawing; the page shows the one that fits."""
    first, last = one.spots[0].on, one.spots[-1].on
    days = max((last - first).days, 1)
    wide = Frame(width=760, height=260, x_high=days, right=16, top=30)
    narrow = Frame(width=350, height=240, x_high=days, right=14, top=30)
    return Markup("").join(
        drawing(frame, _parts(frame, one), name=f"trend-{style}", title=title, description=description, style=style)
        for frame, style in ((wide, "wideonly"), (narrow, "narrow"))
    )


def _parts(frame: Frame, one: Line) -> list[Markup]:
    return [
        _rules(frame, one),
        _months(frame, one.spots[0].on, one.spots[-1].on),
        *(_band(frame, one, run) for run in _runs(one.spots)),
        *_events(frame, one),
        *_standard(frame, one.standard),
        *(_stroke(frame, one, run) for run in _runs(one.spots)),
        _last(frame, one),
    ]


def _rules(frame: Frame, one: Line) -> Markup:
    if not one.labels:
        return share_grid(frame, (0.0, 0.5, 1.0))
    return Markup("").join(
        Markup('<path class="k-line" d="M{} {}H{}"/>{}').format(
            n(frame.left), n(frame.y(at)), n(frame.edge), text(frame.left - 6, frame.y(at) + 4, words, anchor="end")
        )
        for at, words in one.labels
    )


def _x(frame: Frame, one: Line, on: date) -> float:
    return frame.x((on - one.spots[0].on).days)


def _months(frame: Frame, first: date, last: date) -> Markup:
    """The first of a month under the plane, as many as there is room for."""
    firsts, on = [], (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while on <= last:
        firsts.append(on)
        on = (on + timedelta(days=32)).replace(day=1)
    step = max(1, -(-len(firsts) * 44 // int(frame.edge - frame.left)))
    return Markup("").join(
        Markup('<path class="k-line2" d="M{} {}v5"/>{}').format(
            n(x), n(frame.floor), text(x, frame.floor + 18, f"{one:%b}", anchor="middle")
        )
        for one in firsts[::step]
        for x in [frame.x((one - first).days)]
    )


def _events(frame: Frame, one: Line) -> list[Markup]:
    """Upright dashes with the numbers of the list; of those that would touch the first and the last."""
    drawn: list[Markup] = []
    for x in dict.fromkeys(_x(frame, one, event.on) for event in one.events):
        drawn.append(
            Markup('<path class="k-line2" stroke-dasharray="2 3" d="M{x} {top}V{floor}"/>').format(
                x=n(x), top=n(frame.top - 4), floor=n(frame.floor)
            )
        )
    for near in _near(frame, one):
        first, last = near[0], near[-1]
        words = str(first.number) if first is last else f"{first.number}–{last.number}"
        middle = (_x(frame, one, first.on) + _x(frame, one, last.on)) / 2
        drawn.append(text(middle, frame.top - 8, words, anchor="middle"))
    return drawn


def _near(frame: Frame, one: Line) -> list[list[Happened]]:
    """Events whose numbers would stand on each other, together."""
    groups: list[list[Happened]] = []
    for event in one.events:
        if groups and _x(frame, one, event.on) - _x(frame, one, groups[-1][0].on) < _APART:
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def _standard(frame: Frame, standard: float | None) -> list[Markup]:
    if standard is None:
        return []
    y = frame.y(standard)
    return [
        Markup('<path class="k-line2" stroke-dasharray="6 3" d="M{} {}H{}"/>').format(
            n(frame.left), n(y), n(frame.edge)
        ),
        text(frame.left + 4, y - 4, "standard", style="halo"),
    ]


def _runs(spots: Sequence[Spot]) -> list[list[Spot]]:
    """Nights in a row that have a value: a gap stays a gap."""
    runs: list[list[Spot]] = [[]]
    for spot in spots:
        if spot.value is None:
            runs.append([])
        else:
            runs[-1].append(spot)
    return [run for run in runs if run]


def _band(frame: Frame, one: Line, run: Sequence[Spot]) -> Markup:
    known = [spot for spot in run if spot.low is not None and spot.high is not None]
    upper = [(_x(frame, one, spot.on), frame.y(spot.high or 0.0)) for spot in known]
    lower = [(_x(frame, one, spot.on), frame.y(spot.low or 0.0)) for spot in known]
    if len(known) < 2:
        return Markup("")
    corners = " ".join(f"{n(x)},{n(y)}" for x, y in [*upper, *reversed(lower)])
    return Markup('<polygon class="f-tint" points="{}"/>').format(corners)


def _stroke(frame: Frame, one: Line, run: Sequence[Spot]) -> Markup:
    points = [(_x(frame, one, spot.on), frame.y(spot.value or 0.0)) for spot in run]
    if len(points) == 1:
        return Markup('<circle class="f-acc" cx="{}" cy="{}" r="2.6"/>').format(n(points[0][0]), n(points[0][1]))
    return line(points, style="k-acc", width=2)


def _last(frame: Frame, one: Line) -> Markup:
    last = next((spot for spot in reversed(one.spots) if spot.value is not None), None)
    if last is None or last.value is None:
        return Markup("")
    return Markup('<circle class="f-acc" cx="{}" cy="{}" r="3"/>').format(
        n(_x(frame, one, last.on)), n(frame.y(last.value))
    )


__all__ = ["Happened", "Line", "Spot", "trend"]
