"""A frozen mail in two parts: what all mails cut alike share, kept once and never changed, and what is its own.

    message.body (sealed):  its headers, what fills the holes, and which of that are live links
    stencil.pieces (sealed): the words between the holes, found by the digest of themselves

Put together they are the same bytes each time, whatever code runs that day: only joining is done here.
Masking a sent mail strikes out the few bytes of its links. A mail that was not cut is kept whole.
"""

import hashlib
from collections.abc import Callable, Sequence
from itertools import count

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
        return self.filler()(fills)

    def filler(self) -> Callable[[Sequence[bytes]], bytes]:
        """`filled`, for whoever fills it hundreds of times: all that can be is looked up before."""
        words = [piece for piece in self.pieces if isinstance(piece, bytes)]
        holes = 1 + max((piece for piece in self.pieces if isinstance(piece, int)), default=-1)
        words_from = count(holes)
        places = [piece if isinstance(piece, int) else next(words_from) for piece in self.pieces]

        def filled(fills: Sequence[bytes]) -> bytes:
            parts = [*fills[:holes], *words]
            return b"".join(map(parts.__getitem__, places))

        return filled


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
        shortest = min(map(len, self.secrets), default=0)
        fills = [
            fill if len(fill) < shortest else STRUCK if fill in self.secrets else _all_struck(fill, self.secrets)
            for fill in self.fills
        ]
        return Own(self.stencil, _all_struck(self.head, self.secrets), tuple(fills))


def _all_struck(part: bytes, secrets: Sequence[bytes]) -> bytes:
    for secret in secrets:
        part = _struck(part, secret)
    return part


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
