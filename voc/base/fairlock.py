"""A lock that is given to whoever waited longest: threads that take it again and again starve nobody."""

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """For `with` only."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._line: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._line.append(mine)
        try:
            mine.acquire()  # whoever has the lock lets go of this one
        except BaseException:
            self._step_out(mine)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand_on()

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._line)

    def _hand_on(self) -> None:
        with self._guard:
            if self._line:
                self._line.popleft().release()
            else:
                self._held = False

    def _step_out(self, mine: threading.Lock) -> None:
        """Interrupted (Ctrl-C) while waiting: nobody may be given a lock that nobody will let go of."""
        with self._guard:
            waiting = mine in self._line
            if waiting:
                self._line.remove(mine)
        if not waiting:
            self._hand_on()
