"""The only source of randomness: tokens for links, sessions and nonces, and their hashes."""

import base64
import hashlib
import hmac
import os
from typing import Protocol


class Tokens(Protocol):
    def new(self) -> str: ...


class RandomTokens:
    """24 random bytes, URL-safe, 32 characters."""

    def new(self) -> str:
        return base64.urlsafe_b64encode(os.urandom(24)).decode()


class SeededTokens:
    """The same tokens every time, from a seed. Only demo databases may use it: they can be guessed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def new(self) -> str:
        self._count += 1
        digest = hmac.digest(self._seed, str(self._count).encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:24]).decode()


def hash_token(token: str) -> str:
    """What the database keeps instead of a token: SHA-256, hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
