"""Codes of an authenticator app (TOTP, RFC 6238): six digits, 30 seconds, SHA-1, which is what every app can do.

Values in, values out. The arithmetic is the cryptography package's; what may be taken is ours.
"""

import base64
import re
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

SECONDS, DIGITS = 30, 6
_TOLERATED = 1  # steps, each way: a phone's clock, and the time it takes to type
_GROUP = 4
_SECRET_BYTES = 20  # RFC 4226 recommends 160 bits
_RECOVERY_LETTERS = 16


def step_of(now: datetime) -> int:
    """The number of the 30 seconds since 1970."""
    return int(now.timestamp()) // SECONDS


def code_of(secret: bytes, step: int) -> str:
    sha = SHA1()  # noqa: S303 - RFC 6238 is defined over it and needs no resistance to collisions
    return HOTP(secret, DIGITS, sha, enforce_key_length=False).generate(step).decode()


def step_that_fits(secret: bytes, typed: str, *, now: datetime, last_step: int | None) -> int | None:
    """Whose code was typed, or None. A code of `last_step` or before was used already and is not taken again."""
    digits = plain(typed)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    here = step_of(now)
    for step in range(here - _TOLERATED, here + _TOLERATED + 1):
        if (last_step is None or step > last_step) and code_of(secret, step) == digits:
            return step
    return None


def plain(typed: str) -> str:
    """Without the spaces and hyphens with which people and apps group a code."""
    return re.sub(r"[\s-]", "", typed).lower()


def secret_from(token: str) -> bytes:
    """The key of an app out of a token's randomness (24 bytes or more)."""
    return base64.urlsafe_b64decode(token)[:_SECRET_BYTES]


def recovery_from(token: str) -> str:
    """A code to write down: 80 bits as xxxx-xxxx-xxxx-xxxx."""
    letters = base64.b32encode(base64.urlsafe_b64decode(token))[:_RECOVERY_LETTERS].decode().lower()
    return "-".join(letters[at : at + _GROUP] for at in range(0, _RECOVERY_LETTERS, _GROUP))


def as_text(secret: bytes) -> str:
    """The key as one types it into an app, in groups of four."""
    letters = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def address(secret: bytes, *, issuer: str, account: str) -> str:
    """What the square picture holds: otpauth://totp/Issuer:account?secret=... as every app reads it."""
    issuer = issuer.replace(":", " ")
    label = quote(f"{issuer}:{account}", safe=":@")
    fields = {"secret": as_text(secret).replace(" ", ""), "issuer": issuer, "digits": DIGITS, "period": SECONDS}
    return f"otpauth://totp/{label}?{urlencode(fields, quote_via=quote)}"
