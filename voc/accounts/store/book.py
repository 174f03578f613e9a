"""Read-models of the pages of accounts and contacts: the list, one account's facts, one contact's.

Every query carries what the viewer may see; lists go on from a row (keyset), never by an offset.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, type_coerce

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts, visible_csms
from voc.base.errors import NotFound
from voc.base.schema import (
    account,
    account_csm,
    account_night,
    alias,
    contact,
    contact_change,
    contact_role,
    csm,
    follow_up,
    invitation,
)
from voc.base.types import Instant, Money
from voc.base.words import AccountState, AccountStatus, FollowUpState, RecordState, Role, Segment

SHOWN = (RecordState.LIVE, RecordState.SET_ASIDE)
_WAITING = (FollowUpState.NEW, FollowUpState.ACKNOWLEDGED, FollowUpState.CONTACTED)
_FAR = date(9999, 12, 31)


class Order(StrEnum):
    NAME = "name"
    RENEWAL = "renewal"  # the next one first
    REVENUE = "revenue"  # the largest first


@dataclass(frozen=True)
class AccountRow:
    """`last_answer_at` is the latest counted answer of anybody there; `open_follow_ups` wait for our people."""

    id: str
    name: str
    segment: Segment | None
    status: AccountStatus
    state: RecordState
    arr: Decimal | None
    currency: str | None
    renewal_on: date | None
    csm_id: str | None
    csm_name: str | None
    csm_active: bool
    last_answer_at: datetime | None
    open_follow_ups: int


@dataclass(frozen=True)
class AccountFacts(AccountRow):
    industry: str | None
    country: str | None
    customer_since_on: date | None
    churned_on: date | None
    parent_id: str | None
    parent_name: str | None
    escalated_until_on: date | None
    changed_at: datetime


@dataclass(frozen=True)
class Owner:
    """Who looked after an account from when to when; `to_at` is None for now."""

    csm_id: str | None
    name: str | None
    from_at: datetime
    to_at: datetime | None


def _rows(viewer: Viewer) -> Select[Any]:
    """Of accounts that are named: what is counted of each is looked up for each, not for all there are."""
    answered = (
        select(func.max(confidential.answered_at))
        .where(invitation.c.account_id == account.c.id)
        .correlate(account)
        .scalar_subquery()
    )
    waiting = (
        select(func.count())
        .where(follow_up.c.account_id == account.c.id, follow_up.c.state.in_(_WAITING))
        .correlate(account)
        .scalar_subquery()
    )
    columns: list[ColumnElement[Any]] = [
        account.c.id,
        account.c.name,
        account.c.segment,
        account.c.status,
        account.c.state,
        account.c.arr,
        account.c.currency,
        account.c.renewal_on,
        account.c.csm_id,
        csm.c.name.label("csm_name"),
        func.coalesce(csm.c.active, False).label("csm_active"),
        type_coerce(answered, Instant()).label("last_answer_at"),
        waiting.label("open_follow_ups"),
    ]
    return (
        select(*columns)
        .select_from(account)
        .outerjoin(csm, csm.c.id == account.c.csm_id)
        .where(visible_accounts(viewer), account.c.state.in_(SHOWN))
    )


def _typed(row: Any) -> dict[str, Any]:
    values = dict(row._mapping)
    values["segment"] = Segment(values["segment"]) if values["segment"] else None
    values["status"] = AccountStatus(values["status"])
    values["state"] = RecordState(values["state"])
    return values


@dataclass(frozen=True)
class Stood:
    """In that state when that day ended."""

    on: date
    state: AccountState


@dataclass(frozen=True)
class Filter:
    """What of the accounts is wanted; an empty field wants all. `ids` narrows to what another stage found."""

    words: str = ""
    segment: Segment | None = None
    status: AccountStatus | None = AccountStatus.CUSTOMER
    csm_id: str = ""
    ids: Collection[str] | None = None
    stood: Stood | None = None


def _wanted(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.words:
        conditions.append(account.c.name.icontains(wanted.words, autoescape=True))
    if wanted.segment is not None:
        conditions.append(account.c.segment == wanted.segment)
    if wanted.status is not None:
        conditions.append(account.c.status == wanted.status)
    if wanted.csm_id:
        conditions.append(account.c.csm_id == wanted.csm_id)
    if wanted.ids is not None:
        conditions.append(account.c.id.in_(sorted(wanted.ids)))
    if wanted.stood is not None:
        night = account_night.c
        there = night.as_of == wanted.stood.on, night.state == wanted.stood.state
        conditions.append(account.c.id.in_(select(night.account_id).where(*there)))
    return conditions


def accounts(
    db: Connection, viewer: Viewer, wanted: Filter, *, order: Order = Order.NAME, after: str | None = None, limit: int
) -> list[AccountRow]:
    """A page of them, from the account `after` on; one that is not there any more starts from the top."""
    keys = _keys(order)
    ordered = [key.desc() if down else key for key, down in keys]
    query = select(account.c.id).where(visible_accounts(viewer), account.c.state.in_(SHOWN), *_wanted(wanted))
    if after is not None and (
        last := db.execute(select(*[key for key, _ in keys]).where(account.c.id == after)).first()
    ):
        query = query.where(_beyond(keys, list(last)))
    ids = db.execute(query.order_by(*ordered).limit(limit)).scalars().all()
    return [
        AccountRow(**_typed(row)) for row in db.execute(_rows(viewer).where(account.c.id.in_(ids)).order_by(*ordered))
    ]


def _keys(order: Order) -> list[tuple[ColumnElement[Any], bool]]:
    """What the list is ordered by, and whether downwards; the id makes it whole."""
    if order == Order.RENEWAL:
        return [(func.coalesce(account.c.renewal_on, _FAR), False), (account.c.id, False)]
    if order == Order.REVENUE:
        return [(func.coalesce(account.c.arr, literal(Decimal(0), Money())), True), (account.c.id, False)]
    return [(func.lower(account.c.name), False), (account.c.id, False)]


def _beyond(keys: list[tuple[ColumnElement[Any], bool]], last: list[Any]) -> ColumnElement[bool]:
    (first, down), (id, _) = keys
    further = first < last[0] if down else first > last[0]
    return or_(further, and_(first == last[0], id > last[1]))


@dataclass(frozen=True)
class Totals:
    """How many accounts a filter finds, and their revenue by currency: nothing is converted here."""

    accounts: int
    revenue: dict[str, Decimal]


def totals(db: Connection, viewer: Viewer, wanted: Filter) -> Totals:
    rows = db.execute(
        select(account.c.currency, func.count(), func.sum(account.c.arr))
        .where(visible_accounts(viewer), account.c.state.in_(SHOWN), *_wanted(wanted))
        .group_by(account.c.currency)
        .order_by(account.c.currency)
    ).all()
    revenue = {currency: amount for currency, _, amount in rows if currency and amount is not None}
    return Totals(accounts=sum(count for _, count, _ in rows), revenue=revenue)


def owners_visible(db: Connection, viewer: Viewer) -> list[tuple[str, str]]:
    """Id and name of each CSM whose accounts the viewer sees, by name: for a filter."""
    owning = select(account.c.csm_id).where(visible_accounts(viewer), account.c.state.in_(SHOWN))
    query = (
        select(csm.c.id, csm.c.name).where(visible_csms(viewer), csm.c.id.in_(owning)).order_by(csm.c.name, csm.c.id)
    )
    return [(id, name) for id, name in db.execute(query)]


def current_id(db: Connection, kind: str, id: str) -> str:
    """The record that this id stands for today: a merged one's winner."""
    winner = db.execute(select(alias.c.winner_id).where(alias.c.kind == kind, alias.c.loser_id == id)).scalar()
    return winner or id


