"""A condition on a long list that is one value of the statement, not one for each of its items.

`column.in_([...])` writes a placeholder per item, so that SQLAlchemy writes and both databases read
the statement anew for every length of the list; for two hundred names that costs more than the query.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, String, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine


class _Listed(TypeDecorator[Any]):
    """An array on PostgreSQL, its JSON on SQLite; sorted, so that every run does the same."""

    impl = Text
    cache_ok = True
    item: type[TypeEngine[Any]] = Text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.item()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        plain = sorted(value or ())
        return plain if dialect.name == "postgresql" else json.dumps(plain)


class _Texts(_Listed):
    cache_ok = True

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        # The words of an enum are text to both databases.
        return super().process_bind_param([str(item) for item in value or ()], dialect)


class _Numbers(_Listed):
    cache_ok = True
    item = BigInteger


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
    return f"{column} = ANY ({values})"
