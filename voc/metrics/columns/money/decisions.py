"""Renewals that were decided in a period: as `money.retention` says of one account. Pure."""

from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import Column, last_of, numbered, sum_of
from voc.metrics.columns.money.owners import Owned
from voc.metrics.columns.money.records import DEAL_KINDS, Deals
from voc.metrics.money.facts import DealKind

_RENEWAL = DEAL_KINDS.index(DealKind.RENEWAL)


class Decided(NamedTuple):
    """One row an account: its decisions of the period added up, under the owner at the landmark of the latest."""

    account: Column
    owner: Owned
    start: Column  # NaN without an amount
    end: Column
    lost: Column
    no_rate: Column


def renewals(deals: Deals, chosen: Column) -> Column:
    return np.flatnonzero((deals.kind == _RENEWAL) & chosen)


def owner_of(deals: Deals, rows: Column) -> Owned:
    return Owned(deals.csm[rows], deals.inherited[rows])


def decided(deals: Deals, inside: Column) -> Decided:
    """`inside`: whose day lies in the period."""
    rows = renewals(deals, deals.closed & inside)
    group, groups, first = numbered(deals.account[rows])
    latest = rows[last_of(group, (deals.closes_on[rows], rows), groups)]
    kept = np.where(np.isnan(deals.after[rows]), deals.amount[rows], deals.after[rows])
    end = np.where(deals.won[rows], kept, 0.0)
    return Decided(
        account=deals.account[rows][first],
        owner=owner_of(deals, latest),
        start=sum_of(group, deals.before[rows], groups),
        end=sum_of(group, end, groups),
        lost=sum_of(group, deals.won[rows], groups) == 0,
        no_rate=sum_of(group, deals.no_rate[rows], groups) > 0,
    )
