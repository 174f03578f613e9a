"""Folders of files that a test writes and reads as a connector would, without a database."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl

from voc.accounts import rules
from voc.accounts.connector import Span
from voc.accounts.crm.csvfolder import CsvFolder
from voc.accounts.model import Incoming, Kind, Problem

Rows = Sequence[Sequence[Any]]
_ALL = Span(None, datetime(2026, 3, 2, tzinfo=UTC))


def write_csv(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_sheet(path: Path, rows: Rows, *, title: str = "Sheet1") -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)


class Read:
    """What a folder yields."""

    def __init__(self, folder: Path) -> None:
        self.source = CsvFolder(folder)
        self.problems: list[Problem] = self.source.open()
        self.rows: dict[Kind, list[Incoming]] = {
            kind: [
                row for page in self.source.pages(kind, _ALL, after=None, known=lambda _: iter(())) for row in page.rows
            ]
            for kind in Kind
        }

    def cells(self, kind: Kind, id: str) -> dict[str, str]:
        """One row's texts by our names."""
        row = next(row for row in self.rows[kind] if row.id == id)
        return dict(zip(rules.TEXTS[kind], row.cells, strict=True))

    def ids(self, kind: Kind) -> list[str]:
        return [row.id for row in self.rows[kind]]
