"""Where a process stands, and its death there: a database that is passed in like any other and kills its process."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from voc.base.db import Database


class Course:
    """Kills its process (or stops it, `by` SIGSTOP) the `nth` time that it comes to `point`. No point: it lives."""

    def __init__(self, point: str | None = None, nth: int = 1, *, by: int = signal.SIGKILL) -> None:
        self._point = point
        self._by = by
        self._left = nth
        self._lock = threading.Lock()

    def reached(self, point: str) -> None:
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                # To this thread: one sent to the process stops another first, and this one goes on for a moment.
                signal.pthread_kill(threading.get_ident(), self._by)


class WatchedDatabase(Database):
    """Comes to `<what>_before` when all is written and not committed, and to `<what>_after` the commit.

    `what` says, in the thread that commits, what the transaction is.
    """

    course = Course()
    _name: Callable[[], str] | None = None

    def watch(self, course: Course, what: Callable[[], str]) -> None:
        self.course = course
        self._name = what

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as db:
            yield db
            self.course.reached(f"{self._what()}_before")
        self.course.reached(f"{self._what()}_after")

    def _what(self) -> str:
        return "commit" if self._name is None else self._name()
