"""One commit for many: SQLite's writers that wait for their turn are served by the one whose turn it is.

A commit waits for the disk, and every writer waits for the one before it. So whoever gets the lock does
the work of all who are waiting, each inside a savepoint, and commits once. Nobody is answered before that
commit: what is acknowledged is on the disk, as with a commit of one's own.

Pages wait without a thread each (`soon`): one thread does the work of all of them, and the event loop is
told once per commit.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

Result = TypeVar("Result")

MOST = 32
"""In one commit: the first of them waits for the last."""


@dataclass(eq=False)
class _Turn:
    work: Callable[[Connection], Any]
    waits: asyncio.Future[None] | None = None
    result: Any = None
    error: BaseException | None = None
    over: bool = False

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class Together:
    """`lock` is the one that every writer of this process holds."""

    def __init__(self, engine: Engine, lock: AbstractContextManager[Any]) -> None:
        self._engine = engine
        self._lock = lock
        self._guard = threading.Lock()
        self._waiting: list[_Turn] = []
        self._called = threading.Semaphore(0)
        self._serving = False
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """What `work` returned, once it is committed. Its error is its caller's; one of the commit is everybody's."""
        mine = _Turn(work)
        with self._guard:
            self._waiting.append(mine)
        while not mine.over:
            with self._lock:
                if not mine.over:
                    self._serve(self._next())
        result: Result = mine.outcome()
        return result

    async def soon(self, work: Callable[[Connection], Result]) -> Result:
        """`run`, for the event loop: it goes on with others meanwhile."""
        mine = _Turn(work, asyncio.get_running_loop().create_future())
        assert mine.waits is not None
        with self._guard:
            self._waiting.append(mine)
            idle, self._serving = not self._serving, True
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve_pages, name="commits", daemon=True)
                self._thread.start()
        if idle:
            self._called.release()
        await mine.waits
        result: Result = mine.outcome()
        return result

    def close(self) -> None:
        """End the thread; whoever waits is served before."""
        with self._guard:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._called.release()
            thread.join()

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        return len(self._waiting)

    def _serve_pages(self) -> None:
        while True:
            self._called.acquire()
            while self._some_wait():
                with self._lock:
                    self._serve(self._next())
            if self._thread is None:
                return

    def _some_wait(self) -> bool:
        with self._guard:
            self._serving = bool(self._waiting)
            return self._serving

    def _next(self) -> list[_Turn]:
        with self._guard:
            turns, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return turns

    def _serve(self, turns: list[_Turn]) -> None:
        try:
            if turns:
                with self._engine.begin() as db:
                    for turn in turns:
                        _work(db, turn)
        except BaseException as mistake:  # noqa: BLE001 - it is raised again, by each whose work is lost with it
            for turn in turns:
                turn.error = turn.error or mistake
        finally:
            for turn in turns:
                turn.over = True
            _tell(turns)


def _work(db: Connection, turn: _Turn) -> None:
    raw: Any = db.connection.dbapi_connection
    _say(raw, "SAVEPOINT turn")
    try:
        turn.result = turn.work(db)
    except Exception as mistake:
        turn.error = mistake
        # A full disk ends the whole transaction: the next savepoint would begin another and commit without the first.
        if not raw.in_transaction:
            raise
        _say(raw, "ROLLBACK TO turn")
    _say(raw, "RELEASE turn")


def _say(raw: Any, statement: str) -> None:
    """Past SQLAlchemy, which would compile it anew for each; its errors all the same."""
    try:
        raw.execute(statement)
    except sqlite3.Error as mistake:
        raise OperationalError(statement, None, mistake) from mistake


def _tell(turns: list[_Turn]) -> None:
    """Wake the pages that wait: each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for turn in turns:
        if turn.waits is not None:
            loops.setdefault(turn.waits.get_loop(), []).append(turn.waits)
    for loop, waiting in loops.items():
        with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            loop.call_soon_threadsafe(_wake, waiting)


def _wake(waiting: list[asyncio.Future[None]]) -> None:
    for one in waiting:
        if not one.done():  # the browser may have gone
            one.set_result(None)
