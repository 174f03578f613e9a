"""Who owned which account on which day, of any number of both at once: as `money.owners` says of one. Pure."""

from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import Column, here
from voc.metrics.money.owners import LANDMARK, SETTLES_IN

_WIDE = 1 << 23  # more than there are days from year 1 to 9999
_SETTLES, _LANDMARK = SETTLES_IN.days, LANDMARK.days


def on_day(account: Column, day: Column) -> Column:
    """One number that orders by account, then by day."""
    found: Column = account * _WIDE + (day + _WIDE // 2)
    return found


class Owned(NamedTuple):
    csm: Column  # a place among the CSMs, -1 for nobody
    inherited: Column


class Stretches(NamedTuple):
    """Days of a period under one owner: from `from_on` up to and without `to_on`; account by account, in order."""

    account: Column
    from_on: Column
    to_on: Column
    csm: Column
    inherited: Column

    def place(self, account: Column, day: Column) -> Column:
        """The stretch that has the day, which lies in the period."""
        return np.searchsorted(on_day(self.account, self.from_on), on_day(account, day), side="right") - 1


class Ownership:
    """`account`, `csm` (-1: nobody), the first day and the day after the last (MISSING: still), as they were read."""

    def __init__(self, accounts: int, *, account: Column, csm: Column, from_on: Column, to_on: Column) -> None:
        order = np.lexsort((from_on, account))  # of two on one day the one read first stays first
        self._account, self._csm = account[order], csm[order]
        self._from, self._to = from_on[order], to_on[order]
        bounds = np.searchsorted(self._account, np.arange(accounts + 1))
        self._start, self._end = bounds[:-1], bounds[1:]
        known = np.flatnonzero(self._csm >= 0)
        self._first_known = np.full(accounts, -1, np.int64)
        self._first_known[self._account[known][::-1]] = known[::-1]

    def holder(self, account: Column, day: Column) -> Column:
        """The stretch that covers the day; of several the one that began last; -1 for none."""
        found = np.full(len(account), -1, np.int64)
        at, end = self._start[account].copy(), self._end[account]
        rows = np.flatnonzero(at < end)
        while len(rows):
            one, on = at[rows], day[rows]
            covers = (self._from[one] <= on) & (~here(self._to[one]) | (on < self._to[one]))
            later = covers & ((found[rows] < 0) | (self._from[one] > self._from[found[rows]]))
            found[rows[later]] = one[later]
            at[rows] += 1
            rows = rows[at[rows] < end[rows]]
        return found

    def of_day(self, account: Column, day: Column, *, named: Column | None = None) -> Owned:
        """`named` is whom the CRM's own row names (-1: nobody), for days before we first read the account."""
        now = self.holder(account, day)
        there = now >= 0
        before = self._before_our_time(account)
        csm, inherited = np.where(there, self.csm_of(now), before.csm), before.inherited & ~there
        settling = there & (now != self._start[account])
        settling[settling] = day[settling] - self._from[now[settling]] < _SETTLES
        if named is not None:
            told = ~there & (named >= 0)
            csm, inherited = np.where(told, named, csm), inherited & ~told
        return Owned(csm, inherited | settling)

    def at_landmark(self, account: Column, decided_on: Column, *, notice_days: int = 0) -> Owned:
        then = self.csm_of(self.holder(account, decided_on - max(_LANDMARK, notice_days)))
        before = self._before_our_time(account)
        return Owned(np.where(then >= 0, then, before.csm), before.inherited & (then < 0))

    def stretches(self, accounts: Column, *, after_on: int, to_on: int) -> Stretches:
        """The days of (after_on, to_on] of these accounts, which are in order, by owner and without a gap."""
        begins, ends = after_on + 1, to_on + 1
        wanted = np.zeros(len(self._start), np.bool_)
        wanted[accounts] = True
        turns = [(self._account, self._from), (self._account, self._to), (self._account, self._from + _SETTLES)]
        account = np.concatenate([accounts, *(one for one, _ in turns)])
        day = np.concatenate([np.full(len(accounts), begins), *(one for _, one in turns)])
        kept = wanted[account] & (day >= begins) & (day < ends)
        key = np.unique(on_day(account[kept], day[kept]))
        account, day = key // _WIDE, key % _WIDE - _WIDE // 2
        following = np.append(account[1:] == account[:-1], False)
        until = np.where(following, np.append(day[1:], 0), ends)
        return Stretches(account, day, until, *self.of_day(account, day))

    def csm_of(self, rows: Column) -> Column:
        """Who held each of these stretches; -1 for nobody and for none."""
        return np.where(rows >= 0, self._csm[rows], -1) if len(self._csm) else np.full(len(rows), -1, np.int64)

    def _before_our_time(self, account: Column) -> Owned:
        first = self._first_known[account]
        return Owned(self.csm_of(first), first >= 0)
