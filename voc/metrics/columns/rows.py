"""Rows of one figure as columns, and their sums in every scope. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voc.base.words import Scope
from voc.metrics.columns.kinds import Column, count_of, sum_of
from voc.metrics.model import NO_RATE, Tallies
from voc.statistics.moments import Moments

MOST_NAMED = 500  # accounts without a rate, in one figure


@dataclass(frozen=True)
class Books:
    """What one kind of scope has of each account: its ids, and for each book the scope (-1: none) and the account."""

    scope: Scope
    ids: Sequence[str]
    scope_of: Column
    account_of: Column

    def __len__(self) -> int:
        return len(self.scope_of)


@dataclass(frozen=True)
class Rows:
    """As `Unit`, one after the other: `book` says whose row it is, `label` is a place among `words`."""

    book: Column
    part: Column
    whole: Column
    label: Column
    words: Sequence[str]


def yes_no(book: Column, met: Column, weight: Column | float, *, yes: str, no: str) -> Rows:
    whole = np.broadcast_to(np.asarray(weight, np.float64), met.shape)
    return Rows(book, whole * met, whole, np.where(met, 0, 1), (yes, no))


def tally(tallies: Tallies, name: str, rows: Rows, books: Books, account_names: Sequence[str]) -> None:
    """Add the rows to their scopes; the sums over accounts, book by book, are what the clustering needs."""
    count, words = len(books.ids), len(rows.words)
    if not len(rows.book) or not count:
        return
    scope = books.scope_of[rows.book]
    inside = scope >= 0
    labels = count_of(scope[inside] * words + rows.label[inside], count * words).reshape(count, words)
    sums = _Sums(rows, books)
    named = _without_rate(rows, scope, books, account_names)
    for at in np.flatnonzero(labels.any(axis=1)).tolist():
        found = tallies[books.scope, books.ids[at]][name]
        found.part += float(sums.part[at])
        found.whole += float(sums.whole[at])
        found.counted += int(sums.counted[at])
        # A word may stand twice: places that need two holders are told apart by it.
        found.labels.update(Counter({word: int(n) for word, n in zip(rows.words, labels[at], strict=True) if n}))
        sums.into(found.moments, at)
        found.left_out += named.get(at, [])


class _Sums:
    """Per scope: of all rows, and of its accounts."""

    def __init__(self, rows: Rows, books: Books) -> None:
        count = len(books)
        x, m = sum_of(rows.book, rows.part, count), sum_of(rows.book, rows.whole, count)
        squares = sum_of(rows.book, rows.part * rows.part, count)
        counted = sum_of(rows.book, rows.whole > 0, count)
        scope = books.scope_of
        kept = (scope >= 0) & (m > 0)
        self._scope, self._count = scope[kept], len(books.ids)
        x, m, squares, counted = x[kept], m[kept], squares[kept], counted[kept]
        self.part, self.whole, self.counted = self._of(x), self._of(m), self._of(counted)
        self._accounts, self._squares = count_of(self._scope, self._count), self._of(squares)
        self._mm, self._xx = self._of(m * m), self._of(x * x)
        self._xm, self._xx_m = self._of(x * m), self._of(x * x / m)
        self._r, self._rr = self._of(x / m), self._of(x / m * (x / m))

    def _of(self, values: Column) -> Column:
        return sum_of(self._scope, values, self._count)

    def into(self, moments: Moments, at: int) -> None:
        for name, values in (
            ("accounts", self._accounts),
            ("x", self.part),
            ("m", self.whole),
            ("squares", self._squares),
            ("mm", self._mm),
            ("xx", self._xx),
            ("xm", self._xm),
            ("xx_m", self._xx_m),
            ("r", self._r),
            ("rr", self._rr),
        ):
            setattr(moments, name, getattr(moments, name) + type(getattr(moments, name))(values[at]))


def _without_rate(rows: Rows, scope: Column, books: Books, account_names: Sequence[str]) -> Mapping[int, list[str]]:
    if NO_RATE not in rows.words:
        return {}
    found: dict[int, list[str]] = {}
    chosen = (rows.label == rows.words.index(NO_RATE)) & (scope >= 0)
    for at, account in zip(scope[chosen].tolist(), books.account_of[rows.book[chosen]].tolist(), strict=True):
        if len(found.setdefault(at, [])) < MOST_NAMED:
            found[at].append(account_names[account])
    return found
