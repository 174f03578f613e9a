"""Encryption at rest: message bodies (they hold live links) and stored credentials.

The key stands in a file or a variable outside the database. Several keys may be given, newest
first: the first encrypts, all decrypt, so that a key can be changed without a stop: `voc rotate-keys`.
An entry `pepper:HEX` among them keeps blurred values comparable when the oldest key is gone.

What is long is compressed first: a mail becomes a quarter, and both encrypting and writing it cost
less than compressing. (Compression tells an attacker something only who may put text beside a
secret and watch the length, again and again. Nobody sees the length of what is at rest here.)
"""

import hashlib
import hmac
import os
import zlib
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from voc.base.errors import Misconfigured

KEY_FILE = "secret.key"
_PEPPER = "pepper:"
_LONG = 1024  # bytes
_PACKED = b"\x00packed\x00"  # before what is compressed; what is not never begins with it


class Vault:
    def __init__(
        self,
        keys: list[str],
        *,
        read_again: Callable[[], list[str]] | None = None,
        stamp: Callable[[], object] = lambda: None,
    ) -> None:
        """`read_again` gives the keys as they are now: another process may have put a new one first.

        `stamp` changes when they do. It is looked at before each encrypting: what a process that began with
        the old key writes after the change must not be unreadable when the old key is dropped.
        """
        self._read_again, self._stamp = read_again, stamp
        self._taken_at = stamp()
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
        if self._read_again is not None and (stamp := self._stamp()) != self._taken_at:
            self._take(self._read_again())
            self._taken_at = stamp
        if len(plain) >= _LONG or plain.startswith(_PACKED):
            plain = _PACKED + zlib.compress(plain, 1)
        return self._newest.encrypt(plain)

    def decrypt(self, cipher: bytes) -> bytes:
        plain = self._opened(cipher)
        return zlib.decompress(plain.removeprefix(_PACKED)) if plain.startswith(_PACKED) else plain

    def _opened(self, cipher: bytes) -> bytes:
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
