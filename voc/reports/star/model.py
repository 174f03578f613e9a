"""What the star schema is made of: tables with typed fields, each with its meaning, source and the key it refers to.

A field is declared once: the file's column, its type and its line in the data dictionary are made of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics.regions import region_of
from voc.metrics.store import in_reporting
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind

UNKNOWN = 0
"""The key of the first row of every dimension: nothing is known, or there is none. So no fact has an empty key."""
_BITS = 53  # whole in every tool: some keep whole numbers as floating point


class Sort(StrEnum):
    DIMENSION = "dimension"
    FACT = "fact"
    BRIDGE = "bridge"  # many to many


class Of:
    """Makes keys, and remembers which days were named. The same record has the same key in every export.

    Contacts get a keyed digest of the installation: who has the files alone cannot go back to the CRM's id.
    """

    def __init__(self, preferences: Preferences, *, blur: Callable[[str], str], now: datetime) -> None:
        self.preferences, self.now = preferences, now
        self.first_on: date | None = None
        self.last_on: date | None = None
        self._blur = blur
        self.key = lru_cache(1 << 16)(_key)

    def person(self, contact_id: str | None) -> int:
        if contact_id is None:
            return UNKNOWN
        return int(self._blur(f"star contact {contact_id}")[:16], 16) >> (64 - _BITS) or 1

    def day(self, at: date | datetime | None) -> int:
        """20260331 for that day in UTC."""
        if at is None:
            return UNKNOWN
        on = at.date() if isinstance(at, datetime) else at
        if self.first_on is None or on < self.first_on:
            self.first_on = on
        if self.last_on is None or on > self.last_on:
            self.last_on = on
        return on.year * 10_000 + on.month * 100 + on.day

    def money(self, amount: Decimal | None, currency: str | None) -> Cell:
        """In the reporting currency; None without an amount or a rate."""
        return in_reporting(self.preferences, amount, currency)

    def region(self, country: str | None) -> int:
        return self.key("region", region_of(country, self.preferences.regions))


def _key(dimension: str, natural: str | int | None) -> int:
    if natural is None or natural == "":
        return UNKNOWN
    return int.from_bytes(sha256(f"{dimension}:{natural}".encode()).digest()[:8]) >> (64 - _BITS) or 1


Take = Callable[[Any, Of], Cell]


@dataclass(frozen=True)
class Field:
    """`take` makes the cell of a row of the table's query. `refers` is the dimension whose key it holds."""

    name: str
    kind: Kind
    meaning: str
    take: Take
    source: str = ""
    unit: str = ""
    refers: str = ""
    key: bool = False  # its own table's
    nulls: str = ""  # when it is empty; "" is never
    label: bool = False  # of a dimension: what its first row is called

    @property
    def column(self) -> Column:
        return Column(self.name, self.kind, self.meaning, self.name)


@dataclass(frozen=True)
class StarTable:
    """`rows` yields rows of its query. `parted`: a file a quarter by that field, whose past files never change."""

    name: str
    sort: Sort
    meaning: str
    fields: Sequence[Field]
    rows: Callable[[Connection, Of], Iterable[Any]]
    grain: str = ""
    personal: bool = False
    parted: Callable[[Any], date] | None = None

    @property
    def columns(self) -> list[Column]:
        return [one.column for one in self.fields]

    @property
    def unknown(self) -> list[Cell]:
        """The first row of a dimension."""
        return [UNKNOWN if one.key or one.refers else "not known" if one.label else None for one in self.fields]

    @property
    def key(self) -> Sequence[Field]:
        return [one for one in self.fields if one.key]


@dataclass(frozen=True)
class Plain:
    """A row that no query made."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return self.values[name]


# --- short ways to declare a field ---

TEXT, WHOLE, MONEY, SHARE, YES, DAY, MOMENT, NUMBER = (
    Kind.TEXT, Kind.WHOLE, Kind.MONEY, Kind.SHARE, Kind.YES, Kind.DAY, Kind.MOMENT, Kind.NUMBER,
)  # fmt: skip


def own_key(name: str, meaning: str, take: Take, source: str = "") -> Field:
    return Field(name, Kind.WHOLE, meaning, take, source, key=True)


def refers(name: str, dimension: str, meaning: str, take: Take, source: str = "") -> Field:
    return Field(name, Kind.WHOLE, meaning, take, source, refers=dimension)


def day_key(name: str, meaning: str, take: Callable[[Any], date | datetime | None], source: str = "") -> Field:
    return refers(
        name, "dim_date", f"{meaning}, in UTC; 0 where it is not so", lambda row, of: of.day(take(row)), source
    )


def plain(
    name: str, kind: Kind, meaning: str, source: str, *, nulls: str = "", unit: str = "", label: bool = False
) -> Field:
    """The value as the query has it, under the field's own name."""
    return Field(name, kind, meaning, lambda row, _of: getattr(row, name), source, unit, nulls=nulls, label=label)


def flag(name: str, meaning: str, take: Callable[[Any, Of], bool | int | None], source: str = "") -> Field:
    """0 or 1, so that it can be added up."""
    return Field(name, Kind.WHOLE, meaning, lambda row, of: int(bool(take(row, of))), source, "0 or 1")
