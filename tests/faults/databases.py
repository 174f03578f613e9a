"""A migrated database of one's own, by the engine's name: faults open theirs, in several processes."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

from tests import postgres
from voc.base import migrate, schema
from voc.base.db import Database

_TEMPLATE = "voc_faults"


@contextmanager
def url_of(engine: str) -> Iterator[str]:
    """The address of an empty, migrated database that is gone afterwards. SQLite syncs every commit to the disk."""
    if engine == "postgresql":
        with _postgres_template().database(_TEMPLATE) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="voc-fault-") as folder:
        path = Path(folder) / "voc.db"
        path.write_bytes(_sqlite_template())
        yield f"sqlite:///{path}"


def lay_tables(database: Database) -> None:
    """All tables as they are now, in a database of one's own: quicker than the way through all revisions."""
    with database.begin() as db:
        schema.metadata.create_all(db)


@contextmanager
def fresh(engine: str) -> Iterator[Database]:
    with url_of(engine) as url:
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


class Copies:
    """As many databases as one likes that begin with the same rows."""

    def __init__(self, engine: str, original: str) -> None:
        self._engine = engine
        self._original = original

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        with self._url() as url:
            database = Database(url)
            try:
                yield database
            finally:
                database.close()

    @contextmanager
    def _url(self) -> Iterator[str]:
        if self._engine == "postgresql":
            with postgres.shared().database(self._original) as url:
                yield url
            return
        with tempfile.TemporaryDirectory(prefix="voc-fault-") as folder:
            path = Path(folder) / "voc.db"
            shutil.copy(self._original, path)
            yield f"sqlite:///{path}"


@contextmanager
def copies(engine: str, lay: Callable[[Database], None]) -> Iterator[Copies]:
    """`lay` fills the original once."""
    with fresh(engine) as database:
        lay(database)
        _checkpoint(database)
        database.close()
        original = make_url(database.url).database
        assert original is not None
        yield Copies(engine, original)


@cache
def _postgres_template() -> postgres.Server:
    server = postgres.shared()
    server.execute(f"CREATE DATABASE {_TEMPLATE}")
    database = Database(server.url(_TEMPLATE))
    migrate.upgrade(database)
    database.close()
    return server


@cache
def _sqlite_template() -> bytes:
    with tempfile.TemporaryDirectory(prefix="voc-fault-") as folder:
        path = Path(folder) / "voc.db"
        database = Database(f"sqlite:///{path}", durable=False)
        migrate.upgrade(database)
        _checkpoint(database)
        database.close()
        return path.read_bytes()


def _checkpoint(database: Database) -> None:
    """Everything into the one file that is copied."""
    if database.sqlite:
        with database.begin() as db:
            db.exec_driver_sql("COMMIT")
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.exec_driver_sql("BEGIN")
