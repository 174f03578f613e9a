"""The issuer: where it is, its keys, and exchanging a code. The only module that speaks to it.

https always, the issuer's own host and the named others only, the address checked when connecting,
no redirects, a cap and a time for each answer: the rules of the connectors (decision 10).
"""

import ssl
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from voc.base import guard, wire
from voc.base.errors import Misconfigured, TryLater
from voc.base.oidc.claims import ALGORITHMS, Expected, Person, Unbelievable, UnknownKey, believed
from voc.base.settings import Oidc

BACK = "/signin/back"
_SCOPE = "openid email profile"
_KEPT = timedelta(hours=1)
_LARGEST = 512 * 1024
_DISCOVERY = "/.well-known/openid-configuration"
_BROKEN = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpx.HTTPError,
    httpx.InvalidURL,
    wire.TooLarge,
    wire.NotReadable,
)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: dict[str, Any]
    at: datetime | None  # by the issuer's clock


@dataclass(frozen=True)
class Known:
    """What the issuer says of itself, checked."""

    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    basic: bool  # how it wants our secret: in a header, or in the form
    names_itself: bool  # its answers carry `iss` (RFC 9207)
    algorithms: list[str]
    keys: KeySet
    jwks_uri: str
    read_at: datetime


class Issuer:
    """One issuer, from any thread. What it says of itself is kept for an hour."""

    def __init__(
        self,
        wanted: Oidc,
        *,
        secret: str | None,
        base_url: str,
        resolve: guard.Resolve = guard.resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.id, self.name = wanted.issuer, wanted.name
        self._wanted, self._secret = wanted, secret
        self._back = base_url + BACK
        self._resolve, self._trust = resolve, trust
        self._hosts = {guard.host(name) for name in (urlsplit(wanted.issuer).hostname or "", *wanted.other_hosts)}
        self._known: Known | None = None
        self._lock = threading.Lock()

    # --- what it says of itself -----------------------------------------------------------------

    def known(self, *, now: datetime) -> Known:
        """Misconfigured or TryLater, in words for the operator, where that cannot be had."""
        with self._lock:
            known = self._known
        if known is None or not timedelta(0) <= now - known.read_at < _KEPT:
            known = self._read(now)
            with self._lock:
                self._known = known
        return known

    def forget(self) -> None:
        """Ask it anew the next time."""
        with self._lock:
            self._known = None

    def sign_out_address(self) -> str | None:
        """Where people end their session there, if that is known already; no call is made for it."""
        with self._lock:
            return None if self._known is None else self._known.end_session_endpoint

    def _read(self, now: datetime) -> Known:
        told = self._asked(self.id.rstrip("/") + _DISCOVERY)
        if told.get("issuer") != self.id:
            said = str(told.get("issuer"))[:200]
            raise Misconfigured("oidc.issuer", f"it calls itself {said!r}, not {self.id!r}", "Copy its own spelling")
        challenges = told.get("code_challenge_methods_supported")
        if isinstance(challenges, list) and "S256" not in challenges:
            raise Misconfigured("oidc", f"{self.name} cannot do PKCE with S256", "Switch that on there")
        offered = _texts(told, "id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = [one for one in ALGORITHMS if one in offered]
        if not algorithms:
            mend = f"Let it sign with {ALGORITHMS[0]}"
            raise Misconfigured("oidc", f"{self.name} signs its tokens in no way we take", mend)
        methods = _texts(told, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        jwks_uri = self._endpoint(told, "jwks_uri")
        return Known(
            authorization_endpoint=_for_browsers(told, "authorization_endpoint"),
            token_endpoint=self._endpoint(told, "token_endpoint"),
            end_session_endpoint=_for_browsers(told, "end_session_endpoint")
            if "end_session_endpoint" in told
            else None,
            basic="client_secret_basic" in methods,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            algorithms=algorithms,
            keys=self._keys(jwks_uri),
            jwks_uri=jwks_uri,
            read_at=now,
        )

    def _keys(self, jwks_uri: str) -> KeySet:
        try:
            return KeySet.import_key_set(self._asked(jwks_uri))  # type: ignore[arg-type]  # checked by the library
        except (JoseError, KeyError, TypeError, ValueError):
            raise Misconfigured("oidc", f"{self.name} publishes no keys that can be read", "See its jwks_uri") from None

    def _asked(self, url: str) -> dict[str, Any]:
        answer = self._call("GET", url)
        if answer.status != 200 or not answer.body:
            raise TryLater(f"{self.name} answered {answer.status} at {urlsplit(url).path}")
        return answer.body

    def _endpoint(self, told: dict[str, Any], key: str) -> str:
        url = told.get(key)
        if not isinstance(url, str):
            raise Misconfigured("oidc", f"{self.name} names no {key}", "Compare issuer with its documentation")
        self._check(url)
        return url

    # --- signing in -----------------------------------------------------------------------------

    def way_in(self, *, state: str, nonce: str, verifier: str, now: datetime) -> str:
        """Where the browser goes to sign in there."""
        address: str = prepare_grant_uri(
            self.known(now=now).authorization_endpoint,
            client_id=self._wanted.client_id,
            response_type="code",
            redirect_uri=self._back,
            scope=_SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return address

    def why_not_from(self, iss: str | None, *, now: datetime) -> str | None:
        """Whether that answer says that it comes from another issuer, or not from whom it must (RFC 9207)."""
        if iss is None:
            return "the answer does not say who sent it" if self.known(now=now).names_itself else None
        return None if iss == self.id else "the answer comes from another issuer"

    def person(self, code: str, *, verifier: str, nonce: str, now: datetime) -> Person:
        """Who signed in there. Unbelievable for what the browser brought, Misconfigured or TryLater for the rest."""
        known = self.known(now=now)
        answer = self._exchange(known, code, verifier)
        if answer.status >= 500:
            raise TryLater(f"{self.name} answered {answer.status}")
        if (reason := _refusal(answer)) is not None:
            raise _of_code(reason, self.name)
        token, access = answer.body.get("id_token"), answer.body.get("access_token")
        if not isinstance(token, str):
            raise Unbelievable("no ID token came")
        expected = Expected(self.id, self._wanted.client_id, nonce, access if isinstance(access, str) else None)
        try:
            return believed(token, known.keys, expected, algorithms=known.algorithms, now=now)
        except UnknownKey:
            known = replace(known, keys=self._keys(known.jwks_uri))  # once: it changes its keys now and then
            with self._lock:
                self._known = known
            return believed(token, known.keys, expected, algorithms=known.algorithms, now=now)

    def _exchange(self, known: Known, code: str, verifier: str) -> _Answer:
        body = prepare_token_request("authorization_code", redirect_uri=self._back, code=code, code_verifier=verifier)
        method = "none" if self._secret is None else "client_secret_basic" if known.basic else "client_secret_post"
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        auth = ClientAuth(self._wanted.client_id, self._secret, method)
        url, headers, body = auth.prepare("POST", known.token_endpoint, headers, body)
        return self._call("POST", url, headers=headers, body=body)

    # --- for the doctor -------------------------------------------------------------------------

    def clock(self) -> datetime | None:
        """What time it is there, where it says so."""
        return self._call("GET", self.id.rstrip("/") + _DISCOVERY).at

    def why_not_us(self, *, now: datetime) -> str | None:
        """What it has against our id and secret: tried with a code that cannot be, which is refused last."""
        answer = self._exchange(self.known(now=now), "asked-by-voc-doctor", "v" * 43)
        reason = _refusal(answer)
        return reason if reason in _OURS else None

    # --- the wire -------------------------------------------------------------------------------

    def _check(self, url: str) -> None:
        target = guard.target(url, private_hosts=self._wanted.private_hosts)
        if not target.secure:
            raise Misconfigured("oidc", f"{self.name} names an address without https: {target.host}", "Mend it there")
        if target.host not in self._hosts:
            mend = f'If that is right, write other_hosts = ["{target.host}"]'
            raise Misconfigured("oidc.other_hosts", f"{self.name} has an endpoint on {target.host}", mend)

    def _call(
        self, method: str, url: str, *, headers: dict[str, str] | None = None, body: str | None = None
    ) -> _Answer:
        self._check(url)
        patience = wire.Patience()
        seconds = patience.left = self._wanted.timeout_seconds
        private = tuple(self._wanted.private_hosts)
        transport = wire.Transport(private, patience=patience, resolve=self._resolve, trust=self._trust)
        wanted = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "voc", **(headers or {})}
        try:
            with (
                httpx.Client(transport=transport, timeout=seconds, follow_redirects=False, trust_env=False) as client,
                client.stream(method, url, headers=wanted, content=body) as answer,
            ):
                text = b"".join(wire.unpacked(answer, limit=_LARGEST))
                return _Answer(answer.status_code, _object(text), _date(answer.headers.get("date")))
        except wire.NotTrusted:
            mend = "Let this machine trust its authority, or correct the certificate"
            raise Misconfigured("oidc.issuer", f"the certificate of {self.name} is not trusted", mend) from None
        except _BROKEN as broken:
            raise TryLater(f"{self.name} does not answer ({type(broken).__name__})") from None


# What the token endpoint refuses because of us, and not because of the code (RFC 6749 5.2).
_OURS = ("invalid_client", "unauthorized_client", "unsupported_grant_type")


def _refusal(answer: _Answer) -> str | None:
    if answer.status == 200 and "error" not in answer.body:
        return None
    reason = answer.body.get("error")
    return reason if isinstance(reason, str) else "invalid_client" if answer.status == 401 else f"{answer.status}"


def _of_code(reason: str, name: str) -> Exception:
    if reason in _OURS:
        mend = "Compare client_id and the secret with what is written there; secrets expire"
        return Misconfigured("oidc", f"{name} refuses us: {reason}", mend)
    return Unbelievable("the code was used already, or is too old")


def _for_browsers(told: dict[str, Any], key: str) -> str:
    """An address that a browser is sent to: we never call it, it only must be https."""
    url = told.get(key)
    if not isinstance(url, str) or urlsplit(url).scheme != "https" or not url.isprintable():
        raise Misconfigured("oidc", f"the {key} is not an https address", "Mend it at the issuer")
    return url


def _texts(told: dict[str, Any], key: str) -> list[str]:
    found = told.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except (TypeError, ValueError):
        return None
