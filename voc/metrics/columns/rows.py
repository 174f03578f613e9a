"""Rows of one figure as columns, and their sums in every scope. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voc.base.words import Scope
from voc.metrics.columns.kinds import Column, count_of, sum_of
from voc.metrics.model import NO_RATE, Tallies, Tally

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
    there = np.flatnonzero(labels.any(axis=1))
    for at, numbers, added in zip(there.tolist(), labels[there].tolist(), sums.of(there), strict=True):
        found = tallies[books.scope, books.ids[at]][name]
        _add(found, added)
        for word, number in zip(rows.words, numbers, strict=True):
            if number:
                found.labels[word] += number
        if at in named:
            found.left_out += named[at]


def _add(found: Tally, added: Sequence[float]) -> None:
    counted, accounts, part, whole, squares, mm, xx, xm, xx_m, r, rr = added
    found.part += part
    found.whole += whole
    found.counted += int(counted)
    moments = found.moments
    moments.accounts += int(accounts)
    moments.x += part
    moments.m += whole
    moments.squares += squares
    moments.mm += mm
    moments.xx += xx
    moments.xm += xm
    moments.xx_m += xx_m
    moments.r += r
    moments.rr += rr


class _Sums:
    """Per scope: of all rows, and of its accounts, as `_add` takes them."""

    def __init__(self, rows: Rows, books: Books) -> None:
        count = len(books)
        x, m = sum_of(rows.book, rows.part, count), sum_of(rows.book, rows.whole, count)
        squares = sum_of(rows.book, rows.part * rows.part, count)
        counted = sum_of(rows.book, rows.whole > 0, count)
        scope = books.scope_of
        kept = (scope >= 0) & (m > 0)
        self._scope, self._count = scope[kept], len(books.ids)
        x, m, squares, counted = x[kept], m[kept], squares[kept], counted[kept]
        ones = np.ones(len(m))
        share = x / m
        of_accounts = (counted, ones, x, m, squares, m * m, x * x, x * m, x * share, share, share * share)
        self._sums = np.array([self._of(values) for values in of_accounts])

    def of(self, scopes: Column) -> list[list[float]]:
        found: list[list[float]] = self._sums[:, scopes].T.tolist()
        return found

    def _of(self, values: Column) -> Column:
        return sum_of(self._scope, values, self._count)


def _without_rate(rows: Rows, scope: Column, books: Books, account_names: Sequence[str]) -> Mapping[int, list[str]]:
    if NO_RATE not in rows.words:
        return {}
    found: dict[int, list[str]] = {}
    chosen = (rows.label == rows.words.index(NO_RATE)) & (scope >= 0)
    for at, account in zip(scope[chosen].tolist(), books.account_of[rows.book[chosen]].tolist(), strict=True):
        if len(found.setdefault(at, [])) < MOST_NAMED:
            found[at].append(account_names[account])
    return found
