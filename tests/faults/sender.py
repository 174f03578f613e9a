"""A sender that dies where it is told: at a commit or between two bytes of its own, or by the mail server's hand."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from tests.delivery.world import relay_to
from tests.faults.sink import KILLS_AT
from tests.faults.watched import Course, WatchedDatabase
from voc.base.secrets import Vault
from voc.base.settings import Server
from voc.delivery import run
from voc.delivery.model import Envelope, Handed, Line, Relay
from voc.delivery.run.crew import JOURNAL, RECORDER
from voc.delivery.smtp import SmtpRelay

SEND = "tests.faults.sender:send"
WARM = "tests.faults.sender:warm"

# In the order in which a message comes to them. `_before`: all is written, nothing committed.
POINTS = (
    "claim_before",
    "claim_after",
    "taken",  # a line has the message and has said nothing
    "greeted",
    "mail",
    "rcpt",
    "data",
    "in_body",
    "body_complete",  # the server waits for the dot, nothing is committed
    "journal_before",
    "journal_after",
    "granted",  # committed, and the dot is not out
    "dot",  # the server has it, and keeps nothing
    "kept",  # the server has it on its disk, and has not said so
    "answered",  # the 250 is on its way
    "answer_read",
    "record_before",
    "record_after",
)
LEAVE_UNKNOWN = ("journal_after", "granted", "dot", "kept", "answer_read", "record_before")
# The server's signal races with the sender there: by then it may be in its second commit, or have recorded.
MAY_LEAVE_UNKNOWN = ("in_body", "answered")


class _WatchedLine:
    def __init__(self, inner: Line, course: Course) -> None:
        self._inner = inner
        self._course = course

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        def watched() -> bool:
            self._course.reached("body_complete")
            granted = before_final_dot()
            self._course.reached("granted")
            return granted

        self._course.reached("taken")
        handed = self._inner.hand_over(envelope, before_final_dot=watched)
        self._course.reached("answer_read")
        return handed


class _WatchedRelay:
    def __init__(self, inner: Relay, course: Course) -> None:
        self._inner = inner
        self._lines = [_WatchedLine(line, course) for line in inner.lines]

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def per_second(self) -> float:
        return self._inner.per_second

    @property
    def lines(self) -> Sequence[Line]:
        return self._lines

    def close(self) -> None:
        self._inner.close()


class _Phases:
    """What a commit of the sender is: its thread tells, and the first of the main thread is the upkeep's."""

    def __init__(self) -> None:
        self._commits = 0

    def __call__(self) -> str:
        name = threading.current_thread().name
        if name in (JOURNAL, RECORDER):
            return "journal" if name == JOURNAL else "record"
        self._commits += 1
        return "claim" if self._commits > 2 else "upkeep"  # asked twice for each: before and after


@cache
def _database(url: str) -> WatchedDatabase:
    return WatchedDatabase(url)


def warm(url: str, key: str, port: int, now: str) -> None:
    """In the warm process, once for each database: one message, so that the children have all compiled."""
    database = _database(url)
    _send(database, relay_to(port, connections=1), Course(), key=key, now=now, limit=1)


def send(
    url: str,
    key: str,
    port: int,
    now: str,
    point: str | None,
    nth: int,
    lines: int,
    limit: int,
    by: int = signal.SIGKILL,
) -> Any:
    """One round of a worker. Its counts, if it lives."""
    by_server = point in KILLS_AT
    course = Course(None if by_server else point, nth, by=by)
    us = f"kill-{os.getpid()}-{point}-{nth}.example" if by_server else "kestrel.example"
    name = f"127.0.0.1:{port}"
    server = Server(
        name=name,
        host="127.0.0.1",
        port=port,
        security="none",
        per_second=10_000,
        connections=lines,
        timeout_seconds=20,
    )
    return _send(_database(url), SmtpRelay(server, us=us), course, key=key, now=now, limit=limit)


def _send(database: WatchedDatabase, relay: Relay, course: Course, *, key: str, now: str, limit: int) -> Any:
    at, worker = datetime.fromisoformat(now), f"worker-{os.getpid()}"
    database.watch(Course(), lambda: "recovery")
    run.recover(database, now=at)
    database.watch(course, _Phases())
    sent = run.send_due(database, _WatchedRelay(relay, course), now=at, vault=Vault([key]), worker=worker, limit=limit)
    relay.close()
    database.close()
    return asdict(sent)
