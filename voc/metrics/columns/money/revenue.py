"""What accounts paid on a day: as `money.growth.revenue_at`. Pure."""

import numpy as np

from voc.metrics.columns.kinds import MISSING, Column, here
from voc.metrics.columns.money.records import DEAL_KINDS, Records
from voc.metrics.money.facts import DealKind

_SALES = [DEAL_KINDS.index(one) for one in (DealKind.UPSELL, DealKind.CROSS_SELL, DealKind.NEW)]
_RENEWAL = DEAL_KINDS.index(DealKind.RENEWAL)


def revenue_at(records: Records, account: Column, on: Column | int) -> Column:
    """Recurring revenue at the end of a day: today's, walked back over every deal decided since. NaN: not known."""
    clients, deals = records.clients, records.deals
    day = np.broadcast_to(np.asarray(on, np.int64), account.shape)
    revenue: Column = clients.revenue[account].copy()
    counts = _moves(records)
    order = counts[np.lexsort((counts, deals.closes_on[counts], deals.account[counts]))]
    bounds = np.searchsorted(deals.account[order], np.arange(len(records.ids) + 1))
    start, at = bounds[:-1][account], bounds[1:][account] - 1
    rows = np.flatnonzero(~np.isnan(revenue) & (at >= start))
    while len(rows):
        deal = order[at[rows]]
        rows, deal = rows[deals.closes_on[deal] > day[rows]], deal[deals.closes_on[deal] > day[rows]]
        less = np.maximum(0.0, revenue[rows] - np.nan_to_num(deals.gain[deal]))
        revenue[rows] = np.where(deals.kind[deal] == _RENEWAL, deals.before[deal], less)
        at[rows] -= 1
        rows = rows[at[rows] >= start[rows]]
    since, churned = clients.since_on[account], clients.churned_on[account]
    gone = (here(since) & (since > day)) | (here(churned) & (churned <= day))
    return np.where(gone, 0.0, revenue)


def _moves(records: Records) -> Column:
    """Deals that changed what an account pays: a renewal says itself what stood before it."""
    deals = records.deals
    renewed = (deals.kind == _RENEWAL) & ~np.isnan(deals.before)
    sold = deals.won & np.isin(deals.kind, _SALES)
    return np.flatnonzero(deals.closed & (deals.closes_on != MISSING) & (renewed | sold))
