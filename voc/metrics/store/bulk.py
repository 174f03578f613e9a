"""Whole tables as columns of numbers: what a night counts, without an object for each row.

PostgreSQL sends them in its binary COPY format: every column has a fixed width, so that a portion of rows is read
as one array. SQLite's rows are taken from the driver as they are. A text that names something (an id, an address)
becomes a number of 64 bits: two of a million differ with all but one chance in ten million.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
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

PORTION = 50_000  # rows of a COPY that are turned at once
_SINCE_2000 = 946_684_800_000_000  # PostgreSQL counts microseconds from there
_HEADER = 19  # bytes of a COPY's: signature, flags, length of an extension that nobody uses


class Kind(StrEnum):
    TIME = "time"  # microseconds since 1970; MISSING for none
    DAY = "day"  # days since 1970; MISSING for none
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
    Kind.TIME: ">i8", Kind.DAY: ">i8", Kind.WHOLE: ">i8", Kind.KEY: ">i8", Kind.REAL: ">f8",
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
    return {one.name: _joined([part.pop(one.name) for part in parts], one.kind) for one in fields}


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
    if one.kind == Kind.DAY:
        days = cast(type_coerce(column, Date) - literal_column("DATE '1970-01-01'"), BigInteger)
        return func.coalesce(days, literal_column(f"'{MISSING}'::bigint"))
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
        return cast(sql_case(*places, else_=-1) if places else literal_column("-1"), SmallInteger)
    bits = [
        sql_case((column.op("?")(literal_column(f"'{word}'")), 1 << place), else_=0)
        for place, word in enumerate(one.words)
    ]
    return cast(sum(bits[1:], bits[0]), SmallInteger)


# --- SQLite ---

_ROWS = 4_000  # the driver's objects of so many rows stay in the processor's cache


def _fetched(db: Connection, fields: Sequence[Field], build: Callable[[list[Any]], Select[Any]]) -> dict[str, Column]:
    query = build([_raw(one).label(one.name) for one in fields])
    text = str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True}))
    rows: Any = db.exec_driver_sql(text).cursor  # the driver's own: no object of ours for each row
    arrays = [_array_of(one) for one in fields]
    parts: list[list[Column]] = [[] for _ in fields]
    while portion := rows.fetchmany(_ROWS):
        for kept, make, values in zip(parts, arrays, zip(*portion, strict=True), strict=True):
            kept.append(make(values))
    return {one.name: _joined(kept, one.kind) for one, kept in zip(fields, parts, strict=True)}


def _raw(one: Field) -> ColumnElement[Any]:
    return type_coerce(one.column, BigInteger if one.kind in (Kind.WHOLE, Kind.REAL, Kind.FLAG) else String)


def _array_of(one: Field) -> Callable[[Sequence[Any]], Column]:
    if one.kind == Kind.TIME:
        return moments
    if one.kind == Kind.DAY:
        return lambda values: np.array(values, "M8[D]").astype(np.int64)
    if one.kind == Kind.KEY:
        return _keys
    if one.kind == Kind.REAL:
        return lambda values: np.array(values, np.float64)
    if one.kind == Kind.WHOLE:
        return _wholes
    if one.kind == Kind.FLAG:
        return lambda values: np.fromiter(map(bool, values), np.bool_, len(values))
    places = {word: place for place, word in enumerate(one.words)}
    if one.kind == Kind.WORD:
        place_of = cache(lambda value: places.get(value, -1))
        return lambda values: np.fromiter(map(place_of, values), np.int16, len(values))

    @cache
    def bits(text: str | None) -> int:
        return sum(1 << places[word] for word in msgspec.json.decode(text or "[]") if word in places)

    return lambda values: np.fromiter(map(bits, values), np.int16, len(values))


def _keys(values: Sequence[str | None]) -> Column:
    found = np.fromiter(map(hash, values), np.int64, len(values))
    if None in values:
        found[found == hash(None)] = 0
    return found


def _wholes(values: Sequence[int | None]) -> Column:
    if None in values:
        return np.fromiter((MISSING + 1 if value is None else value for value in values), np.int64, len(values))
    return np.fromiter(values, np.int64, len(values))


_WIDTH = len("2026-03-03 12:00:00.000000")
_NONE = "1970-01-01 00:00:00.000000"
_PLACES = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19), (20, 26))  # year to fraction


def moments(values: Sequence[str | None]) -> Column:
    """Microseconds since 1970 of what SQLAlchemy writes on SQLite, read digit by digit, all at once."""
    texts = [_NONE if value is None else value for value in values]
    whole = "".join(texts)
    if len(whole) != _WIDTH * len(texts) or not whole.isascii():
        return np.array(values, "M8[us]").astype(np.int64)
    digits = np.frombuffer(whole.encode(), np.uint8).reshape(-1, _WIDTH) - ord("0")
    year, month, day, hour, minute, second, fraction = (_number(digits[:, start:end]) for start, end in _PLACES)
    months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = months.astype("M8[D]").astype(np.int64) + day - 1
    found: Column = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction
    if None in values:
        found[np.fromiter((value is None for value in values), np.bool_, len(texts))] = MISSING
    return found


def _number(digits: Column) -> Column:
    found = digits[:, 0].astype(np.int64)
    for place in range(1, digits.shape[1]):
        found = found * 10 + digits[:, place]
    return found


_HELD: Mapping[Kind, type[np.generic]] = {
    Kind.TIME: np.int64,
    Kind.DAY: np.int64,
    Kind.WHOLE: np.int64,
    Kind.REAL: np.float64,
    Kind.FLAG: np.bool_,
    Kind.KEY: np.int64,
    Kind.WORD: np.int16,
    Kind.WORDS: np.int16,
}


def _joined(parts: Sequence[Column], kind: Kind) -> Column:
    return np.concatenate(parts).astype(_HELD[kind], copy=False) if parts else np.empty(0, _HELD[kind])
