"""The eight kinds of record, as the rules leave them."""

from datetime import date
from decimal import Decimal

import msgspec

from voc.accounts.model.words import Kind
from voc.base.words import AccountStatus, Role, Segment


class Csm(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    email: str | None
    title: str | None
    manager_id: str | None
    time_zone: str | None
    active: bool


class Account(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    parent_id: str | None
    csm_id: str | None
    owner_id: str | None
    segment: Segment | None
    industry: str | None
    country: str | None
    arr: Decimal | None
    currency: str | None
    renewal_on: date | None
    customer_since_on: date | None
    status: AccountStatus
    churned_on: date | None


class Contact(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    email_original: str | None
    title: str | None
    department: str | None
    country: str | None
    language: str | None
    time_zone: str | None
    opted_out: bool
    bounced: bool
    bounced_on: date | None
    bounce_reason: str | None
    left_company: bool
    last_activity_on: date | None
    created_on: date | None
    consented_on: date | None = None  # to be asked by mail


class Relation(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    contact_id: str | None
    roles: tuple[Role, ...]
    active: bool
    direct: bool
    start_on: date | None
    end_on: date | None


class Opportunity(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    owner_id: str | None
    name: str
    kind: str | None
    stage: str | None
    closed: bool
    won: bool
    amount: Decimal | None
    currency: str | None
    close_on: date | None
    arr_before: Decimal | None
    arr_after: Decimal | None
    renewal_confirmed_on: date | None


class OpportunityRole(msgspec.Struct, frozen=True, gc=False):
    id: str
    opportunity_id: str | None
    contact_id: str | None
    role: str | None
    main: bool


class Activity(msgspec.Struct, frozen=True, gc=False):
    id: str
    about_id: str | None
    contact_id: str | None
    csm_id: str | None
    subject: str | None
    kind: str | None
    on: date | None


class Milestone(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    csm_id: str | None
    kind: str | None
    on: date | None
    value: Decimal | None
    evidence: str | None


Record = Csm | Account | Contact | Relation | Opportunity | OpportunityRole | Activity | Milestone

RECORDS: dict[Kind, type[Record]] = {
    Kind.CSM: Csm,
    Kind.ACCOUNT: Account,
    Kind.CONTACT: Contact,
    Kind.RELATION: Relation,
    Kind.OPPORTUNITY: Opportunity,
    Kind.OPPORTUNITY_ROLE: OpportunityRole,
    Kind.ACTIVITY: Activity,
    Kind.MILESTONE: Milestone,
}
