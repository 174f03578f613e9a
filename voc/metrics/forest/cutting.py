"""Themes by the parts of everybody: by score, segment, role or region."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.forest.hiding import hidden_cells
from voc.metrics.forest.people import PLACE_OF_ROLE, Count, Cut, Person, count

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


def cut_table(people: Sequence[Person], themes: Sequence[int], cut: Cut, *, protected: bool) -> Table:
    by_part: dict[str, list[Person]] = defaultdict(list)
    for one in people:
        by_part[one.part(cut)].append(one)
    parts = tuple(sorted(by_part, key=lambda part: (part == "", _order(cut, part), part)))
    counts = {
        theme: {part: count(one for one in by_part[part] if theme == ANY or theme in one.themes) for part in parts}
        for theme in (ANY, *themes)
    }
    hidden = hidden_cells(counts) if protected else set()
    rows = {
        theme: {part: Cell(None if (theme, part) in hidden else one) for part, one in cells.items()}
        for theme, cells in counts.items()
    }
    return Table(cut, parts, rows)


_ORDER: Mapping[Cut, Sequence[str]] = {
    Cut.SCORE: ("detractor", "passive", "promoter"),
    Cut.SEGMENT: ("enterprise", "mid-market", "small"),
    Cut.ROLE: tuple(PLACE_OF_ROLE),
    Cut.REGION: (),
}


def _order(cut: Cut, part: str) -> int:
    known = _ORDER[cut]
    return known.index(part) if part in known else len(known)
