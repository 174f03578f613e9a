"""The two things that are fetched because a webhook asks for it: AWS's certificate, and its "yes, we subscribe".

What may be asked for was decided by `providers.ses`; where a connection may lead is decided by the
guard of outgoing addresses. Redirects are not followed, an answer has a cap and a time.
"""

import ssl
import threading
from collections.abc import Callable, Iterable

import httpcore
import httpx

from voc.base import guard, wire
from voc.base.errors import Misconfigured

Fetch = Callable[[str], bytes]
"""The body behind an address. Raises OSError when there is none to be had."""

_LARGEST = 64 * 1024
_SECONDS = 5.0
_KEPT = 20


def fetch(
    url: str,
    *,
    private_hosts: Iterable[str] = (),
    resolve: guard.Resolve = guard.resolve,
    trust: ssl.SSLContext | None = None,
) -> bytes:
    """GET by https. OSError for anything but a 200 with a body of at most 64 KiB within five seconds."""
    patience = wire.Patience()
    patience.left = _SECONDS
    transport = wire.Transport(tuple(private_hosts), patience=patience, resolve=resolve, trust=trust)
    try:
        guard.target(url, private_hosts=private_hosts)
        with (
            httpx.Client(transport=transport, timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity", "User-Agent": "voc"}) as answer,
        ):
            if answer.status_code != 200:
                raise OSError(f"answered {answer.status_code}")
            return b"".join(wire.unpacked(answer, limit=_LARGEST))
    except (Misconfigured, wire.NotTrusted, wire.TooLarge, wire.NotReadable, *_BROKEN) as broken:
        raise OSError(type(broken).__name__) from None


_BROKEN = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.InvalidURL)


class Outgoing:
    """`get` asks anew, `certificate` once for each address: another certificate has another one."""

    def __init__(self, fetch: Fetch = fetch) -> None:
        self.get = fetch
        self._certificates: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def certificate(self, url: str) -> bytes:
        known = self._certificates.get(url)
        if known is None:
            known = self.get(url)
            with self._lock:
                if len(self._certificates) >= _KEPT:
                    self._certificates.clear()
                self._certificates[url] = known
        return known

    def known_certificate(self, url: str) -> bytes:
        """Without asking: for callers whom we do not run errands for any more."""
        if url not in self._certificates:
            raise OSError("not known")
        return self._certificates[url]
