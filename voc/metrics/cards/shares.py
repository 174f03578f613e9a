"""The part of a month somebody held a book, and a team's target divided by book. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from voc.metrics.cards.model import Month, Proration


def days_held(spans: Iterable[tuple[date, date | None]], month: Month) -> int:
    """Days of the month on which at least one of the spans was open. A span ends before its second day."""
    held: set[date] = set()
    for from_on, to_on in spans:
        first = max(from_on, month.first_on)
        end = month.last_on + timedelta(days=1) if to_on is None else min(to_on, month.last_on + timedelta(days=1))
        held.update(first + timedelta(days=number) for number in range((end - first).days))
        if len(held) == month.days:
            break
    return len(held)


def part_of_month(held: int, month: Month, proration: Proration) -> float:
    """Of a sum or a target: the share of the month's days."""
    return 1.0 if proration == Proration.NONE else held / month.days


def by_book(books: Mapping[str, float]) -> dict[str, float | None]:
    """Each one's share of all books; None where there is no book to divide by. The shares add up to 1."""
    whole = sum(books.values())
    return {id: book / whole if whole > 0 else None for id, book in books.items()}
