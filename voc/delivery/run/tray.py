"""Claimed messages that wait for a line, and how each mail server does meanwhile."""

import threading
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from voc.base import clock
from voc.delivery import rules
from voc.delivery.model import Claimed, Handed, Line, Outcome, Relay


@dataclass(eq=False)
class Post:
    """A mail server during one call; changed under the tray's lock. `refusals` are those in a row, of us.

    `workers`: how many are at work now. They share its pace, each an equal part.
    """

    relay: Relay
    refusals: int = 0
    down: Handed | None = None
    tried: bool = False
    at_work: set[Line] = field(default_factory=set)  # lines that it answers on
    next_slot: float = 0.0
    workers: int = 1

    @property
    def pace(self) -> float:
        """Messages a second."""
        return self.relay.per_second / self.workers

    @property
    def open(self) -> bool:
        """One line goes first: the others wait to see whether the server is there at all."""
        return bool(self.at_work) or not self.tried


class Tray:
    """Each server takes the next message when its pace allows: so they share by their `per_second`."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = posts
        self._waiting: deque[Claimed] = deque()
        self._lock = threading.Lock()
        self._more = threading.Condition(self._lock)  # lines wait here
        self._room = threading.Condition(self._lock)  # whoever fills the tray waits here
        self._low = 0
        self._closed = False
        self._stopped: str | None = None

    def put(self, batch: Collection[Claimed]) -> None:
        with self._lock:
            self._waiting.extend(batch)
            self._more.notify_all()

    def take(self, post: Post) -> Claimed | None:
        """The next message for a line of that server; None: the line is done."""
        with self._lock:
            while not self._is_over(post):
                wait = None
                if self._waiting and post.open:
                    wait = post.next_slot - clock.seconds()
                    if wait <= 0:
                        post.next_slot = max(post.next_slot, clock.seconds()) + 1 / post.pace
                        post.tried = True
                        claimed = self._waiting.popleft()
                        if len(self._waiting) <= self._low:
                            self._room.notify()
                        return claimed
                self._more.wait(wait)
            return None

    def _is_over(self, post: Post) -> bool:
        return self._stopped is not None or post.down is not None or (self._closed and not self._waiting)

    def note(self, post: Post, line: Line, handed: Handed | None) -> bool:
        """What the server said to one line; whether that line may go on.

        One that it closes while others stand is simply one fewer; with the last of them it is down.
        """
        with self._lock:
            if handed is not None and handed.relay_down:
                post.at_work.discard(line)
                if not post.at_work:
                    post.down = handed
                self._wake()
                return False
            if line not in post.at_work:
                post.at_work.add(line)
                self._more.notify_all()
            if handed is not None:
                self._count_refusals(post, handed)
            return True

    def _count_refusals(self, post: Post, handed: Handed) -> None:
        if handed.outcome is Outcome.SENT:
            post.refusals = 0
        elif rules.refuses_us(handed):
            post.refusals += 1
            if post.refusals >= rules.REFUSALS_IN_A_ROW:
                self._stopped = f"The mail server refused {post.refusals} messages in a row: {handed.text}"
                self._wake()

    def stop(self, because: str) -> None:
        """No line takes another message."""
        with self._lock:
            self._stopped = self._stopped or because
            self._wake()

    def close(self) -> None:
        """Nothing more comes: each line ends when the tray is empty."""
        with self._lock:
            self._closed = True
            self._wake()

    def wait_for_room(self, low: int, *, at_most: float) -> bool:
        """Whether `low` messages or fewer wait, or no line takes any more; after that many seconds or before."""
        with self._lock:
            self._low = low
            if self.takes and len(self._waiting) > low:
                self._room.wait(at_most)
            return not self.takes or len(self._waiting) <= low

    @property
    def takes(self) -> bool:
        """Whether any line would take another message."""
        return self._stopped is None and any(post.down is None for post in self._posts)

    @property
    def stopped_because(self) -> str | None:
        """Why no line takes any more: told to stop, or every server is down."""
        if self._stopped is None and not self.takes:
            return " ".join(
                f"The mail server {post.relay.name} is not available: {post.down.text}."
                for post in self._posts
                if post.down
            )
        return self._stopped

    def left(self) -> list[Claimed]:
        """What no line took; the tray is empty then."""
        with self._lock:
            left = list(self._waiting)
            self._waiting.clear()
            return left

    def _wake(self) -> None:
        self._more.notify_all()
        self._room.notify()
