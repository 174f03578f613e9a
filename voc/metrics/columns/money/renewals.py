"""Customers and revenue kept among renewals that were decided, and renewals in time: as `money.retention`. Pure."""

import numpy as np

from voc.metrics.columns.kinds import Column, here
from voc.metrics.columns.money import decisions
from voc.metrics.columns.money.fact_rows import WITHOUT, FactRows, beside, together, without_amount
from voc.metrics.columns.money.owners import Owned
from voc.metrics.columns.money.period import Period
from voc.metrics.money.retention import AHEAD

_LOGOS = ("lost", "kept", "not_decided")
_MONEY = ("lost", "shrunk", "grown", "kept", "not_decided", *WITHOUT)
_TIMES = ("overdue", "lost", "in_time", "late", "no_due_date")
_CONFIRMED = ("confirmed", "confirmed_late", "not_confirmed", "no_due_date")


def _renewals(period: Period, chosen: Column) -> Column:
    return decisions.renewals(period.records.deals, chosen)


def _owner(period: Period, rows: Column) -> Owned:
    return decisions.owner_of(period.records.deals, rows)


def _open(period: Period) -> Column:
    """Whether each deal stood open on the day of the figures: a later decision was not known then."""
    deals = period.records.deals
    return ~deals.closed | (deals.closes_on > period.on)


def _undecided(period: Period, words: tuple[str, ...]) -> FactRows:
    deals = period.records.deals
    meant_for = np.where(deals.closed, deals.due_on, deals.closes_on)
    rows = _renewals(period, _open(period) & period.holds(meant_for))
    label = np.full(len(rows), words.index("not_decided"))
    return beside(deals.account[rows], _owner(period, rows), label, words)


def customer_churn(period: Period) -> FactRows:
    return _logos(period, lost=True)


def logo_retention(period: Period) -> FactRows:
    return _logos(period, lost=False)


def _logos(period: Period, *, lost: bool) -> FactRows:
    found = period.decided
    part = (found.lost == lost) * 1.0
    label = np.where(found.lost, 0, 1)
    rows = FactRows(found.account, *found.owner, part, np.ones(len(part)), label, _LOGOS)
    return together(rows, _undecided(period, _LOGOS))


def nrr(period: Period) -> FactRows:
    return _money(period, capped=False)


def grr(period: Period) -> FactRows:
    return _money(period, capped=True)


def revenue_churn(period: Period) -> FactRows:
    kept = grr(period)
    return kept._replace(part=kept.whole - kept.part)


def _money(period: Period, *, capped: bool) -> FactRows:
    found = period.decided
    known = ~np.isnan(found.start) & ~np.isnan(found.end)
    end = np.minimum(found.end, found.start) if capped else found.end
    how = np.select([found.lost, found.end < found.start, found.end > found.start], [0, 1, 2], 3)
    part = np.where(found.start > 0, end, 0.0)  # of nothing at stake nothing is kept
    rows = FactRows(found.account, *found.owner, part, found.start, how, _MONEY)
    unknown = np.flatnonzero(~known)
    owner = Owned(found.owner.csm[unknown], found.owner.inherited[unknown])
    left_out = without_amount(found.account[unknown], owner, found.no_rate[unknown], _MONEY)
    return together(rows.inside(np.flatnonzero(known)), left_out, _undecided(period, _MONEY))


def on_time_renewal(period: Period) -> FactRows:
    deals = period.records.deals
    rows = _renewals(period, period.holds(deals.due_on))
    closes_on = deals.closes_on[rows]
    in_time = here(closes_on) & (closes_on <= deals.due_on[rows])
    label = np.select([_open(period)[rows], ~deals.won[rows], in_time], [0, 1, 2], 3)
    due = FactRows(deals.account[rows], *_owner(period, rows), (label == 2) * 1.0, np.ones(len(rows)), label, _TIMES)
    return together(due, _no_day(period, _TIMES))


def renewal_confirmed_90(period: Period) -> FactRows:
    deals = period.records.deals
    rows = _renewals(period, period.holds(deals.due_on))
    confirmed = deals.confirmed_on[rows]
    ahead = here(confirmed) & (confirmed <= deals.due_on[rows] - AHEAD.days)
    label = np.select([ahead, here(confirmed)], [0, 1], 2)
    due = FactRows(deals.account[rows], *_owner(period, rows), ahead * 1.0, np.ones(len(rows)), label, _CONFIRMED)
    return together(due, _no_day(period, _CONFIRMED))


def _no_day(period: Period, words: tuple[str, ...]) -> FactRows:
    """Decided in the period, but nobody knows when its term ended."""
    deals = period.records.deals
    rows = _renewals(period, ~here(deals.due_on) & period.holds(deals.closes_on))
    label = np.full(len(rows), words.index("no_due_date"))
    return beside(deals.account[rows], _owner(period, rows), label, words)
