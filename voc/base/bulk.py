"""Many rows in one statement, prepared once: lists go in as one value, not as one parameter a row.

PostgreSQL takes arrays (`unnest`); SQLite takes JSON (`json_each`), and for updates one prepared
statement a row, which inside one process is as fast.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, FromClause, Insert, Integer, Table, Update, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

Row = dict[str, Any]


@cache
def pairs(dialect: str) -> FromClause:
    """A table of numbers, columns `id` and `other`, to join with; `pairs_of` gives its parameters."""
    if dialect == "postgresql":
        numbers = ARRAY(Integer)
        given = func.unnest(bindparam("pair_ids", type_=numbers), bindparam("pair_others", type_=numbers))
        return given.table_valued("id", "other", name="pair").render_derived()
    each = func.json_each(bindparam("pair_json")).table_valued("value")
    id, other = (each.c.value.op("->>", return_type=Integer())(place) for place in (0, 1))
    return select(id.label("id"), other.label("other")).subquery("pair")


def pairs_of(dialect: str, numbers: Iterable[tuple[int, int]]) -> Row:
    known = list(numbers)
    if dialect == "postgresql":
        return {"pair_ids": [id for id, _other in known], "pair_others": [other for _id, other in known]}
    return {"pair_json": json.dumps(known)}


def update_each(db: Connection, table: Table[Any], rows: Sequence[Row]) -> None:
    """Set in each row, found by its `id`, the other columns that are named. All rows name the same ones."""
    if not rows:
        return
    columns = tuple(sorted(rows[0]))
    statement = _updating(db.dialect.name, table, columns)
    if db.dialect.name == "postgresql":
        db.execute(statement, {f"each_{column}": [row[column] for row in rows] for column in columns})
    else:
        db.execute(statement, [{f"each_{column}": row[column] for column in columns} for row in rows])


@cache
def _updating(dialect: str, table: Table[Any], columns: tuple[str, ...]) -> Update:
    by = table.c
    if dialect != "postgresql":
        new = {name: bindparam(f"each_{name}", type_=by[name].type) for name in columns}
        return update(table).where(by.id == new.pop("id")).values(new)
    lists = [bindparam(f"each_{name}", type_=ARRAY(by[name].type)) for name in columns]
    each = func.unnest(*lists).table_valued(*columns, name="each_row").render_derived()
    return update(table).where(by.id == each.c.id).values({name: each.c[name] for name in columns if name != "id"})


def insert_all(db: Connection, table: Table[Any], rows: Sequence[Row]) -> None:
    """Add rows that all name the same columns; nothing is told back."""
    if not rows:
        return
    columns = tuple(sorted(rows[0]))
    if db.dialect.name == "postgresql":
        lists = {f"each_{column}": [row[column] for row in rows] for column in columns}
        db.execute(_inserting(table, columns), lists)
    else:
        db.execute(insert(table), list(rows))


@cache
def _inserting(table: Table[Any], columns: tuple[str, ...]) -> Insert:
    lists = [bindparam(f"each_{name}", type_=ARRAY(table.c[name].type)) for name in columns]
    each = func.unnest(*lists).table_valued(*columns, name="each_row").render_derived()
    return insert(table).from_select(columns, select(*(each.c[name] for name in columns)))
