"""One sheet of an Excel workbook (.xlsx), read row by row.

Dates, numbers and flags are what the cells hold, whatever their format shows; of a formula what
Excel last computed. The sheet is the first that is visible, or the one the mapping names.
"""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from voc.accounts.crm.folder.csvtext import Record
from voc.accounts.crm.texts import text_of
from voc.base.errors import Misconfigured

SUFFIXES = (".xlsx", ".xlsm")
# What a workbook may unpack to. A million rows of twenty columns are about 1.5 GB.
_LARGEST_BYTES = 4 << 30
_WIDEST = 16_384  # columns a sheet can have at all
_BROKEN = (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, OSError, EOFError)


class ExcelSheet:
    """One sheet. Misconfigured when the file is no workbook or has no such sheet."""

    encoding = "xlsx"
    delimiter = ""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._wanted = sheet
        self._width = 0
        self._seen = 0
        self._about = 1
        with self._opened() as found:
            self.name = f"{path.name}, {found.title}" if sheet else path.name
            self._header = next(self._texts(found), (1, []))[1]
            self._about = max(found.max_row or 1, 1)

    @property
    def bytes_read(self) -> int:
        """In proportion: a workbook is packed, and says about how many rows it has."""
        return min(self.size, self.size * self._seen // self._about)

    def header(self) -> list[str]:
        return list(self._header)

    def rows(self) -> Iterator[Record]:
        width = len(self._header)
        self._seen = 0
        with self._opened() as found:
            rows = self._texts(found)
            next(rows, None)
            for line, cells in rows:
                self._seen = line
                # Empty cells at the end of a row are not stored at all.
                yield line, cells + [""] * (width - len(cells))
        self._seen = 0

    def _texts(self, sheet: Any) -> Iterator[tuple[int, list[str]]]:
        """Rows that hold anything but blanks, by their number in the sheet."""
        # A sheet may claim a million rows and 16,384 columns for the sake of one stray format.
        sheet.reset_dimensions()
        try:
            for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                if any(cell is not None and cell != "" for cell in cells):
                    texts = _trimmed([_text(cell) for cell in cells[:_WIDEST]])
                    if texts:
                        yield line, texts
        except _BROKEN:
            raise _unreadable(self.path) from None

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        _check_size(self.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which are of no use to us
            try:
                book = openpyxl.load_workbook(self.path, read_only=True, data_only=True, keep_links=False)
            except _BROKEN:
                raise _unreadable(self.path) from None
        try:
            yield self._sheet(book)
        finally:
            book.close()

    def _sheet(self, book: Any) -> Any:
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if self._wanted is None:
            found = visible
        else:
            wanted = self._wanted.strip().casefold()
            found = [sheet for sheet in book.worksheets if sheet.title.strip().casefold() == wanted]
        if found:
            return found[0]
        there = ", ".join(sheet.title for sheet in visible) or "none that is visible"
        raise Misconfigured(str(self.path), f"it has no sheet {self._wanted or ''}".rstrip(), f"It has: {there}")


def is_empty(path: Path) -> bool:
    """Whether a workbook's first visible sheet holds a header at most."""
    return next(ExcelSheet(path).rows(), None) is None


def _text(value: Any) -> str:
    # Excel has no days, only moments; midnight is a day.
    if type(value) is datetime and value.time() == time():
        return value.date().isoformat()
    return text_of(value)


def _trimmed(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (zipfile.BadZipFile, OSError):
        raise _unreadable(path) from None
    if size > _LARGEST_BYTES:
        raise Misconfigured(str(path), f"it unpacks to {size >> 30} GB", "Export it as CSV")


def _unreadable(path: Path) -> Misconfigured:
    return Misconfigured(
        str(path), "it cannot be read as an Excel workbook", "Save it again as .xlsx without a password, or as CSV"
    )
