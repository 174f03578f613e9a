"""Customers and revenue kept among renewals that were decided, and renewals in time (3-metrics 8, 8a). Pure.

A row is an account whose decision fell in the period: with two contracts decided their revenue is added, and
it is lost when nothing of it is left. Money rows read (kept, at stake).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from voc.metrics.money.facts import Deal, DealKind
from voc.metrics.money.rows import Row, Slice, Terms, without_amount

AHEAD = timedelta(days=90)


@dataclass(frozen=True)
class Decided:
    """One account's decisions of the period; `start` None without an amount."""

    deals: tuple[Deal, ...]
    start: float | None
    end: float | None
    no_rate: bool

    @property
    def lost(self) -> bool:
        return not any(one.won for one in self.deals)

    @property
    def on(self) -> date | None:
        return max((one.closes_on for one in self.deals if one.closes_on), default=None)

    @property
    def id(self) -> str:
        return self.deals[-1].id


def renewals(one: Slice) -> list[Deal]:
    return [deal for deal in one.deals if deal.kind == DealKind.RENEWAL]


def decided(one: Slice, terms: Terms) -> Decided | None:
    deals = tuple(deal for deal in renewals(one) if deal.closed and terms.holds(deal.closes_on))
    if not deals:
        return None
    starts, ends = [deal.before for deal in deals], [_end(deal) for deal in deals]
    known = None not in starts and None not in ends
    return Decided(
        deals,
        start=sum(value or 0.0 for value in starts) if known else None,
        end=sum(value or 0.0 for value in ends) if known else None,
        no_rate=any(deal.no_rate for deal in deals),
    )


def _end(deal: Deal) -> float | None:
    """A renewal won without a new amount goes on with the deal's own."""
    if not deal.won:
        return 0.0
    return deal.after if deal.after is not None else deal.amount


def undecided(one: Slice, terms: Terms) -> list[Deal]:
    """Open although the day they were meant to be decided on lies in the period."""
    return [deal for deal in renewals(one) if not deal.closed and terms.holds(deal.closes_on)]


def _beside(one: Slice, terms: Terms) -> list[Row]:
    return [Row(0.0, 0.0, "not_decided", "renewal", deal.id, deal.closes_on) for deal in undecided(one, terms)]


def customer_churn(one: Slice, terms: Terms) -> list[Row]:
    return _logos(one, terms, wanted="lost")


def logo_retention(one: Slice, terms: Terms) -> list[Row]:
    return _logos(one, terms, wanted="kept")


def _logos(one: Slice, terms: Terms, *, wanted: str) -> list[Row]:
    found = decided(one, terms)
    if found is None:
        return _beside(one, terms)
    label = "lost" if found.lost else "kept"
    return [Row(float(label == wanted), 1.0, label, "renewal", found.id, found.on), *_beside(one, terms)]


def nrr(one: Slice, terms: Terms) -> list[Row]:
    return _money(one, terms, capped=False)


def grr(one: Slice, terms: Terms) -> list[Row]:
    return _money(one, terms, capped=True)


def revenue_churn(one: Slice, terms: Terms) -> list[Row]:
    """What was at stake and is gone, with the account or in part: 1 less gross retention."""
    return [row._replace(part=row.whole - row.part) for row in grr(one, terms)]


def _money(one: Slice, terms: Terms, *, capped: bool) -> list[Row]:
    found = decided(one, terms)
    if found is None:
        return _beside(one, terms)
    if found.start is None or found.end is None:
        return [without_amount(one.client, found.id, "renewal", no_rate=found.no_rate, on=found.on)]
    end = min(found.end, found.start) if capped else found.end
    return [Row(end, found.start, _how(found), "renewal", found.id, found.on), *_beside(one, terms)]


def _how(found: Decided) -> str:
    assert found.start is not None and found.end is not None  # the caller has seen them
    if found.lost:
        return "lost"
    if found.end < found.start:
        return "shrunk"
    return "grown" if found.end > found.start else "kept"


# --- in time: by the day a renewal was due, decided or not ---


def due(one: Slice, terms: Terms) -> list[Deal]:
    """Renewals whose term ended in the period; one that is still open after its day is due too."""
    return [deal for deal in renewals(one) if terms.holds(deal.due_on)]


def on_time_renewal(one: Slice, terms: Terms) -> list[Row]:
    return [_in_time(deal) for deal in due(one, terms)] + _no_day(one, terms)


def _in_time(deal: Deal) -> Row:
    assert deal.due_on is not None  # `due` tests it
    if not deal.closed:
        label = "overdue"
    elif not deal.won:
        label = "lost"
    else:
        label = "in_time" if deal.closes_on is not None and deal.closes_on <= deal.due_on else "late"
    return Row(float(label == "in_time"), 1.0, label, "renewal", deal.id, deal.due_on)


def renewal_confirmed_90(one: Slice, terms: Terms) -> list[Row]:
    return [_confirmed(deal) for deal in due(one, terms)] + _no_day(one, terms)


def _confirmed(deal: Deal) -> Row:
    assert deal.due_on is not None  # `due` tests it
    ahead = deal.confirmed_on is not None and deal.confirmed_on <= deal.due_on - AHEAD
    label = "confirmed" if ahead else "confirmed_late" if deal.confirmed_on is not None else "not_confirmed"
    return Row(float(ahead), 1.0, label, "renewal", deal.id, deal.due_on)


def _no_day(one: Slice, terms: Terms) -> list[Row]:
    """Decided in the period, but nobody knows when its term ended."""
    found = [deal for deal in renewals(one) if deal.due_on is None and terms.holds(deal.closes_on)]
    return [Row(0.0, 0.0, "no_due_date", "renewal", deal.id, deal.closes_on) for deal in found]


def due_day(*, closes_on: date | None, closed: bool, renewal_on: date | None) -> date | None:
    """The end of a renewal's term. An open one says it itself; a decided one has moved to the day it was decided.

    The account's own renewal date has rolled on by whole years since: the anniversary of it that is nearest to
    the decision is the day it was due. None where the account has no such date.
    """
    if closes_on is None or not closed:
        return closes_on
    if renewal_on is None:
        return None
    around = [_anniversary(renewal_on, closes_on.year + shift) for shift in (-1, 0, 1)]
    return min(around, key=lambda day: (abs((day - closes_on).days), day))


def _anniversary(day: date, year: int) -> date:
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
