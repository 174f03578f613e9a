"""Renewals that wait for a decision: past their day, or due soon; the earliest first, some of very many."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from voc.base.access import Viewer, visible_accounts
from voc.base.preferences import Preferences
from voc.base.schema import account, alias, csm, opportunity
from voc.base.words import AccountStatus, RecordState, Scope
from voc.metrics.cohorts import Key
from voc.metrics.money.page import Open
from voc.metrics.store.amounts import in_reporting
from voc.metrics.store.deal_words import renewals_by_word


@dataclass(frozen=True)
class Waiting:
    shown: tuple[Open, ...]
    all: int
    late: int  # past their day


@dataclass(frozen=True)
class Undecided:
    """One renewal without what is known of its account; `before` in the reporting currency."""

    id: str
    account_id: str
    due_on: date
    before: float | None
    confirmed_on: date | None


def of_accounts(
    db: Connection, account_ids: Collection[str], merged: Mapping[str, str], *, until: date, preferences: Preferences
) -> list[Undecided]:
    """Of these accounts; what a merged one had is the winner's."""
    wanted = set(account_ids)
    known = [*wanted, *(loser for loser, winner in merged.items() if winner in wanted)]
    columns = opportunity.c
    query = select(
        columns.id,
        columns.account_id,
        columns.close_on,
        columns.arr_before,
        columns.currency,
        columns.renewal_confirmed_on,
    ).where(
        columns.account_id.in_(known),
        columns.state == RecordState.LIVE,
        ~columns.closed,
        renewals_by_word(db, preferences),
        columns.close_on <= until,
    )
    return [
        Undecided(
            id=row.id,
            account_id=merged.get(row.account_id, row.account_id),
            due_on=row.close_on,
            before=in_reporting(preferences, row.arr_before, row.currency),
            confirmed_on=row.renewal_confirmed_on,
        )
        for row in db.execute(query)
    ]


def waiting(
    db: Connection, viewer: Viewer, whole: Key, *, until: date, preferences: Preferences, limit: int
) -> Waiting:
    """Of customers under today's owners."""
    columns = (
        opportunity.c.id,
        account.c.id.label("account_id"),
        account.c.name,
        account.c.csm_id,
        opportunity.c.close_on,
        opportunity.c.arr_before,
        opportunity.c.currency,
        account.c.arr,
        account.c.currency.label("own_currency"),
        opportunity.c.renewal_confirmed_on,
    )
    meant = renewals_by_word(db, preferences)
    query = _of(select(*columns), viewer, whole).where(meant, opportunity.c.close_on <= until)
    rows = db.execute(query.order_by(opportunity.c.close_on, account.c.name, opportunity.c.id).limit(limit))
    counted = query.with_only_columns(func.count())
    today = until - timedelta(days=_AHEAD)
    return Waiting(
        shown=tuple(_open(row, preferences) for row in rows),
        all=db.execute(counted).scalar_one(),
        late=db.execute(counted.where(opportunity.c.close_on <= today)).scalar_one(),
    )


_AHEAD = 90


def _of(query: Select[*tuple[Any, ...]], viewer: Viewer, whole: Key) -> Select[*tuple[Any, ...]]:
    merged = and_(alias.c.kind == "account", alias.c.loser_id == opportunity.c.account_id)
    found = (
        query.select_from(opportunity)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, opportunity.c.account_id))
        .where(
            opportunity.c.state == RecordState.LIVE,
            ~opportunity.c.closed,
            account.c.state == RecordState.LIVE,
            account.c.status == AccountStatus.CUSTOMER,
            visible_accounts(viewer),
        )
    )
    scope, id = whole
    if scope == Scope.CSM:
        return found.where(account.c.csm_id == id)
    if scope == Scope.TEAM:
        return found.join(csm, csm.c.id == account.c.csm_id).where(csm.c.manager_id == id)
    return found


def _open(row: Any, known: Preferences) -> Open:
    before = in_reporting(known, row.arr_before, row.currency)
    return Open(
        id=row.id,
        account_id=row.account_id,
        account_name=row.name,
        csm_id=row.csm_id,
        due_on=row.close_on,
        at_stake=in_reporting(known, row.arr, row.own_currency) if before is None else before,
        confirmed_on=row.renewal_confirmed_on,
    )