def account_facts(db: Connection, account_id: str, viewer: Viewer) -> AccountFacts:
    """One account; NotFound unless the viewer may see it. An old id of a merged account finds its winner."""
    parent = account.alias()
    more = (
        account.c.industry,
        account.c.country,
        account.c.customer_since_on,
        account.c.churned_on,
        account.c.parent_id,
        parent.c.name.label("parent_name"),
        account.c.escalated_until_on,
        account.c.changed_at,
    )
    query = (
        _rows(viewer)
        .add_columns(*more)
        .outerjoin(parent, parent.c.id == account.c.parent_id)
        .where(account.c.id == current_id(db, "account", account_id))
    )
    row = db.execute(query).first()
    if row is None:
        raise NotFound("There is no such account, or it is not yours to see.")
    return AccountFacts(**_typed(row))


def owners(db: Connection, account_id: str) -> list[Owner]:
    """Everybody who looked after it, the latest first."""
    query = (
        select(account_csm.c.csm_id, csm.c.name, account_csm.c.from_at, account_csm.c.to_at)
        .outerjoin(csm, csm.c.id == account_csm.c.csm_id)
        .where(account_csm.c.account_id == account_id)
        .order_by(account_csm.c.from_at.desc(), account_csm.c.id.desc())
    )
    return [Owner(*row) for row in db.execute(query)]


