"""Columns out of SQLite: each is joined there to one text, so that no row and no value becomes an object of its own.

Moments, days and flags have a fixed width; whatever has none is told apart by a sign that no id has. Where a text has
it after all, or a moment is written in another way, that table is read row by row.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, String, func, literal_column, select, type_coerce

from voc.metrics.columns.kinds import MISSING, Column
from voc.metrics.store.bulk import rows
from voc.metrics.store.bulk.fields import HELD, Build, Field, Kind, joined
from voc.metrics.store.bulk.moments import NO_DAY, NO_MOMENT, days, moments

_PORTION = 250_000  # rows whose texts are held at once, a hundred or two of bytes each
_BETWEEN, _NULL = "\x1f", "\x1e"  # a unit separator, a record separator
_JOINED = {
    Kind.TIME: f"group_concat(coalesce({{0}}, '{NO_MOMENT}'), '')",
    Kind.DAY: f"group_concat(coalesce({{0}}, '{NO_DAY}'), '')",
    Kind.WHOLE: f"group_concat(coalesce({{0}}, {MISSING + 1}), ',')",
    Kind.REAL: "group_concat(CASE WHEN {0} IS NULL THEN 'nan' ELSE quote({0}) END, ',')",  # every digit of it
    Kind.FLAG: "group_concat(CASE WHEN {0} THEN '1' ELSE '0' END, '')",
    Kind.KEY: "group_concat(coalesce({0}, ''), char(31))",
    Kind.WORD: "group_concat(coalesce({0}, char(30)), char(31))",
    Kind.WORDS: "group_concat(coalesce({0}, '[]'), char(31))",
}


class _Unlike(Exception):
    """A text is not what it is usually."""


def read(db: Connection, fields: Sequence[Field], build: Build, by: ColumnElement[int] | None) -> dict[str, Column]:
    query = build([_raw(one).label(one.name) for one in fields])
    spans = [None] if by is None else [by.between(first, last) for first, last in _spans(db, by)]
    parts: list[dict[str, Column]] = []
    try:
        for span in spans:
            parts.append(_of_texts(db, fields, query if span is None else query.where(span)))
    except _Unlike:
        return rows.columns(db.exec_driver_sql(_text(db, query)).cursor, fields)
    return {one.name: joined([part.pop(one.name) for part in parts], one.kind) for one in fields}


def _raw(one: Field) -> ColumnElement[Any]:
    return type_coerce(one.column, BigInteger if one.kind in (Kind.WHOLE, Kind.REAL, Kind.FLAG) else String)


def _text(db: Connection, query: Select[Any]) -> str:
    return str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True}))


def _spans(db: Connection, by: ColumnElement[int]) -> Iterator[tuple[int, int]]:
    first = db.execute(select(func.min(by))).scalar()
    while first is not None:
        last = first + _PORTION - 1
        yield first, last
        first = db.execute(select(func.min(by)).where(by > last)).scalar()


def _of_texts(db: Connection, fields: Sequence[Field], query: Select[Any]) -> dict[str, Column]:
    texts: list[Any] = [literal_column(_JOINED[one.kind].format(f'"{one.name}"')) for one in fields]
    whole = select(func.count(), *texts).select_from(query.subquery())
    cursor: Any = db.exec_driver_sql(_text(db, whole)).cursor
    count, *found = cursor.fetchone()
    cursor.close()  # the database lets go of its copy
    if not count:
        return {one.name: np.empty(0, HELD[one.kind]) for one in fields}
    columns = {}
    for one in fields:
        columns[one.name] = _column(one, found.pop(0), count)
    return columns


def _column(field: Field, text: str, count: int) -> Column:
    if field.kind == Kind.TIME:
        return _checked(moments(text, count))
    if field.kind == Kind.DAY:
        return _checked(days(text, count))
    if field.kind == Kind.FLAG:
        flags: Column = np.frombuffer(text.encode(), np.uint8) == ord("1")
        return flags
    if field.kind in (Kind.WHOLE, Kind.REAL):
        return np.fromstring(text, HELD[field.kind], sep=",")
    texts = text.split(_BETWEEN)
    if len(texts) != count:
        raise _Unlike
    if field.kind == Kind.KEY:
        return np.fromiter(map(hash, texts), np.int64, count)
    place = rows.placed(field)
    known = {one: place(None if one == _NULL else one) for one in set(texts)}
    return np.fromiter(map(known.__getitem__, texts), np.int16, count)


def _checked(found: Column | None) -> Column:
    if found is None:
        raise _Unlike
    return found
