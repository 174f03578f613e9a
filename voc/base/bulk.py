"""Many rows in one statement, prepared once: lists go in as one value, not as one parameter a row.

PostgreSQL takes COPY for new rows and arrays (`unnest`) for others; SQLite takes JSON (`json_each`), and
for rows one statement that its driver runs for each: inside one process that is as fast, once the
parameters are made by hand (SQLAlchemy takes longer for those of a row than SQLite for the row).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Dialect,
    FromClause,
    Integer,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY, psycopg
from sqlalchemy.types import TypeEngine

from voc.base.among import among, array_text

Row = dict[str, Any]


@cache
def pairs(dialect: str) -> FromClause:
    """A table of numbers, columns `id` and `other`, to join with; `pairs_of` gives its parameters."""
    if dialect == "postgresql":
        given = func.unnest(
            *(cast(bindparam(name, type_=Text()), ARRAY(Integer)) for name in ("pair_ids", "pair_others"))
        )
        return given.table_valued("id", "other", name="pair").render_derived()
    each = func.json_each(bindparam("pair_json")).table_valued("value")
    id, other = (each.c.value.op("->>", return_type=Integer())(place) for place in (0, 1))
    return select(id.label("id"), other.label("other")).subquery("pair")


def pairs_of(dialect: str, numbers: Iterable[tuple[int, int]]) -> Row:
    known = list(numbers)
    if dialect == "postgresql":
        return {
            "pair_ids": array_text(id for id, _o in known),
            "pair_others": array_text(other for _id, other in known),
        }
    return {"pair_json": json.dumps(known)}


def update_each(db: Connection, table: Table[Any], rows: Sequence[Row]) -> None:
    """Set in each row, found by its `id`, the other columns that are named. All rows name the same ones."""
    if not rows:
        return
    columns = tuple(sorted(rows[0]))
    if db.dialect.name == "postgresql":
        lists = {
            f"each_{name}": array_text(_plain(table.c[name].type, [row[name] for row in rows])) for name in columns
        }
        db.execute(_updating(table, columns), lists)
    else:
        in_order = (*(name for name in columns if name != "id"), "id")
        _run_for_each(db, _update_text(table, columns), table, in_order, rows)


def _plain(kind: TypeEngine[Any], values: list[Any]) -> list[Any]:
    """As `array_text` takes them."""
    if isinstance(kind, JSON):
        return [None if value is None else json.dumps(value) for value in values]
    make = kind.dialect_impl(_POSTGRESQL).bind_processor(_POSTGRESQL)
    return values if make is None else [make(value) for value in values]


@cache
def _updating(table: Table[Any], columns: tuple[str, ...]) -> Update:
    by = table.c
    lists = [cast(bindparam(f"each_{name}", type_=Text()), ARRAY(by[name].type, dimensions=1)) for name in columns]
    each = func.unnest(*lists).table_valued(*columns, name="each_row").render_derived()
    return update(table).where(by.id == each.c.id).values({name: each.c[name] for name in columns if name != "id"})


def insert_all(db: Connection, table: Table[Any], rows: Sequence[Row]) -> None:
    """Add rows that all name the same columns; nothing is told back."""
    if not rows:
        return
    columns = tuple(sorted(rows[0]))
    if db.dialect.name == "postgresql":
        _copy_in(db, table, columns, rows)
    else:
        _run_for_each(db, _insert_text(table, columns), table, columns, rows)


def insert_and_find(db: Connection, table: Table[Any], rows: Sequence[Row], *, key: str) -> dict[Any, int]:
    """`insert_all`, and the new `id` of each row by its unique column `key`, which holds text."""
    if not rows:
        return {}
    insert_all(db, table, rows)
    found = db.execute(_finding(table, key), {"keys": [row[key] for row in rows]})
    return {row[0]: row[1] for row in found}


@cache
def _finding(table: Table[Any], key: str) -> Any:
    return select(table.c[key], table.c.id).where(among(table.c[key], "keys"))


# --- what drivers take faster than SQLAlchemy makes it ----------------------------------------

_SQLITE = sqlite.dialect()
_POSTGRESQL: Dialect = psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's


def _run_for_each(db: Connection, text: str, table: Table[Any], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """`text` has a `?` for each of the columns, in their order."""
    db.exec_driver_sql(text, _values(_SQLITE, table, columns, rows))


def _copy_in(db: Connection, table: Table[Any], columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    driver: Any = db.connection.cursor()
    with driver, driver.copy(_copy_text(table, columns)) as copy:
        for row in _values(_POSTGRESQL, table, columns, rows):
            copy.write_row(row)


def _values(dialect: Dialect, table: Table[Any], columns: tuple[str, ...], rows: Sequence[Row]) -> list[Any]:
    by_column = [
        [row[name] for row in rows] if make is None else _made(make, [row[name] for row in rows])
        for name, make in _makers(dialect, table, columns)
    ]
    return list(zip(*by_column, strict=True))


def _made(make: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    """A moment that all rows of a batch share is made once."""
    made: list[Any] = []
    last, as_stored = None, make(None)
    for value in values:
        if value is not last:
            last, as_stored = value, make(value)
        made.append(as_stored)
    return made


@cache
def _makers(
    dialect: Dialect, table: Table[Any], columns: tuple[str, ...]
) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Each column, and what makes of a value what the driver stores; None where it is stored as it is."""
    return tuple((name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in columns)


@cache
def _update_text(table: Table[Any], columns: tuple[str, ...]) -> str:
    quoted = _SQLITE.identifier_preparer.quote
    new = ", ".join(f"{quoted(table.c[name].name)}=?" for name in columns if name != "id")
    return f"UPDATE {quoted(table.name)} SET {new} WHERE id=?"  # noqa: S608 - names of our own columns, no values


@cache
def _insert_text(table: Table[Any], columns: tuple[str, ...]) -> str:
    quoted = _SQLITE.identifier_preparer.quote
    names, places = ", ".join(quoted(table.c[name].name) for name in columns), ", ".join("?" * len(columns))
    return f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({places})"  # noqa: S608 - as above


@cache
def _copy_text(table: Table[Any], columns: tuple[str, ...]) -> str:
    quoted = _POSTGRESQL.identifier_preparer.quote
    return f"COPY {quoted(table.name)} ({', '.join(quoted(table.c[name].name) for name in columns)}) FROM STDIN"
