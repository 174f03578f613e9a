"""Won deals of a period, and whom each is credited to: as `money.growth.sold` and `credit_units`. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from voc.metrics.columns.kinds import Column, here
from voc.metrics.columns.money.records import DEAL_KINDS, Records
from voc.metrics.money.facts import DealKind
from voc.metrics.money.growth import line_of, root_of

UPSELL, CROSS_SELL, UNIT = (DEAL_KINDS.index(one) for one in (DealKind.UPSELL, DealKind.CROSS_SELL, DealKind.UNIT))
_RENEWAL, _NEW = DEAL_KINDS.index(DealKind.RENEWAL), DEAL_KINDS.index(DealKind.NEW)


class Sales(NamedTuple):
    """Won deals of the period; `kind` is upsell, cross-sell or unit, `account` whoever it is credited to."""

    account: Column
    kind: Column
    deal: Column


def sales(records: Records, opening: Column, *, after_on: int, on: int) -> Sales:
    """`opening` is what each account paid when the period began."""
    deals = records.deals
    grown = ~np.isnan(deals.before) & (np.nan_to_num(deals.after) > deals.before)
    kind = np.where(deals.kind == _RENEWAL, np.where(grown, UPSELL, -1), deals.kind)
    sold = deals.won & deals.closed & np.isin(kind, [UPSELL, CROSS_SELL])
    rows = np.flatnonzero(sold)
    credited = _units(records, opening, after_on)
    account = np.concatenate([deals.account[rows], credited[0]])
    deal = np.concatenate([rows, credited[1]])
    found = Sales(account, np.concatenate([kind[rows], np.full(len(credited[0]), UNIT)]), deal)
    inside = (deals.closes_on[deal] > after_on) & (deals.closes_on[deal] <= on)
    return Sales(*(one[inside] for one in found))


def _units(records: Records, opening: Column, after_on: int) -> tuple[Column, Column]:
    """First sales to units that paid nothing yet: the account of the group that is credited, and the deal."""
    parents = records.clients.parents
    place = {id: at for at, id in enumerate(records.ids) if records.clients.there[at]} if parents else {}
    inside = {id: parent for id, parent in parents.items() if id in place}
    paying = np.nan_to_num(opening) > 0
    first = _first_sales(records)
    groups: Mapping[str, list[str]] | None = None
    account, deal = [], []
    for id in inside:
        at = place[id]
        if paying[at] or first[at] < 0 or records.deals.closes_on[first[at]] <= after_on:
            continue
        groups = groups or _paying_groups(place, inside, paying)
        above = [one for one in line_of(id, inside)[1:] if one in place and paying[place[one]]]
        nearest = above + sorted(groups.get(root_of(id, inside), ()))
        if nearest:
            account.append(place[nearest[0]])
            deal.append(int(first[at]))
    return np.array(account, np.int64), np.array(deal, np.int64)


def _first_sales(records: Records) -> Column:
    """Of each account the first deal won as new business; -1 for none."""
    deals = records.deals
    rows = np.flatnonzero((deals.kind == _NEW) & deals.won & deals.closed & here(deals.closes_on))
    found = np.full(len(records.ids), -1, np.int64)
    ordered = rows[np.lexsort((rows, deals.closes_on[rows]))][::-1]
    found[deals.account[ordered]] = ordered
    return found


def _paying_groups(place: Mapping[str, int], parents: Mapping[str, str], paying: Column) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for id in {*parents, *parents.values()}:
        if id in place and paying[place[id]]:
            groups[root_of(id, parents)].append(id)
    return groups
