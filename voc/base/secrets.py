"""Encryption at rest: message bodies (they hold live links) and stored credentials.

The key stands in a file or a variable outside the database. Several keys may be given, newest
first: the first encrypts, all decrypt, so that a key can be changed without a stop.
"""

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from voc.base.errors import Misconfigured

KEY_FILE = "secret.key"


class Vault:
    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise Misconfigured(
                "secret key", "it is not 32 bytes in URL-safe base64", "Run `voc init` in an empty folder for a new one"
            ) from None
        self._pepper = hashlib.sha256(b"pepper" + keys[-1].encode()).digest()

    def encrypt(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def decrypt(self, cipher: bytes) -> bytes:
        try:
            return self._fernet.decrypt(cipher)
        except InvalidToken:
            raise Misconfigured(
                "secret key", "it does not open what this database holds", "Put back the key the database was made with"
            ) from None

    def blur(self, value: str) -> str:
        """A keyed digest, for counting or matching a value without keeping it."""
        return hmac.digest(self._pepper, value.encode("utf-8", "surrogatepass"), "sha256").hex()


def new_key() -> str:
    return Fernet.generate_key().decode()


def write_key_file(folder: Path, key: str) -> Path:
    """Create the key file, readable by its owner only; an existing one is never overwritten."""
    path = folder / KEY_FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return path
