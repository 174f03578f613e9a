"""Rows that are kept as they were and read together: one compressed value instead of a row each.

A million rows of a month are some ten megabytes so. Whoever is erased is renamed in them by `renamed`.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

_LEVEL = 6


def pack(rows: Iterable[tuple[Any, ...]]) -> bytes:
    """Of texts, numbers, booleans and None."""
    text = json.dumps(list(rows), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), _LEVEL)


def unpack(packed: bytes) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(zlib.decompress(packed))
    return found


def renamed(packed: bytes, names: Mapping[str, str]) -> bytes | None:
    """The same with each whole text among `names` replaced; None if there is none of them."""
    text = zlib.decompress(packed).decode()
    if not any(name in text for name in names):
        return None
    rows = json.loads(text)
    fresh = [tuple(names.get(one, one) if isinstance(one, str) else one for one in row) for row in rows]
    return None if [list(row) for row in fresh] == rows else pack(fresh)
