"""What an account paid on a day, and what it bought since: more, something else, by a new unit (8a). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from voc.metrics.model import Fact, Unit
from voc.metrics.money.facts import Client, Deal, DealKind
from voc.metrics.money.rows import Terms, row, without_amount

WHITESPACE = "whitespace"  # the first purchase of a new unit
_SALES = frozenset({DealKind.UPSELL, DealKind.CROSS_SELL, DealKind.NEW})


def revenue_at(client: Client, on: date) -> float | None:
    """Recurring revenue at the end of that day: today's, walked back over every deal decided since.

    A renewal says itself what stood before it. None without an amount in the CRM or without a rate.
    """
    if client.since_on is not None and client.since_on > on:
        return 0.0
    if client.churned_on is not None and client.churned_on <= on:
        return 0.0
    revenue = client.revenue
    if revenue is None:
        return None
    since = [deal for deal in client.deals if deal.closed and deal.closes_on is not None and deal.closes_on > on]
    for deal in sorted(since, key=lambda deal: (deal.closes_on, deal.id), reverse=True):
        if deal.kind == DealKind.RENEWAL:
            revenue = revenue if deal.before is None else deal.before
        elif deal.won and deal.kind in _SALES:
            revenue = max(0.0, revenue - (deal.gain or 0.0))
    return revenue


def as_kind(deal: Deal) -> str | None:
    """What a won deal is to the accounts that were there when the period began; None if it is no expansion."""
    if not deal.won or not deal.closed:
        return None
    if deal.kind in (DealKind.UPSELL, DealKind.CROSS_SELL):
        return deal.kind.value
    if deal.kind == DealKind.UNIT:
        return WHITESPACE
    if deal.kind == DealKind.RENEWAL and deal.before is not None and (deal.after or 0.0) > deal.before:
        return DealKind.UPSELL.value  # at the renewal
    return None


def sold(client: Client, terms: Terms) -> list[tuple[str, Deal]]:
    """(kind, deal) of the period."""
    found = [(as_kind(deal), deal) for deal in client.deals if terms.holds(deal.closes_on)]
    return [(kind, deal) for kind, deal in found if kind]


def _rows(client: Client, terms: Terms, *wanted: str) -> list[Fact]:
    """The account's opening revenue and what was added, shared among its owners by their days."""
    opening = revenue_at(client, terms.after_on)
    if opening is None:
        return [without_amount(client, client.owner, no_rate=client.no_rate)]
    if opening <= 0:
        return []  # no customer yet when the period began
    sales = [deal for kind, deal in sold(client, terms) if kind in wanted]
    unknown = [
        without_amount(client, deal.owner, no_rate=deal.no_rate, kind="sale", id=deal.id, on=deal.closes_on)
        for deal in sales
        if deal.gain is None
    ]
    rows = []
    for stretch in terms.stretches(client):
        mine = [deal for deal in sales if deal.closes_on is not None and stretch.has(deal.closes_on)]
        won = sum(deal.gain or 0.0 for deal in mine)
        latest = max((deal.closes_on for deal in mine if deal.closes_on), default=None)
        label = "bought_more" if won else "unchanged"
        rows.append(row(client, stretch.owner, won, opening * stretch.days / terms.days, label, on=latest))
    return joined(rows) + unknown


def joined(rows: Iterable[Fact]) -> list[Fact]:
    """Rows of one account under one owner added up: two stretches are one row."""
    found: dict[tuple[str | None, bool], Fact] = {}
    for one in rows:
        key = (one.csm_id, one.inherited)
        before = found.get(key)
        found[key] = one if before is None else before._replace(unit=_added(before.unit, one.unit))
    return list(found.values())


def _added(first: Unit, second: Unit) -> Unit:
    more = first if first.part else second
    days = [day for day in (first.on, second.on) if day is not None]
    return first._replace(
        part=first.part + second.part,
        whole=first.whole + second.whole,
        label=more.label,
        on=max(days, default=None),
    )


def expansion(client: Client, terms: Terms) -> list[Fact]:
    return _rows(client, terms, DealKind.UPSELL, DealKind.CROSS_SELL, WHITESPACE)


def upsell(client: Client, terms: Terms) -> list[Fact]:
    return _rows(client, terms, DealKind.UPSELL)


def cross_sell(client: Client, terms: Terms) -> list[Fact]:
    return _rows(client, terms, DealKind.CROSS_SELL)


def whitespace(client: Client, terms: Terms) -> list[Fact]:
    return _rows(client, terms, WHITESPACE)


def credit_units(clients: Iterable[Client], *, opening_on: date) -> list[Client]:
    """The first sale to a unit that paid nothing yet is credited to the account of its group that did.

    The nearest one above it, else the first of the group. Where nobody of the group paid, it is a new customer.
    """
    listed = list(clients)
    parents = {one.account_id: one.parent_id for one in listed if one.parent_id is not None}
    if not parents:
        return listed
    paying = {one.account_id for one in listed if (revenue_at(one, opening_on) or 0.0) > 0}
    groups: dict[str, list[str]] = defaultdict(list)
    for one in listed:
        if one.account_id in paying:
            groups[root_of(one.account_id, parents)].append(one.account_id)
    credited: dict[str, list[Deal]] = defaultdict(list)
    for one in listed:
        above = line_of(one.account_id, parents)[1:]
        first = _first_sale(one, opening_on) if above and one.account_id not in paying else None
        if first is not None:
            nearest = [id for id in above if id in paying] + sorted(groups[root_of(one.account_id, parents)])
            credited[nearest[0] if nearest else ""].append(replace(first, kind=DealKind.UNIT))
    return [replace(one, deals=(*one.deals, *credited.get(one.account_id, ()))) for one in listed]


def _first_sale(client: Client, opening_on: date) -> Deal | None:
    won = [deal for deal in client.deals if deal.kind == DealKind.NEW and deal.won and deal.closed and deal.closes_on]
    first = min(won, key=lambda deal: (deal.closes_on or date.max, deal.id), default=None)
    return first if first is not None and first.closes_on is not None and first.closes_on > opening_on else None


def root_of(account_id: str, parents: Mapping[str, str]) -> str:
    """The top of the group; where the CRM goes round in a circle, the first id of it."""
    line = line_of(account_id, parents)
    return line[-1] if parents.get(line[-1]) is None else min(line)


def line_of(account_id: str, parents: Mapping[str, str]) -> list[str]:
    """The account and those above it, up to the top or to where a circle closes."""
    line = [account_id]
    while (above := parents.get(line[-1])) is not None and above not in line:
        line.append(above)
    return line
