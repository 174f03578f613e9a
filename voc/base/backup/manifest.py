"""What a backup says of itself: the last entry of the archive, so that one which was cut off has none."""

from datetime import datetime
from typing import Literal

import msgspec

FORMAT = 1
NAME = "manifest.json"


class Entry(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`counts` are rows by table, in the order in which the tables refer to each other."""

    format: int
    version: str  # of voc
    revision: str  # of the database
    database: Literal["sqlite", "postgresql"]
    epoch: str
    made_at: datetime
    with_key: bool
    counts: dict[str, int]
    entries: dict[str, Entry]
