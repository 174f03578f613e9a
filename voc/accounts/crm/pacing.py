"""How often, how long and how many times a CRM is asked."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from voc.accounts.connector import Outside
from voc.base.errors import GiveUp


@dataclass(frozen=True)
class Limits:
    connect_seconds: float = 10
    read_seconds: float = 60  # without a byte
    answer_seconds: float = 300  # for a whole answer: a drip of bytes must not hold a run
    stream_seconds: float = 3_600  # the same for `lines`; what is done between its pieces does not count
    tries: int = 5
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 120  # the CRM may ask for more: then the run pauses


Jitter = Callable[[str], float]


def spread(text: str) -> float:
    """0 to 1, the same for the same text: clients of one CRM do not all come back at the same moment."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "big") / 2**32


class Spacing:
    """At most so many requests per second, evenly, from whichever thread."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1 / per_second
        self._next: datetime | None = None
        self._lock = threading.Lock()

    def wait(self, outside: Outside) -> None:
        with self._lock:
            now = outside.now()
            ahead = (self._next - now).total_seconds() if self._next else 0.0
            seconds = min(max(ahead, 0.0), 60.0)  # a clock that is set back must not stop us for an hour
            self._next = now + timedelta(seconds=seconds + self._apart)
        if seconds:
            outside.sleep(seconds)


class LoopGuard:
    """Ends a list that never ends: a cursor that comes twice, or more pages than there can be."""

    def __init__(self, what: str, *, pages: int = 100_000) -> None:
        self._what = what
        self._left = pages
        self._seen: set[bytes] = set()

    def saw(self, cursor: str) -> None:
        """Call it with each cursor before following it. GiveUp when the list does not get on."""
        mark = blake2b(cursor.encode("utf-8", "replace"), digest_size=8).digest()
        if mark in self._seen:
            raise GiveUp(f"{self._what}: the CRM leads in a circle; what was read before stands")
        self._left -= 1
        if self._left < 0:
            raise GiveUp(f"{self._what}: the CRM's list does not end; what was read before stands")
        self._seen.add(mark)
