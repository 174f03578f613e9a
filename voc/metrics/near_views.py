"""Which views of what people said may be shown, so that no two, taken from each other, tell of one to four. Pure.

A view is everybody, a team, a segment, a region, or a crossing of them, over one of the usual periods that all end on
the same day. "Another shown view" (3-metrics 7) is any of these: which there are follows from the people, so that
nobody must remember who saw what, and a view is refused to everybody or to nobody. The wider view is shown first.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

LEAST = 5  # people
FILTERS = ("team", "segment", "region")


class Cell(NamedTuple):
    """People who are in the same views: `days` is the shortest period they are in. "" is what is not known."""

    team: str
    segment: str
    region: str
    days: int


class View(NamedTuple):
    """None is not narrowed by."""

    days: int
    team: str | None = None
    segment: str | None = None
    region: str | None = None

    @property
    def narrowed_by(self) -> tuple[str, ...]:
        return tuple(name for name in FILTERS if getattr(self, name) is not None)

    def without(self, name: str) -> "View":
        """By one filter less."""
        return View(self.days, **{one: getattr(self, one) for one in FILTERS if one != name})

    def holds(self, cell: Cell) -> bool:
        return cell.days <= self.days and all(getattr(self, name) == getattr(cell, name) for name in self.narrowed_by)


@dataclass(frozen=True)
class Refused:
    """`near` is the shown view from which this one would tell apart who is not in it; None: it is small itself.

    `beside`: not this view alone, but the small ones beside it would follow from it and the others of its kind.
    `free`: a period that is no usual one; a day longer or shorter would tell of those who came in between.
    """

    near: View | None = None
    beside: bool = False
    free: bool = False


@dataclass
class _Shown:
    """Views by the number of their people; cells as bits, so that two views are compared at once."""

    counts: Sequence[int]
    by_number: list[tuple[int, int, View]] = field(default_factory=list)

    def near(self, number: int, bits: int) -> View | None:
        start = bisect_left(self.by_number, (number - LEAST + 1,))
        for other, others, view in self.by_number[start:]:
            if other - number >= LEAST:
                return None
            if 0 < self.people(bits ^ others) < LEAST:
                return view
        return None

    def people(self, bits: int) -> int:
        """How many, counted no further than to enough."""
        found = 0
        while bits and found < LEAST:
            lowest = bits & -bits
            found += self.counts[lowest.bit_length() - 1]
            bits ^= lowest
        return found

    def add(self, number: int, bits: int, view: View) -> None:
        insort(self.by_number, (number, bits, view), key=lambda one: one[:2])


def refused(cells: Mapping[Cell, int], *, periods: Sequence[int]) -> dict[View, Refused]:
    """The views that are not shown, with why. `periods` in days, the one that goes before the others first.

    A view of everybody is always shown: it is no cut.
    """
    held = {cell: number for cell, number in sorted(cells.items()) if number > 0}
    counts = list(held.values())
    masks = _masks(list(held), periods)
    views = {view: _bits(view, masks) for view in _views(held, periods)}
    numbers = {view: _sum(bits, counts) for view, bits in views.items()}
    shown, found = _Shown(counts), dict[View, Refused]()
    for view, bits in views.items():
        if (reason := _why_not(view, numbers[view], bits, shown)) is None:
            shown.add(numbers[view], bits, view)
        else:
            found[view] = reason
    _complete(found, numbers)
    return found


FAR = 25  # people, and a tenth of them: what a night counted and what is counted now differ by less


def is_far(view: View, counts: Mapping[View, int]) -> bool:
    """Whether so many people lie between this view, by one filter, and every other of one or none that it is shown.

    By counts alone, as a night keeps them: in a large company nobody needs to be looked at. False says nothing.
    """
    number, (name,) = counts.get(view, 0), view.narrowed_by
    if number < FAR:
        return False
    margin = FAR + number // 10
    for other, theirs in counts.items():
        if other.narrowed_by == (name,) and getattr(other, name) != getattr(view, name):
            if 0 < theirs < FAR:  # nobody is in both, but a small one takes others with it
                return False
        elif abs(number - theirs) < margin and not (number == theirs and _nested(other, name)):
            return False
    return True


def _nested(other: View, name: str) -> bool:
    """Whether the other holds the view, so that as many people are the same people."""
    return not other.narrowed_by or other.narrowed_by == (name,)


def _why_not(view: View, number: int, bits: int, shown: _Shown) -> Refused | None:
    if not view.narrowed_by or not number:
        return None
    if number < LEAST:
        return Refused()
    near = shown.near(number, bits)
    return None if near is None else Refused(near)


def _views(cells: Mapping[Cell, int], periods: Sequence[int]) -> Iterator[View]:
    """Those with fewer filters first, then by period, then by name."""
    values = [(None, *sorted({getattr(cell, name) for cell in cells})) for name in FILTERS]
    crossed = sorted(
        product(*values), key=lambda some: (sum(one is not None for one in some), [one or "" for one in some])
    )
    most = len(FILTERS)
    for filters in range(most + 1):
        for days in periods:
            yield from (View(days, *some) for some in crossed if sum(one is not None for one in some) == filters)


Masks = Mapping[tuple[str, str | int], int]
"""(name of a filter, its value) -> the cells that it leaves; of a period under its days."""


def _masks(cells: Sequence[Cell], periods: Sequence[int]) -> Masks:
    masks: dict[tuple[str, str | int], int] = {}
    for place, cell in enumerate(cells):
        keys = [(name, getattr(cell, name)) for name in FILTERS]
        for key in (*keys, *(("days", days) for days in periods if cell.days <= days)):
            masks[key] = masks.get(key, 0) | 1 << place
    return masks


def _bits(view: View, masks: Masks) -> int:
    found = masks.get(("days", view.days), 0)
    for name in view.narrowed_by:
        found &= masks[name, getattr(view, name)]
    return found


def _sum(bits: int, counts: Sequence[int]) -> int:
    found = 0
    while bits:
        lowest = bits & -bits
        found += counts[lowest.bit_length() - 1]
        bits ^= lowest
    return found


def _complete(found: dict[View, Refused], numbers: Mapping[View, int]) -> None:
    """Of the parts of a shown view those that are not shown must be none, or five people together.

    Else the whole less the parts that are shown would tell of them: the next smallest is refused too.
    """
    parts: dict[tuple[View, str], list[View]] = {}
    for view, number in numbers.items():
        if number:
            for name in view.narrowed_by:
                parts.setdefault((view.without(name), name), []).append(view)
    changed = True
    while changed:
        changed = False
        for (whole, _name), some in parts.items():
            if whole in found:
                continue
            left = sorted(
                (one for one in some if one not in found), key=lambda one: (numbers[one], one[1:]), reverse=True
            )
            while 0 < sum(numbers[one] for one in some if one in found) < LEAST and left:
                found[left.pop()] = Refused(whole, beside=True)
                changed = True
