"""A workbook written row by row: typed cells, a frozen head, and a sheet that says what the rows are.

openpyxl makes the book around the rows; the rows themselves go as text straight into the file. Cell by cell through its
objects the figures of a year's demo took 3 seconds of processor, as text 0.3, and no row is held.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
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
_ROWS = "xl/worksheets/sheet1.xml"
_FIRST = ("[Content_Types].xml", "_rels/.rels")  # by them a file is known for a workbook
_END = "</sheetData>"
_AT_ONCE = 1_000  # rows


@dataclass(frozen=True)
class _Book:
    """A workbook without its rows: its files by name, and the number that each kind's style has in it."""

    files: Mapping[str, bytes]
    styles: Mapping[Kind, int]

    @property
    def head(self) -> str:
        """Of the sheet, up to the first row; without its size, which is not known yet and may be left out."""
        return re.sub(r"<dimension [^>]*/>", "", self.files[_ROWS].decode().partition(_END)[0])

    @property
    def tail(self) -> str:
        return _END + self.files[_ROWS].decode().partition(_END)[2]


def write(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], about: About, *, most: int = MOST_ROWS) -> int:
    """How many rows it took. Refused where a sheet cannot hold them; a file in another format can."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        book = _around(columns, about, 0)
        for name in _FIRST:
            packed.writestr(name, book.files[name])
        with packed.open(_ROWS, "w", force_zip64=True) as sheet:
            sheet.write(book.head.encode())
            written = _rows(sheet.write, columns, rows, book.styles, most)
            book = _around(columns, about, written)
            sheet.write(book.tail.encode())
        for name, content in book.files.items():
            if name not in (*_FIRST, _ROWS):
                packed.writestr(name, content)
    return written


# --- around the rows ---


def _around(columns: Sequence[Column], about: About, written: int) -> _Book:
    """As it is with so many rows, none of them in it yet."""
    book = Workbook(write_only=True)
    page: _Page = book.create_sheet("Rows")
    page.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        width = max(_WIDTHS.get(column.kind, 10), min(len(_head(column)), 40) + 2)
        page.column_dimensions[get_column_letter(number)].width = width
    page.append([_bold(page, _head(column)) for column in columns])
    if written:
        page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{written + 1}"
    styles = {kind: _style(page, shown) for kind, shown in _SHOWN_AS.items()}
    _about(book.create_sheet("About"), columns, about, written)
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as made:
        return _Book({name: made.read(name) for name in made.namelist()}, styles)


def _style(page: _Page, shown: str) -> int:
    cell = WriteOnlyCell(page, value=0)
    cell.number_format = shown
    return int(cell.style_id)


def _head(column: Column) -> str:
    return f"{column.title} (UTC)" if column.kind == Kind.MOMENT else column.title


def _bold(page: _Page, text: str) -> Any:
    cell = WriteOnlyCell(page, value=harmless(text))
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _about(page: _Page, columns: Sequence[Column], about: About, written: int) -> None:
    page.column_dimensions["A"].width, page.column_dimensions["B"].width, page.column_dimensions["C"].width = 30, 60, 90
    page.append([_bold(page, about.title)])
    for label, said in (*_told(about), ("Rows", f"{written:,}")):
        page.append([_words(label), _words(said)])
    page.append([])
    page.append([_bold(page, head) for head in ("Column", "Holds", "Meaning")])
    for column in columns:
        page.append([_words(_head(column)), column.kind.value, _words(column.meaning)])


def _told(about: About) -> list[tuple[str, str]]:
    return [*([("What it is", about.meaning)] if about.meaning else []), *about.told]


# --- the rows ---


def _rows(
    send: Callable[[bytes], object],
    columns: Sequence[Column],
    rows: Iterable[Row],
    styles: Mapping[Kind, int],
    most: int,
) -> int:
    cells = [(get_column_letter(number), _cell_of(one.kind, styles)) for number, one in enumerate(columns, 1)]
    gathered: list[str] = []
    written = 0
    for row in rows:
        written += 1
        if written >= most:
            raise Refused(
                f"A sheet holds {most - 1:,} rows, and there are more. Take CSV or Parquet, or narrow the filters"
            )
        place = written + 1
        gathered.append(f'<row r="{place}">')
        gathered += [
            make(f"{letter}{place}", value)
            for (letter, make), value in zip(cells, typed(columns, row), strict=True)
            if value is not None
        ]
        gathered.append("</row>")
        if written % _AT_ONCE == 0:
            send("".join(gathered).encode())
            gathered.clear()
    send("".join(gathered).encode())
    return written


def _cell_of(kind: Kind, styles: Mapping[Kind, int]) -> Callable[[str, Any], str]:
    """What makes the text of a cell of that kind."""
    if kind == Kind.TEXT:
        return _text
    if kind == Kind.YES:
        return lambda place, value: _text(place, "yes" if value else "no")
    style = styles[kind]
    if kind in (Kind.DAY, Kind.MOMENT):
        return lambda place, value: _day(place, value, style)
    return lambda place, value: f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def _text(place: str, value: Cell) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(_words(str(value)))}</t></is></c>'


_ZERO_DAY = date(1899, 12, 30)  # a spreadsheet counts days from it, and rightly so from March 1900 on
_FIRST_DAY = date(1900, 3, 1)


def _day(place: str, value: date, style: int) -> str:
    """A sheet knows no zones; a day from before its calendar goes as text."""
    on = value.date() if isinstance(value, datetime) else value
    if on < _FIRST_DAY:
        return _text(place, value.isoformat())
    number: float = (on - _ZERO_DAY).days
    if isinstance(value, datetime):
        number += (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86_400
    return f'<c r="{place}" s="{style}"><v>{number}</v></c>'


_NO_LETTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML cannot hold them


def _words(text: str) -> str:
    clean = harmless(_NO_LETTERS.sub("", text))
    if len(clean) > LONGEST:
        clean = clean[: LONGEST - len(CUT)] + CUT
    return clean
