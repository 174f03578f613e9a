"""Invitations that are not due yet, by scope (3-metrics 1.5): as `flight` says of accounts one by one. Pure."""

from functools import cached_property

import numpy as np

from voc import statistics
from voc.base.words import Scope
from voc.metrics.cohorts import Key
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.kinds import Column, here
from voc.metrics.columns.model import DAY, Asked
from voc.metrics.flight import CURVE_DAYS, LEAST_AT_HORIZON, Flight


class Running:
    """The waves under way; `horizon` is the number of days until an invitation is due."""

    def __init__(self, counting: Counting, *, horizon: int) -> None:
        self._counting, self._horizon = counting, horizon
        company = counting.company
        self._at, asked = company.at, company.asked
        flying = asked.flying(self._at)
        waves = np.unique(asked.wave[flying])
        pool = ~asked.confidential & ~asked.elsewhere & here(asked.sent) & asked.delivered & asked.eligible
        self._pool = asked.of(counting.asked_in(np.flatnonzero(pool & np.isin(asked.wave, waves))))

    @cached_property
    def _scope_of(self) -> dict[Scope, Column]:
        return dict(self._counting.scopes_of_asked(self._pool))

    def sums(self, key: Key) -> tuple[int, int, int]:
        """Answered, waiting, and the accounts of both."""
        pool = self._in(key)
        if pool is None:
            return 0, 0, 0
        running = pool.of(np.flatnonzero(pool.flying(self._at)))
        answered = int(here(running.answered).sum())
        return answered, len(running) - answered, len(np.unique(running.account))

    def _in(self, key: Key) -> Asked | None:
        """The waves under way, of one scope."""
        ids = self._counting.ids_of(key[0])
        if key[1] not in ids or not len(self._pool):
            return None
        return self._pool.of(np.flatnonzero(self._scope_of[key[0]] == ids.index(key[1])))

    @cached_property
    def _flies(self) -> bool:
        return bool(self._pool.flying(self._at).any())

    def of(self, key: Key) -> Flight | None:
        pool = self._in(key) if self._flies else None
        running = None if pool is None else pool.of(np.flatnonzero(pool.flying(self._at)))
        if pool is None or running is None or not len(running):
            return None
        answered = int(here(running.answered).sum())
        expected, z = self._pace(running, answered)
        reached = int((here(pool.due) & (pool.due <= self._at)).sum())
        heading = self._heading_for(pool) if reached >= LEAST_AT_HORIZON else None
        return Flight(len(running), answered, expected, z, heading, reached)

    @cached_property
    def curve(self) -> Column | None:
        """Share of the delivered that had answered by each whole day, from what came due in the last 365 days."""
        asked = self._counting.company.asked
        due = asked.settled(after=self._at - CURVE_DAYS * DAY, moment=self._at)
        rows = asked.of(np.flatnonzero(due & ~asked.elsewhere & asked.delivered & asked.eligible))
        if not len(rows):
            return None
        taken = _days_to_answer(rows)[rows.on_time]
        return np.searchsorted(np.sort(taken), np.arange(self._horizon + 1), side="right") / len(rows)

    def _age(self, asked: Asked) -> Column:
        return np.minimum((self._at - asked.sent) / DAY, float(self._horizon))

    def _pace(self, running: Asked, answered: int) -> tuple[float | None, float | None]:
        if self.curve is None:
            return None, None
        chance = self.curve[np.floor(self._age(running)).astype(np.int64)]
        pace = statistics.pace_at(chances=chance.tolist(), answered=answered)
        return pace["expected"], pace["z"]

    def _heading_for(self, pool: Asked) -> float | None:
        taken = _days_to_answer(pool)
        in_time = here(pool.answered) & (taken <= self._horizon)
        days = np.where(in_time, taken, self._age(pool))
        return statistics.product_limit_rate(days=days, responded=in_time)


def _days_to_answer(asked: Asked) -> Column:
    known = here(asked.answered) & here(asked.sent)
    return np.where(known, (asked.answered - np.where(known, asked.sent, 0)) / DAY, 0.0)
