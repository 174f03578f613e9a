"""The seven parts of a silent account's score: seven tracks, each as long as its greatest number of points."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.web.plot import n

_UNIT = 4.0  # drawing units per point, wide
_GAP = 8.0
_THIN_UNIT, _THIN_GAP = 3.0, 6.0


@dataclass(frozen=True)
class Part:
    name: str
    points: float
    most: float


def _number(points: float) -> str:
    return f"{round(points, 1) + 0.0:g}"


def seven_words(parts: Sequence[Part]) -> str:
    """The same in words, which is what a screen reader and a phone get."""
    return ", ".join(f"{part.name} {_number(part.points)}" for part in parts)


def seven_heads(parts: Sequence[Part]) -> Markup:
    """The names of the tracks, for the head of the column; every second one is lower so that none overlap."""
    heads, x, end = [], 0.0, -99.0
    for part in parts:
        low = x < end + 6
        heads.append(Markup('<text x="{}" y="{}">{}</text>').format(n(x), 28 if low else 11, part.name))
        end = end if low else x + len(part.name) * 6.2
        x += part.most * _UNIT + _GAP
    return _svg("chart sevenwide", x - _GAP, 34, heads, height_set=True)


def seven(parts: Sequence[Part]) -> Markup:
    """Wide with the points under each track, and thin for a phone, where the words stand below."""
    wide, x = [], 0.0
    for part in parts:
        wide.append(_track(x, part, _UNIT))
        wide.append(Markup('<text x="{}" y="24">{}</text>').format(n(x), _number(part.points)))
        x += part.most * _UNIT + _GAP
    thin, y = [], 0.0
    for part in parts:
        thin.append(_track(y, part, _THIN_UNIT))
        y += part.most * _THIN_UNIT + _THIN_GAP
    return (
        _svg("chart sevenwide", x - _GAP, 26, wide)
        + _svg("chart seventhin", y - _THIN_GAP, 9, thin)
        + Markup('<span class="seven-words">{}</span>').format(seven_words(parts))
    )


def _track(x: float, part: Part, unit: float) -> Markup:
    filled = min(max(part.points, 0.0), part.most) * unit
    return Markup(
        '<rect class="f-track" x="{x}" width="{whole}" height="9"/>'
        '<rect class="f-acc" x="{x}" width="{filled}" height="9"/>'
    ).format(x=n(x), whole=n(part.most * unit), filled=n(filled))


def _svg(style: str, width: float, height: float, inside: Sequence[Markup], *, height_set: bool = False) -> Markup:
    tall = Markup(' height="{}"').format(n(height)) if height_set else Markup("")
    return Markup('<svg class="{}" viewBox="0 0 {} {}"{} aria-hidden="true">{}</svg>').format(
        style, n(width), n(height), tall, Markup("").join(inside)
    )
