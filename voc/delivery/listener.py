"""A mail server of our own for what comes back: LMTP or SMTP, by aiosmtpd, in a thread of the worker.

It promises what SMTP asks for: 250 means that our row is committed; until then the server in front
keeps the mail. It takes mail for addresses of ours only, and sends nothing anywhere.
"""

import asyncio
import errno
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any, Protocol

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from voc.base.settings import Listener

LARGEST = 25 * 1024 * 1024  # bytes, what most providers take
CONNECTIONS = 50
HOPS = 50  # Received lines: more is a loop (RFC 5321, section 6.3)
IDENT = "voc, mail that comes back"
LONGEST_LINE = 1_000_000  # bytes: programs write mails of one line, and the server in front does not mind
_MOST_BYTES = LARGEST + 2 * LONGEST_LINE  # between two answers to a mail: more is no mail
_ALL_BYTES = 8 * LARGEST  # of all connections together, as long as none of them is a whole mail
_MOST_REFUSED = 100  # addresses that are not ours, of one connection: whoever asks for more is guessing
_LONGEST_SESSION_SECONDS = 30 * 60
_RECIPIENTS = 50
_THREADS = 4
_PATIENCE_SECONDS = 120
_RECEIVED = re.compile(rb"(?im)^received:")


class Verdict(StrEnum):
    """The answer to one recipient's mail."""

    KEPT = "250 2.0.0 Kept"
    LATER = "451 4.3.0 Not now: try again later"
    FLOOD = "451 4.7.1 Too many mails about one message: try again later"
    REFUSED = "550 5.7.1 This mail answers no message of ours"
    LOOP = "554 5.4.6 Too many hops: this mail goes round"


class Desk(Protocol):
    """Who decides. Both run outside the event loop, and may raise: that means later."""

    def accepts(self, address: str) -> bool: ...

    def take(self, raw: bytes, address: str) -> Verdict: ...


class Listening:
    """The server of this process. Whoever calls `start` calls `stop`."""

    def __init__(self, settings: Listener, desk: Desk, *, on_trouble: Callable[[str | None], None]) -> None:
        self._settings, self._desk, self._on_trouble = settings, desk, on_trouble
        self._controller: _Controller | None = None

    @property
    def running(self) -> bool:
        return self._controller is not None

    def start(self) -> None:
        """Listen, unless it does already or another worker here does: then it is tried again with the next call."""
        if self.running:
            return
        try:
            _try_port(self._settings)
        except OSError as trouble:
            if trouble.errno != errno.EADDRINUSE or not _is_ours(self._settings):
                self._on_trouble(_in_words(self._settings, trouble))
            return
        self._controller = _Controller(self._settings, _Handler(self._desk, lmtp=self._settings.protocol == "lmtp"))
        self._controller.start()
        self._on_trouble(None)

    def stop(self) -> None:
        """Take no more; whoever is in the middle of a mail gets no 250 for it and keeps it."""
        if self._controller is not None:
            self._controller.end()
            self._controller = None


class _Controller(Controller):
    def __init__(self, settings: Listener, handler: "_Handler") -> None:
        super().__init__(
            handler,
            hostname=settings.host,
            port=settings.port,
            ready_timeout=20,
            data_size_limit=LARGEST,
            ident=IDENT,
            timeout=_PATIENCE_SECONDS,
        )
        self._kind = _Lmtp if settings.protocol == "lmtp" else _Smtp
        self._guests: set[_Counted] = set()

    def factory(self) -> SMTP:
        server = self._kind(self.handler, loop=self.loop, **self.SMTP_kwargs)
        server.guests = self._guests
        return server

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self._close_all)
        self.stop()
        self.handler.threads.shutdown(wait=True)

    def _close_all(self) -> None:
        for guest in list(self._guests):
            if guest.transport is not None:
                guest.transport.close()


class _Counted(SMTP):
    """So many connections at a time and no more, so many bytes before a mail ends, so long in all."""

    line_length_limit = LONGEST_LINE
    guests: set["_Counted"]
    refused = 0  # addresses
    _counted = False
    _taken_bytes = 0
    _end: asyncio.TimerHandle | None = None
    transport: asyncio.Transport | None

    def connection_made(self, transport: Any) -> None:
        if len(self.guests) >= CONNECTIONS:
            transport.write(b"421 4.7.0 Too many connections: try again later\r\n")
            transport.close()
            return
        self.guests.add(self)
        self._counted = True
        self._end = self.loop.call_later(_LONGEST_SESSION_SECONDS, self.hang_up)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        # aiosmtpd keeps a line without an end whole, whatever its limits say.
        self._taken_bytes += len(data)
        if self._taken_bytes > _MOST_BYTES or sum(guest._taken_bytes for guest in self.guests) > _ALL_BYTES:
            self.hang_up()
        else:
            super().data_received(data)

    def begin_anew(self) -> None:
        """A mail is over: what came up to here was taken or refused."""
        self._taken_bytes = 0

    def hang_up(self) -> None:
        """Whoever is in the middle of a mail keeps it."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.write(b"421 4.7.0 Not now: try again later\r\n")
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted:
            self.guests.discard(self)
            if self._end is not None:
                self._end.cancel()
            super().connection_lost(error)


class _Smtp(_Counted):
    pass


class _Lmtp(_Counted, LMTP):
    pass


class _Handler:
    """aiosmtpd calls `handle_<COMMAND>`."""

    def __init__(self, desk: Desk, *, lmtp: bool) -> None:
        self._desk, self._lmtp = desk, lmtp
        self.threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="inbound")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: _Counted, _session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            accepted = await self._run(self._desk.accepts, address)
        except Exception:  # noqa: BLE001 - whatever is wrong here, the server in front keeps the mail
            return Verdict.LATER
        if not accepted:
            server.refused += 1
            if server.refused > _MOST_REFUSED:
                server.loop.call_soon(server.hang_up)
            return "550 5.1.1 No such address here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: _Counted, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        raw = bytes(envelope.original_content or b"")
        server.begin_anew()
        verdicts = [await self._verdict(raw, address) for address in envelope.rcpt_tos]
        if self._lmtp:
            return "\r\n".join(verdicts)  # an answer for each recipient (RFC 2033, section 4.2)
        # One answer for all: whoever could not be served yet makes the whole mail come again.
        return min(verdicts, key=[Verdict.LATER, Verdict.FLOOD, Verdict.KEPT, Verdict.REFUSED, Verdict.LOOP].index)

    async def _verdict(self, raw: bytes, address: str) -> Verdict:
        if len(_RECEIVED.findall(raw.partition(b"\r\n\r\n")[0])) > HOPS:
            return Verdict.LOOP
        try:
            verdict: Verdict = await self._run(self._desk.take, raw, address)
        except Exception:  # noqa: BLE001 - whatever is wrong here, the server in front keeps the mail
            return Verdict.LATER
        return verdict

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)


def _try_port(settings: Listener) -> None:
    """Before aiosmtpd does: it says after its whole time for getting ready that a port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    socket.create_server((settings.host, settings.port), family=family).close()


def _is_ours(settings: Listener) -> bool:
    """Whether it is another worker of this installation that listens there."""
    try:
        with socket.create_connection((settings.host, settings.port), timeout=2) as connection:
            return IDENT.encode() in connection.recv(200)
    except OSError:
        return False


def _in_words(settings: Listener, trouble: OSError) -> str:
    reason = "something else listens there" if trouble.errno == errno.EADDRINUSE else trouble.strerror or str(trouble)
    return (
        f"Mail that comes back cannot be taken on {settings.host}, port {settings.port}: {reason}."
        " Choose another port under [inbound.listener]."
    )
