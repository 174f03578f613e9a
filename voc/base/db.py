"""Connections: one database, SQLite as the embedded default or PostgreSQL, one transaction language.

A writing transaction on SQLite is `BEGIN IMMEDIATE` under one lock per process: a transaction that
reads first and writes later would otherwise fail with "database is locked" when two meet. Readers
have an engine of their own that cannot write, and never wait.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import ArgumentError, DataError, InvalidatePoolError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from voc.base import clock
from voc.base.errors import Misconfigured, NotFound
from voc.base.fairlock import FairLock
from voc.base.together import Together

BUSY_TIMEOUT_MS = 10_000
Result = TypeVar("Result")

_BEGIN = "voc_begin"  # how a transaction of that connection begins on SQLite
STATEMENTS_KEPT = 3_000  # compiled ones; the product has more than SQLAlchemy's 500 and would compile them anew


class Database:
    """`begin()` for a writing transaction, `read()` for a consistent look. Thread-safe.

    Not `durable` (SQLite only): a power cut may lose the file. For what can be made again, such as a demo.
    """

    def __init__(self, url: str, *, pool_size: int = 10, durable: bool = True) -> None:
        self.url = url
        parsed = _parsed(url)
        self.sqlite = parsed.get_backend_name() == "sqlite"
        if self.sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise Misconfigured("database", "a database in memory is lost at the end", "Name a file")
            self._lock: FairLock | None = FairLock()
            self._writer = _sqlite_engine(url, reader=False, pool_size=1, durable=durable)
            self._together: Together | None = Together(self._writer, self._lock)
            self._reader = _sqlite_engine(url, reader=True, pool_size=pool_size)
        elif parsed.get_backend_name() == "postgresql":
            self._lock = None
            self._together = None
            self._most = 2 * pool_size
            self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="commits")
            self._writer = create_engine(
                url,
                pool_size=pool_size,
                max_overflow=pool_size,
                hide_parameters=True,
                query_cache_size=STATEMENTS_KEPT,
            )
            self._reader = self._writer
            event.listen(self._writer, "handle_error", _beyond_what_is_kept)
            _look_after(self._writer)
        else:
            raise Misconfigured("database", f"{parsed.get_backend_name()} is not supported", "Use SQLite or PostgreSQL")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction: committed at the end, rolled back on any error."""
        if self._lock is None:
            with self._writer.begin() as db:
                yield db
        else:
            with self._lock, self._writer.begin() as db:
                yield db

    def commit(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returns, in a writing transaction that on SQLite may be others' too: for small ones of many.

        PostgreSQL groups the commits of its connections itself.
        """
        if self._together is not None:
            return self._together.run(work)
        with self.begin() as db:
            return work(db)

    async def soon(self, work: Callable[[Connection], Result]) -> Result:
        """`commit`, for the event loop: it goes on with others meanwhile."""
        if self._together is not None:
            return await self._together.soon(work)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.commit, work)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A look at one consistent state; on SQLite it cannot write."""
        reader = self._reader
        if not self.sqlite:
            reader = reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with reader.connect() as db:
            yield db
            db.rollback()

    @contextmanager
    def workbench(self) -> Iterator["Workbench"]:
        """A connection for long work: its temporary tables last from one transaction to the next, and end with it."""
        if self._lock is None:
            with self._writer.connect() as db:
                try:
                    yield Workbench(db, nullcontext())
                finally:
                    db.invalidate()  # closed, not handed to others with what is left on it
        else:
            engine = _sqlite_engine(self.url, reader=False, pool_size=1)
            try:
                with engine.connect() as db:
                    yield Workbench(db, self._lock)
            finally:
                engine.dispose()

    def close(self) -> None:
        if self._together is not None:
            self._together.close()
        else:
            self._threads.shutdown()
            # As the engines do, it opens again.
            self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="commits")
        self._writer.dispose()
        self._reader.dispose()

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        return Path(str(make_url(self.url).database)) if self.sqlite else None


class Workbench:
    """`look()` as long as it takes, then `begin()` for a moment at a time: nobody waits for the work between."""

    def __init__(self, db: Connection, lock: AbstractContextManager[Any]) -> None:
        self._db = db
        self._lock = lock

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """One consistent state. Only temporary tables may be written."""
        sqlite = self._db.dialect.name == "sqlite"
        how = {_BEGIN: "BEGIN"} if sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._db.execution_options(**how).begin():
            yield self._db

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction like that of `Database.begin`."""
        sqlite = self._db.dialect.name == "sqlite"
        how = {_BEGIN: "BEGIN IMMEDIATE"} if sqlite else {"isolation_level": "READ COMMITTED"}
        with self._lock, self._db.execution_options(**how).begin():
            yield self._db


_LATELY_SECONDS = 1.0


def _look_after(engine: Engine) -> None:
    """A connection that lay idle may be dead: asked before it is used. One that was used just now is not."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["used"] = clock.seconds()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: DBAPIConnection, entry: ConnectionPoolEntry, _given: PoolProxiedConnection) -> None:
        used = entry.info.get("used")
        if used is not None and clock.seconds() - used > _LATELY_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as gone:
                raise InvalidatePoolError from gone


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise Misconfigured(
            "database",
            "this is not a database address",
            "Write sqlite:///voc.db or postgresql+psycopg://user:password@host/name",
        ) from None
    return parsed


# Out of range, and characters that no text holds; None is what the driver itself refuses to send, such as NUL.
_UNHELD = (None, "22003", "22021", "22P05")


def _beyond_what_is_kept(failed: ExceptionContext) -> NotFound | None:
    """A number of thirty digits or a NUL, typed into an address, names nothing: no fault of the database."""
    refused = isinstance(failed.sqlalchemy_exception, DataError)
    if (refused and getattr(failed.original_exception, "sqlstate", None) in _UNHELD) or isinstance(
        failed.original_exception, (OverflowError, UnicodeEncodeError)
    ):
        return NotFound("There is nothing here: no number and no text that is kept looks like that")
    return None


def _sqlite_engine(url: str, *, reader: bool, pool_size: int, durable: bool = True) -> Engine:
    engine = create_engine(
        url,
        query_cache_size=STATEMENTS_KEPT,
        hide_parameters=True,  # an error's text would carry names and addresses into the log
        pool_size=pool_size,
        max_overflow=0 if not reader else pool_size,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    event.listen(engine, "handle_error", _beyond_what_is_kept)

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        raw: Any = connection
        raw.isolation_level = None  # the driver starts no transactions of its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # An acknowledged answer survives a power cut: NORMAL would lose the last commits.
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        if reader:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(db: Connection) -> None:
        usual = "BEGIN" if reader else "BEGIN IMMEDIATE"
        db.exec_driver_sql(db.get_execution_options().get(_BEGIN, usual))

    return engine


def insert_once(db: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert the row unless a unique key says that it is there already; True if it was new.

    Two processes that record the same fact at the same moment keep one row, and neither fails.
    """
    return db.execute(_once(table, db.dialect.name), values).first() is not None


@cache
def _once(table: Table, dialect: str) -> Insert:
    into = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return into(table).on_conflict_do_nothing().returning(literal(1))
