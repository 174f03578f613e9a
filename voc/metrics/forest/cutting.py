"""Themes by the parts of everybody: by score, segment, role or region."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from voc.metrics.forest.hiding import hidden_cells
from voc.metrics.forest.people import PLACE_OF_ROLE, Count, Cut, Person

ANY = 0
"""In the place of a theme: everybody who wrote anything."""


@dataclass(frozen=True)
class Cell:
    """`count` is None where it is hidden."""

    count: Count | None


@dataclass(frozen=True)
class Table:
    """Themes by the parts of a cut. `rows` holds a line for everybody (`ANY`) too."""

    cut: Cut
    parts: tuple[str, ...]
    rows: Mapping[int, Mapping[str, Cell]]

    @property
    def hides(self) -> bool:
        return any(cell.count is None for cells in self.rows.values() for cell in cells.values())


Counts: TypeAlias = Mapping[int, Mapping[str, Count]]
"""By theme (`ANY` first) and part; every theme has every part that somebody is in."""


def cut_table(people: Sequence[Person], themes: Sequence[int], cut: Cut, *, protected: bool) -> Table:
    return table_of(counts_of(people, themes, cut), cut, protected=protected)


def counts_of(people: Sequence[Person], themes: Sequence[int], cut: Cut) -> Counts:
    places = _places(people, themes, cut)
    return {
        theme: {part: Count(len(some := places[part].get(theme, ())), len(set(some))) for part in places}
        for theme in (ANY, *themes)
    }


def table_of(counts: Counts, cut: Cut, *, protected: bool) -> Table:
    """What of these counts is shown."""
    parts = tuple(sorted(counts[ANY], key=lambda part: (part == "", _order(cut, part), part)))
    hidden = hidden_cells(counts) if protected else set()
    rows = {
        theme: {part: Cell(None if (theme, part) in hidden else cells[part]) for part in parts}
        for theme, cells in counts.items()
    }
    return Table(cut, parts, rows)


def _places(people: Sequence[Person], themes: Sequence[int], cut: Cut) -> Mapping[str, Mapping[int, list[str]]]:
    """By part and theme everybody's account: each person is looked at once, however many themes there are."""
    known, found = set(themes), dict[str, dict[int, list[str]]]()
    for one in people:
        here = found.setdefault(one.part(cut), {})
        for theme in (ANY, *(one.themes & known)):
            here.setdefault(theme, []).append(one.account_id)
    return found


_ORDER: Mapping[Cut, Sequence[str]] = {
    Cut.SCORE: ("detractor", "passive", "promoter"),
    Cut.SEGMENT: ("enterprise", "mid-market", "small"),
    Cut.ROLE: tuple(PLACE_OF_ROLE),
    Cut.REGION: (),
}


def _order(cut: Cut, part: str) -> int:
    known = _ORDER[cut]
    return known.index(part) if part in known else len(known)
