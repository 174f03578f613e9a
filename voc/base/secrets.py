"""Encryption at rest: message bodies (they hold live links) and stored credentials.

The key stands in a file or a variable outside the database. Several keys may be given, newest
first: the first encrypts, all decrypt, so that a key can be changed without a stop: `voc rotate-keys`.
An entry `pepper:HEX` among them keeps blurred values comparable when the oldest key is gone.

`encrypt` gives letters (Fernet); `seal` gives bytes, for a tenth of the time: AES-256-GCM under a key
derived from the newest one, with the mark of that key before it. A wave has many bodies.

What is long is compressed first: a mail becomes a quarter, and both encrypting and writing it cost
less than compressing. (Compression tells an attacker something only who may put text beside a
secret and watch the length, again and again. Nobody sees the length of what is at rest here.)
"""

import base64
import hashlib
import hmac
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voc.base.errors import Misconfigured

KEY_FILE = "secret.key"
_PEPPER = "pepper:"
_LONG = 2048  # bytes; compressing one mail's own part would cost more than all else that is done with it
_PACKED = b"\x00packed\x00"  # before what is compressed; what is not never begins with it
_SEALED = b"\x01"  # before the key's mark, the nonce and the text; Fernet's begin with a letter
_MARK = 4
_NONCE = 12


class _Key:
    """One entry of the key file, as AES-GCM uses it. `mark` tells its ciphertexts apart, and nothing of the key."""

    def __init__(self, entry: str) -> None:
        key = base64.urlsafe_b64decode(entry)
        self.mark = hmac.digest(key, b"voc mark", "sha256")[:_MARK]
        self._cipher = AESGCM(hmac.digest(key, b"voc sealed", "sha256"))

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        head = _SEALED + self.mark
        return head + nonce + self._cipher.encrypt(nonce, plain, head)

    def open(self, cipher: bytes) -> bytes:
        """InvalidTag if it is not this key's, or was changed."""
        head, rest = cipher[: 1 + _MARK], cipher[1 + _MARK :]
        return self._cipher.decrypt(rest[:_NONCE], rest[_NONCE:], head)


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
            self._keys = [_Key(key) for key in keys]
        except (ValueError, IndexError):
            raise Misconfigured(
                "secret key", "it is not 32 bytes in URL-safe base64", "Run `voc init` in an empty folder for a new one"
            ) from None
        kept = next((entry.removeprefix(_PEPPER) for entry in entries if entry.startswith(_PEPPER)), None)
        self._pepper = hashlib.sha256(b"pepper" + keys[-1].encode()).digest() if kept is None else bytes.fromhex(kept)

    def encrypt(self, plain: bytes) -> bytes:
        """In ASCII."""
        self._look_again()
        return self._newest.encrypt(_packed(plain))

    def seal(self, plain: bytes) -> bytes:
        """Shorter than `encrypt` and faster; `decrypt` opens both."""
        self._look_again()
        return self._keys[0].seal(_packed(plain))

    def _look_again(self) -> None:
        if self._read_again is not None and (stamp := self._stamp()) != self._taken_at:
            self._take(self._read_again())
            self._taken_at = stamp

    def decrypt(self, cipher: bytes) -> bytes:
        plain = self._opened(cipher)
        return zlib.decompress(plain.removeprefix(_PACKED)) if plain.startswith(_PACKED) else plain

    def _opened(self, cipher: bytes) -> bytes:
        try:
            return self._open(cipher)
        except InvalidToken:
            if self._read_again is not None:
                self._take(self._read_again())
        try:
            return self._open(cipher)
        except InvalidToken:
            raise Misconfigured(
                "secret key", "it does not open what this database holds", "Put back the key the database was made with"
            ) from None

    def _open(self, cipher: bytes) -> bytes:
        if not cipher.startswith(_SEALED):
            return self._fernet.decrypt(cipher)
        mark = cipher[1 : 1 + _MARK]
        for key in self._keys:
            if key.mark == mark:
                with suppress(InvalidTag, ValueError):
                    return key.open(cipher)
        raise InvalidToken

    def renewed(self, cipher: bytes) -> bytes | None:
        """The same under the newest key; None where it is already."""
        if cipher.startswith(_SEALED):
            plain = self.decrypt(cipher)
            return None if cipher.startswith(_SEALED + self._keys[0].mark) else self.seal(plain)
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


def _packed(plain: bytes) -> bytes:
    return _PACKED + zlib.compress(plain, 1) if len(plain) >= _LONG or plain.startswith(_PACKED) else plain


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
