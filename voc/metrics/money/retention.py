"""Customers and revenue kept among renewals that were decided, and renewals in time (3-metrics 8, 8a). Pure.

A row is an account whose decision fell in the period: with two contracts decided their revenue is added, and
it is lost when nothing of it is left. Money rows read (kept, at stake).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from voc.metrics.model import Fact
from voc.metrics.money.facts import Client, Deal, DealKind, Owned
from voc.metrics.money.rows import Terms, row, without_amount

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
    def latest(self) -> Deal:
        return max(self.deals, key=lambda deal: (deal.closes_on or date.min, deal.id))

    @property
    def id(self) -> str:
        return self.latest.id

    @property
    def owner(self) -> Owned:
        """At the landmark of the latest decision."""
        return self.latest.owner


def renewals(client: Client) -> list[Deal]:
    return [deal for deal in client.deals if deal.kind == DealKind.RENEWAL]


def decided(client: Client, terms: Terms) -> Decided | None:
    deals = tuple(deal for deal in renewals(client) if deal.closed and terms.holds(deal.closes_on))
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


def undecided(client: Client, terms: Terms) -> list[Deal]:
    """Open although the day they were meant to be decided on lies in the period."""
    return [deal for deal in renewals(client) if is_open(deal, terms) and terms.holds(_meant_for(deal))]


def is_open(deal: Deal, terms: Terms) -> bool:
    """Whether it stood open on the day of the figures: a decision that came later was not known then."""
    return not deal.closed or (deal.closes_on is not None and deal.closes_on > terms.on)


def _meant_for(deal: Deal) -> date | None:
    return deal.due_on if deal.closed else deal.closes_on


def _beside(client: Client, terms: Terms) -> list[Fact]:
    return [_row(client, deal, 0.0, 0.0, "not_decided", on=deal.closes_on) for deal in undecided(client, terms)]


def _row(client: Client, deal: Deal, part: float, whole: float, label: str, *, on: date | None) -> Fact:
    return row(client, deal.owner, part, whole, label, kind="renewal", id=deal.id, on=on)


def customer_churn(client: Client, terms: Terms) -> list[Fact]:
    return _logos(client, terms, wanted="lost")


def logo_retention(client: Client, terms: Terms) -> list[Fact]:
    return _logos(client, terms, wanted="kept")


def _logos(client: Client, terms: Terms, *, wanted: str) -> list[Fact]:
    found = decided(client, terms)
    if found is None:
        return _beside(client, terms)
    label = "lost" if found.lost else "kept"
    return [
        _row(client, found.latest, float(label == wanted), 1.0, label, on=found.on),
        *_beside(client, terms),
    ]


def nrr(client: Client, terms: Terms) -> list[Fact]:
    return _money(client, terms, capped=False)


def grr(client: Client, terms: Terms) -> list[Fact]:
    return _money(client, terms, capped=True)


def revenue_churn(client: Client, terms: Terms) -> list[Fact]:
    """What was at stake and is gone, with the account or in part: 1 less gross retention."""
    kept = grr(client, terms)
    return [one._replace(unit=one.unit._replace(part=one.unit.whole - one.unit.part)) for one in kept]


def _money(client: Client, terms: Terms, *, capped: bool) -> list[Fact]:
    found = decided(client, terms)
    if found is None:
        return _beside(client, terms)
    if found.start is None or found.end is None:
        left_out = without_amount(client, found.owner, no_rate=found.no_rate, kind="renewal", id=found.id, on=found.on)
        return [left_out, *_beside(client, terms)]
    end = min(found.end, found.start) if capped else found.end
    part = end if found.start > 0 else 0.0  # of nothing at stake nothing is kept
    return [_row(client, found.latest, part, found.start, _how(found), on=found.on), *_beside(client, terms)]


def _how(found: Decided) -> str:
    assert found.start is not None  # the caller has seen both
    assert found.end is not None
    if found.lost:
        return "lost"
    if found.end < found.start:
        return "shrunk"
    return "grown" if found.end > found.start else "kept"


# --- in time: by the day a renewal was due, decided or not ---


def due(client: Client, terms: Terms) -> list[Deal]:
    """Renewals whose term ended in the period; one that is still open after its day is due too."""
    return [deal for deal in renewals(client) if terms.holds(deal.due_on)]


def on_time_renewal(client: Client, terms: Terms) -> list[Fact]:
    return [_in_time(client, deal, terms) for deal in due(client, terms)] + _no_day(client, terms)


def _in_time(client: Client, deal: Deal, terms: Terms) -> Fact:
    assert deal.due_on is not None  # `due` tests it
    if is_open(deal, terms):
        label = "overdue"
    elif not deal.won:
        label = "lost"
    else:
        label = "in_time" if deal.closes_on is not None and deal.closes_on <= deal.due_on else "late"
    return _row(client, deal, float(label == "in_time"), 1.0, label, on=deal.due_on)


def renewal_confirmed_90(client: Client, terms: Terms) -> list[Fact]:
    return [_confirmed(client, deal) for deal in due(client, terms)] + _no_day(client, terms)


def _confirmed(client: Client, deal: Deal) -> Fact:
    assert deal.due_on is not None  # `due` tests it
    ahead = deal.confirmed_on is not None and deal.confirmed_on <= deal.due_on - AHEAD
    label = "confirmed" if ahead else "confirmed_late" if deal.confirmed_on is not None else "not_confirmed"
    return _row(client, deal, float(ahead), 1.0, label, on=deal.due_on)


def _no_day(client: Client, terms: Terms) -> list[Fact]:
    """Decided in the period, but nobody knows when its term ended."""
    found = [deal for deal in renewals(client) if deal.due_on is None and terms.holds(deal.closes_on)]
    return [_row(client, deal, 0.0, 0.0, "no_due_date", on=deal.closes_on) for deal in found]


def due_day(*, closes_on: date | None, closed: bool, renewal_on: date | None, won: bool = True) -> date | None:
    """The end of a renewal's term. An open one says it itself; a decided one has moved to the day it was decided.

    The account's own renewal date has rolled on by whole years since: the anniversary of it that is nearest to
    the decision is the day it was due. A lost one without any was due on the day it was lost: it is in time either
    way no more. None for one that was won and whose account has no such date.
    """
    if closes_on is None or not closed:
        return closes_on
    if renewal_on is None:
        return None if won else closes_on
    around = [_anniversary(renewal_on, closes_on.year + shift) for shift in (-1, 0, 1)]
    return min(around, key=lambda day: (abs((day - closes_on).days), day))


def _anniversary(day: date, year: int) -> date:
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
