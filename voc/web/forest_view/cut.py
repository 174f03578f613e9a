"""The forest by one cut: themes against the parts of everybody who wrote, as a table and as a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.metrics.forest.cutting import ANY
from voc.metrics.forest.people import Count, Cut
from voc.metrics.run.forest.views import EVERYTHING, ForestPage
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.forest_view import words
from voc.web.parts import Link, Mark, files


@dataclass(frozen=True)
class TableCell:
    words: str
    of: str
    href: str
    mark: Mark | None = None


@dataclass(frozen=True)
class CutRow:
    name: str
    cells: Sequence[TableCell]


@dataclass(frozen=True)
class CutTable:
    heading: str
    heads: Sequence[str]
    rows: Sequence[CutRow]
    note: str
    files: Sequence[Link]


def cut_table(found: ForestPage) -> CutTable:
    table = found.table
    assert table is not None
    order = [one.theme_id for one in found.forest.lines] if found.forest else []
    shown = [ANY, *(one for one in order if any(cell.count and cell.count.people for cell in table.rows[one].values()))]
    left = [one for one in order if one not in shown and any(cell.count is None for cell in table.rows[one].values())]
    note = f"Too few: {words.TOO_FEW}, or a number from which such a one could be worked out."
    if table.cut is Cut.ROLE:
        note += " Whoever holds several roles is counted under the first, in the order of the columns."
    if left:
        note += f" Too few in every part: {view.listed([found.themes[one].name for one in left])}."
    return CutTable(
        heading=f"By {words.CUTS[table.cut]}",
        heads=[words.part_words(table.cut, part) for part in table.parts],
        rows=[
            CutRow(
                _theme_name(found, theme),
                [_cell(found, theme, part) for part in table.parts],
            )
            for theme in shown
        ],
        note=note if table.hides else "",
        files=files(words.cut_address(found.asked, table.cut), f"of themes by {words.CUTS[table.cut]}"),
    )


def _cell(found: ForestPage, theme: int, part: str) -> TableCell:
    assert found.table is not None
    count = found.table.rows[theme][part].count
    if count is None:
        return TableCell("too few", "", "")
    if not count.people:
        return TableCell("0", "", "")
    of_theme = EVERYTHING if theme == ANY else theme
    href = words.comments_address(found.asked, of_theme, found.table.cut, part)
    mark = words.accounts_mark(count.accounts, href)
    return TableCell(view.count(count.accounts, "account"), view.count(count.people, "person", "people"), href, mark)


CUT_COLUMNS = (
    Column("Cut", meaning="By what everybody is divided: score, segment, role or region; each person is in one part"),
    Column("Part"),
    Column("Theme", meaning="Everybody who wrote, or those who wrote of it"),
    Column("State", meaning="too few: hidden, as on the page"),
    Column("Accounts", Kind.WHOLE),
    Column("People", Kind.WHOLE),
)


def cut_rows(found: ForestPage) -> list[Sequence[Cell]]:
    """One line a cell; what is hidden on the page is empty here."""
    table = found.table
    if table is None or found.forest is None:
        return []
    order = [ANY, *(one.theme_id for one in found.forest.lines)]
    return [
        (words.CUTS[table.cut], words.part_words(table.cut, part), _theme_name(found, theme), *_counted(cell.count))
        for theme in order
        for part, cell in table.rows[theme].items()
    ]


def _theme_name(found: ForestPage, theme: int) -> str:
    return "Everybody who wrote" if theme == ANY else found.themes[theme].name


def _counted(count: Count | None) -> tuple[str, int | None, int | None]:
    if count is None:
        return "too few", None, None
    return ("ok" if count.people else "none"), count.accounts, count.people
