"""A team's goal as each CSM's: a rate is everybody's own standard, a sum is split by book (8a). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


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
