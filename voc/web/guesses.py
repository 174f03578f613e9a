"""Who guesses at links is slowed down; who has one is not, even behind the same address.

A token has 192 bits: nobody hits one. What guessing does is cost. So only links that open nothing are
counted, by the address they come from; a source with too many gets one look a second, whatever it
asks for. A company of respondents behind one address misses none and is never slowed, and neither is
its mail gateway, which follows the trap on every page of its people. Kept in memory: it may be forgotten.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
MISSES = 100  # of one source in that time; a person who mistypes a link makes three
PACE = timedelta(seconds=1)
_SOURCES = 10_000


@dataclass
class _Source:
    since: datetime
    misses: int = 0
    looked_at: datetime | None = None


class Guesses:
    """How many looks each source missed, newest sources last."""

    def __init__(self) -> None:
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self._lock = threading.Lock()

    def must_wait(self, source: str, *, now: datetime) -> bool:
        """Whether it missed too often and had its look of this second; otherwise this is it."""
        if source not in self._sources:  # almost always
            return False
        with self._lock:
            found = self._sources.get(source)
            if found is None or now - found.since >= WINDOW:
                self._sources.pop(source, None)
                return False
            if found.misses < MISSES:
                return False
            if found.looked_at is not None and now - found.looked_at < PACE:
                return True
            found.looked_at = now
            return False

    def missed(self, source: str, *, now: datetime) -> None:
        with self._lock:
            found = self._sources.setdefault(source, _Source(now))
            found.misses += 1
            self._sources.move_to_end(source)
            while len(self._sources) > _SOURCES:
                self._sources.popitem(last=False)
