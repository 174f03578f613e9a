"""A sender that is killed with SIGKILL at a chosen moment. Reads one order a line, forks, and tells how each ended.

The hook is a database of the test's own, passed in like any other: the sender itself knows nothing of it.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tests.delivery.world import relay_to
from voc.base import log
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.delivery import run
from voc.delivery.run.crew import JOURNAL, RECORDER

POINTS = (
    ("claim", "before"),
    ("claim", "after"),
    ("handing_over", "before"),
    ("handing_over", "after"),
    ("record", "before"),  # the server's 250 is here, and nobody wrote it down
)


class Course:
    """Kills the process the nth time that it comes to the point. What a commit is, its thread tells."""

    def __init__(self, point: tuple[str, str] | None, nth: int) -> None:
        self._point = point
        self._left = nth
        self._begun = False

    def reached(self, when: str) -> None:
        phase = {JOURNAL: "handing_over", RECORDER: "record"}.get(threading.current_thread().name, "claim")
        if phase == "claim" and not self._begun:
            self._begun = when == "after"  # the first commit is the upkeep's
        elif (phase, when) == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class WatchedDatabase(Database):
    course: Course

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as db:
            yield db
            self.course.reached("before")
        self.course.reached("after")


def send(database: WatchedDatabase, order: dict[str, Any]) -> None:
    course = Course(tuple(order["point"]) if order["point"] else None, order["nth"])
    now, vault = datetime.fromisoformat(order["now"]), Vault([order["key"]])
    database.course = Course(None, 0)
    run.recover(database, now=now)
    database.course = course
    relay = relay_to(order["port"], connections=order["together"])
    run.send_due(database, relay, now=now, vault=vault, worker=f"worker-{os.getpid()}", limit=order["limit"])
    relay.close()
    database.close()


def main() -> None:
    log.configure(json_lines=False, level="ERROR")
    database = None
    for line in sys.stdin:
        order = json.loads(line)
        if database is None:
            # Once without a fork: every child inherits the statements compiled here, and starts in milliseconds.
            database = WatchedDatabase(order["url"])
            send(database, order)
            print(0, flush=True)
            continue
        child = os.fork()
        if child == 0:
            send(database, order)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
