"""How many times as often: one line per segment and one for all, on a scale where each step doubles.

A square is told by our own renewals, a diamond is all of them segment for segment; hollow and dashed
is a cautious guess where there are too few. 1 is the heavy line: no difference.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from markupsafe import Markup

from voc.web.plot import Frame, drawing, line, n, text

_LEAST, _MOST = 0.25, 32.0
_ROW = 34.0


class Kind(Enum):
    OWN = auto()
    ALL = auto()
    GUESS = auto()


@dataclass(frozen=True)
class Line:
    name: str
    counts: str
    value: float
    low: float
    high: float
    words: str
    kind: Kind


def times(lines: Sequence[Line], *, title: str, description: str) -> Markup:
    """A wide and a narrow drawing; the page shows the one that fits."""
    low, high = _reach(lines)
    height = 20 + _ROW * len(lines) + 36
    wide = Frame(
        width=600, height=height, x_low=math.log2(low), x_high=math.log2(high), left=170, right=130, top=16, bottom=28
    )
    tall = 20 + (_ROW + 18) * len(lines) + 36
    narrow = Frame(
        width=350, height=tall, x_low=math.log2(low), x_high=math.log2(high), left=14, right=14, top=16, bottom=28
    )
    return Markup("").join(
        drawing(
            frame,
            [*_scale(frame, low, high), *(part for i, one in enumerate(lines) for part in draw(frame, i, one))],
            name=f"times-{style}",
            title=title,
            description=description,
            style=style,
        )
        for frame, style, draw in ((wide, "wideonly", _wide), (narrow, "narrow", _narrow))
    )


def _reach(lines: Sequence[Line]) -> tuple[float, float]:
    """Whole doublings around everything drawn, from a half to eight at least."""
    lows = [max(one.low, _LEAST) for one in lines] + [0.5]
    highs = [min(one.high, _MOST) for one in lines] + [8.0]
    return 2.0 ** math.floor(math.log2(min(lows))), 2.0 ** math.ceil(math.log2(max(highs)))


def _scale(frame: Frame, low: float, high: float) -> list[Markup]:
    parts = []
    for power in range(round(math.log2(low)), round(math.log2(high)) + 1):
        x = frame.x(power)
        style = "k-ink" if power == 0 else "k-line"
        parts.append(Markup('<path class="{}" d="M{} {}V{}"/>').format(style, n(x), n(frame.top), n(frame.floor)))
        parts.append(text(x, frame.floor + 18, _label(power), anchor="middle"))
    return parts


def _label(power: int) -> str:
    return f"{2**power}×" if power >= 0 else f"1/{2**-power}×"


def _wide(frame: Frame, index: int, one: Line) -> list[Markup]:
    y = frame.top + 8 + _ROW * index + _ROW / 2 - 8
    return [
        text(0, y, one.name, style="t-ink"),
        text(0, y + 15, one.counts),
        *_mark(frame, y + 3, one),
        text(frame.width, y + 7, one.words, anchor="end"),
    ]


def _narrow(frame: Frame, index: int, one: Line) -> list[Markup]:
    y = frame.top + 8 + (_ROW + 18) * index + 10
    return [
        text(0, y, f"{one.name}, {one.counts}", style="halo t-ink"),
        text(0, y + 15, one.words, style="halo"),
        *_mark(frame, y + 28, one),
    ]


def _mark(frame: Frame, y: float, one: Line) -> list[Markup]:
    def x(value: float) -> float:
        return frame.x(math.log2(min(max(value, 2.0**frame.x_low), 2.0**frame.x_high)))

    at = x(one.value)
    dashes = "4 3" if one.kind is Kind.GUESS else ""
    style = "k-ink" if one.kind is Kind.GUESS else "k-acc"
    parts = [line([(x(one.low), y), (x(one.high), y)], style=style, width=1.8, dashes=dashes)]
    if one.kind is Kind.GUESS:
        mark = Markup('<circle class="f-sheet k-ink" stroke-width="1.6" cx="{}" cy="{}" r="4.5"/>').format(n(at), n(y))
    elif one.kind is Kind.ALL:
        mark = Markup('<path class="f-acc" d="M{} {}l6.5 6.5l-6.5 6.5l-6.5-6.5z"/>').format(n(at), n(y - 6.5))
    else:
        mark = Markup('<rect class="f-acc" x="{}" y="{}" width="9" height="9"/>').format(n(at - 4.5), n(y - 4.5))
    return [*parts, mark]
