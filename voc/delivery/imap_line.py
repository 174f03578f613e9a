"""The standard library's IMAP connection with bounds: it believes every size a server names, and waits for
the end of a line for as long as anything comes.

`read` and `readline` are imaplib's own places to put another way of reading.
"""

import contextlib
import imaplib
import socket
from typing import Any

from voc.base import clock

LONGEST_ANSWER = 16_000_000  # bytes; fifty headers and a mail of the length that is read stay far below
_MOST_LINES = 50_000  # of one answer: imaplib takes its time over each
ANSWER_TAKES = 4.0  # times the patience for silence: what drips in has no more
SESSION_TAKES = 20.0  # times the patience, all waiting together
_PIECE = 1 << 16
_GOODBYE_SECONDS = 2.0
_TOO_LONG = "it takes too long over an answer"


class Bounded(imaplib.IMAP4):
    """`begin` starts the account of one question; silence, an answer and a session all end somewhere."""

    def __init__(self, host: str, port: int, *, patience: float, **more: Any) -> None:
        self._patience = patience
        self._session_left = patience * SESSION_TAKES
        self._come = bytearray()
        self._comes_from: socket.socket | None = None
        self._broken = False
        self.begin()
        super().__init__(host, port, timeout=patience, **more)

    def begin(self, *, seconds: float | None = None) -> None:
        """The next bytes answer a new question."""
        self._room, self._lines_left = LONGEST_ANSWER, _MOST_LINES
        self._answer_left = self._patience * ANSWER_TAKES if seconds is None else seconds

    def read(self, size: int) -> bytes:
        self._forget_another()
        if size > self._room:
            raise self._no_more(f"it announces {size:,} bytes, more than any answer has")
        while len(self._come) < size:
            if not self._receive():
                break
        return self._taken(size)

    def readline(self) -> bytes:
        self._forget_another()
        looked, self._lines_left = 0, self._lines_left - 1
        if self._lines_left < 0:
            raise self._no_more(f"an answer has more than {_MOST_LINES:,} lines")
        while (end := self._come.find(b"\n", looked)) < 0:
            looked = len(self._come)
            if not self._receive():
                return self._taken(looked)
        return self._taken(end + 1)

    def _forget_another(self) -> None:
        """What was sent before TLS began is nobody's answer to what is asked inside it."""
        if self._comes_from is not self.sock:
            self._comes_from = self.sock
            self._come.clear()

    def _taken(self, size: int) -> bytes:
        found = bytes(self._come[:size])
        del self._come[:size]
        return found

    def _receive(self) -> bool:
        """More bytes; False at the end of the connection."""
        left = min(self._patience, self._answer_left, self._session_left)
        if left <= 0:
            raise self._no_more(_TOO_LONG)
        began = clock.seconds()
        self.sock.settimeout(left)
        try:
            piece = self.sock.recv(_PIECE)
        except TimeoutError:
            self._broken = True
            if left == self._patience:
                raise
            raise self._no_more(_TOO_LONG) from None
        finally:
            waited = clock.seconds() - began
            self._answer_left -= waited
            self._session_left -= waited
            self.sock.settimeout(self._patience)
        self._room -= len(piece)
        if self._room < 0:
            raise self._no_more(f"an answer has more than {LONGEST_ANSWER:,} bytes")
        self._come += piece
        return bool(piece)

    def _no_more(self, why: str) -> imaplib.IMAP4.abort:
        self._broken = True
        return self.abort(why)

    def leave(self) -> None:
        """Good-bye, without waiting long for an answer; nothing is said to a server that answers no more."""
        self.begin(seconds=_GOODBYE_SECONDS)
        self._session_left = _GOODBYE_SECONDS
        with contextlib.suppress(imaplib.IMAP4.error, OSError, ValueError):
            if not self._broken:
                self.logout()
        with contextlib.suppress(OSError):
            self.shutdown()


class BoundedTls(Bounded, imaplib.IMAP4_SSL):
    """TLS from the first byte."""
