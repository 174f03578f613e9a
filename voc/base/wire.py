"""From bytes to bytes: httpx's transport that connects through `guard`, has patience for a whole answer, and unpacks.

httpx lets a transport be passed; httpcore, on which its own stands, lets the network be passed.
Nothing here is private to either.
"""

import functools
import ssl
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import inf
from typing import Any

import httpcore
import httpx

from voc.base import clock, guard

CHUNK = 1 << 16


class Patience(threading.local):
    """Seconds that this thread still waits for the network. A timeout per read would let a drip go on for hours."""

    left: float = inf

    @contextmanager
    def spend(self, timeout: float | None, error: type[Exception]) -> Iterator[float]:
        if self.left <= 0:
            raise error
        started = clock.seconds()
        try:
            yield self.left if timeout is None else min(timeout, self.left)
        finally:
            self.left -= clock.seconds() - started


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._patience.spend(timeout, httpcore.ReadTimeout) as seconds:
            return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._patience.spend(timeout, httpcore.WriteTimeout) as seconds:
            self._inner.write(buffer, seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with self._patience.spend(timeout, httpcore.ConnectTimeout) as seconds:
            try:
                return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._patience)
            except httpcore.ConnectError as broken:
                if isinstance(broken.__cause__, ssl.SSLCertVerificationError):
                    raise NotTrusted from None
                raise

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, in their order, within one timeout for all."""

    def __init__(
        self, private_hosts: tuple[str, ...], *, plain: bool, resolve: guard.Resolve, patience: Patience
    ) -> None:
        self._addresses = functools.partial(guard.check_host, private_hosts=private_hosts, plain=plain, resolve=resolve)
        self._patience = patience
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        with self._patience.spend(timeout, httpcore.ConnectTimeout) as seconds:
            try:
                addresses = self._addresses(host, port)
            except OSError:
                raise httpcore.ConnectError from None
            for number, address in enumerate(addresses, 1):
                try:
                    stream = self._inner.connect_tcp(address, port, seconds / len(addresses), None, socket_options)
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    if number == len(addresses):
                        raise
                else:
                    return _Stream(stream, self._patience)
        raise httpcore.ConnectError

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError


class Transport(httpx.BaseTransport):
    """Two pools, since a connection without TLS may go to fewer addresses. Raises httpcore's errors as they are."""

    def __init__(
        self,
        private_hosts: tuple[str, ...],
        *,
        patience: Patience,
        resolve: guard.Resolve = guard.resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._pools = {
            scheme: httpcore.ConnectionPool(
                ssl_context=trust or trusted(),
                max_connections=10,
                keepalive_expiry=30,
                network_backend=_Network(private_hosts, plain=plain, resolve=resolve, patience=patience),
            )
            for scheme, plain in (("https", False), ("http", True))
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        pool = self._pools[url.scheme]
        answer = pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@functools.cache
def trusted() -> ssl.SSLContext:
    """The authorities that ship with httpx, and those this machine trusts: a company's own among them."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


class NotTrusted(Exception):
    """The certificate is another's, out of date, or signed by nobody we know."""


class TooLarge(Exception):
    pass


class NotReadable(Exception):
    """The body is packed in a way that was not asked for, or broken."""


def unpacked(response: httpx.Response, *, limit: int) -> Iterator[bytes]:
    """The body in pieces of at most `CHUNK`, never more than `limit` bytes in all; a bomb is never unpacked further."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip"):
        raise NotReadable
    unpack = _gunzip if coding == "gzip" else _as_it_is
    seen = 0
    for piece in unpack(response.iter_raw(CHUNK)):
        seen += len(piece)
        if seen > limit:
            raise TooLarge
        yield piece


def _as_it_is(raw: Iterator[bytes]) -> Iterator[bytes]:
    return raw


def _gunzip(raw: Iterator[bytes]) -> Iterator[bytes]:
    machine, begun = zlib.decompressobj(31), False
    for packed in raw:
        begun = True
        yield from _pieces(machine, packed)
    if begun and (not machine.eof or machine.unused_data):
        raise NotReadable


def _pieces(machine: Any, packed: bytes) -> Iterator[bytes]:
    piece = bytes(CHUNK)
    # A full piece may leave more inside the machine even when all input is taken.
    while packed or len(piece) == CHUNK:
        try:
            piece = machine.decompress(packed, CHUNK)
        except zlib.error:
            raise NotReadable from None
        packed = machine.unconsumed_tail
        if piece:
            yield piece
