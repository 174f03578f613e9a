"""Rows of a figure as columns, each under its owner: as `Fact`. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import Column
from voc.metrics.columns.money.owners import Owned
from voc.metrics.model import NO_RATE
from voc.metrics.money.rows import NO_REVENUE

WITHOUT = (NO_RATE, NO_REVENUE)
"""The two labels of an account without an amount."""


class FactRows(NamedTuple):
    """Rows of one figure, each under its owner. `account` is -1 for what belongs to a person and to no account."""

    account: Column
    csm: Column
    inherited: Column
    part: Column
    whole: Column
    label: Column  # a place among `words`
    words: Sequence[str]
    size: Column | None = None  # how long it took, in days

    def inside(self, rows: Column) -> "FactRows":
        size = None if self.size is None else self.size[rows]
        columns = (one[rows] for one in (self.account, self.csm, self.inherited, self.part, self.whole, self.label))
        return FactRows(*columns, words=self.words, size=size)


def nothing(words: Sequence[str]) -> FactRows:
    none = np.empty(0, np.int64)
    return FactRows(none, none, np.empty(0, np.bool_), np.empty(0), np.empty(0), none, words)


def together(*parts: FactRows) -> FactRows:
    """Rows of one figure that were made apart; they have the same words."""
    size = None if parts[0].size is None else np.concatenate([one.size for one in parts if one.size is not None])
    columns = (np.concatenate([one[at] for one in parts]) for at in range(6))
    return FactRows(*columns, words=parts[0].words, size=size)  # type: ignore[misc]  # six columns, of six names


def beside(account: Column, owner: Owned, label: Column, words: Sequence[str]) -> FactRows:
    """Rows that stand beside a figure: they are no part of it."""
    none = np.zeros(len(account))
    return FactRows(account, owner.csm, owner.inherited, none, none, label, words)


def without_amount(account: Column, owner: Owned, no_rate: Column, words: Sequence[str]) -> FactRows:
    """Left out of a money figure; `words` has both labels of WITHOUT."""
    return beside(account, owner, np.where(no_rate, words.index(NO_RATE), words.index(NO_REVENUE)), words)
