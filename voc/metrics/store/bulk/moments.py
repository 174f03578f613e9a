"""Moments and days as SQLite keeps them, `2026-03-03 12:00:00.000000`: read digit by digit, all at once. Pure."""

import numpy as np

from voc.metrics.columns.kinds import MISSING, Column

NO_MOMENT, NO_DAY = "0000-00-00 00:00:00.000000", "0000-00-00"  # no calendar has that day
_SIGNS = {4: "-", 7: "-", 10: " ", 13: ":", 16: ":", 19: "."}


def moments(text: str, count: int) -> Column | None:
    """Microseconds since 1970 of so many, one behind the other; MISSING for none. None where one is written unlike."""
    digits = _digits(text, count, len(NO_MOMENT))
    if digits is None:
        return None
    day = _days(digits)
    seconds = (_number(digits[11:13]) * 60 + _number(digits[14:16])) * 60 + _number(digits[17:19])
    found: Column = (day * 86_400 + seconds) * 1_000_000 + _number(digits[20:26])
    found[_is_none(digits)] = MISSING
    return found


def days(text: str, count: int) -> Column | None:
    """As `moments`, in days since 1970."""
    digits = _digits(text, count, len(NO_DAY))
    if digits is None:
        return None
    found = _days(digits)
    found[_is_none(digits)] = MISSING
    return found


def _digits(text: str, count: int, width: int) -> Column | None:
    """One row for each place of the text, with its digit in every moment."""
    if len(text) != width * count or not text.isascii():
        return None
    found = np.ascontiguousarray(np.frombuffer(text.encode(), np.uint8).reshape(count, width).T)
    for place, sign in _SIGNS.items():
        if place < width and (found[place] != ord(sign)).any():
            return None
    digits: Column = found - np.uint8(ord("0"))
    return digits


def _days(digits: Column) -> Column:
    year, month, day = _number(digits[0:4]), _number(digits[5:7]), _number(digits[8:10])
    months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    found: Column = months.astype("M8[D]").astype(np.int64) + day - 1
    return found


def _is_none(digits: Column) -> Column:
    found: Column = (digits[5] | digits[6]) == 0  # there is no month 0
    return found


def _number(digits: Column) -> Column:
    found: Column = digits[0].astype(np.int32)
    for one in digits[1:]:
        found = found * 10 + one
    return found
