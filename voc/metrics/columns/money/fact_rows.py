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
        return FactRows(
            account=self.account[rows],
            csm=self.csm[rows],
            inherited=self.inherited[rows],
            part=self.part[rows],
            whole=self.whole[rows],
            label=self.label[rows],
            words=self.words,
            size=None if self.size is None else self.size[rows],
        )


def nothing(words: Sequence[str]) -> FactRows:
    none = np.empty(0, np.int64)
    return FactRows(none, none, np.empty(0, np.bool_), np.empty(0), np.empty(0), none, words)


def together(*parts: FactRows) -> FactRows:
    """Rows of one figure that were made apart; they have the same words."""
    sizes = [one.size for one in parts if one.size is not None]
    return FactRows(
        account=np.concatenate([one.account for one in parts]),
        csm=np.concatenate([one.csm for one in parts]),
        inherited=np.concatenate([one.inherited for one in parts]),
        part=np.concatenate([one.part for one in parts]),
        whole=np.concatenate([one.whole for one in parts]),
        label=np.concatenate([one.label for one in parts]),
        words=parts[0].words,
        size=np.concatenate(sizes) if sizes else None,
    )


def beside(account: Column, owner: Owned, label: Column, words: Sequence[str]) -> FactRows:
    """Rows that stand beside a figure: they are no part of it."""
    none = np.zeros(len(account))
    return FactRows(account, owner.csm, owner.inherited, none, none, label, words)


def without_amount(account: Column, owner: Owned, no_rate: Column, words: Sequence[str]) -> FactRows:
    """Left out of a money figure; `words` has both labels of WITHOUT."""
    return beside(account, owner, np.where(no_rate, words.index(NO_RATE), words.index(NO_REVENUE)), words)
