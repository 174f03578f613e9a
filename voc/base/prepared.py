"""Statements that run hundreds of times a second: written once as the driver takes them, constants and all.

SQLAlchemy looks a statement up, makes its parameters and wraps its result anew each time; for a commit
of ten messages that costs more than what the database does.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": psycopg.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy's
}


class Prepared:
    """One statement on one kind of database; its constants are words and numbers. Rows are what the driver gives."""

    def __init__(self, statement: Executable, name: str, *, written_out: Collection[str] = ()) -> None:
        """`name`: of the dialect. `written_out`: values that come as JSON already."""
        dialect = DIALECTS[name]
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        asked = {bind.key: bind.type for bind in compiled.binds.values() if bind.required}
        written = compiled.construct_expanded_state(dict.fromkeys(asked))
        self._text, self._order = written.statement, written.positiontup
        self._constants = {name: value for name, value in written.parameters.items() if name not in asked}
        self._makers = {
            name: make
            for name, kind in asked.items()
            if name not in written_out and (make := kind.dialect_impl(dialect).bind_processor(dialect)) is not None
        }

    def run(self, db: Connection, given: dict[str, Any]) -> Sequence[Any]:
        return db.exec_driver_sql(self._text, self._driven(given)).all()

    def run_each(self, db: Connection, rows: Iterable[dict[str, Any]]) -> None:
        """Once for each of them; it returns nothing."""
        if driven := [self._driven(row) for row in rows]:
            db.exec_driver_sql(self._text, driven)

    def _driven(self, given: dict[str, Any]) -> Any:
        values = self._constants | given
        for name, make in self._makers.items():
            values[name] = make(values[name])
        return values if self._order is None else tuple([values[name] for name in self._order])
