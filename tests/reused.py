"""One database after another behind the same `Database`: what SQLAlchemy compiled for one test serves the next.

A test has some hundred statements compiled, which is a third of the time of many.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from voc.base.db import Database


class ReusedFile:
    """An SQLite file in a folder of its own, a copy of a template each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Without fsync: what is tested here is not the disk. The tests that kill processes open their own.
        self._database = Database(f"sqlite:///{folder / 'voc.db'}", durable=False)

    @contextmanager
    def copy_of(self, template: Path) -> Iterator[Database]:
        """What an earlier test left in the folder is gone, its journal first of all."""
        shutil.rmtree(self._folder)
        self._folder.mkdir()
        shutil.copy(template, self._folder / "voc.db")
        yield self._database
        self._database.close()


class ReusedServer:
    """The databases of `emptied`, each behind the `Database` that it had before."""

    def __init__(self, emptied: postgres.Emptied) -> None:
        self._emptied = emptied
        self._known: dict[str, Database] = {}

    @contextmanager
    def empty(self) -> Iterator[Database]:
        with self._emptied.database() as url:
            database = self._known.setdefault(url, Database(url))
            yield database
            database.close()
