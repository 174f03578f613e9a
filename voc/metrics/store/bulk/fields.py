"""What is read of a row: its name, where it stands, and as what number it arrives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import ColumnElement, Select

from voc.metrics.columns.kinds import Column


class Kind(StrEnum):
    TIME = "time"  # microseconds since 1970; MISSING for none
    DAY = "day"  # days since 1970; MISSING for none
    WHOLE = "whole"  # MISSING for none
    REAL = "real"  # NaN for none
    FLAG = "flag"
    KEY = "key"  # a text by its number; 0 for none
    WORD = "word"  # its place among `words`; -1 for none of them
    WORDS = "words"  # a JSON list as a set of bits


@dataclass(frozen=True)
class Field:
    name: str
    column: ColumnElement[Any]
    kind: Kind
    words: Sequence[str] = ()


Build: TypeAlias = Callable[[list[Any]], Select[Any]]

HELD: Mapping[Kind, type[np.generic]] = {
    Kind.TIME: np.int64,
    Kind.DAY: np.int64,
    Kind.WHOLE: np.int64,
    Kind.REAL: np.float64,
    Kind.FLAG: np.bool_,
    Kind.KEY: np.int64,
    Kind.WORD: np.int16,
    Kind.WORDS: np.int16,
}


def joined(parts: Sequence[Column], kind: Kind) -> Column:
    return np.concatenate(parts).astype(HELD[kind], copy=False) if parts else np.empty(0, HELD[kind])
