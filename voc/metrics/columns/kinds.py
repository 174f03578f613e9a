"""Columns of numbers, and the few acts on them that the rest is made of. Pure."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[Any]
_WIDEST = 1 << 62
MISSING = int(np.iinfo(np.int64).min)  # no moment: also what numpy and PostgreSQL hold for it


def here(times: Column) -> Column:
    found: Column = times != MISSING
    return found


def place_in(sorted_keys: Column, keys: Column) -> Column:
    """Where each key stands among sorted ones; -1 where it does not."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == keys, at, -1)


def numbered(*columns: Column) -> tuple[Column, int, Column]:
    """A number for each distinct row of these columns; how many; and one row of each. Rows need no order."""
    count = len(columns[0])
    if not count:
        return np.empty(0, np.int64), 0, np.empty(0, np.int64)
    order = _order_of(columns)
    new = np.zeros(count, np.bool_)
    for column in columns:
        ordered = column if order is None else column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    number = np.cumsum(new)
    new[0] = True
    if order is None:
        return number, int(number[-1]) + 1, np.flatnonzero(new)
    group = np.empty(count, np.int64)
    group[order] = number
    return group, int(number[-1]) + 1, order[new]


def _order_of(columns: tuple[Column, ...]) -> Column | None:
    """None where the rows stand in order already. Rows nearly in order are ordered in one quick pass."""
    if _in_order(columns):
        return None
    if len(columns) == 2 and all(one.dtype.kind == "i" and one.min() >= 0 for one in columns):
        first, second = columns
        width = int(second.max()) + 1
        if int(first.max()) < _WIDEST // width:
            return np.argsort(first.astype(np.int64) * width + second, kind="stable")
    return np.lexsort(columns[::-1])


def _in_order(columns: tuple[Column, ...]) -> bool:
    same = np.ones(len(columns[0]) - 1, np.bool_)
    for column in columns:
        before, after = column[:-1], column[1:]
        if (same & (after < before)).any():
            return False
        same &= after == before
    return True


def any_of(group: Column, flags: Column, groups: int) -> Column:
    found = np.zeros(groups, np.bool_)
    found[group[flags]] = True
    return found


def sum_of(group: Column, values: Column, groups: int) -> Column:
    return np.bincount(group, values, groups)


def count_of(group: Column, groups: int) -> Column:
    return np.bincount(group, minlength=groups)


def most_of(group: Column, values: Column, groups: int, *, none: float) -> Column:
    found = np.full(groups, none, values.dtype)
    np.maximum.at(found, group, values)
    return found


def last_of(group: Column, order_by: tuple[Column, ...], groups: int) -> Column:
    """The row of each group that comes last by these columns (the first of them decides); -1 for an empty group."""
    found = np.full(groups, -1, np.int64)
    order = np.lexsort(order_by[::-1])
    found[group[order]] = order  # of rows of one group the last written stays
    return found
