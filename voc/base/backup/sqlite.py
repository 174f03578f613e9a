"""The SQLite file: copied page by page by SQLite itself, in one look, while others write."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from voc.base.backup.archive import CHUNK, Reader, Sink
from voc.base.errors import Refused

ENTRY = "database.db"
_PAGES = 2_000  # 8 MB between two looks at Ctrl-C

Step = Callable[[int, int], None]


def copy(source: Path, target: Path, *, step: Step) -> None:
    """A whole copy as of now. `step` is told pages done and in all."""
    with closing(_connect(source)) as here, closing(_connect(target)) as there:
        # The look that is opened first holds for the whole copy: without it each writer would start it anew.
        here.execute("BEGIN")
        here.execute("SELECT count(*) FROM sqlite_master").fetchone()
        here.backup(there, pages=_PAGES, progress=lambda _status, left, total: step(total - left, total), sleep=0)
        here.execute("ROLLBACK")
        # One file, without a journal beside it.
        there.execute("PRAGMA journal_mode=DELETE")


def counts(path: Path) -> dict[str, int]:
    with closing(_connect(path)) as db:
        names = [
            row[0]
            for row in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
        ]
        return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - our own names


def settle(path: Path) -> None:
    """All that was written stands in the one file, on the disk."""
    with closing(_connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def one(path: Path, query: str) -> str | None:
    """The first value that a query finds."""
    with closing(_connect(path)) as db:
        row = db.execute(query).fetchone()
        return None if row is None else str(row[0])


def pack(path: Path, sink: Sink, *, step: Step) -> None:
    total = path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            sink.write(piece)
            step(sink.size, total)


def unpack(backup: Reader, target: Path, *, step: Step) -> None:
    """The file as it was, on the disk and looked through. Refused if it is not what the backup says it is."""
    total = backup.manifest.entries[ENTRY].size
    done = 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in backup.pieces(ENTRY):
            file.write(piece)
            done += len(piece)
            step(done, total)
        file.flush()
        os.fsync(file.fileno())
    with closing(_connect(target)) as db:
        found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Refused(f"The database in this backup is damaged: {found}. Take another one.")
    if counts(target) != backup.manifest.counts:
        raise Refused("The database in this backup does not hold the rows that it should. Take another one.")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=10)
