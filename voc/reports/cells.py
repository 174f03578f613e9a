"""Cells of a table that leaves the service: none that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TextIO

Cell = str | int | float | Decimal | date | datetime | bool | None

# What a spreadsheet takes for the start of a formula; a tab or a line end before it changes nothing.
_RUNS = re.compile("^\\s*[=+@|%\\-\uff1d\uff0b\uff0d\uff20]")  # the wide forms too: some run them

_LONE = re.compile("[\ud800-\udfff]")  # half of a letter: no file in UTF-8 can hold it


def in_utf8(text: str) -> str:
    """The text with a mark where half a letter stands; almost always the very same."""
    return text if text.isascii() or not _LONE.search(text) else _LONE.sub("\ufffd", text)


def harmless(cell: Cell) -> str:
    """The cell as text; words that a spreadsheet would take for a formula get an apostrophe in front."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"  # amounts
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if _RUNS.match(cell) or cell[:1] in ("\t", "\r", "\n") else cell


def write_rows(out: TextIO, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """One line after the other, so that a large table is never held whole; returns how many."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(head) for head in heads])
    written = 0
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
        written += 1
    return written


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    write_rows(out, heads, rows)
    return out.getvalue()
