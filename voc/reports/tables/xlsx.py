"""A workbook written row by row: typed cells, a frozen head, and a sheet that says what the rows are."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from voc.base.errors import Refused
from voc.reports.cells import Cell, harmless
from voc.reports.tables.model import About, Column, Kind, Row, typed

_Page = Any
"""A write-only sheet: the stubs know neither its columns' widths nor its filter."""

MOST_ROWS = 1_048_576  # of a sheet, with its head
LONGEST = 32_767  # characters of a cell
CUT = " … (cut: a cell holds no more)"

_SHOWN_AS = {
    Kind.WHOLE: "#,##0",
    Kind.NUMBER: "#,##0.####",
    Kind.SHARE: "0%",
    Kind.MONEY: "#,##0.00",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}
_WIDTHS = {Kind.TEXT: 24, Kind.MONEY: 16, Kind.MOMENT: 18, Kind.DAY: 12}


def write(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], about: About, *, most: int = MOST_ROWS) -> int:
    """How many rows it took. Refused where a sheet cannot hold them; a file in another format can."""
    book = Workbook(write_only=True)
    try:
        written = _rows(book.create_sheet("Rows"), columns, rows, most)
        _about(book.create_sheet("About"), columns, about, written)
        book.save(out)
    except BaseException:
        _drop(book)
        raise
    return written


def _drop(book: Workbook) -> None:
    """Take away the files in which openpyxl keeps what was written so far."""
    pages: list[_Page] = list(book.worksheets)
    for page in pages:
        if page._writer is not None and Path(page._writer.out).exists():
            if not page.closed:
                page.close()
            page._writer.cleanup()


def _rows(page: _Page, columns: Sequence[Column], rows: Iterable[Row], most: int) -> int:
    page.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        width = max(_WIDTHS.get(column.kind, 10), min(len(_head(column)), 40) + 2)
        page.column_dimensions[get_column_letter(number)].width = width
    page.append([_bold(page, _head(column)) for column in columns])
    written = 0
    for row in rows:
        written += 1
        if written >= most:
            raise Refused(
                f"A sheet holds {most - 1:,} rows, and there are more. Take CSV or Parquet, or narrow the filters"
            )
        page.append(list(_cells(page, columns, typed(columns, row))))
    if written:
        page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{written + 1}"
    return written


def _head(column: Column) -> str:
    return f"{column.title} (UTC)" if column.kind == Kind.MOMENT else column.title


def _cells(page: _Page, columns: Sequence[Column], row: Iterable[Cell]) -> Iterator[Any]:
    for column, value in zip(columns, row, strict=True):
        if value is None:
            yield None
        elif column.kind == Kind.TEXT:
            yield _words(page, str(value))
        elif column.kind == Kind.YES:
            yield "yes" if value else "no"
        else:
            naive: Any = value.replace(tzinfo=None) if isinstance(value, datetime) else value  # a sheet knows no zones
            cell = WriteOnlyCell(page, value=naive)
            cell.number_format = _SHOWN_AS[column.kind]
            yield cell


def _words(page: _Page, text: str) -> Any:
    clean = harmless(ILLEGAL_CHARACTERS_RE.sub("", text))
    if len(clean) > LONGEST:
        clean = clean[: LONGEST - len(CUT)] + CUT
    return clean


def _bold(page: _Page, text: str) -> Any:
    cell = WriteOnlyCell(page, value=harmless(text))
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _about(page: _Page, columns: Sequence[Column], about: About, written: int) -> None:
    page.column_dimensions["A"].width, page.column_dimensions["B"].width, page.column_dimensions["C"].width = 30, 60, 90
    page.append([_bold(page, about.title)])
    for label, said in (*_told(about), ("Rows", f"{written:,}")):
        page.append([_words(page, label), _words(page, said)])
    page.append([])
    page.append([_bold(page, head) for head in ("Column", "Holds", "Meaning")])
    for column in columns:
        page.append([_words(page, _head(column)), column.kind.value, _words(page, column.meaning)])


def _told(about: About) -> list[tuple[str, str]]:
    return [*([("What it is", about.meaning)] if about.meaning else []), *about.facts]
