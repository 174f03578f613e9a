"""Dimensions that are a word: segment, role, region."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from voc.base.words import Role, Scope, Segment
from voc.metrics.regions import USUAL
from voc.reports.star.model import TEXT, Field, Of, Plain, Sort, StarTable, own_key
from voc.reports.star.ours import scoped


def _words(name: str, dimension: str, meaning: str, rows: Any) -> StarTable:
    return StarTable(
        f"dim_{name}",
        Sort.DIMENSION,
        meaning,
        (
            own_key(f"{name}_key", name.capitalize(), lambda row, of: of.key(dimension, row.word)),
            Field(name, TEXT, "Its word", lambda row, _of: row.word, label=True),
        ),
        rows,
        f"one {name}",
    )


def _each(found: Iterable[str]) -> list[Plain]:
    return [Plain({"word": str(one)}) for one in found]


SEGMENT = _words("segment", "segment", "Size of an account.", lambda _db, _of: _each(Segment))

ROLE = _words("role", "role", "Why somebody must be heard.", lambda _db, _of: _each(Role))


def _regions(db: Connection, of: Of) -> list[Plain]:
    return _each(sorted({*USUAL, *of.preferences.regions.values(), *scoped(db, Scope.REGION)}))


REGION = _words("region", "region", "Regions, by the setting or the usual four.", _regions)
