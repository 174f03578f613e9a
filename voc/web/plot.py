"""What the charts share: a drawing's frame with its scales, grid and ticks, and the wrapper that names it.

A chart is a pure function from values to SVG. It carries classes only (no style attribute passes
the page's policy), a title and a description for those who cannot see it, and labels at the data;
the page puts the same numbers in a table behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10

from markupsafe import Markup

TEXT_WIDTH = 6.9  # an upper bound for one character of the charts' 12 px figures, bold
TEXT_HEIGHT = 15.0
_MOST_TICKS = 6


@dataclass(frozen=True)
class Frame:
    """Where a chart's plane lies in its drawing; `x` maps from x_low..x_high, `y` from a share 0..1."""

    width: float
    height: float
    x_high: float
    x_low: float = 0.0
    left: float = 40.0
    right: float = 12.0
    top: float = 14.0
    bottom: float = 40.0

    @property
    def floor(self) -> float:
        return self.height - self.bottom

    @property
    def edge(self) -> float:
        return self.width - self.right

    def x(self, value: float) -> float:
        share = (value - self.x_low) / (self.x_high - self.x_low)
        return self.left + share * (self.edge - self.left)

    def y(self, share: float) -> float:
        return self.floor - share * (self.floor - self.top)


@dataclass(frozen=True)
class Box:
    """A rectangle that a label or a mark takes up."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def n(value: float) -> str:
    """A coordinate to a tenth, without a trailing zero: pages stay small and equal on every machine."""
    return f"{round(value, 1) + 0.0:g}"


def path(points: Iterable[tuple[float, float]]) -> str:
    """The `d` of a line through the points."""
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points)


def staircase(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of a step function that holds each point's height until the next point."""
    corners = [points[0]]
    for (_, height), (x, after) in pairwise(points):
        corners += [(x, height), (x, after)]
    return corners


def ticks(low: float, high: float) -> list[float]:
    """At most six round numbers between the two, both ends included when round."""
    span = high - low
    if span <= 0:
        return [low]
    rough = span / _MOST_TICKS
    power = 10 ** floor(log10(rough))
    step = next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough)
    step = max(step, 1.0)
    return [step * k for k in range(ceil(low / step), floor(high / step) + 1)]


def text(x: float, y: float, words: str, *, style: str = "", anchor: str = "start") -> Markup:
    kind = Markup(' class="{}"').format(style) if style else ""
    place = Markup(' text-anchor="{}"').format(anchor) if anchor != "start" else ""
    return Markup('<text{} x="{}" y="{}"{}>{}</text>').format(kind, n(x), n(y), place, words)


def line(points: Iterable[tuple[float, float]], *, style: str, width: float = 1.0, dashes: str = "") -> Markup:
    dash = Markup(' stroke-dasharray="{}"').format(dashes) if dashes else ""
    return Markup('<path class="{} f-none" stroke-width="{}"{} d="{}"/>').format(style, n(width), dash, path(points))


def share_grid(frame: Frame, shares: Sequence[float]) -> Markup:
    """Horizontal rules with whole percent at their start."""
    return Markup("").join(
        Markup('<path class="k-line" d="M{} {}H{}"/>{}').format(
            n(frame.left),
            n(frame.y(share)),
            n(frame.edge),
            text(frame.left - 6, frame.y(share) + 4, f"{share:.0%}", anchor="end"),
        )
        for share in shares
    )


def x_axis(frame: Frame, at: Sequence[float], caption: str) -> Markup:
    """Ticks with their numbers under the plane, and under those what they count."""
    marks = Markup("").join(
        Markup('<path class="k-line2" d="M{} {}v5"/>{}').format(
            n(frame.x(value)),
            n(frame.floor),
            text(frame.x(value), frame.floor + 18, f"{value:g}", anchor="middle"),
        )
        for value in at
    )
    middle = (frame.left + frame.edge) / 2
    return marks + text(middle, frame.floor + 36, caption, anchor="middle")


def drawing(frame: Frame, parts: Iterable[Markup], *, name: str, title: str, description: str, style: str) -> Markup:
    """The SVG around the parts. `name` is unique on the page: the title and description are found by it."""
    return Markup(
        '<svg class="chart {style}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-t {name}-d">'
        '<title id="{name}-t">{title}</title><desc id="{name}-d">{description}</desc>{parts}</svg>'
    ).format(
        style=style,
        width=n(frame.width),
        height=n(frame.height),
        name=name,
        title=title,
        description=description,
        parts=Markup("").join(parts),
    )
