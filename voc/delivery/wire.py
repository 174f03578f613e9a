"""A socket that a mail server is spoken to over: no answer, however it drips, takes longer than its time.

A wait that begins anew with each byte lets a server hold a line for ever. Here each greeting, each
answer and each write has one deadline. A plain socket waits in the kernel (`SO_RCVTIMEO`): Python's
own timeouts ask before each call whether it would wait, which doubles the system calls of a message.
"""

import smtplib
import socket
import ssl
import struct
from contextlib import suppress

from voc.base import clock

LONGEST_ANSWER = 64 * 1024
_READ = 8192


class Wire:
    """An open connection that has been greeted; `unread` is what came and was not asked for yet."""

    def __init__(self, connection: socket.socket, *, timeout_seconds: float) -> None:
        self._socket = connection
        self._seconds = timeout_seconds
        self._unread = b""
        self._is_tls = isinstance(connection, ssl.SSLSocket)
        # The dot is a packet of its own: held back until the body is acknowledged it would cost 40 ms.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._is_tls:
            connection.settimeout(None)
            patience = struct.pack("ll", int(timeout_seconds), int(timeout_seconds % 1 * 1_000_000))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)

    def write(self, what: bytes) -> None:
        """All of it, or TimeoutError."""
        if self._is_tls:
            self._socket.sendall(what)  # its deadline is for the whole of it
            return
        until = clock.seconds() + self._seconds
        done = self._send(what)
        while done < len(what):
            if clock.seconds() > until:
                raise TimeoutError
            done += self._send(memoryview(what)[done:])

    def _send(self, what: bytes | memoryview) -> int:
        try:
            return self._socket.send(what)
        except BlockingIOError:
            raise TimeoutError from None

    def read(self, *, patience: int = 1) -> tuple[int, str]:
        """One answer, its lines joined, in `patience` times the usual time. Raises when none comes, or none that ends.

        The code is -1 where there is none.
        """
        if (end := self._unread.find(b"\n")) >= 0 and self._unread[3:4] == b" ":
            # The usual case where commands were sent together: a short answer that is here already.
            line, self._unread = self._unread[:end], self._unread[end + 1 :]
            return _said(line[:3], line[4:].strip())
        until = clock.seconds() + self._seconds * patience
        lines: list[bytes] = []
        length = 0
        while True:
            line = self._read_line(until)
            length += len(line)
            if length > LONGEST_ANSWER:
                raise smtplib.SMTPServerDisconnected("its answer does not end")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                break
        return _said(line[:3], b" ".join(lines))

    def _read_line(self, until: float) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > LONGEST_ANSWER:
                raise smtplib.SMTPServerDisconnected("its answer does not end")
            self._unread += self._receive(until)
        line, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
        return line

    def _receive(self, until: float) -> bytes:
        more: bytes | None = None
        while more is None:
            left = until - clock.seconds()
            if left <= 0:
                raise TimeoutError
            if self._is_tls:
                self._socket.settimeout(left)
            elif left < self._seconds / 2:  # it has used up most of its time already, letter by letter
                _wait_at_most(self._socket, left)
            with suppress(BlockingIOError, TimeoutError):
                more = self._socket.recv(_READ)
        if not self._is_tls and left < self._seconds / 2:
            _wait_at_most(self._socket, self._seconds)
        if not more:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        return more

    def has_word(self) -> bool:
        """Whether the server has said something that nobody asked for."""
        if self._unread:
            return True
        try:
            if self._is_tls:
                self._socket.settimeout(0)
                more = self._socket.recv(_READ)
            else:
                more = self._socket.recv(_READ, socket.MSG_DONTWAIT)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            if self._is_tls:
                self._socket.settimeout(self._seconds)
        if not more:
            raise smtplib.SMTPServerDisconnected("Connection closed before the message had ended")
        self._unread = more
        return True

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()


def _said(code: bytes, words: bytes) -> tuple[int, str]:
    return int(code) if code.isdigit() else -1, words.decode("utf-8", "replace")[:500]


def _wait_at_most(connection: socket.socket, seconds: float) -> None:
    whole = int(seconds)
    patience = struct.pack("ll", whole, max(int((seconds - whole) * 1_000_000), 1))  # 0 would be for ever
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)


class _Answers:
    """What smtplib reads lines from: all lines of an answer come before the deadline, or none does."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._unread = b""
        self.until = 0.0

    def readline(self, _longest: int) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            left = self.until - clock.seconds()
            if left <= 0 or len(self._unread) > LONGEST_ANSWER:
                raise TimeoutError("timed out")
            self._socket.settimeout(left)
            more = self._socket.recv(_READ)
            if not more:
                return b""
            self._unread += more
        line, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
        return line

    def close(self) -> None:
        """smtplib closes the socket itself."""


class _Patient:
    """A greeting, an EHLO, a login: each answered within the time that is given, or `TimeoutError`."""

    sock: socket.socket | None
    file: object
    timeout: float

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Answers(self.sock)
        if isinstance(self.file, _Answers):
            self.file.until = clock.seconds() + self.timeout
        reply: tuple[int, bytes] = super().getreply()  # type: ignore[misc]  # smtplib's, see the classes below
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        return reply


class PatientSMTP(_Patient, smtplib.SMTP):
    pass


class PatientSMTPoverTLS(_Patient, smtplib.SMTP_SSL):
    pass
