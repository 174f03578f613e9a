"""A table that leaves the service: its columns with their types, and what must be said beside its rows. Pure."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from voc.base.errors import Refused
from voc.reports.cells import Cell, in_utf8

Row = Sequence[Cell]


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Kind(StrEnum):
    """What a column holds, the same in every format."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    SHARE = "share"  # 0..1; a spreadsheet shows it as percent
    MONEY = "amount"
    DAY = "day"
    MOMENT = "moment"  # in UTC
    YES = "yes or no"


@dataclass(frozen=True)
class Column:
    """`key` names it for programs (Parquet); made of the title if not given."""

    title: str
    kind: Kind = Kind.TEXT
    meaning: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        return self.key or re.sub(r"[^a-z0-9]+", "_", self.title.lower()).strip("_")


@dataclass(frozen=True)
class About:
    """What stands beside the rows of a workbook and in Parquet's metadata: period, filters, version, who took it."""

    title: str
    meaning: str = ""
    facts: Sequence[tuple[str, str]] = ()

    @property
    def told(self) -> list[tuple[str, str]]:
        """The facts as a file can hold them: filters come from strangers."""
        return [(in_utf8(label), in_utf8(said)) for label, said in self.facts]


MOST = Decimal("9999999999999999.994")
"""Amounts up to it are whole to the cent in every tool that reads Parquet's decimal(18, 2)."""


def _text(cell: Any) -> str:
    return in_utf8(cell if type(cell) is str else str(cell))


def _whole(cell: Any) -> int:
    return cell if type(cell) is int else int(cell)


def _number(cell: Any) -> float | None:
    value = float(cell)
    return value if math.isfinite(value) else None


def _money(cell: Any) -> Decimal | None:
    amount = Decimal(str(cell))
    if not amount.is_finite():
        return None
    if abs(amount) > MOST:
        raise Refused(f"An amount of {amount:.3E} is more than any file here holds. Correct it where it comes from")
    return amount.quantize(Decimal("0.01"))


def _day(cell: Any) -> date:
    if type(cell) is date:
        return cell
    if isinstance(cell, datetime):
        return cell.date()
    return date.fromisoformat(cell)


def _moment(cell: datetime) -> datetime:
    return cell if cell.tzinfo is UTC else cell.astimezone(UTC)


CONVERT: Mapping[Kind, Callable[[Any], Cell]] = {
    Kind.TEXT: _text,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.SHARE: _number,
    Kind.MONEY: _money,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
    Kind.YES: bool,
}
"""A cell as its column says; None stays None. What is no number (an endless median) is None."""


def typed(columns: Sequence[Column], row: Row) -> list[Cell]:
    """The row as its columns say."""
    return [
        None if cell is None or cell == "" else CONVERT[column.kind](cell)
        for column, cell in zip(columns, row, strict=True)
    ]
