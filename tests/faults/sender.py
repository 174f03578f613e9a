"""A sender that dies where it is told: at a commit or between two bytes of its own, or by the mail server's hand."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.delivery.world import SETTINGS, relay_to
from tests.faults.sink import KILLS_AT
from tests.faults.watched import Course, Phases, WatchedDatabase
from voc.base.secrets import Vault
from voc.base.settings import Server
from voc.base.tokens import RandomTokens
from voc.delivery import rules, run
from voc.delivery.model import Envelope, Handed, Line, Relay
from voc.delivery.run.crew import JOURNAL, RECORDER
from voc.delivery.smtp import SmtpRelay

SEND = "tests.faults.sender:send"
WARM = "tests.faults.sender:warm"

# What dies there leaves nothing behind, or all: freezing a due step and claiming its mail are one commit.
FREEZING = (
    "freeze_opened",  # the transaction has begun
    "steps_taken",  # the steps and their places in the quarantine are taken, no mail is written
    "sealed",  # a mail is written, and not in the outbox
    "put_in",  # some mails are, or all, but not all that belongs to them
    "freeze_before",
)
# In the order in which a message comes to them. `_before`: all is written, nothing committed.
BEFORE_THE_DOT = (
    "freeze_after",
    "claim_before",  # of what waits: left by one who died, or put off
    "claim_after",
    "taken",  # a line has the message and has said nothing
    "greeted",
    "mail",
    "rcpt",
    "data",
    "in_body",
    "body_complete",  # the server waits for the dot, nothing is committed
    "journal_before",
)
OVER = (
    "journal_after",
    "granted",  # committed, and the dot is not out
    "dot",  # the server has it, and keeps nothing
    "kept",  # the server has it on its disk, and has not said so
    "answered",  # the 250 is on its way
    "answer_read",
    "record_before",
    "record_after",
)
POINTS = FREEZING + BEFORE_THE_DOT + OVER
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


class _Sending(Phases):
    """Its thread tells what a transaction of the sender is, and whether a mail is sealed in it.

    The first of the main thread is the upkeep's; one that follows a claim of what waits, freezes.
    """

    def __init__(self, course: Course) -> None:
        self._course = course
        self._here = threading.local()

    def begun(self) -> None:
        if not _writes_answers():
            self._here.number = getattr(self._here, "number", 0) + 1
            self._here.sealed = False
            if self._here.number > 2 and self._here.claimed:
                self._course.reached("freeze_opened")

    def takes_token(self) -> None:
        """The steps are taken by now."""
        self._course.reached("steps_taken")

    def seals(self) -> None:
        if not _writes_answers():
            self._here.sealed = True
            self._course.reached("sealed")

    def executes(self) -> None:
        if getattr(self._here, "sealed", False):
            self._course.reached("put_in")

    def name(self) -> str:
        if _writes_answers():
            return "journal" if threading.current_thread().name == JOURNAL else "record"
        name = "upkeep" if self._here.number == 1 else "freeze" if self._here.sealed else "claim"
        self._here.claimed, self._here.sealed = name == "claim", False
        return name


def _writes_answers() -> bool:
    return threading.current_thread().name in (JOURNAL, RECORDER)


class _WatchedTokens:
    def __init__(self, phases: _Sending) -> None:
        self._inner = RandomTokens()
        self._phases = phases

    def new(self) -> str:
        self._phases.takes_token()
        return self._inner.new()


class _WatchedVault(Vault):
    def __init__(self, key: str, phases: _Sending) -> None:
        super().__init__([key])
        self._phases = phases

    def seal(self, plain: bytes) -> bytes:
        sealed = super().seal(plain)
        self._phases.seals()
        return sealed


@cache
def _database(url: str, durable: bool) -> WatchedDatabase:
    return WatchedDatabase(url, durable=durable)


def warm(url: str, key: str, port: int, now: str, durable: bool = True) -> None:
    """In the warm process, once for each database: one message, so that the children have all compiled."""
    database = _database(url, durable)
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
    durable: bool = True,
) -> Any:
    """One round of a worker. Its counts, if it lives. A kill is no power cut: not `durable` is as safe, and faster."""
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
    return _send(_database(url, durable), SmtpRelay(server, us=us), course, key=key, now=now, limit=limit)


def _send(database: WatchedDatabase, relay: Relay, course: Course, *, key: str, now: str, limit: int) -> Any:
    at, worker = datetime.fromisoformat(now), f"worker-{os.getpid()}"
    run.recover(database, now=at + rules.LEASE + timedelta(seconds=1))  # after the lease of whoever died
    phases = _Sending(course)
    database.watch(course, phases)
    sent = run.send_due(
        database,
        _WatchedRelay(relay, course),
        now=at,
        vault=_WatchedVault(key, phases),
        worker=worker,
        limit=limit,
        tokens=_WatchedTokens(phases),
        settings=SETTINGS,
        freezes=True,
    )
    relay.close()
    database.close()
    return asdict(sent)
