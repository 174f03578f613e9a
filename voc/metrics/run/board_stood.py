"""Where the accounts of one scope stood, for the board page: of one look, or of two, at the whole company."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from voc.base.words import AccountState, Scope
from voc.metrics.board import CAME_FROM, ORDER, Moved, StateLine
from voc.metrics.cohorts import Key
from voc.metrics.columns.kinds import Column
from voc.metrics.columns.standing import Gaps
from voc.metrics.columns.states import STATES
from voc.metrics.run.looking import Allowed, CompanyLook

_NO_CENSUS = STATES.index(AccountState.NO_CENSUS)


@dataclass(frozen=True)
class StoodBefore:
    """What is left of an earlier look, which takes a hundred megabytes of a large company."""

    here: Column
    states: Column


@dataclass(frozen=True)
class StoodThen:
    """Of the viewer's accounts those that the scope owned then; an account without a census is none of them."""

    look: CompanyLook
    key: Key
    may: Allowed

    @property
    def _names(self) -> list[str]:
        return self.look.counting.company.accounts.names

    @cached_property
    def _owned(self) -> Column:
        scope, id = self.key
        company = self.look.counting.company
        ids = company.csm_ids if scope == Scope.CSM else company.team_ids
        if scope == Scope.TOTAL:
            return np.ones(len(company.accounts), np.bool_)
        of = company.accounts.owner if scope == Scope.CSM else company.team_of[company.accounts.owner]
        found: Column = of == (ids.index(id) if id in ids else -2)
        return found

    @cached_property
    def here(self) -> Column:
        """A CSM's are those of today, whoever owned them then."""
        company, only = self.look.counting.company, self.may.only
        found: Column = self.look.counting.states != _NO_CENSUS
        if self.key[0] != Scope.CSM:
            found = found & self._owned
        if only is None:
            return found
        return found & np.array([id in only for id in company.accounts.ids], np.bool_)

    @cached_property
    def arr(self) -> Column:
        return np.nan_to_num(self.look.counting.company.accounts.arr)

    def _in(self, state: AccountState) -> Column:
        found: Column = self.here & (self.look.counting.states == STATES.index(state))
        return found

    def lines(self) -> tuple[StateLine, ...]:
        found = [(state, self._in(state)) for state in ORDER]
        return tuple(
            StateLine(state, int(rows.sum()), float(self.arr[rows].sum())) for state, rows in found if rows.any()
        )

    def count(self, state: AccountState) -> int:
        return int(self._in(state).sum())

    def before(self) -> StoodBefore:
        return StoodBefore(self.here, self.look.counting.states)

    def moved(self, before: StoodBefore, *, to: AccountState) -> Moved:
        """Accounts in that state that were in another then; both looks have the same accounts in the same order."""
        came = [STATES.index(one) for one in sorted(CAME_FROM[to]) if one != to]
        rows = self._in(to) & before.here & np.isin(before.states, came)
        arr, names = self.arr, self._names
        ranked = sorted(np.flatnonzero(rows).tolist(), key=lambda at: (-arr[at], names[at]))
        return Moved(tuple(names[at] for at in ranked), float(arr[rows].sum()), len(ranked))

    def revenue(self) -> Mapping[str, float]:
        """By account."""
        ids, arr = self.look.counting.company.accounts.ids, self.arr.tolist()
        return {ids[at]: arr[at] for at in np.flatnonzero(self.here).tolist()}

    def without_rate(self) -> tuple[str, ...]:
        accounts = self.look.counting.company.accounts
        rows = self.here & np.isnan(accounts.arr) & accounts.has_amount
        return tuple(accounts.names[at] for at in np.flatnonzero(rows).tolist())

    def places(self) -> tuple[int, int, int]:
        """Places of the scope's accounts; of them those that nobody reachable fills, and the senior ones of these."""
        gaps = Gaps(self.look.counting.places, len(self._names))
        return (
            int(gaps.all[self._owned].sum()),
            int(gaps.empty[self._owned].sum()),
            int(gaps.senior[self._owned].sum()),
        )
