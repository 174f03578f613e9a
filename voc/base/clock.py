"""The only reader of time. Rules take `now` as an argument; this is where a process gets it from."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """Stands still until it is set: for tests, rehearsals and the demo's year."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment

    def set(self, moment: datetime) -> None:
        self._moment = moment

    def advance(self, by: timedelta) -> None:
        self._moment += by


class ShiftedClock:
    """Starts at `moment` and runs on with real time: the clock a finished demo is served with."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._started = time.monotonic()

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=time.monotonic() - self._started)


def seconds() -> float:
    """A reading for measuring durations, never for dates."""
    return time.monotonic()


def pause(for_seconds: float) -> None:
    time.sleep(for_seconds)
