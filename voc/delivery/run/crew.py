"""The threads of one `send_due`: a line to a mail server each, one journal, one recorder.

    tray -> line: MAIL, RCPT, DATA, body -> journal: one commit for all who wait -> line: dot, answer
                                                                                       |
                                             recorder: one commit for all who came  <--+

While the journal commits, the lines whose bodies are through gather for its next commit. No
transaction is open while mail is in flight.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from voc.base import clock
from voc.base.errors import TryLater
from voc.delivery.model import Claimed, Envelope, Handed, Line, Unsealed
from voc.delivery.run.tray import Post, Tray

JOURNAL = "voc journal"
RECORDER = "voc recorder"

# Seconds that others may take to join a commit, while any line is under way: a commit costs more than they do.
# What the recorder has not committed is unknown after a kill: it waits for no more than one blink.
_JOURNAL_WAITS = 0.004
_LOOKS_AGAIN = 0.001  # whether all of them have come by now
_RECORDER_WAITS = 0.02
# Where so many came in that blink, each is soon one of hundreds: then a commit for them all is worth a longer one.
_MANY = 8
_RECORDER_WAITS_FOR_MANY = 0.08


@dataclass(frozen=True)
class Tried:
    """A message and what a server said; `handed` is None where the dot was not granted: the server has nothing."""

    claimed: Claimed
    handed: Handed | None
    opened: Unsealed
    post: Post
    others_stand: bool  # another line may take it at once, if this one could not
    recorded: threading.Event | None = None  # a line that is alone waits for it


class Crew:
    """`opened` opens a body from the queue; `record` writes down what came.

    `commit` marks messages as being handed over and gives the ids that may end.

    An error in any thread stops all of them; `finish` raises it.
    """

    def __init__(
        self,
        tray: Tray,
        *,
        opened: Callable[[bytes], Unsealed],
        commit: Callable[[list[Claimed]], Collection[int]],
        record: Callable[[list[Tried]], None],
    ) -> None:
        self._tray = tray
        self._opened = opened
        self._journal = _Together[_Ask](
            JOURNAL, lambda asks: _answer(asks, commit), self._fail, busy=self._busy, patience=_JOURNAL_WAITS
        )
        self._recorder = _Together[Tried](
            RECORDER,
            lambda tried: _write_down(tried, record),
            self._fail,
            busy=self._busy,
            patience=_RECORDER_WAITS,
            for_many=_RECORDER_WAITS_FOR_MANY,
        )
        self._lines: list[threading.Thread] = []
        self._manned: set[Line] = set()
        self._at_work = 0
        self._counting = threading.Lock()
        self._error: BaseException | None = None

    def man(self, posts: Sequence[Post], *, lines: int) -> None:
        """So many lines of each server, if it has them; those already at work count."""
        for post in posts:
            for line in post.relay.lines[:lines]:
                if line not in self._manned:
                    self._manned.add(line)
                    name = f"voc line to {post.relay.name}"
                    thread = threading.Thread(target=self._work, args=(post, line), name=name, daemon=True)
                    self._lines.append(thread)
                    thread.start()

    def is_done(self, *, at_most: float) -> bool:
        """Whether every line has ended, after that many seconds or before."""
        until = clock.seconds() + at_most
        for thread in self._lines:
            thread.join(max(until - clock.seconds(), 0))
        return not any(thread.is_alive() for thread in self._lines)

    def finish(self) -> None:
        """What lines have begun is ended and recorded; raises what went wrong."""
        self._tray.close()
        for thread in self._lines:
            thread.join()
        self._journal.finish()
        self._recorder.finish()
        if self._error is not None:
            raise self._error

    def _work(self, post: Post, line: Line) -> None:
        try:
            while (claimed := self._tray.take(post)) is not None:
                opened = claimed.opened or self._opened(claimed.body)
                envelope = Envelope(claimed.return_path, claimed.recipient, opened.mail)
                ask = _Ask(claimed, self._journal)
                self._count(1)
                try:
                    handed = line.hand_over(envelope, before_final_dot=ask.wait)
                finally:
                    self._count(-1)
                goes_on = self._tray.note(post, line, handed)
                # A line that is alone shares no commit, so it need not go on before its own: one unknown at most.
                recorded = threading.Event() if len(self._lines) == 1 else None
                self._recorder.put(Tried(claimed, handed, opened, post, self._tray.takes, recorded))
                if recorded is not None:
                    recorded.wait()
                if not goes_on:
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again by `finish`, in the caller's thread
            self._fail(error)

    def _count(self, change: int) -> None:
        with self._counting:
            self._at_work += change

    def _busy(self) -> int:
        """How many lines have a message under way."""
        return self._at_work

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._tray.stop(f"{type(error).__name__}: {error}")


Item = TypeVar("Item")


class _Together(Generic[Item]):
    """A thread that takes whatever has gathered since it last looked, all at once."""

    def __init__(
        self,
        name: str,
        work: Callable[[list[Item]], None],
        fail: Callable[[BaseException], None],
        *,
        busy: Callable[[], int],
        patience: float,
        for_many: float = 0.0,
    ) -> None:
        self._gathered: SimpleQueue[Item | None] = SimpleQueue()
        self._do = work
        self._fail = fail
        self._busy = busy
        self._patience, self._for_many = patience, for_many
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        self._gathered.put(item)

    def finish(self) -> None:
        self._gathered.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            batch, ended = self._batch()
            if batch:
                try:
                    self._do(batch)
                except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
                    self._fail(error)
            if ended:
                return

    def _batch(self) -> tuple[list[Item], bool]:
        first = self._gathered.get()
        if first is None:
            return [], True
        batch = [first]
        ended = self._drain(batch)
        patience = self._patience
        while not ended and patience > 0 and self._busy() > len(batch):
            clock.pause(min(patience, _LOOKS_AGAIN))
            patience -= _LOOKS_AGAIN
            ended = self._drain(batch)
            if self._for_many and len(batch) >= _MANY and not ended:
                clock.pause(self._for_many)
                ended = self._drain(batch)
        return batch, ended

    def _drain(self, batch: list[Item]) -> bool:
        """Whatever is there now; whether that was the last."""
        while True:
            try:
                item = self._gathered.get_nowait()
            except Empty:
                return False
            if item is None:
                return True
            batch.append(item)


class _Ask:
    """A line that waits for the second commit of its message."""

    def __init__(self, claimed: Claimed, journal: "_Together[_Ask]") -> None:
        self.claimed = claimed
        self._journal = journal
        self._granted: bool | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def wait(self) -> bool:
        self._journal.put(self)
        self._answered.acquire()
        if self._granted is None:
            raise TryLater("The database did not take the commit before the final dot.")
        return self._granted

    def answer(self, granted: bool | None) -> None:
        self._granted = granted
        self._answered.release()


def _answer(asks: list[_Ask], commit: Callable[[list[Claimed]], Collection[int]]) -> None:
    granted: Collection[int] | None = None
    try:
        granted = commit([ask.claimed for ask in asks])
    finally:
        for ask in asks:
            ask.answer(None if granted is None else ask.claimed.id in granted)


def _write_down(tried: list[Tried], record: Callable[[list[Tried]], None]) -> None:
    try:
        record(tried)
    finally:
        for one in tried:
            if one.recorded is not None:
                one.recorded.set()
