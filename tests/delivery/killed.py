"""A sender that is killed with SIGKILL at a chosen moment. Reads one order a line, forks, and tells how each ended.

The hooks are a database and a relay of the test's own, passed in like any other: the sender itself
knows nothing of them.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tests.delivery.world import relay_to
from voc.base import log
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.delivery import run
from voc.delivery.model import Envelope, Handed, Relay

POINTS = (
    ("claim", "before"),
    ("claim", "after"),
    ("handing_over", "before"),
    ("handing_over", "after"),
    ("record", "before"),  # the server's 250 is here, and nobody wrote it down
)
LEAVES_UNKNOWN = {("handing_over", "after"), ("record", "before")}


class Course:
    """Where the sender is; kills the process the nth time that it comes to the point."""

    def __init__(self, point: tuple[str, str] | None, nth: int) -> None:
        self.phase = "upkeep"
        self._point = point
        self._left = nth

    def next_phase(self) -> None:
        """After the upkeep, and after each record, comes a claim; the other phases begin in the relay."""
        if self.phase in ("upkeep", "record"):
            self.phase = "claim"

    def reached(self, when: str) -> None:
        if (self.phase, when) == self._point:
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
        self.course.next_phase()


class WatchedRelay:
    def __init__(self, inner: Relay, course: Course) -> None:
        self._inner = inner
        self._course = course

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def at_once(self) -> int:
        return self._inner.at_once

    def hand_over(
        self, envelopes: Sequence[Envelope], *, before_final_dots: Callable[[Sequence[int]], Collection[int]]
    ) -> list[Handed | None]:
        def watched(ready: Sequence[int]) -> Collection[int]:
            self._course.phase = "handing_over"
            return before_final_dots(ready)

        handed = self._inner.hand_over(envelopes, before_final_dots=watched)
        self._course.phase = "record"
        return handed

    def close(self) -> None:
        self._inner.close()


def send(database: WatchedDatabase, order: dict[str, Any]) -> None:
    course = Course(tuple(order["point"]) if order["point"] else None, order["nth"])
    now, vault = datetime.fromisoformat(order["now"]), Vault([order["key"]])
    database.course = Course(None, 0)
    run.recover(database, now=now)
    database.course = course
    relay = WatchedRelay(relay_to(order["port"], connections=order["together"]), course)
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
