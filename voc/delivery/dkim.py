"""DKIM: a mail signed when it is frozen, so that every retry carries the same signature (RFC 6376, RFC 8463).

Headers in relaxed form, because servers on the way fold and space them anew; the body in simple form,
because ours is 7-bit with short lines and no blanks at their ends: nothing has a reason to touch it.
"""

import base64
import hashlib
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils

from voc.base import log
from voc.base.errors import Misconfigured
from voc.base.settings import Dkim, Settings
from voc.delivery.dns_check import Signing

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

# What a reader sees, what decides where an answer or an opt-out goes, and what says how to read the body.
# RFC 8058 demands that both List-Unsubscribe fields are signed.
SIGNED = (
    "from",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "precedence",
    "mime-version",
    "content-type",
)
# Named once more than they are there: nobody can put a second one above ours and keep the signature.
OVERSIGNED = ("from", "reply-to", "to", "cc", "subject", "date", "content-type")

SMALLEST_RSA = 2048  # bits; receivers distrust 1024 and many refuse less
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
_PREHASHED = utils.Prehashed(hashes.SHA256())
_PLACE = "voc.toml: mail.dkim"

_log = log.get("delivery")


@dataclass(frozen=True)
class Signer:
    domain: str
    selector: str
    key: PrivateKey

    def signs_for(self, address: str) -> bool:
        """Only mail from its own domain or one below it: another signature proves nothing to DMARC."""
        domain = address.rpartition("@")[2].lower()
        return domain == self.domain or domain.endswith(f".{self.domain}")

    def sign(self, mail: bytes, *, now: datetime) -> bytes:
        """The mail with its signature on top. `mail` has CRLF line ends and an empty line above its body."""
        head, blank, body = mail.partition(b"\r\n\r\n")
        algorithm = "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519"
        fields = _relaxed(head)
        names = _named(fields)
        digest = base64.b64encode(hashlib.sha256(_simple(body)).digest()).decode()
        unsigned = (
            f"v=1; a={algorithm}-sha256; c=relaxed/simple; d={self.domain}; s={self.selector};\r\n"
            f" t={int(now.timestamp())}; h={_folded(names)};\r\n bh={digest};\r\n b="
        )
        covered = b"".join(_covered(fields, names)) + b"dkim-signature:" + _unfolded(unsigned.encode())
        signature = base64.b64encode(self._signature(hashlib.sha256(covered).digest())).decode()
        lines = "\r\n ".join(signature[at : at + 72] for at in range(0, len(signature), 72))
        return f"DKIM-Signature: {unsigned}{lines}\r\n".encode("ascii") + head + blank + body

    def _signature(self, digest: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(digest, padding.PKCS1v15(), _PREHASHED)
        return self.key.sign(digest)  # RFC 8463: over the hash, not over the text


def signer(settings: Settings) -> Signer | None:
    """Who signs, from `[mail.dkim]`; read again when the file changed. Misconfigured says what is wrong with it.

    A key that cannot be read any more is an error too: mail that should be signed waits rather than go without.
    """
    mail = settings.mail
    if mail.dkim is None:
        return None
    return _signer(mail.dkim, mail.from_address.rpartition("@")[2].lower(), _state(Path(mail.dkim.key_file)))


def _state(path: Path) -> tuple[int, ...]:
    """Another one whenever the file was written, replaced or closed to us."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


@lru_cache(maxsize=4)
def _signer(wanted: Dkim, from_domain: str, _state: tuple[int, ...]) -> Signer:
    domain = (wanted.domain or from_domain).lower()
    made = Signer(domain, wanted.selector.lower(), _key(Path(wanted.key_file)))
    if not _SELECTOR.fullmatch(wanted.selector):
        raise Misconfigured(f"{_PLACE}.selector", f"{wanted.selector!r} is not one", 'Write a word such as "voc1"')
    if not made.signs_for(f"@{from_domain}"):
        raise Misconfigured(
            f"{_PLACE}.domain",
            f"mails come from {from_domain}, and a signature of {domain} proves nothing about them",
            f'Write "{from_domain}", or leave it out',
        )
    if (open_to := why_open(wanted)) is not None:
        _log.warning("the key that signs mail can be read by others", file=wanted.key_file, mend=open_to)
    return made


def _key(path: Path) -> PrivateKey:
    place = f"{_PLACE}.key_file"
    make = f"Make one: openssl genrsa -out {path.name} 2048"
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as mistake:
        raise Misconfigured(place, f"{path} cannot be read: {mistake.strerror}", make) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Misconfigured(place, f"{path} is not a private key in PEM without a password", make) from None
    if isinstance(found, ed25519.Ed25519PrivateKey):
        return found
    if not isinstance(found, rsa.RSAPrivateKey):
        raise Misconfigured(place, f"{path} is neither an RSA nor an Ed25519 key", make)
    if found.key_size < SMALLEST_RSA:
        told = f"{path} has {found.key_size} bits, which receivers distrust"
        raise Misconfigured(place, told, make)
    return found


def why_open(wanted: Dkim) -> str | None:
    """What to do about a key that others of this machine may read or replace, or None."""
    try:
        mode = Path(wanted.key_file).stat().st_mode
    except OSError:
        return None
    return f"chmod 600 {wanted.key_file}" if mode & (stat.S_IRWXG | stat.S_IRWXO) else None


def signing(settings: Settings) -> Signing | None:
    """What must stand in the DNS for our signature to be found; None where nothing is signed here."""
    made = signer(settings)
    return None if made is None else Signing(made.domain, made.selector, public_record(made.key))


def public_record(key: PrivateKey) -> str:
    """The TXT record of the public half, for `<selector>._domainkey.<domain>`."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(public.public_bytes_raw()).decode()}"
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


# --- canonical forms ----------------------------------------------------------------------------


def _relaxed(head: bytes) -> list[tuple[str, bytes]]:
    """Each header field in relaxed form, without its line end, by its name; in order."""
    fields = []
    for line in re.split(rb"\r\n(?![ \t])", head):
        name, _colon, value = line.partition(b":")
        plain = name.strip().lower()
        fields.append((plain.decode("ascii"), plain + b":" + _unfolded(value)))
    return fields


def _unfolded(value: bytes) -> bytes:
    return b" ".join(value.split())


def _simple(body: bytes) -> bytes:
    """One line end at its end, whatever number there was."""
    return body.rstrip(b"\r\n") + b"\r\n" if body.endswith(b"\r\n\r\n") or not body.endswith(b"\r\n") else body


def _named(fields: Iterable[tuple[str, bytes]]) -> list[str]:
    there = [name for name, _field in fields]
    return [name for name in SIGNED for _ in range(there.count(name) + (name in OVERSIGNED))]


def _covered(fields: list[tuple[str, bytes]], names: Iterable[str]) -> Iterable[bytes]:
    """The fields in the order they are named, each from the bottom up; one that is not there is nothing."""
    left: dict[str, list[bytes]] = {}
    for name, field in fields:
        left.setdefault(name, []).append(field)
    for name in names:
        if left.get(name):
            yield left[name].pop() + b"\r\n"


def _folded(names: list[str]) -> str:
    half = (len(names) + 2) // 3
    return ":\r\n  ".join(":".join(names[at : at + half]) for at in range(0, len(names), half))