# --- one contact --------------------------------------------------------------------------------


@dataclass(frozen=True)
class ContactFacts:
    id: str
    name: str
    first_name: str | None
    last_name: str | None
    email: str | None
    email_original: str | None  # as it stood in the CRM, if it could not be used as it was
    title: str | None
    department: str | None
    country: str | None
    language: str | None
    time_zone: str | None
    account_id: str
    account_name: str
    state: RecordState
    ours: bool
    created_on: date | None
    left_company: bool
    left_at: datetime | None
    away_until_on: date | None


@dataclass(frozen=True)
class HeldRole:
    account_id: str
    account_name: str
    role: Role
    by_csm: bool
    ended: bool
    direct: bool


@dataclass(frozen=True)
class ContactChange:
    field: str
    old: str | None
    new: str | None
    by: str
    at: datetime


def contact_facts(db: Connection, contact_id: str, viewer: Viewer) -> ContactFacts:
    """One contact of an account the viewer sees, or with a role at one; an old id finds the merged record."""
    contact_id = current_id(db, "contact", contact_id)
    at_ours = (
        select(contact_role.c.contact_id)
        .join(account, account.c.id == contact_role.c.account_id)
        .where(contact_role.c.contact_id == contact_id, visible_accounts(viewer))
    )
    columns = [
        contact.c[name] for name in ContactFacts.__dataclass_fields__ if name not in ("name", "account_name", "state")
    ]
    query = (
        select(*columns, contact.c.state, account.c.name.label("account_name"))
        .join(account, account.c.id == contact.c.account_id)
        .where(
            contact.c.id == contact_id,
            contact.c.state.in_(SHOWN),
            or_(visible_accounts(viewer), contact.c.id.in_(at_ours)),
        )
    )
    row = db.execute(query).first()
    if row is None:
        raise NotFound("There is no such contact, or it is not yours to see.")
    values = dict(row._mapping)
    values["state"] = RecordState(values["state"])
    name = " ".join(part for part in (row.first_name, row.last_name) if part) or row.email or "A contact without a name"
    return ContactFacts(name=name, **values)


def roles_of(db: Connection, contact_id: str, viewer: Viewer) -> list[HeldRole]:
    """The contact's places at accounts the viewer sees."""
    query = (
        select(
            contact_role.c.account_id,
            account.c.name.label("account_name"),
            contact_role.c.role,
            contact_role.c.by_csm,
            contact_role.c.ended,
            contact_role.c.direct,
        )
        .join(account, account.c.id == contact_role.c.account_id)
        .where(contact_role.c.contact_id == contact_id, visible_accounts(viewer))
        .order_by(account.c.name, contact_role.c.role, contact_role.c.by_csm)
    )
    return [HeldRole(**{**row._mapping, "role": Role(row.role)}) for row in db.execute(query)]


def changes_of(db: Connection, contact_id: str, *, limit: int = 50) -> list[ContactChange]:
    """What was changed on the contact, by whom, the latest first."""
    query = (
        select(
            contact_change.c.field, contact_change.c.old, contact_change.c.new, contact_change.c.by, contact_change.c.at
        )
        .where(contact_change.c.contact_id == contact_id)
        .order_by(contact_change.c.at.desc(), contact_change.c.id.desc())
        .limit(limit)
    )
    return [ContactChange(*row) for row in db.execute(query)]
