"""A process that is told to end: long work stops at its next batch instead of being waited for."""

import threading


class Ended(BaseException):
    """Raised inside the work, past every handler of errors; what was begun is left so that it can go on."""


class Ending:
    """Shared by whoever works for hours and whoever ends the process."""

    def __init__(self) -> None:
        self._told = threading.Event()

    def tell(self) -> None:
        self._told.set()

    def check(self) -> None:
        if self._told.is_set():
            raise Ended

    def pause(self, for_seconds: float) -> None:
        """Sleep, and wake up at once when told to end."""
        if self._told.wait(for_seconds):
            raise Ended
