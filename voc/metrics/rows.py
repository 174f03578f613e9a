"""Rows in one stable order, a page at a time: by account, and within an account as its figure counts them. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import msgspec

from voc.metrics.model import CountedRow

FIRST_PORTION, MOST_AT_ONCE = 100, 2_000  # accounts read at once: few for a dense figure, more where rows are sparse


class Account(NamedTuple):
    """An account's place in the order."""

    name: str
    id: str


class Place(NamedTuple):
    """A row's place: its account's, and which of the account's rows it is."""

    account: Account
    at: int


NAMELESS = Account("\U0010ffff", "")  # the last place of all: rows that are one of a group and of no account


@dataclass(frozen=True)
class Source:
    """Where rows come from: the accounts from a place on (itself included), and the rows of some of them."""

    accounts: Callable[[Account | None, bool, int], Sequence[Account]]  # from there (None: all), backwards, at most
    rows: Callable[[Sequence[Account]], Mapping[Account, Sequence[CountedRow]]]


@dataclass(frozen=True)
class Wanted:
    """Which rows: those that make up the denominator or those beside it, of one label if one is named."""

    beside: bool = False
    label: str = ""

    def takes(self, row: CountedRow) -> bool:
        return (row.whole <= 0) == self.beside and self.label in ("", row.label)


@dataclass(frozen=True)
class Page:
    """`before` and `after` are where the pages beside it end and begin; None where there is none."""

    rows: tuple[CountedRow, ...]
    before: Place | None
    after: Place | None


def walk(source: Source, *, start: Place | None = None, backwards: bool = False) -> Iterator[tuple[Place, CountedRow]]:
    """Every row after the place, or before it, one portion of accounts in memory at a time."""
    account = start.account if start else None
    portion, seen = FIRST_PORTION, False
    while True:
        found = source.accounts(account, backwards, portion + 1)
        fresh = [one for one in found if not (seen and one == account)]
        rows = source.rows(fresh) if fresh else {}
        for one in fresh:
            yield from _of_account(one, rows.get(one, ()), start, backwards=backwards)
        if len(found) <= portion:
            return
        account, seen, portion = found[-1], True, min(2 * portion, MOST_AT_ONCE)


def with_nameless(source: Source, nameless: Sequence[CountedRow]) -> Source:
    """The same, and after all of it rows that belong to no account."""

    def accounts(start: Account | None, backwards: bool, limit: int) -> Sequence[Account]:
        if not nameless:
            return source.accounts(start, backwards, limit)
        if backwards and start in (None, NAMELESS):
            return [NAMELESS, *source.accounts(None, True, limit - 1)] if limit > 1 else [NAMELESS]
        found = [] if start == NAMELESS else list(source.accounts(start, backwards, limit))
        return found if backwards or len(found) >= limit else [*found, NAMELESS]

    def rows(wanted: Sequence[Account]) -> Mapping[Account, Sequence[CountedRow]]:
        named = [one for one in wanted if one != NAMELESS]
        found = dict(source.rows(named)) if named else {}
        return {**found, NAMELESS: nameless} if len(named) < len(wanted) else found

    return Source(accounts, rows)


def remembering(source: Source, most: int) -> Source:
    """The same, of which the first `most` rows are read once, however often a page, what is beside it and sums ask."""
    kept: dict[Account, Sequence[CountedRow]] = {}
    room = most

    def rows(wanted: Sequence[Account]) -> Mapping[Account, Sequence[CountedRow]]:
        nonlocal room
        missing = [one for one in wanted if one not in kept]
        read = source.rows(missing) if missing else {}
        found = {one: kept[one] if one in kept else read.get(one, ()) for one in wanted}
        for one in missing:
            if len(found[one]) < room:
                kept[one], room = found[one], room - 1 - len(found[one])
        return found

    return Source(source.accounts, rows)


def of_sorted(found: Mapping[Account, Sequence[CountedRow]]) -> Source:
    """Rows that are in memory already."""
    order = sorted(found)

    def accounts(start: Account | None, backwards: bool, limit: int) -> Sequence[Account]:
        if backwards:
            end = len(order) if start is None else bisect_right(order, start)
            return order[max(0, end - limit) : end][::-1]
        begin = 0 if start is None else bisect_left(order, start)
        return order[begin : begin + limit]

    return Source(accounts, lambda wanted: {one: found[one] for one in wanted})


def _of_account(
    account: Account, rows: Sequence[CountedRow], start: Place | None, *, backwards: bool
) -> Iterator[tuple[Place, CountedRow]]:
    places = [(Place(account, at), row) for at, row in enumerate(rows)]
    if start is None or account != start.account:
        yield from reversed(places) if backwards else places
    elif backwards:
        yield from ((place, row) for place, row in reversed(places) if place.at < start.at)
    else:
        yield from ((place, row) for place, row in places if place.at > start.at)


def page(
    source: Source,
    wanted: Wanted,
    *,
    size: int,
    after: Place | None = None,
    before: Place | None = None,
    there: int | None = None,
) -> Page:
    """`size` rows after a place, or the last ones before it; the first ones where neither is named.

    `there` is how many there are in all, if that is known: nothing is read for none, and nothing after the last.
    """
    if there == 0:
        return Page((), None, None)
    backwards = before is not None
    found = (one for one in walk(source, start=before or after, backwards=backwards) if wanted.takes(one[1]))
    anywhere = after is not None or before is not None
    read = list(islice(found, size + 1 if there is None or anywhere else min(size + 1, there)))
    more, kept = len(read) > size, read[:size]
    if backwards:
        kept.reverse()
    first, last = (kept[0][0], kept[-1][0]) if kept else (None, None)
    return Page(
        rows=tuple(row for _, row in kept),
        before=first if (more if backwards else after is not None) else None,
        after=last if (backwards or more) else None,
    )


_LONGEST_NAME = 200  # letters in an address; a CRM may hold a million


def told(place: Place) -> str:
    """As an address carries it: without a name that is too long for one, which its id finds again."""
    name = place.account.name if len(place.account.name) <= _LONGEST_NAME else ""
    return msgspec.json.encode([name, place.account.id, place.at]).decode()


def place_of(text: str) -> Place | None:
    """What an address carries; None for what is none."""
    try:
        name, id, at = msgspec.json.decode(text, type=tuple[str, str, int])
    except msgspec.DecodeError:
        return None
    return Place(Account(name, id), at)
