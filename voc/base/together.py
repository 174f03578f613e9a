"""One commit for many: SQLite's writers that wait for their turn are served by the one whose turn it is.

A commit waits for the disk, and every writer waits for the one before it. So whoever gets the lock does
the work of all who are waiting, each inside a savepoint, and commits once. Nobody is answered before that
commit: what is acknowledged is on the disk, as with a commit of one's own.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

Result = TypeVar("Result")

MOST = 32
"""In one commit: the first of them waits for the last."""


@dataclass
class _Turn:
    work: Callable[[Connection], Any]
    result: Any = None
    error: BaseException | None = None
    over: bool = False


class Together:
    """`lock` is the one that every writer of this process holds."""

    def __init__(self, engine: Engine, lock: threading.Lock) -> None:
        self._engine = engine
        self._lock = lock
        self._guard = threading.Lock()
        self._waiting: list[_Turn] = []

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returned, once it is committed. Its error is its caller's; one of the commit is everybody's."""
        mine = _Turn(work)
        with self._guard:
            self._waiting.append(mine)
        while not mine.over:
            with self._lock:
                if not mine.over:
                    self._serve(self._next())
        if mine.error is not None:
            raise mine.error
        result: Result = mine.result
        return result

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        return len(self._waiting)

    def _next(self) -> list[_Turn]:
        with self._guard:
            turns, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return turns

    def _serve(self, turns: list[_Turn]) -> None:
        try:
            with self._engine.begin() as db:
                for turn in turns:
                    _work(db, turn)
        except BaseException as mistake:  # noqa: BLE001 - it is raised again, by each whose work is lost with it
            for turn in turns:
                turn.error = turn.error or mistake
        finally:
            for turn in turns:
                turn.over = True


def _work(db: Connection, turn: _Turn) -> None:
    try:
        with db.begin_nested():
            turn.result = turn.work(db)
    except Exception as mistake:
        turn.error = mistake
        # A full disk ends the whole transaction: the next savepoint would begin another and commit without the first.
        if not db.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]  # SQLite's own attribute
            raise
