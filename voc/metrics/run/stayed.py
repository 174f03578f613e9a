"""Customers who stayed: their CSMs compared, and net retention without one of them, for everybody, a team or a CSM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voc.base.words import Scope
from voc.metrics import cohorts
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.columns.kinds import Column
from voc.metrics.columns.money import stayed
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.stayed import Clients
from voc.metrics.model import Person
from voc.metrics.money import compared
from voc.metrics.money.compared import Comparison
from voc.metrics.money.page import Without

MOST = 3  # accounts that move the total most
_UNDECIDED = "not_decided"
_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True)
class KeptRetention:
    """Of one scope: its CSMs compared, net retention without one account or CSM, renewals of no CSM."""

    compared: Comparison
    without: list[Without]
    inherited: int


class Owners:
    """Whose a row is: everybody's, the team's, and the CSM's who has not inherited it."""

    def __init__(self, csm_ids: Sequence[str], people: Mapping[str, Person]) -> None:
        self.csm_ids = csm_ids
        teams = [people[id].manager_id if id in people else None for id in csm_ids]
        self._team_ids = sorted({id for id in teams if id})
        self._team = np.array([self._team_ids.index(id) if id else -1 for id in teams] + [-1], np.int64)
        called = [cohorts.name_of((Scope.CSM, id), people) for id in csm_ids]
        self.names = sorted(set(called))
        self.name = np.array([self.names.index(one) for one in called] + [-1], np.int64)

    def split(self, rows: FactRows) -> dict[Key, Column]:
        found: dict[Key, Column] = {TOTAL: np.arange(len(rows.account))}
        own = np.where(rows.inherited, -1, rows.csm)
        for scope, ids, of in ((Scope.TEAM, self._team_ids, self._team[rows.csm]), (Scope.CSM, self.csm_ids, own)):
            order = np.argsort(of, kind="stable")
            there, starts = np.unique(of[order], return_index=True)
            ends = [*starts[1:].tolist(), len(order)]
            for at, start, end in zip(there.tolist(), starts.tolist(), ends[: len(there)], strict=True):
                if at >= 0:
                    found[scope, ids[at]] = order[start:end]
        return found


class Stayed:
    """Of one period: decisions, and their revenue."""

    def __init__(self, logos: FactRows, money: FactRows, clients: Clients, owners: Owners) -> None:
        self._logos, self._money = _decided(logos), _decided(money)
        self._clients, self._owners = clients, owners
        self._of_logos, self._of_money = owners.split(self._logos), owners.split(self._money)

    def scopes(self) -> list[Key]:
        """Everybody, also where there is nothing: that says so."""
        return list(dict.fromkeys((*self._of_logos, *self._of_money)))

    def reckoned(self, key: Key, *, standard: float) -> KeptRetention:
        logos = self._logos.inside(self._of_logos.get(key, _NOTHING))
        money = self._money.inside(self._of_money.get(key, _NOTHING))
        decided = logos.inside(np.flatnonzero(logos.whole > 0))
        everybody, own = stayed.books(decided, money, self._clients)
        by_id = {self._owners.csm_ids[at]: book for at, book in own.items()}
        return KeptRetention(
            compared=compared.of_books(everybody, dict(sorted(by_id.items())), standard=standard),
            without=self._without(key, money.inside(np.flatnonzero(money.whole > 0))),
            inherited=int(decided.inherited.sum()),
        )

    def _without(self, key: Key, rows: FactRows) -> list[Without]:
        clients, owners = self._clients, self._owners
        accounts = stayed.without_each(clients.name[rows.account], rows.part, rows.whole, most=MOST)
        listed = [Without(clients.names[name], "account", value) for name, value in accounts]
        if key[0] == Scope.CSM:
            return listed
        owner = np.where(rows.inherited, -1, owners.name[rows.csm])
        csms = stayed.without_each(owner, rows.part, rows.whole)
        return listed + [Without(owners.names[name], "csm", value) for name, value in sorted(csms) if name >= 0]


def _decided(found: FactRows) -> FactRows:
    return found.inside(np.flatnonzero(found.label != found.words.index(_UNDECIDED)))
