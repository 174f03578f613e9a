"""What accounts bought since the period began: more, something else, by a new unit: as `money.growth`. Pure."""

import numpy as np

from voc.metrics.columns.kinds import sum_of
from voc.metrics.columns.money.fact_rows import WITHOUT, FactRows, together, without_amount
from voc.metrics.columns.money.owners import Owned
from voc.metrics.columns.money.period import Period
from voc.metrics.columns.money.sales import CROSS_SELL, UNIT, UPSELL, Sales

_WORDS = ("bought_more", "unchanged", *WITHOUT)


def expansion(period: Period) -> FactRows:
    return _rows(period, UPSELL, CROSS_SELL, UNIT)


def upsell(period: Period) -> FactRows:
    return _rows(period, UPSELL)


def cross_sell(period: Period) -> FactRows:
    return _rows(period, CROSS_SELL)


def whitespace(period: Period) -> FactRows:
    return _rows(period, UNIT)


def _rows(period: Period, *wanted: int) -> FactRows:
    """Each account's opening revenue and what was added, shared among its owners by their days."""
    deals, opening = period.records.deals, period.opening
    found = period.sales
    found = Sales(*(one[np.isin(found.kind, wanted) & (opening[found.account] > 0)] for one in found))
    gain = deals.gain[found.deal]
    mine, stretch = period.shares, period.stretches.place(found.account, deals.closes_on[found.deal])
    known = ~np.isnan(gain)
    won = sum_of(mine.of_stretch[stretch[known]], gain[known], len(mine.account))
    whole = opening[mine.account] * mine.days / period.days
    shared = FactRows(mine.account, *mine.owner, won, whole, np.where(won != 0, 0, 1), _WORDS)
    unknown = found.deal[~known]
    owner = Owned(deals.csm[unknown], deals.inherited[unknown])
    return together(
        shared.inside(np.flatnonzero(whole > 0)),
        without_amount(found.account[~known], owner, deals.no_rate[unknown], _WORDS),
        _without_opening(period),
    )


def _without_opening(period: Period) -> FactRows:
    rows = period.everybody[np.isnan(period.opening[period.everybody])]
    return without_amount(rows, period.today(rows), period.records.clients.no_rate[rows], _WORDS)
