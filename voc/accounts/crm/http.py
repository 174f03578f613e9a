"""The one way in which connectors speak HTTP: signing in, repeating, waiting, limits, and errors for people.

Answers are read whole, within a cap and a time. What the network or the CRM does wrong for a moment
is repeated with growing waits; the rest becomes TryLater, GiveUp or Misconfigured. No body, no
header and no value of a query is ever in an error or a log.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar, Unpack
from urllib.parse import urlsplit, urlunsplit

import httpcore
import httpx
import msgspec

from voc.accounts.connector import Outside
from voc.accounts.crm.answers import (
    GIVE_UP,
    MISCONFIGURED,
    PAUSE,
    REFRESH,
    RETRY,
    Answer,
    ReadTrouble,
    Trouble,
    TroubleKind,
    retry_after,
    standard_trouble,
)
from voc.accounts.crm.pacing import Jitter, Limits, LoopGuard, Spacing, spread
from voc.accounts.crm.signing import Auth, BearerToken, Calls, NoAuth, OAuth, Wishes
from voc.base import guard, wire
from voc.base.errors import GiveUp, Misconfigured, TryLater

__all__ = [
    "GIVE_UP",
    "MIB",
    "MISCONFIGURED",
    "PAUSE",
    "REFRESH",
    "RETRY",
    "Answer",
    "Auth",
    "BearerToken",
    "Caller",
    "Calls",
    "Limits",
    "LoopGuard",
    "NoAuth",
    "OAuth",
    "ReadTrouble",
    "Spacing",
    "Streamed",
    "Trouble",
    "TroubleKind",
    "Unclear",
    "Wishes",
    "retry_after",
    "spread",
    "standard_trouble",
]

MIB = 1 << 20
# At INFO the one writes whole addresses, at DEBUG the other writes headers.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_Fit = TypeVar("_Fit")


class Unclear(TryLater):
    """A write that was sent and not answered: nobody can know whether it was taken."""


@dataclass(frozen=True)
class Streamed:
    """An answer whose body is still coming."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class _Call:
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes | None
    wishes: Wishes

    @property
    def name(self) -> str:
        return f"{self.url.host}: {self.method} {self.url.path[:120]}"


