"""Where a process stands, and its death there: a database that is passed in like any other and kills its process."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

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


class Phases:
    """What a transaction is, in the thread that commits it; told when it begins and before each of its statements."""

    def begun(self) -> None: ...

    def executes(self) -> None: ...

    def name(self) -> str:
        """Asked once, when all is written."""
        return "commit"


class WatchedDatabase(Database):
    """Comes to `<phase>_before` when all is written and not committed, and to `<phase>_after` the commit."""

    course = Course()
    _phases = Phases()

    def watch(self, course: Course, phases: Phases) -> None:
        if type(self._phases) is Phases:
            event.listen(self._writer, "before_cursor_execute", lambda *_told: self._phases.executes())
        self.course = course
        self._phases = phases

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as db:
            self._phases.begun()
            yield db
            name = self._phases.name()
            self.course.reached(f"{name}_before")
        self.course.reached(f"{name}_after")
