"""A migrated database of one's own, by the engine's name: faults open theirs, in several processes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests import postgres
from voc.base import migrate
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


@contextmanager
def fresh(engine: str) -> Iterator[Database]:
    with url_of(engine) as url:
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


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
        with database.begin() as db:
            db.exec_driver_sql("COMMIT")
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.exec_driver_sql("BEGIN")
        database.close()
        return path.read_bytes()
