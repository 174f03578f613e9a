"""How much of webhook calls one process holds at a time: anybody may send them, and each may be long.

What does not fit is turned away with a 503, which every provider takes as "again later". A body is
counted as it comes in and not as it is announced, so that an empty promise takes nobody's room.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from voc.base import log
from voc.delivery.providers.model import MIB

Result = TypeVar("Result")
_READERS = 4  # bodies looked into at once: each takes a thread, and several times its own length
_log = log.get("hooks")


class Crowded(Exception):
    """There is no room for that call now, or it came too slowly to be given some."""


class Room:
    """For one process, whose calls arrive in one event loop.

    `small`: a call that is no longer so far finds `for_small` bytes that long ones cannot take: events keep
    coming while somebody sends large mails. `each`: what one caller's address may take.
    """

    def __init__(
        self,
        *,
        most: int = 128 * MIB,
        each: int = 64 * MIB,
        small: int = MIB,
        for_small: int = 32 * MIB,
        seconds: float = 60,
    ) -> None:
        self._most, self._each, self._small, self._for_small = most, each, small, for_small
        self._seconds = seconds
        self._held: Counter[str] = Counter()
        self._full = False
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="voc hooks")

    @property
    def held(self) -> int:
        """Bytes, of all callers."""
        return self._held.total()

    @asynccontextmanager
    async def holding(self, chunks: AsyncIterator[bytes], *, source: str, announced: int = 0) -> AsyncIterator[bytes]:
        """The whole body, whose room is free again at the end. Crowded if there is none."""
        if not self._fits(source, announced, announced):
            self._turn_away()
        mine, parts = 0, []
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    async for chunk in chunks:
                        if not self._fits(source, mine + len(chunk), len(chunk)):
                            self._turn_away()
                        mine += len(chunk)
                        self._held[source] += len(chunk)
                        parts.append(chunk)
            except TimeoutError:
                raise Crowded from None
            self._full = False
            yield b"".join(parts)
        finally:
            self._held[source] -= mine
            if not self._held[source]:
                del self._held[source]

    async def read(self, work: Callable[[], Result]) -> Result:
        """Look into a body that is held, in a thread, a few at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _fits(self, source: str, length: int, more: int) -> bool:
        """Whether a call that is `length` bytes long with `more` of them new finds room."""
        most = self._most if length <= self._small else self._most - self._for_small
        return self.held + more <= most and self._held[source] + more <= self._each

    def _turn_away(self) -> None:
        if not self._full:
            _log.warning("webhook calls are turned away: too many bytes at once", held=self.held)
        self._full = True
        raise Crowded
