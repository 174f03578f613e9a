"""Columns out of SQLite's rows, an object for each value: for the few tables whose texts cannot be joined to one."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec
import numpy as np

from voc.metrics.columns.kinds import MISSING, Column
from voc.metrics.store.bulk.fields import Field, Kind, joined

_ROWS = 4_000  # the driver's objects of so many rows stay in the processor's cache


def columns(rows: Any, fields: Sequence[Field]) -> dict[str, Column]:
    """`rows` is the driver's cursor."""
    arrays = [_array_of(one) for one in fields]
    parts: list[list[Column]] = [[] for _ in fields]
    while portion := rows.fetchmany(_ROWS):
        for kept, make, values in zip(parts, arrays, zip(*portion, strict=True), strict=True):
            kept.append(make(values))
    return {one.name: joined(kept, one.kind) for one, kept in zip(fields, parts, strict=True)}


def placed(field: Field) -> Callable[[str | None], int]:
    """The number of a word, or of a list of them."""
    places = {word: place for place, word in enumerate(field.words)}
    if field.kind == Kind.WORD:
        return cache(lambda text: places.get(text, -1))

    @cache
    def bits(text: str | None) -> int:
        return sum(1 << places[word] for word in msgspec.json.decode(text or "[]") if word in places)

    return bits


def _array_of(one: Field) -> Callable[[Sequence[Any]], Column]:
    if one.kind in (Kind.TIME, Kind.DAY):
        unit = "M8[us]" if one.kind == Kind.TIME else "M8[D]"
        return lambda values: np.array(values, unit).astype(np.int64)
    if one.kind == Kind.KEY:
        return lambda values: np.fromiter((hash(text or "") for text in values), np.int64, len(values))
    if one.kind == Kind.REAL:
        return lambda values: np.array(values, np.float64)
    if one.kind == Kind.WHOLE:
        none = MISSING + 1
        return lambda values: np.array([none if value is None else value for value in values], np.int64)
    if one.kind == Kind.FLAG:
        return lambda values: np.fromiter(map(bool, values), np.bool_, len(values))
    place = placed(one)
    return lambda values: np.fromiter(map(place, values), np.int16, len(values))
