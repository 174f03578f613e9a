"""A condition on a long list that is one value of the statement, not one for each of its items.

`column.in_([...])` writes a placeholder per item, so that SQLAlchemy writes and both databases read
the statement anew for every length of the list; for two hundred names that costs more than the query.
"""

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Dialect, String, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator


class _Listed(TypeDecorator[Any]):
    """An array's text on PostgreSQL, its JSON on SQLite; sorted, so that every run does the same."""

    impl = Text
    cache_ok = True
    array = "TEXT[]"

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> str:
        plain = sorted(value or ())
        return array_text(plain) if dialect.name == "postgresql" else json.dumps(plain)


class _Texts(_Listed):
    cache_ok = True

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> str:
        # The words of an enum are text to both databases.
        return super().process_bind_param([str(item) for item in value or ()], dialect)


class _Numbers(_Listed):
    cache_ok = True
    array = "BIGINT[]"


def array_text(values: Iterable[Any]) -> str:
    """Texts, numbers, truths, moments, bytes and nothings as PostgreSQL reads an array: a driver takes much longer."""
    return "{" + ",".join([_item(value) for value in values]) + "}"


def _item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (bytes, memoryview)):
        return '"\\\\x' + value.hex() + '"'
    if isinstance(value, (date, datetime)):
        return f'"{value.isoformat()}"'
    return str(value)


def unindexed(column: Any) -> ColumnElement[Any]:
    """The same value, told without an index: where few rows are looked up by something else.

    SQLite, which knows nothing of how many rows have it, would rather read all messages that were ever sent.
    """
    return column.op("||")("") if isinstance(column.type, String) else column + 0  # type: ignore[no-any-return]  # SQLAlchemy's


class _Among(FunctionElement[Any]):
    name = "among"
    type = NullType()  # said to be a Boolean it would be written as "... = 1" on SQLite, which then uses no index
    inherit_cache = True


def among(column: Any, values: str | Collection[Any]) -> ColumnElement[bool]:
    """Whether the column's value is one of these, or one of the parameter of that name. Texts or whole numbers."""
    kind = _Texts() if isinstance(column.type, (String, Text)) else _Numbers()
    if isinstance(values, str):
        return _Among(column, bindparam(values, type_=kind))
    return _Among(column, bindparam(None, list(values), type_=kind, unique=True))


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(part, **how) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled parts, no values


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(part, **how) for part in element.clauses)
    (_column, listed) = element.clauses
    return f"{column} = ANY (CAST({values} AS {listed.type.array}))"  # type: ignore[attr-defined]  # a _Listed
