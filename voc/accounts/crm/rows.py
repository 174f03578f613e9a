"""One row as a connector hands it over: texts in the order of `rules.TEXTS`, and a digest that stands for them."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import msgspec

from voc.accounts.model import Incoming

MEANING = b"1"  # raise it when a cleaner changes its mind, so that unchanged rows are looked at again
_SEPARATOR = "\u241f"  # printable, so that a clean row stays recognisable as one

MakeRow = Callable[[str, int, int | None, tuple[str, ...], str], Incoming]
"""(id, row, line, cells, modified) to the row with its digest."""


def salt(mapping: Any) -> bytes:
    """What else the meaning of a row depends on: the cleaners, and how the CRM's fields are mapped to ours.

    `mapping` is anything of plain values, structs of msgspec among them.
    """
    said = msgspec.json.encode(mapping, order="deterministic")
    return blake2b(MEANING + said, digest_size=16).digest()


def maker(salt: bytes) -> MakeRow:
    """For a connector that reads many: bound once, cheap per row."""

    def row_of(id: str, row: int, line: int | None, cells: tuple[str, ...], modified: str) -> Incoming:
        digest = blake2b(_SEPARATOR.join(cells).encode("utf-8", "surrogatepass"), digest_size=16, key=salt)
        return Incoming(id, row, line, cells, digest.hexdigest(), modified)

    return row_of


def row(id: str, cells: tuple[str, ...], *, salt: bytes, modified: str = "") -> Incoming:
    """A live record of an API; syncing numbers it."""
    return maker(salt)(id, 0, None, cells, modified)
