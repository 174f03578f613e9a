"""Stretches between two milestones, of all accounts: as `money.onboarding` says of one. Pure."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import MISSING, Column, here
from voc.metrics.columns.money.owners import Owned, on_day
from voc.metrics.columns.money.records import DEAL_KINDS, Records
from voc.metrics.money.facts import DealKind
from voc.metrics.money.onboarding import LIVE, STARTED, TRAINED

_NEVER = np.iinfo(np.int64).max


class Stages(NamedTuple):
    """Stretches between two milestones. `ends_on` MISSING is open; the owner is that of the end, or of today."""

    account: Column
    starts_on: Column
    ends_on: Column
    owner: Owned

    @property
    def open(self) -> Column:
        return ~here(self.ends_on)

    def age(self, on: int) -> Column:
        found: Column = np.where(self.open, on, self.ends_on) - self.starts_on
        return found

    def of(self, rows: Column) -> "Stages":
        owner = Owned(self.owner.csm[rows], self.owner.inherited[rows])
        return Stages(self.account[rows], self.starts_on[rows], self.ends_on[rows], owner)


class Course:
    """Every stage of every account, as of the day that the records end on."""

    def __init__(self, records: Records, on: int) -> None:
        self._records, self._on = records, on

    @cached_property
    def to_live(self) -> Stages:
        return self._stages(*self._marked(STARTED), self._of(LIVE))

    @cached_property
    def to_training(self) -> Stages:
        return self._stages(*self._marked(STARTED), self._of(TRAINED))

    @cached_property
    def to_launch(self) -> Stages:
        return self._stages(*self._first_won(), self._of(LIVE))

    @cached_property
    def to_start(self) -> Stages:
        """Going live ends it too, where nobody noted the start."""
        return self._stages(*self._first_won(), self._of(STARTED, LIVE))

    def _of(self, *kinds: str) -> Column:
        """Milestones by account and day."""
        marks = self._records.marks
        wanted = [marks.kinds.index(kind) for kind in kinds if kind in marks.kinds]
        rows = np.flatnonzero(np.isin(marks.kind, wanted))
        return rows[np.lexsort((rows, marks.on[rows], marks.account[rows]))]

    def _marked(self, kind: str) -> tuple[Column, Column]:
        rows = self._of(kind)
        return self._records.marks.account[rows], self._records.marks.on[rows]

    def _first_won(self) -> tuple[Column, Column]:
        deals = self._records.deals
        won = (deals.kind == DEAL_KINDS.index(DealKind.NEW)) & deals.won & here(deals.closes_on)
        rows = np.flatnonzero(won)
        rows = rows[np.lexsort((rows, deals.closes_on[rows], deals.account[rows]))]
        account, first = np.unique(deals.account[rows], return_index=True)
        day = deals.closes_on[rows][first]
        known = day <= self._on
        return account[known], day[known]

    def _stages(self, account: Column, starts_on: Column, ends: Column) -> Stages:
        """From each start to the first end before the next start; both are in order."""
        marks = self._records.marks
        same = np.append(account[1:] == account[:-1], False)
        following = np.where(same, np.append(starts_on[1:], 0), _NEVER)
        until = np.maximum(following, starts_on + 1)
        at = np.searchsorted(on_day(marks.account[ends], marks.on[ends]), on_day(account, starts_on))
        mark = np.append(ends, -1)[at]
        ended = (mark >= 0) & (marks.account[mark] == account) & (marks.on[mark] < until) if len(ends) else at < 0
        today = self._records.clients.owner[account]
        csm = np.where(ended, marks.csm[mark], today) if len(ends) else today
        inherited = ended & marks.inherited[mark] if len(ends) else ended
        ends_on = np.where(ended, marks.on[mark], MISSING) if len(ends) else np.full(len(account), MISSING)
        return Stages(account, starts_on, ends_on, Owned(csm, inherited))
