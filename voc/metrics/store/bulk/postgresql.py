"""Columns out of PostgreSQL's binary COPY."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Float,
    SmallInteger,
    String,
    cast,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy import case as sql_case

from voc.metrics.columns.kinds import MISSING, Column
from voc.metrics.store.bulk.fields import HELD, Build, Field, Kind, joined

PORTION = 50_000  # rows of a COPY that are turned at once
_SINCE_2000 = 946_684_800_000_000  # PostgreSQL counts microseconds from there
_HEADER = 19  # bytes of a COPY's: signature, flags, length of an extension that nobody uses
_ENDS = (2, _HEADER + 2)  # bytes of its last piece, alone or behind the header; none with a row has as few


_WIDTHS = {
    Kind.TIME: ">i8", Kind.DAY: ">i8", Kind.WHOLE: ">i8", Kind.KEY: ">i8", Kind.REAL: ">f8",
    Kind.FLAG: ">i2", Kind.WORD: ">i2", Kind.WORDS: ">i2",
}  # fmt: skip


def read(db: Connection, fields: Sequence[Field], build: Build) -> dict[str, Column]:
    query = build([_sent(one).label(one.name) for one in fields])
    text = str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    layout = np.dtype([("count", ">i2"), *_layout(fields)])
    parts: list[Any] = []
    driver: Any = db.connection.driver_connection  # psycopg's own
    with driver.cursor() as cursor, cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT binary)") as stream:
        for whole in _rows_of(_pieces(stream, driver.pgconn), layout.itemsize):
            rows = np.frombuffer(whole, layout)
            parts.append({one.name: _native(rows[one.name], one.kind) for one in fields})
    return {one.name: joined([part.pop(one.name) for part in parts], one.kind) for one in fields}


def _layout(fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    for one in fields:
        yield f"length of {one.name}", ">i4"
        yield one.name, _WIDTHS[one.kind]


def _pieces(stream: Any, pgconn: Any) -> Iterator[Any]:
    """A piece a row; what has arrived already is taken without the wait that psycopg has for each."""
    while piece := stream.read():
        yield piece
        while len(piece) not in _ENDS:  # behind it psycopg must see the end for itself
            size, piece = pgconn.get_copy_data(1)
            if size <= 0:
                break
            yield piece


def _rows_of(pieces: Iterator[Any], size: int) -> Iterator[bytes]:
    """Whole rows out of a stream of pieces; the two bytes at its end are none."""
    kept, begun = bytearray(), False
    for piece in pieces:
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
    held: Column = values.astype(HELD[kind])
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
