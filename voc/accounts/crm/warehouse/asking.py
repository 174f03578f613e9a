"""The queries of a connection, each learned once and then asked: its columns, a few rows, all rows steadily."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Executable
from sqlalchemy.exc import SQLAlchemyError

from voc.accounts.connection import Connection, ObjectMap, Secret
from voc.accounts.connector import Outside
from voc.accounts.crm import rows
from voc.accounts.crm.warehouse import session, trouble, values
from voc.accounts.crm.warehouse.layout import Layout
from voc.accounts.crm.warehouse.query import Query, checked
from voc.accounts.crm.warehouse.values import Stamp
from voc.accounts.model import Kind
from voc.base.errors import Misconfigured, VocError

_ROWS_AT_ONCE = 4_000
_TRIES_AFTER_SECONDS = (1.0, 5.0, 25.0)

Ask = Callable[[Any], Executable]
"""From the id after which to go on (None: from the start) to the statement."""


class Learned:
    """A query whose columns are known. `naive`: its `modified_at` needs a zone to be an instant."""

    def __init__(self, query: Query, layout: Layout) -> None:
        self.query = query
        self.layout = layout
        self.naive = False


class Asking:
    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        outside: Outside,
        *,
        longest: timedelta,
        longest_lock: timedelta,
    ) -> None:
        self.connection = connection
        self.asked = 0
        self.outside = outside
        self.session = session.Session(
            session.address(connection.place, secrets.get(Secret.PASSWORD)),
            outside,
            longest=longest,
            longest_lock=longest_lock,
        )
        self.zone = _zone(connection.zone)
        self._learned: dict[Kind, Learned] = {}

    @property
    def meaning(self) -> list[Any]:
        """What the meaning of a row depends on besides the row."""
        own = self.connection
        return [own.zone, own.objects, own.roles, own.segments, own.statuses]

    def mapped(self, kind: Kind) -> ObjectMap:
        return self.connection.objects.get(kind, ObjectMap())

    def kinds(self) -> list[Kind]:
        """Those that a query is written for."""
        return [kind for kind in Kind if self.mapped(kind).query and not self.mapped(kind).off]

    def learned(self, kind: Kind) -> Learned:
        """What the columns of a kind's query are called, and how it tells ids and dates of change."""
        if kind not in self._learned:
            self._learned[kind] = self._learn(kind)
        return self._learned[kind]

    def _learn(self, kind: Kind) -> Learned:
        query = self._query(kind)
        names, _ = self.few(kind, query.look(), 0)
        layout = Layout(kind, names, self.mapped(kind).fields, salt=rows.salt(self.meaning), zone=self.zone)
        if (problem := layout.problem) is not None:
            raise Misconfigured(place(kind), *problem)
        query.id = layout.id_name
        learned = Learned(query, layout)
        _, found = self.few(kind, query.first(layout.id_name), 1)
        query.id_example = found[0][0] if found else None
        if layout.modified_name is not None:
            _, found = self.few(kind, query.first(layout.modified_name), 1)
            if found:
                query.stamp = values.stamp_of(found[0][0], sqlite=self.session.dialect == "sqlite")
                query.modified = layout.modified_name if query.stamp != Stamp.OTHER else None
                learned.naive = values.needs_zone(found[0][0])
        return learned

    def _query(self, kind: Kind) -> Query:
        own = self.mapped(kind)
        if own.only:
            raise Misconfigured(place(kind), "it is narrowed down by values", "Write the condition into the query")
        try:
            written = checked(own.query or "", bracketed=self.session.dialect == "mssql")
        except ValueError as mistake:
            raise Misconfigured(place(kind), str(mistake), "Write one SELECT") from None
        return Query(written, self.session.engine.dialect)

    def few(self, kind: Kind, statement: Executable, count: int) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of the columns, and the first rows."""
        try:
            with self.session.reading() as db:
                self.asked += 1
                few = db.execution_options(stream_results=True, max_row_buffer=max(count, 1))
                with few.execute(statement) as result:
                    return list(result.keys()), [tuple(row) for row in result.fetchmany(count)] if count else []
        except (SQLAlchemyError, OSError) as error:
            raise self._told(error, kind) from None

    def steadily(self, kind: Kind, ask: Ask, at_id: int, last: Any = None) -> Iterator[Sequence[Any]]:
        """Chunks of rows in the order of ids; a connection that breaks off is made anew behind the last id."""
        waits = iter(_TRIES_AFTER_SECONDS)
        while True:
            try:
                for chunk in self._chunks(ask(last)):
                    last = chunk[-1][at_id]
                    waits = iter(_TRIES_AFTER_SECONDS)
                    yield chunk
            except (SQLAlchemyError, OSError) as error:
                wait = next(waits, None) if trouble.passes(error) else None
                if wait is None:
                    raise self._told(error, kind) from None
                self.outside.sleep(wait)
            else:
                return

    def _chunks(self, statement: Executable) -> Iterator[Sequence[Any]]:
        with self.session.reading() as db:
            self.asked += 1
            result = db.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE).execute(statement)
            try:
                yield from result.partitions()
            finally:  # even when nobody reads to the end: the cursor is the server's
                with suppress(SQLAlchemyError):
                    result.close()

    def _told(self, error: SQLAlchemyError | OSError, kind: Kind) -> VocError:
        return trouble.told(error, place=place(kind))


def place(kind: Kind) -> str:
    return f"query for {kind.value.replace('_', ' ')}"


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        raise Misconfigured(
            "zone of the warehouse", f"{str(name)[:60]!r} is none", "Write one like Europe/Berlin or UTC"
        ) from None
