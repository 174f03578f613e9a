"""Customers kept and their revenue, of one scope at once: as `money.compared` and `reckoning.leave_one_out`. Pure."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voc.metrics.columns.kinds import Column, numbered
from voc.metrics.columns.model import SEGMENTS
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.money.compared import Book, Stratum

SIZES = ("", "small", "middle", "large")
_STRATA: tuple[Stratum, ...] = tuple((segment, size) for segment in (*map(str, SEGMENTS), "") for size in SIZES)


@dataclass(frozen=True)
class Clients:
    """Segment (-1 for none), name and the place of the name in its order, of every account."""

    segment: Column
    name: Column
    names: Sequence[str]

    @classmethod
    def of(cls, segment: Column, names: Sequence[str]) -> "Clients":
        ordered = sorted(set(names))
        place = {name: at for at, name in enumerate(ordered)}
        return cls(segment.astype(np.int64), np.array([place[name] for name in names], np.int64), ordered)


def sizes(money: FactRows) -> tuple[Column, Column]:
    """Accounts in their order, and each one's third by what was at stake: as `compared.sizes`."""
    account, latest = _latest(money.account)
    revenue = money.whole[latest]
    known = np.sort(revenue[revenue != 0])
    if len(known) < 3:
        return account, np.where(revenue != 0, SIZES.index("middle"), 0)
    low, high = known[len(known) // 3 - 1], known[-(len(known) // 3)]
    third = np.where(revenue <= low, 1, np.where(revenue >= high, 3, 2))
    return account, np.where(revenue != 0, third, 0)


def _latest(account: Column) -> tuple[Column, Column]:
    """Each account once, and its last row."""
    group, count, first = numbered(account)
    latest = np.empty(count, np.int64)
    latest[group] = np.arange(len(account))
    return account[first], latest


def books(logos: FactRows, money: FactRows, clients: Clients) -> tuple[Book, Mapping[int, Book]]:
    """Of everybody, and of each CSM who has a decision that was not inherited."""
    account, size = sizes(money)
    at = np.searchsorted(account, logos.account)
    there = np.append(account, -1)[at] == logos.account
    its = np.where(there, np.append(size, 0)[at], 0)
    segment = clients.segment[logos.account]
    stratum = np.where(segment < 0, len(SEGMENTS), segment) * len(SIZES) + its
    kept = logos.part > 0
    own = np.flatnonzero((logos.csm >= 0) & ~logos.inherited)
    csm, count, first = numbered(logos.csm[own])
    of_csms = _books(csm, stratum[own], kept[own], logos.account[own], count)
    everybody = _books(np.zeros(len(kept), np.int64), stratum, kept, logos.account, 1)[0]
    return everybody, dict(zip(logos.csm[own][first].tolist(), of_csms, strict=True))


def _books(book: Column, stratum: Column, kept: Column, account: Column, count: int) -> list[Book]:
    wide = len(_STRATA)
    cell = book * wide + stratum
    decided = np.bincount(cell, minlength=count * wide).reshape(count, wide).tolist()
    stayed = np.bincount(cell[kept], minlength=count * wide).reshape(count, wide).tolist()
    _, _, once = numbered(book, account)
    accounts = np.bincount(book[once], minlength=count).tolist()
    return [
        Book({key: (all_, kept_) for key, all_, kept_ in zip(_STRATA, every, some, strict=True) if all_}, number)
        for every, some, number in zip(decided, stayed, accounts, strict=True)
    ]


def without_each(name: Column, part: Column, whole: Column, *, most: int | None = None) -> list[tuple[int, float]]:
    """(name, the ratio without it), the furthest from the whole first: as `reckoning.leave_one_out`."""
    group, count, first = numbered(name)
    parts, wholes = np.bincount(group, part, count), np.bincount(group, whole, count)
    all_parts, all_wholes = math.fsum(parts.tolist()), math.fsum(wholes.tolist())
    if count < 2 or all_wholes <= 0:
        return []
    left = all_wholes - wholes
    others = np.flatnonzero(left > 0)
    ratios = (all_parts - parts[others]) / left[others]
    away = np.abs(ratios - all_parts / all_wholes)
    order = _furthest(away, most)
    names = name[first][others]
    found = zip((-away[order]).tolist(), names[order].tolist(), ratios[order].tolist(), strict=True)
    return [(called, ratio) for _, called, ratio in heapq.nsmallest(len(away) if most is None else most, found)]


def _furthest(away: Column, most: int | None) -> Column:
    """Those that may be among the first so many: ties at the cut too."""
    if most is None or len(away) <= most:
        return np.arange(len(away))
    return np.flatnonzero(away >= np.partition(away, -most)[-most])
