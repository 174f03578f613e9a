"""RFC 4180: UTF-8 with its mark, lines end with CR LF, no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from voc.reports.cells import Cell, harmless
from voc.reports.tables.model import Column, Row, typed

MARK = b"\xef\xbb\xbf"  # without it spreadsheets take the file for their own country's letters


def write(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """How many rows it took."""
    out.write(MARK)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    try:
        return _write(text, columns, rows)
    finally:
        text.detach()  # flushes; whoever opened the file closes it


def _write(text: io.TextIOWrapper, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(one.title) for one in columns])
    written = 0
    for row in rows:
        writer.writerow(_cells(typed(columns, row)))
        written += 1
    return written


def _cells(row: Iterable[Cell]) -> list[str]:
    return [harmless(cell) for cell in row]
