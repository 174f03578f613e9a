"""A frozen mail in two parts: what all mails cut alike share, kept once and never changed, and what is its own.

    message.body (sealed):  its headers, what fills the holes, and which of that are live links
    stencil.pieces (sealed): the words between the holes, found by the digest of themselves

Put together they are the same bytes each time, whatever code runs that day: only joining is done here.
Masking a sent mail strikes out the few bytes of its links. A mail that was not cut is kept whole.
"""

import hashlib
from collections.abc import Sequence

import msgspec

_OWN = b"\x00own\x00"  # no mail begins so
STRUCK = b"..."
_SOFT_END = b"=\r\n"  # quoted-printable breaks a long line with it


class Shared(msgspec.Struct, array_like=True, frozen=True):
    """Pieces in their order: bytes that stay, and for each hole the number of what fills it."""

    pieces: tuple[bytes | int, ...]

    @property
    def id(self) -> str:
        return hashlib.sha256(self.encoded()).hexdigest()

    def encoded(self) -> bytes:
        return msgspec.msgpack.encode(self)

    def filled(self, fills: Sequence[bytes]) -> bytes:
        return b"".join([fills[piece] if isinstance(piece, int) else piece for piece in self.pieces])


class Own(msgspec.Struct, array_like=True, frozen=True):
    """What is one mail's own. `secrets`: its tokens, wherever they stand."""

    stencil: str
    head: bytes
    fills: tuple[bytes, ...]
    secrets: tuple[bytes, ...] = ()

    def encoded(self) -> bytes:
        return _OWN + msgspec.msgpack.encode(self)

    def whole(self, shared: Shared) -> bytes:
        return self.head + shared.filled(self.fills)

    def masked(self) -> "Own":
        """Without the secret part of its links."""
        struck = (self.head, *self.fills)
        for secret in self.secrets:
            struck = tuple([_struck(part, secret) for part in struck])
        return Own(self.stencil, struck[0], struck[1:])


def _struck(part: bytes, secret: bytes) -> bytes:
    if secret not in part and _SOFT_END in part:
        unbroken = part.replace(_SOFT_END, b"")
        return unbroken.replace(secret, STRUCK) if secret in unbroken else part
    return part.replace(secret, STRUCK)


def own_of(plain: bytes) -> Own | None:
    """The own part that was kept, or None: then it is the whole mail."""
    return msgspec.msgpack.decode(plain.removeprefix(_OWN), type=Own) if plain.startswith(_OWN) else None


def shared_of(plain: bytes) -> Shared:
    return msgspec.msgpack.decode(plain, type=Shared)
