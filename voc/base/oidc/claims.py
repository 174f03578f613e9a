"""Whether an ID token may be believed, and who it speaks of. Values in, values out (OpenID Connect Core 3.1.3.7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

# Signed with a private key that only the issuer has. Never `none`, and never an HMAC: whoever knows our client
# secret, or takes the public key for one, could then write tokens.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = timedelta(seconds=60)
_LONGEST_SUBJECT = 255  # OpenID Connect Core 2


@dataclass(frozen=True)
class Person:
    """Who the issuer says signed in. Only issuer and subject identify; the address may help with a first link."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


@dataclass(frozen=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None


class Unbelievable(Exception):
    """The token is not for us, not for this sign-in, out of date or not signed by the issuer; the text says which."""


class UnknownKey(Unbelievable):
    """It names a key that is not among these: the issuer may have a new one."""


def believed(token: str, keys: KeySet, expected: Expected, *, algorithms: list[str], now: datetime) -> Person:
    """Who it speaks of, or Unbelievable with what is wrong."""
    claims = _checked(token, keys, expected, algorithms=algorithms, now=now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise Unbelievable("it names nobody")
    email = claims.get("email")
    return Person(
        issuer=expected.issuer,
        subject=subject,
        email=email if isinstance(email, str) and "@" in email else None,
        # Some issuers write the text "true"; what is not exactly true is not verified.
        email_verified=claims.get("email_verified") is True,
        name=claims["name"] if isinstance(claims.get("name"), str) else None,
    )


def _checked(token: str, keys: KeySet, expected: Expected, *, algorithms: list[str], now: datetime) -> dict[str, Any]:
    try:
        found = jwt.decode(token, keys, algorithms=algorithms)
    except InvalidKeyIdError:
        raise UnknownKey("it is signed with a key that the issuer does not publish") from None
    except (JoseError, ValueError, TypeError, AttributeError) as mistake:
        raise Unbelievable(_why(mistake)) from None
    options = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token}
    try:
        claims = CodeIDToken(found.claims, found.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
    except (JoseError, ValueError, TypeError, AttributeError) as mistake:
        raise Unbelievable(_why(mistake)) from None
    return dict(claims)


_REASONS = {
    "iss": "it comes from another issuer",
    "aud": "it is for another application",
    "azp": "it is for another application",
    "nonce": "it belongs to another sign-in",
    "exp": "it has expired, or a clock is wrong",
    "iat": "it was made in the future: a clock is wrong",
    "nbf": "it is not valid yet: a clock is wrong",
    "at_hash": "it belongs to another answer",
}


def _why(mistake: Exception) -> str:
    claim = getattr(mistake, "claim", None)
    if claim in _REASONS:
        return _REASONS[claim]
    if type(mistake).__name__ == "ExpiredTokenError":
        return _REASONS["exp"]
    if type(mistake).__name__ == "UnsupportedAlgorithmError":
        return "it is not signed in a way we take"
    return "it cannot be read, or its signature is wrong"
