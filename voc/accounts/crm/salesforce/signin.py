"""How Salesforce lets us in: client credentials on the My Domain URL, or a JWT signed with our private key (RS256)."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from voc.accounts.connection import Connection, Secret, SignIn
from voc.accounts.crm.salesforce import trouble
from voc.accounts.crm.signing import OAuth
from voc.base import guard
from voc.base.errors import Misconfigured

_SETTINGS = "Settings > CRM"
_ASKED_AT = "/services/oauth2/token"
_OURS = (".my.salesforce.com", ".salesforce.com", ".my.salesforce.mil", ".sfcrmproducts.cn")
MY_DOMAIN = (".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn")
# Salesforce takes an assertion for at most five minutes; clocks differ.
_ASSERTION_LASTS = timedelta(minutes=3)


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def place(connection: Connection, private_hosts: tuple[str, ...]) -> str:
    """The org's My Domain URL, without a path. Misconfigured for any other."""
    url = connection.place.strip().rstrip("/")
    url = url if "://" in url else f"https://{url}"
    found = host(url)
    if not guard.is_private(found, private_hosts) and not found.endswith(MY_DOMAIN):
        raise Misconfigured(
            _SETTINGS,
            f"{found or 'nothing'} is not a My Domain URL of Salesforce",
            "Write it as Setup > My Domain shows it, such as https://acme.my.salesforce.com",
        )
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def instance(url: Any, place: str, private_hosts: tuple[str, ...]) -> str:
    """Where the org's data is: what came with the token, if that is Salesforce's too. Else Misconfigured."""
    if not isinstance(url, str) or not url or host(url) == host(place):
        return place
    parts = urlsplit(url)
    if parts.scheme == "https" and (host(url).endswith(_OURS) or guard.is_private(host(url), private_hosts)):
        return f"https://{parts.netloc}"
    raise Misconfigured(
        host(place), "it names a place for its data that is not Salesforce's", "Check the address under Settings > CRM"
    )


def auth(
    connection: Connection,
    place: str,
    secrets: Mapping[Secret, str],
    now: Callable[[], datetime],
    *,
    on_answer: Callable[[Mapping[str, Any]], None],
) -> OAuth:
    form = _client_credentials if connection.sign_in == SignIn.CLIENT_CREDENTIALS else _jwt
    return OAuth(
        place + _ASKED_AT,
        form(connection, place, secrets, now),
        read_trouble=trouble.token_trouble,
        on_answer=on_answer,
    )


Form = Callable[[], Mapping[str, str]]


def _client_credentials(
    connection: Connection, place: str, secrets: Mapping[Secret, str], now: Callable[[], datetime]
) -> Form:
    secret = _required(secrets.get(Secret.CLIENT_SECRET), "there is no client secret")
    client = _required(connection.user, "there is no client id")
    return lambda: {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}


def _jwt(connection: Connection, place: str, secrets: Mapping[Secret, str], now: Callable[[], datetime]) -> Form:
    key = private_key(_required(secrets.get(Secret.PRIVATE_KEY), "there is no private key"))
    claims = {
        "iss": _required(connection.user, "there is no client id"),
        "sub": _required(connection.acting_as, "it is not said which user name to sign in as"),
        "aud": audience(place),
    }

    def form() -> Mapping[str, str]:
        expires = int((now() + _ASSERTION_LASTS).timestamp())
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": signed({**claims, "exp": expires}, key),
        }

    return form


def _required(text: str | None, problem: str) -> str:
    if not text or not text.strip():
        raise Misconfigured(_SETTINGS, problem, "Enter it; the External Client App in Salesforce's Setup shows it")
    return text.strip()


def audience(place: str) -> str:
    """Who shall take the assertion: not the org itself, but the door its users come through."""
    return f"https://{'test' if '.sandbox.' in place or '.scratch.' in place else 'login'}.salesforce.com"


def private_key(pem: str) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.strip().encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Misconfigured(
            _SETTINGS,
            "the private key is no RSA key in PEM, or it has a passphrase",
            "Paste it whole, from BEGIN to END, without a passphrase",
        )
    return key


def signed(claims: Mapping[str, Any], key: rsa.RSAPrivateKey) -> str:
    """A JWT, RS256 (RFC 7519, RFC 7518)."""
    parts = [_encoded(msgspec.json.encode(part)) for part in ({"alg": "RS256"}, claims)]
    text = ".".join(parts).encode()
    return f"{text.decode()}.{_encoded(key.sign(text, padding.PKCS1v15(), hashes.SHA256()))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
