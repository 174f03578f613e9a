"""Whole tables as columns of numbers: what a night counts, without an object for each row.

PostgreSQL sends them in its binary COPY format: every column has a fixed width, so that a portion of rows is read
as one array. SQLite's rows are taken from the driver as they are. A text that names something (an id, an address)
becomes a number of 64 bits: two of a million differ with all but one chance in ten million.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Select,
    SmallInteger,
    String,
    cast,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy import case as sql_case

from voc.metrics.columns.kinds import MISSING, Column

PORTION = 50_000
_SINCE_2000 = 946_684_800_000_000  # PostgreSQL counts microseconds from there
_HEADER = 19  # bytes of a COPY's: signature, flags, length of an extension that nobody uses


class Kind(StrEnum):
    TIME = "time"  # microseconds since 1970; MISSING for none
    WHOLE = "whole"  # MISSING for none
    REAL = "real"  # NaN for none
    FLAG = "flag"
    KEY = "key"  # a text by its number; 0 for none
    WORD = "word"  # its place among `words`; -1 for none of them
    WORDS = "words"  # a JSON list as a set of bits


@dataclass(frozen=True)
class Field:
    name: str
    column: ColumnElement[Any]
    kind: Kind
    words: Sequence[str] = ()


def read(db: Connection, fields: Sequence[Field], build: Callable[[list[Any]], Select[Any]]) -> dict[str, Column]:
    """The columns that `build` makes a query of, each as one array."""
    if db.dialect.name == "postgresql":
        return _copied(db, fields, build)
    return _fetched(db, fields, build)


def key_of(db: Connection, texts: Sequence[str]) -> Column:
    """The numbers of these ids, as `read` gives them."""
    if db.dialect.name != "postgresql":
        return np.fromiter(map(hash, texts), np.int64, len(texts))
    query = "SELECT hashtextextended(t, 0) FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n"
    found = db.exec_driver_sql(query, {"texts": list(texts)})
    return np.fromiter((row[0] for row in found), np.int64, len(texts))


# --- PostgreSQL ---

_WIDTHS = {
    Kind.TIME: ">i8", Kind.WHOLE: ">i8", Kind.KEY: ">i8", Kind.REAL: ">f8",
    Kind.FLAG: ">i2", Kind.WORD: ">i2", Kind.WORDS: ">i2",
}  # fmt: skip


def _copied(db: Connection, fields: Sequence[Field], build: Callable[[list[Any]], Select[Any]]) -> dict[str, Column]:
    query = build([_sent(one).label(one.name) for one in fields])
    text = str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    layout = np.dtype([("count", ">i2"), *_layout(fields)])
    parts: list[Any] = []
    driver: Any = db.connection.driver_connection  # psycopg's own
    with driver.cursor() as cursor, cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT binary)") as stream:
        for whole in _rows_of(stream, layout.itemsize):
            rows = np.frombuffer(whole, layout)
            parts.append({one.name: _native(rows[one.name], one.kind) for one in fields})
    return {one.name: _joined([part[one.name] for part in parts], one.kind) for one in fields}


def _layout(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    for one in fields:
        yield f"length of {one.name}", ">i4"
        yield one.name, _WIDTHS[one.kind]


def _rows_of(stream: Any, size: int) -> Iterator[bytes]:
    """Whole rows out of a stream of pieces; the two bytes at its end are none."""
    kept, begun = bytearray(), False
    for piece in stream:
        kept += piece
        if not begun and len(kept) >= _HEADER:
            del kept[:_HEADER]
            begun = True
        if begun and len(kept) > PORTION * size:
            full = len(kept) // size * size
            yield bytes(kept[:full])
            del kept[:full]
    yield bytes(kept[: len(kept) // size * size])


def _native(values: Any, kind: Kind) -> Column:
    if kind == Kind.TIME:
        found = values.astype(np.int64)
        return np.where(found == MISSING, MISSING, found + _SINCE_2000)
    held: Column = values.astype(_HELD[kind])
    return held


def _sent(one: Field) -> ColumnElement[Any]:
    column = one.column
    if one.kind == Kind.TIME:
        return func.coalesce(column, literal_column("'-infinity'::timestamptz"))
    if one.kind == Kind.KEY:
        return func.coalesce(func.hashtextextended(column, literal_column("0")), literal_column("0::bigint"))
    if one.kind == Kind.REAL:
        return func.coalesce(cast(type_coerce(column, BigInteger), Float(53)), literal_column("'NaN'::float8"))
    if one.kind == Kind.WHOLE:
        return func.coalesce(cast(column, BigInteger), literal_column(f"({MISSING + 1})::bigint"))
    if one.kind == Kind.FLAG:
        return cast(sql_case((column, 1), else_=0), SmallInteger)
    if one.kind == Kind.WORD:
        places = [(type_coerce(column, String) == word, place) for place, word in enumerate(one.words)]
        return cast(sql_case(*places, else_=-1), SmallInteger)
    bits = [
        sql_case((column.op("?")(literal_column(f"'{word}'")), 1 << place), else_=0)
        for place, word in enumerate(one.words)
    ]
    return cast(sum(bits[1:], bits[0]), SmallInteger)


# --- SQLite ---


def _fetched(db: Connection, fields: Sequence[Field], build: Callable[[list[Any]], Select[Any]]) -> dict[str, Column]:
    query = build([_raw(one).label(one.name) for one in fields])
    text = str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True}))
    rows: Any = db.exec_driver_sql(text).cursor  # the driver's own: no object of ours for each row
    arrays = [_array_of(one) for one in fields]
    parts: list[list[Column]] = [[] for _ in fields]
    while portion := list(islice(rows, PORTION)):
        for kept, make, values in zip(parts, arrays, zip(*portion, strict=True), strict=True):
            kept.append(make(values))
    return {one.name: _joined(kept, one.kind) for one, kept in zip(fields, parts, strict=True)}


def _raw(one: Field) -> ColumnElement[Any]:
    return type_coerce(one.column, BigInteger if one.kind in (Kind.WHOLE, Kind.REAL, Kind.FLAG) else String)


def _array_of(one: Field) -> Callable[[Sequence[Any]], Column]:
    if one.kind == Kind.TIME:
        return lambda values: np.array(values, "M8[us]").astype(np.int64)
    if one.kind == Kind.KEY:
        return lambda values: np.fromiter((0 if text is None else hash(text) for text in values), np.int64, len(values))
    if one.kind == Kind.REAL:
        return lambda values: np.array(values, np.float64)
    if one.kind == Kind.WHOLE:
        none = MISSING + 1
        return lambda values: np.fromiter((none if v is None else v for v in values), np.int64, len(values))
    if one.kind == Kind.FLAG:
        return lambda values: np.fromiter((bool(value) for value in values), np.bool_, len(values))
    places: Mapping[Any, int] = {word: place for place, word in enumerate(one.words)}
    if one.kind == Kind.WORD:
        return lambda values: np.fromiter((places.get(value, -1) for value in values), np.int16, len(values))

    @cache
    def bits(text: str | None) -> int:
        return sum(1 << places[word] for word in msgspec.json.decode(text or "[]") if word in places)

    return lambda values: np.fromiter(map(bits, values), np.int16, len(values))


_HELD: Mapping[Kind, type[np.generic]] = {
    Kind.TIME: np.int64,
    Kind.WHOLE: np.int64,
    Kind.REAL: np.float64,
    Kind.FLAG: np.bool_,
    Kind.KEY: np.int64,
    Kind.WORD: np.int16,
    Kind.WORDS: np.int16,
}


def _joined(parts: Sequence[Column], kind: Kind) -> Column:
    return np.concatenate(parts).astype(_HELD[kind], copy=False) if parts else np.empty(0, _HELD[kind])
