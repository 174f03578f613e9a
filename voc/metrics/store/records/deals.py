"""Opportunities as columns, each under its owner and with the day its term ended."""

import numpy as np
from sqlalchemy import select

from voc.accounts.kinds import deal_kind
from voc.base.schema import opportunity
from voc.base.words import RecordState
from voc.metrics.columns.kinds import MISSING, Column, here
from voc.metrics.columns.money.owners import Owned, Ownership
from voc.metrics.columns.money.period import day_of
from voc.metrics.columns.money.records import DEAL_KINDS, Deals
from voc.metrics.money.facts import DealKind
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.records.words import kinds_of

_RENEWAL = DEAL_KINDS.index(DealKind.RENEWAL)


def deals(ground: Ground, owned: Ownership) -> Deals:
    columns = opportunity.c
    words = kinds_of(ground.db, columns.kind)
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("kind", columns.kind, Kind.WORD, words),
        Field("closed", columns.closed, Kind.FLAG),
        Field("won", columns.won, Kind.FLAG),
        Field("closes_on", columns.close_on, Kind.DAY),
        Field("before", columns.arr_before, Kind.REAL),
        Field("after", columns.arr_after, Kind.REAL),
        Field("amount", columns.amount, Kind.REAL),
        Field("currency", ground.currency_of(columns.currency), Kind.WORD, ground.currencies),
        Field("confirmed_on", columns.renewal_confirmed_on, Kind.DAY),
    )
    live = columns.state == RecordState.LIVE, *ground.theirs(columns.account_id)
    found = read(ground.db, fields, lambda wanted: select(*wanted).where(*live).order_by(columns.id))
    found["account"] = ground.client(found["account"])
    known = found["account"] >= 0
    found = {name: values[known] for name, values in found.items()}
    meanings = [DEAL_KINDS.index(deal_kind(word, ground.preferences.deal_kinds)) for word in (*words, None)]
    kind = np.array(meanings, np.int64)[found.pop("kind")]  # the last for a deal without a kind
    currency = found.pop("currency")
    cents = found["before"], found["after"], found["amount"]
    some = np.logical_or.reduce([~np.isnan(one) for one in cents])
    amounts = {name: ground.amount(found.pop(name), currency) for name in ("before", "after", "amount")}
    owner = _owners(ground, owned, found, kind)
    renewal_on = ground.rows["renewal_on"][found["account"]]
    due_on = due_days(found["closes_on"], closed=found["closed"], renewal_on=renewal_on, won=found["won"])
    return Deals(
        **found,
        **amounts,
        kind=kind,
        gain=_gain(**amounts),
        due_on=due_on,
        no_rate=np.isnan(ground.rates[currency]) & some,
        csm=owner.csm,
        inherited=owner.inherited,
    )


def _owners(ground: Ground, owned: Ownership, found: dict[str, Column], kind: Column) -> Owned:
    """A renewal's at its landmark, any other's on the day of the decision."""
    account = found["account"]
    on = np.where(here(found["closes_on"]), found["closes_on"], day_of(ground.moment.date()))
    then = owned.at_landmark(account, on, notice_days=ground.preferences.notice_days)
    now = owned.of_day(account, on)
    renewal = kind == _RENEWAL
    return Owned(*(np.where(renewal, one, other) for one, other in zip(then, now, strict=True)))


def _gain(*, before: Column, after: Column, amount: Column) -> Column:
    """Recurring revenue that each added."""
    both = ~np.isnan(before) & ~np.isnan(after)
    grown: Column = np.where(both, np.maximum(0.0, after - before), np.where(np.isnan(after), amount, after))
    return grown


def due_days(closes_on: Column, *, closed: Column, renewal_on: Column, won: Column) -> Column:
    """The end of each renewal's term, as `retention.due_day`."""
    found = np.where(won, MISSING, closes_on)
    around = np.flatnonzero(closed & here(closes_on) & here(renewal_on))
    nearest = _nearest_anniversary(renewal_on[around], closes_on[around])
    found[around] = nearest
    plain = ~closed | ~here(closes_on)
    return np.where(plain, closes_on, found)


def _nearest_anniversary(day: Column, to: Column) -> Column:
    """Of two as near the earlier one."""
    month = day.astype("M8[D]").astype("M8[M]").astype(np.int64)  # since 1970
    of_month = day - month.astype("M8[M]").astype("M8[D]").astype(np.int64)
    of_month = np.where((month % 12 == 1) & (of_month == 28), 27, of_month)  # 29 February is the 28th of every year
    year = to.astype("M8[D]").astype("M8[Y]").astype(np.int64)
    best = np.full(len(day), MISSING)
    for shift in (-1, 0, 1):
        start = ((year + shift) * 12 + month % 12).astype("M8[M]")
        one = start.astype("M8[D]").astype(np.int64) + of_month
        nearer = (best == MISSING) | (np.abs(one - to) < np.abs(best - to))
        best = np.where(nearer, one, best)
    return best
