"""An approved month of a scorecard as a workbook: sums, lines, and a page that says what it is."""

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from voc.metrics.cards import months, sheet
from voc.metrics.run.cards import Approved
from voc.reports.cells import Cell, harmless
from voc.reports.tables import Column, Kind

_TEXTS = frozenset({"CSM id", "CSM", "Figure", "Key", "Kind", "State", "Missing"})
_WHOLE = frozenset({"Period in days", "Definition version"})
LINE_COLUMNS = tuple(
    Column(head, Kind.TEXT if head in _TEXTS else Kind.WHOLE if head in _WHOLE else Kind.NUMBER)
    for head in sheet.LINE_HEADS
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(found: Approved) -> bytes:
    """Numbers stay numbers; words that a spreadsheet would run get an apostrophe, as in CSV."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)  # a new book has one
    first.title = "Sums"
    _fill(first, sheet.SUM_HEADS, sheet.sum_rows(found.results))
    _fill(book.create_sheet("Lines"), sheet.LINE_HEADS, sheet.line_rows(found.results))
    _fill(book.create_sheet("About"), ("What", "Is"), about(found))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def about(found: Approved) -> list[tuple[str, Cell]]:
    """Which month, by which version, approved by whom."""
    month = found.month
    missing = [one.name for one in sheet.people(found.results) if one.misses_facts]
    return [
        ("Scorecard", found.card.title),
        ("Name", month.name),
        ("Month", months.written(month.month)),
        ("Revision", month.revision),
        ("Why it was counted anew", month.reason),
        ("Version of the file", month.number),
        ("Saved by", month.saved_by),
        ("Frozen", month.frozen_at.isoformat()),
        ("Approved", month.approved_at.isoformat() if month.approved_at else None),
        ("Approved by", month.approved_by),
        ("Facts missing for", ", ".join(missing) or "nobody"),
    ]


def _fill(page: Worksheet, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    page.append(list(heads))
    for cell in page[1]:
        cell.font = Font(bold=True)
    page.freeze_panes = "A2"
    widths = [len(head) for head in heads]
    for row in rows:
        page.append([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        widths = [max(width, min(len(str(cell or "")), 48)) for width, cell in zip(widths, row, strict=True)]
    for number, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(number)].width = width + 2