class Caller:
    """Requests to one CRM, from any thread.

    `base_url` is the connection's place; no other host is called but `hosts` (the vendor's own for
    signing in). `hide` are secrets that must not show in an error even if a connector's `read_trouble`
    repeats what the CRM said; those in the signature never do. `resolve` and `trust` are for tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: Auth,
        outside: Outside,
        read_trouble: ReadTrouble = standard_trouble,
        max_body: int = 64 * MIB,
        spacing: Spacing | None = None,
        limits: Limits | None = None,
        hosts: Iterable[str] = (),
        hide: Iterable[str] = (),
        jitter: Jitter = spread,
        resolve: guard.Resolve = guard.resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.requests = 0
        self._outside, self._auth, self._spacing, self._jitter = outside, auth, spacing, jitter
        self._limits = limits or Limits()
        self._read_trouble, self._max_body = read_trouble, max_body
        self._place = guard.target(base_url, private_hosts=outside.private_hosts)
        self._base = base_url.rstrip("/")
        self._hosts = frozenset(map(guard.host, hosts))
        self._hide = frozenset(filter(None, hide))
        self._patience = wire.Patience()
        self._counting, self._signing = threading.Lock(), threading.Lock()
        self._signatures = 0  # how often we signed in: two threads that both met a 401 sign in once
        self._client = httpx.Client(
            transport=wire.Transport(outside.private_hosts, patience=self._patience, resolve=resolve, trust=trust),
            timeout=httpx.Timeout(self._limits.read_seconds, connect=self._limits.connect_seconds),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "voc", "Accept": "application/json", "Accept-Encoding": "gzip"},
        )

    @property
    def host(self) -> str:
        return self._place.host

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **wishes: Unpack[Wishes]) -> Answer:
        return self.request("GET", path, **wishes)

    def post(self, path: str, **wishes: Unpack[Wishes]) -> Answer:
        """A read that needs a body may be repeated; a write that must not happen twice says `idempotent=False`."""
        return self.request("POST", path, **wishes)

    def request(self, method: str, path: str, **wishes: Unpack[Wishes]) -> Answer:
        """An answer that is fit for use; `path` may hold its own query. See `Wishes`.

        Raises TryLater, GiveUp, Misconfigured; Unclear for a write that is not `idempotent` and was
        sent without an answer.
        """
        call = self._call(method, path, wishes)
        return self._until_fit(call, lambda: self._read(call))

    @contextmanager
    def lines(self, method: str, path: str, **wishes: Unpack[Wishes]) -> Iterator[Streamed]:
        """The body in pieces of at most 64 KiB as they come, at most `max_body` bytes.

        What goes wrong before the first piece is repeated; TryLater when it breaks off later.
        """
        call = self._call(method, path, wishes)
        response = self._until_fit(call, lambda: self._begin(call))
        try:
            yield Streamed(response.status_code, response.headers, self._pieces(call, response))
        finally:
            response.close()

    # --- what is sent -----------------------------------------------------------------------

    def _call(self, method: str, path: str, wishes: Wishes) -> _Call:
        headers, content = dict(wishes.get("headers") or {}), wishes.get("content")
        if "json" in wishes:
            content = msgspec.json.encode(wishes["json"])
            headers.setdefault("Content-Type", "application/json")
        elif "form" in wishes:
            content = str(httpx.QueryParams(dict(wishes["form"]))).encode()
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return _Call(method, self._url(path, wishes.get("params")), headers, content, wishes)

    def _url(self, path: str, params: Any) -> httpx.URL:
        """Made of the host that was checked: what another parser would take for it plays no part."""
        text = path if path.startswith(("https://", "http://")) else f"{self._base}/{path.lstrip('/')}"
        aim = guard.target(text, private_hosts=self._outside.private_hosts)
        if aim != self._place and not (aim.secure and aim.port == 443 and aim.host in self._hosts):
            raise GiveUp(f"{self.host}: it points to another host, {aim.host}, which is not called")
        parts = urlsplit(text)
        try:
            url = httpx.URL(aim.origin + urlunsplit(("", "", parts.path or "/", parts.query, "")))
        except httpx.InvalidURL:
            raise GiveUp(f"{self.host}: it points to a path that cannot be") from None
        return url.copy_merge_params(params) if params else url

    def _request(self, call: _Call) -> httpx.Request:
        headers = {**(self._signature() if call.wishes.get("signed", True) else {}), **call.headers}
        if not all(text.isascii() and text.isprintable() for text in headers.values()):
            mend = "Enter them again under Settings > CRM"
            raise Misconfigured(self.host, "the credentials hold signs that none can have", mend)
        return self._client.build_request(call.method, call.url, headers=headers, content=call.content)

    # --- signing in -------------------------------------------------------------------------

    def _signature(self) -> Mapping[str, str]:
        if not (headers := self._auth.headers()):
            self._sign_in(seen=self._signatures)
            headers = self._auth.headers()
        return headers

    def _sign_in(self, *, seen: int) -> None:
        with self._signing:
            if self._signatures == seen:
                self._auth.refresh(self)
                self._signatures += 1

    # --- one try ----------------------------------------------------------------------------

    def _send(self, call: _Call, *, seconds: float) -> httpx.Response:
        request = self._request(call)
        if self._spacing is not None:
            self._spacing.wait(self._outside)
        with self._counting:
            self.requests += 1
        self._patience.left = seconds
        return self._client.send(request, stream=True)

    def _read(self, call: _Call) -> Answer | Trouble:
        response = self._send(call, seconds=self._limits.answer_seconds)
        try:
            return self._judged(call, self._whole(call, response))
        finally:
            response.close()

    def _begin(self, call: _Call) -> httpx.Response | Trouble:
        response = self._send(call, seconds=self._limits.stream_seconds)
        if response.is_success or response.status_code in call.wishes.get("accept", ()):
            return response
        try:
            trouble = self._judged(call, self._whole(call, response))
        finally:
            response.close()
        return trouble if isinstance(trouble, Trouble) else Trouble(GIVE_UP, f"answered {response.status_code}")

    def _whole(self, call: _Call, response: httpx.Response) -> Answer:
        limit = call.wishes.get("max_body", self._max_body)
        return Answer(response.status_code, response.headers, b"".join(wire.unpacked(response, limit=limit)))

    def _judged(self, call: _Call, answer: Answer) -> Answer | Trouble:
        if answer.status in call.wishes.get("accept", ()):
            return answer
        if (trouble := call.wishes.get("read_trouble", self._read_trouble)(answer)) is not None:
            return trouble
        if (reads := call.wishes.get("reads")) is None:
            return answer
        try:
            return replace(answer, value=answer.json(reads))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Trouble(RETRY, "answered with something other than the JSON that was asked for")

    def _pieces(self, call: _Call, response: httpx.Response) -> Iterator[bytes]:
        try:
            yield from wire.unpacked(response, limit=call.wishes.get("max_body", self._max_body))
        except _BROKEN as broken:
            trouble = _said_by_the_network(broken)
            raise self._error(call, trouble, tried=1) from None

    # --- until it is fit --------------------------------------------------------------------

    def _until_fit(self, call: _Call, attempt: Callable[[], _Fit | Trouble]) -> _Fit:
        tried, signed_in = 0, False
        while True:
            seen = self._signatures
            try:
                found = attempt()
            except _BROKEN as broken:
                found = _said_by_the_network(broken)
            if not isinstance(found, Trouble):
                return found
            if found.kind == REFRESH and call.wishes.get("signed", True) and not signed_in:
                self._sign_in(seen=seen)
                signed_in = True
                continue
            tried += 1
            self._outside.sleep(self._wait_seconds(call, found, tried))

    def _wait_seconds(self, call: _Call, trouble: Trouble, tried: int) -> float:
        """How long until the next try; raises where there is none."""
        may_repeat = call.wishes.get("idempotent", True) or trouble.untouched
        if trouble.kind != RETRY or tried >= self._limits.tries or not may_repeat:
            raise self._error(call, trouble, tried=tried)
        asked = self._asked(trouble)
        if asked is not None and asked > self._limits.longest_wait_seconds:
            raise self._error(call, replace(trouble, kind=PAUSE), tried=tried)
        grown: float = self._limits.first_wait_seconds * 2 ** (tried - 1)
        share = self._jitter(f"{call.name} {self.requests} {tried}")
        return min(grown * (0.5 + share), self._limits.longest_wait_seconds) + (asked or 0)

    def _asked(self, trouble: Trouble) -> float | None:
        """The seconds that the CRM asks us to wait."""
        if trouble.wait_seconds is not None:
            return max(trouble.wait_seconds, 0)
        return None if trouble.at is None else max((trouble.at - self._outside.now()).total_seconds(), 0)

    def _error(self, call: _Call, trouble: Trouble, *, tried: int) -> TryLater | GiveUp | Misconfigured:
        reason = self._without_secrets(trouble.reason)
        said = f"{call.name} {reason}" + (f", {tried} times" if tried > 1 else "")
        if trouble.kind in (MISCONFIGURED, REFRESH):
            mend = trouble.mend or "Enter the credentials again under Settings > CRM"
            return Misconfigured(
                self.host, f"{call.method} {call.url.path[:120]} {reason}", self._without_secrets(mend)
            )
        if trouble.kind == GIVE_UP:
            return GiveUp(said)
        if not call.wishes.get("idempotent", True) and not trouble.untouched:
            return Unclear(f"{said}; whether it was taken cannot be known")
        seconds = self._asked(trouble)
        return TryLater(said, at=None if seconds is None else self._outside.now() + timedelta(seconds=seconds))

    def _without_secrets(self, text: str) -> str:
        signature = (part for header in self._auth.headers().values() for part in header.split() if len(part) > 6)
        for secret in sorted({*self._hide, *signature}, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


_BROKEN = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    wire.NotTrusted,
    wire.TooLarge,
    wire.NotReadable,
)


def _said_by_the_network(broken: Exception) -> Trouble:
    """What broke, without its own words: they may hold a header."""
    match broken:
        case wire.NotTrusted():
            mend = "Write the name that its certificate is for, and let an authority sign it that this machine trusts"
            return Trouble(MISCONFIGURED, "shows a certificate that cannot be trusted", mend=mend)
        case wire.TooLarge():
            return Trouble(GIVE_UP, "answered with more than we take")
        case wire.NotReadable():
            return Trouble(RETRY, "answered with a body that cannot be unpacked")
        case httpcore.ConnectTimeout() | httpcore.ConnectError() | httpcore.PoolTimeout():
            return Trouble(RETRY, "found nobody there", untouched=True)
        case httpcore.TimeoutException():
            return Trouble(RETRY, "was not answered in time")
    return Trouble(RETRY, "was not answered to the end")
