"""A team's goal as each CSM's: a rate is everybody's own standard, a sum is split by book (8a). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.catalogue import BY_NAME
from voc.metrics.definition import Measure
from voc.metrics.money.page import Goal

SUMS = (Measure.NUMBER, Measure.MONEY)


@dataclass(frozen=True)
class Book:
    arr: float
    accounts: int


def split(target: float, books: Mapping[str, Book], *, by: str, is_sum: bool) -> dict[str, float]:
    """Each CSM's part of the goal; the parts of a sum add up to it. A book that weighs nothing gets nothing."""
    if not is_sum:
        return dict.fromkeys(books, target)
    weights = {id: book.arr if by == "arr" else float(book.accounts) for id, book in books.items()}
    whole = sum(weights.values())
    return {id: target * weight / whole if whole > 0 else 0.0 for id, weight in weights.items()}


def of(targets: Mapping[str, float], books: Mapping[str, Book], *, mine: Sequence[str], by: str) -> tuple[Goal, ...]:
    """The goals that are figures, by name, with the parts of those CSMs."""
    found = []
    for name, target in sorted(targets.items()):
        if name in BY_NAME:
            is_sum = BY_NAME[name].measure in SUMS
            parts = split(target, books, by=by, is_sum=is_sum)
            found.append(Goal(name, target, is_sum, {id: parts[id] for id in mine}))
    return tuple(found)
