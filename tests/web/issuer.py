"""A small OpenID provider that really runs, over TLS on loopback, and can do wrong what an issuer can do wrong.

It signs with joserfc, checks PKCE with authlib, takes each code once and knows its client. `faults`
are switched on by name; `calls` is what it was asked.
"""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey

from voc.base.clock import Clock

CLIENT, SECRET = "voc-at-kestrel", "an issuer's secret"


@dataclass
class Account:
    """Somebody with an account there."""

    subject: str = "248289761001"
    email: str = "dana@vendor.example"
    email_verified: Any = True


@dataclass
class Provider:
    clock: Clock
    port: int
    trust: ssl.SSLContext
    account: Account = field(default_factory=Account)
    faults: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)  # over what a token would say
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def change_keys(self, kid: str = "second") -> None:
        self.key = ECKey.generate_key("P-256", {"kid": kid})

    def browse(self, address: str) -> str:
        """What a browser does there: signed in already, it is sent back at once. The address it is sent to."""
        answer = httpx.get(address, verify=self.trust, follow_redirects=False, trust_env=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    # --- what it answers ------------------------------------------------------------------------

    def metadata(self) -> dict[str, Any]:
        told = {
            "issuer": self.id + "/other" if "calls itself otherwise" in self.faults else self.id,
            "authorization_endpoint": f"{self.id}/authorize",
            "token_endpoint": f"{self.id}/token",
            "jwks_uri": f"{self.id}/keys",
            "end_session_endpoint": f"{self.id}/end",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["plain"] if "no S256" in self.faults else ["S256"],
            "id_token_signing_alg_values_supported": ["HS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
        if "token endpoint elsewhere" in self.faults:
            told["token_endpoint"] = "https://elsewhere.example/token"
        if "token endpoint without TLS" in self.faults:
            told["token_endpoint"] = f"http://127.0.0.1:{self.port}/token"
        return told

    def authorize(self, query: dict[str, str]) -> str:
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.id}
        if "denied" in self.faults:
            back = {"error": "access_denied", "state": query["state"], "iss": self.id}
        if "answer of another issuer" in self.faults:
            back["iss"] = "https://evil.example"
        if "answer of nobody" in self.faults:
            del back["iss"]
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, sent: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        wanted = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {wanted}":
            return 401, {"error": "invalid_client"}
        # Used up by the first who brings it, unless it forgets to.
        query = self.codes.get(sent["code"]) if "codes last" in self.faults else self.codes.pop(sent["code"], None)
        proved = query is not None and (
            create_s256_code_challenge(sent["code_verifier"]) == query["code_challenge"]
            and query["redirect_uri"] == sent["redirect_uri"]
        )
        if query is None or not proved:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(query["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.id,
            "sub": self.account.subject,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "email": self.account.email,
            "email_verified": self.account.email_verified,
            **self.claims,
        }
        if "alg none" in self.faults:
            parts = [json.dumps(one).encode() for one in ({"alg": "none"}, claims)]
            return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + "."
        if "another's signature" in self.faults:
            forged = ECKey.generate_key("P-256", {"kid": str(self.key.kid)})
            return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, forged)
        if "key in its head" in self.faults:
            own = ECKey.generate_key("P-256", {"kid": str(self.key.kid)})
            return jwt.encode({"alg": "ES256", "jwk": own.as_dict(private=False)}, claims, own)
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def keys(self) -> dict[str, Any]:
        key = ECKey.generate_key("P-256", {"kid": "stale"}) if "old keys" in self.faults else self.key
        return {"keys": [key.as_dict(private=False)]}


@contextmanager
def provider(clock: Clock, certificate: tuple[Path, Path]) -> Iterator[Provider]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    running = Provider(clock, server.server_port, ssl.create_default_context(cafile=str(certificate[0])))
    server.provider = running  # type: ignore[attr-defined]  # read by the handler
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def provider(self) -> Provider:
        found: Provider = self.server.provider  # type: ignore[attr-defined]  # set above
        return found

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        self.provider.calls.append(url.path)
        if "redirects" in self.provider.faults:
            self._answer(302, b"", location="https://127.0.0.1:1/")
        elif url.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.metadata())
        elif url.path == "/keys":
            self._json(200, self.provider.keys())
        elif url.path == "/authorize":
            self._answer(302, b"", location=self.provider.authorize(query))
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.provider.calls.append(self.path)
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        self._json(*self.provider.token(sent, self.headers.get("authorization", "")))

    def _json(self, status: int, told: dict[str, Any]) -> None:
        self._answer(status, json.dumps(told).encode())

    def _answer(self, status: int, body: bytes, *, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if location is not None:
            self.send_header("location", location)
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.provider.clock.now().timestamp())

    def log_message(self, *_words: Any) -> None:
        """Quiet."""
