"""Columns of rows that name their own owner, in every scope but the accounts'. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from voc.base.words import Scope
from voc.metrics.columns.kinds import Column
from voc.metrics.columns.model import SEGMENTS, Where
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.rows import Books, Rows, tally
from voc.metrics.definition import Definition
from voc.metrics.model import Sample, Tallies


@dataclass(frozen=True)
class Scopes:
    """Where each account and each of our people belongs; `inside` are the accounts of the part that is looked at."""

    where: Where
    csm_ids: Sequence[str]
    inside: Column | None = None
    only: Collection[Scope] = tuple(Scope)

    @cached_property
    def _team_of(self) -> Column:
        return self.where.team_of(self.csm_ids)

    def looked_at(self, rows: FactRows) -> FactRows:
        """Of a part what belongs to an account of it: a week is nobody's."""
        if self.inside is None:
            return rows
        return rows.inside(np.flatnonzero((rows.account >= 0) & self.inside[rows.account]))

    def of(self, rows: FactRows) -> Iterator[tuple[Scope, Sequence[str], Column]]:
        """For each kind of scope its ids, and the place of each row among them (-1: in none)."""
        where, account = self.where, rows.account
        yield Scope.CSM, self.csm_ids, np.where(rows.inherited, -1, rows.csm)
        yield Scope.TEAM, where.team_ids, self._team_of[rows.csm]
        nobody_s = account < 0
        if len(where.names):
            yield Scope.SEGMENT, SEGMENTS, np.where(nobody_s, -1, where.segment[account])
            yield Scope.REGION, where.regions, np.where(nobody_s, -1, where.region[account])
        yield Scope.TOTAL, [""], np.zeros(len(account), np.int64)


def count_rows(tallies: Tallies, scopes: Scopes, definition: Definition, found: FactRows) -> None:
    """Add them to the tallies, account by account within each scope."""
    found = scopes.looked_at(found)
    if not len(found.account):
        return
    found = found.inside(np.argsort(found.account, kind="stable"))
    each_once = bool((found.account[1:] > found.account[:-1]).all())
    for scope, ids, of in scopes.of(found):
        if scope not in scopes.only:
            continue
        inside = np.flatnonzero(of >= 0)
        _count(tallies, scopes, definition, _Part(scope, ids, of[inside], found.inside(inside), each_once))


class _Part(NamedTuple):
    """The rows of one kind of scope; `of` is each one's place among `ids`."""

    scope: Scope
    ids: Sequence[str]
    of: Column
    rows: FactRows
    each_once: bool  # no account has two

    @property
    def books(self) -> tuple[Column, Column]:
        """The number of each row's account and scope, and one row of each; accounts are in order."""
        if self.each_once:
            every = np.arange(len(self.of))
            return every, every
        key = self.rows.account * (len(self.ids) + 1) + self.of
        _, first, book = np.unique(key, return_index=True, return_inverse=True)
        return book, first


def _count(tallies: Tallies, scopes: Scopes, definition: Definition, part: _Part) -> None:
    rows = part.rows
    if not len(part.of):
        return
    book, first = part.books
    books = Books(part.scope, part.ids, part.of[first], rows.account[first])
    columns = Rows(book, rows.part, rows.whole, rows.label, rows.words)
    tally(tallies, definition.name, columns, books, scopes.where.names)
    if definition.reckon:
        for id, sample in _samples(part):
            tallies[part.scope, id][definition.name].sample = sample


def _samples(part: _Part) -> Iterator[tuple[str, Sample]]:
    rows = part.rows
    order = np.argsort(part.of, kind="stable")
    size = np.full(len(order), np.nan) if rows.size is None else rows.size
    part_of, whole, size = rows.part[order], rows.whole[order], size[order]
    there, starts = np.unique(part.of[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    for at, start, end in zip(there.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield part.ids[at], Sample(part_of[start:end], whole[start:end], size[start:end])
