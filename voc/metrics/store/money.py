"""Deals, milestones, activities and answers by account, each under the owner of its day. Reads, and writes nothing."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from voc.accounts import kinds
from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account, account_csm, activity, alias, milestone, opportunity
from voc.base.words import AccountStatus, RecordState, Segment
from voc.metrics.money import owners
from voc.metrics.money.facts import Again, Client, Deal, DealKind, Held, Mark, Owned, Told, Touch
from voc.metrics.money.proofs import REFERENCE
from voc.metrics.money.retention import due_day
from voc.metrics.store import reviews
from voc.metrics.store.again import by_account
from voc.metrics.store.amounts import in_reporting
from voc.metrics.store.customers import was_customer
from voc.metrics.store.told import told_by_account
from voc.metrics.store.upkeep import standing_by_account

_WORTH_NAMING = 50_000
_LOOK_BACK = timedelta(days=180)  # of activities: a review counts for so long


@dataclass(frozen=True)
class _Read:
    """How the rows are read: of these accounts or all, by the winner of merged ones, up to the moment."""

    db: Connection
    moment: datetime
    days: int
    preferences: Preferences
    ids: frozenset[str] | None
    winners: Mapping[str, str]
    held: Mapping[str, tuple[Held, ...]]

    def account_of(self, id: str) -> str:
        return self.winners.get(id, id)

    def rows(self, query: Any, column: ColumnElement[Any]) -> list[Any]:
        return list(self.db.execute(_of(query, column, self.ids)))

    def owner(self, account_id: str, on: date, *, named: str | None = None) -> Owned:
        return owners.owner_on(self.held.get(account_id, ()), on, named=named)


def clients(
    db: Connection,
    *,
    moment: datetime,
    days: int,
    preferences: Preferences,
    account_ids: Collection[str] | None = None,
    also_elsewhere: bool = False,
) -> list[Client]:
    """Accounts with their facts, in order of their ids; `account_ids` None is all, those lost included.

    `also_elsewhere`: whoever was a detractor at another account and was asked again at one of these counts there.
    """
    winners = {row.loser_id: row.winner_id for row in db.execute(select(alias).where(alias.c.kind == "account"))}
    ids = (
        None
        if account_ids is None
        else frozenset(account_ids) | {loser for loser, winner in winners.items() if winner in account_ids}
    )
    read = _Read(db, moment, days, preferences, ids, winners, _held(db, ids, winners, moment))
    rows = _accounts(read)
    renewals = {row.id: row.renewal_on for row in rows}
    deals, marks, touches = _deals(read, renewals), _marks(read, rows), _touches(read)
    few = ids if ids is not None and len(ids) <= _WORTH_NAMING else None
    told = told_by_account(db, winners, after=moment - timedelta(days=days), moment=moment, account_ids=few)
    referenced = {id for id, found in marks.items() if any(mark.kind == REFERENCE for mark in found)}
    standing = standing_by_account(db, referenced, winners, moment=moment)
    again = by_account(db, winners, moment=moment, account_ids=few, also_elsewhere=also_elsewhere)
    return [
        _client(read, row, deals=deals, marks=marks, touches=touches, told=told, standing=standing, again=again)
        for row in rows
    ]


def _of(query: Any, column: ColumnElement[Any], ids: Collection[str] | None) -> Any:
    return query if ids is None or len(ids) > _WORTH_NAMING else query.where(among(column, ids))


def _held(
    db: Connection, ids: Collection[str] | None, winners: Mapping[str, str], moment: datetime
) -> dict[str, tuple[Held, ...]]:
    query = _of(select(account_csm).where(account_csm.c.from_at <= moment), account_csm.c.account_id, ids)
    found: dict[str, list[Held]] = defaultdict(list)
    for row in db.execute(query.order_by(account_csm.c.from_at, account_csm.c.id)):
        ends = None if row.to_at is None or row.to_at > moment else row.to_at.date()
        found[winners.get(row.account_id, row.account_id)].append(Held(row.csm_id, row.from_at.date(), ends))
    return {id: tuple(held) for id, held in found.items()}


def _accounts(read: _Read) -> list[Any]:
    query = select(account).where(account.c.state != RecordState.MERGED, account.c.status != AccountStatus.PROSPECT)
    found = read.rows(query.order_by(account.c.id), account.c.id)
    return found if read.ids is None else [row for row in found if row.id in read.ids]


def _deals(read: _Read, renewals: Mapping[str, date | None]) -> dict[str, list[Deal]]:
    query = select(opportunity).where(opportunity.c.state == RecordState.LIVE).order_by(opportunity.c.id)
    found: dict[str, list[Deal]] = defaultdict(list)
    for row in read.rows(query, opportunity.c.account_id):
        account_id = read.account_of(row.account_id)
        found[account_id].append(_deal(read, row, account_id, renewals.get(account_id)))
    return found


def _deal(read: _Read, row: Any, account_id: str, renewal_on: date | None) -> Deal:
    kind = kinds.deal_kind(row.kind, read.preferences.deal_kinds)
    before, after, amount = (
        in_reporting(read.preferences, value, row.currency) for value in (row.arr_before, row.arr_after, row.amount)
    )
    some = next((value for value in (row.arr_before, row.arr_after, row.amount) if value is not None), None)
    return Deal(
        id=row.id,
        kind=kind,
        closed=row.closed,
        won=row.won,
        closes_on=row.close_on,
        owner=_owner_of_deal(read, account_id, kind, row),
        name=row.name,
        due_on=due_day(closes_on=row.close_on, closed=row.closed, renewal_on=renewal_on, won=row.won),
        before=before,
        after=after,
        amount=amount,
        confirmed_on=row.renewal_confirmed_on,
        no_rate=some is not None and in_reporting(read.preferences, some, row.currency) is None,
    )


def _owner_of_deal(read: _Read, account_id: str, kind: DealKind, row: Any) -> Owned:
    on = row.close_on or read.moment.date()
    if kind == DealKind.RENEWAL:
        return owners.owner_at_landmark(read.held.get(account_id, ()), on, notice_days=read.preferences.notice_days)
    return read.owner(account_id, on)


def _marks(read: _Read, accounts: list[Any]) -> dict[str, list[Mark]]:
    currencies = {row.id: row.currency for row in accounts}
    query = (
        select(milestone)
        .where(milestone.c.state == RecordState.LIVE, milestone.c.on <= read.moment.date())
        .order_by(milestone.c.on, milestone.c.id)
    )
    found: dict[str, list[Mark]] = defaultdict(list)
    for row in read.rows(query, milestone.c.account_id):
        account_id = read.account_of(row.account_id)
        owner = read.owner(account_id, row.on, named=row.csm_id)
        found[account_id].append(
            Mark(
                id=row.id,
                kind=row.kind,
                on=row.on,
                owner=owner,
                actor=owner if row.csm_id is None else Owned(row.csm_id),
                value=None if row.value is None else float(row.value),
                money=in_reporting(read.preferences, row.value, currencies.get(account_id)),
                evidence=row.evidence,
            )
        )
    for written_for, reviewed in reviews.marks(read.db, moment=read.moment, account_ids=read.ids).items():
        found[read.account_of(written_for)] += reviewed
    return found


def _touches(read: _Read) -> dict[str, list[Touch]]:
    since = read.moment.date() - max(timedelta(days=read.days + 90), _LOOK_BACK)
    query = select(
        activity.c.id, activity.c.account_id, activity.c.kind, activity.c.on, activity.c.csm_id, activity.c.contact_id
    ).where(activity.c.state == RecordState.LIVE, activity.c.on > since, activity.c.on <= read.moment.date())
    found: dict[str, list[Touch]] = defaultdict(list)
    for row in read.rows(query.order_by(activity.c.on, activity.c.id), activity.c.account_id):
        account_id = read.account_of(row.account_id)
        kind = kinds.contact_kind(row.kind, read.preferences.activity_kinds)
        owner = read.owner(account_id, row.on, named=row.csm_id)
        found[account_id].append(Touch(row.id, kind, row.on, owner, row.contact_id))
    return found


def _client(
    read: _Read,
    row: Any,
    *,
    deals: Mapping[str, list[Deal]],
    marks: Mapping[str, list[Mark]],
    touches: Mapping[str, list[Touch]],
    told: Mapping[str, list[Told]],
    standing: Mapping[str, tuple[int | None, int]],
    again: Mapping[str, list[Again]],
) -> Client:
    held = read.held.get(row.id, ())
    now = owners.holder(held, read.moment.date())
    score, overdue = standing.get(row.id, (None, 0))
    return Client(
        account_id=row.id,
        name=row.name,
        segment=Segment(row.segment) if row.segment else None,
        customer=was_customer(row, read.moment.date()),
        since_on=row.customer_since_on,
        churned_on=row.churned_on,
        revenue=in_reporting(read.preferences, row.arr, row.currency),
        currency=row.currency,
        known_amount=row.arr is not None,
        parent_id=read.account_of(row.parent_id) if row.parent_id else None,
        renewal_on=row.renewal_on,
        held=held,
        owner=Owned(now.csm_id if now is not None else row.csm_id),
        deals=tuple(deals.get(row.id, ())),
        marks=tuple(marks.get(row.id, ())),
        touches=tuple(touches.get(row.id, ())),
        told=tuple(told.get(row.id, ())),
        again=tuple(again.get(row.id, ())),
        latest_score=score,
        overdue_follow_ups=overdue,
    )
