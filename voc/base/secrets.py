"""Encryption at rest: message bodies (they hold live links) and stored credentials.

The key stands in a file or a variable outside the database. Several keys may be given, newest
first: the first encrypts, all decrypt, so that a key can be changed without a stop: `voc rotate-keys`.
An entry `pepper:HEX` among them keeps blurred values comparable when the oldest key is gone.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from voc.base.errors import Misconfigured

KEY_FILE = "secret.key"
_PEPPER = "pepper:"


class Vault:
    def __init__(self, keys: list[str], *, read_again: Callable[[], list[str]] | None = None) -> None:
        """`read_again` gives the keys as they are now: another process may have put a new one first."""
        self._read_again = read_again
        self._take(keys)

    def _take(self, entries: list[str]) -> None:
        keys = [entry for entry in entries if not entry.startswith(_PEPPER)]
        try:
            fernets = [Fernet(key) for key in keys]
            self._fernet, self._newest = MultiFernet(fernets), fernets[0]
        except (ValueError, IndexError):
            raise Misconfigured(
                "secret key", "it is not 32 bytes in URL-safe base64", "Run `voc init` in an empty folder for a new one"
            ) from None
        kept = next((entry.removeprefix(_PEPPER) for entry in entries if entry.startswith(_PEPPER)), None)
        self._pepper = hashlib.sha256(b"pepper" + keys[-1].encode()).digest() if kept is None else bytes.fromhex(kept)

    def encrypt(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def decrypt(self, cipher: bytes) -> bytes:
        try:
            return self._fernet.decrypt(cipher)
        except InvalidToken:
            if self._read_again is not None:
                self._take(self._read_again())
        try:
            return self._fernet.decrypt(cipher)
        except InvalidToken:
            raise Misconfigured(
                "secret key", "it does not open what this database holds", "Put back the key the database was made with"
            ) from None

    def renewed(self, cipher: bytes) -> bytes | None:
        """The same under the newest key; None where it is already."""
        try:
            self._newest.decrypt(cipher)
        except InvalidToken:
            return self.encrypt(self.decrypt(cipher))
        return None

    def pepper(self) -> str:
        """As an entry beside the keys."""
        return _PEPPER + self._pepper.hex()

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


def replace_key_file(path: Path, entries: list[str]) -> None:
    """All of it or nothing, readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(f"{entry}\n" for entry in entries))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
