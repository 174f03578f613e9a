"""Customers, their people and deals, as the CRM tells them [accounts]."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
    true,
)

from voc.base import words
from voc.base.schema.declaring import Numbered, metadata, one_of
from voc.base.types import Instant, Json, Money

__all__ = [
    "account",
    "account_csm",
    "activity",
    "alias",
    "contact",
    "contact_change",
    "contact_role",
    "csm",
    "escalation",
    "milestone",
    "opportunity",
    "opportunity_role",
    "relation",
]


class _Csm(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    name: Named[str] = Column(Text)
    email: Named[str | None] = Column(String(320), index=True)
    title: Named[str | None] = Column(Text)
    manager_id: Named[str | None] = Column(String(64), index=True)  # may name somebody who is not in the export
    time_zone: Named[str | None] = Column(String(64))
    active: Named[bool] = Column(Boolean)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


csm = Table("csm", metadata, _Csm, one_of("state", words.RecordState))


class _Account(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    name: Named[str] = Column(Text)
    parent_id: Named[str | None] = Column(String(64), index=True)
    csm_id: Named[str | None] = Column(String(64), index=True)  # as the CRM says; may be inactive or unknown
    owner_id: Named[str | None] = Column(String(64))
    segment: Named[str | None] = Column(String(16), index=True)
    industry: Named[str | None] = Column(Text)
    country: Named[str | None] = Column(Text)
    arr: Named[Decimal | None] = Column(Money)
    currency: Named[str | None] = Column(String(3))
    renewal_on: Named[date | None] = Column(Date)
    customer_since_on: Named[date | None] = Column(Date)
    status: Named[str] = Column(String(16), index=True)
    churned_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))
    first_seen_at: Named[datetime] = Column(Instant)
    changed_at: Named[datetime] = Column(Instant)
    # ours, never touched by a sync
    escalated_until_on: Named[date | None] = Column(Date)


account = Table(
    "account",
    metadata,
    _Account,
    one_of("status", words.AccountStatus),
    one_of("segment", words.Segment),
    one_of("state", words.RecordState),
)


class _AccountCsm(Numbered):
    """Who owned an account when; `to_at` is null for now. Figures already frozen keep the old owner."""

    account_id: Named[str] = Column(ForeignKey("account.id"))
    csm_id: Named[str | None] = Column(String(64), index=True)
    from_at: Named[datetime] = Column(Instant)
    to_at: Named[datetime | None] = Column(Instant)


account_csm = Table("account_csm", metadata, _AccountCsm, Index("ix_account_csm_account", "account_id", "from_at"))


class _Escalation(Numbered):
    """An account under escalation: nobody there is chased until a day. `account.escalated_until_on` follows from it."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    until_on: Named[date] = Column(Date)  # the first day on which they may be asked again
    ended_at: Named[datetime | None] = Column(Instant)
    ended_by: Named[str | None] = Column(Text)


escalation = Table("escalation", metadata, _Escalation)


class _Contact(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    first_name: Named[str | None] = Column(Text)
    last_name: Named[str | None] = Column(Text)
    email: Named[str | None] = Column(String(320), index=True)  # cleaned; null is "not reachable"
    email_original: Named[str | None] = Column(Text)
    title: Named[str | None] = Column(Text)
    department: Named[str | None] = Column(Text)
    country: Named[str | None] = Column(Text)
    language: Named[str | None] = Column(String(16))
    time_zone: Named[str | None] = Column(String(64))
    opted_out: Named[bool] = Column(Boolean)  # as the CRM says of this row; `suppression` is by address
    bounced: Named[bool] = Column(Boolean)
    bounced_on: Named[date | None] = Column(Date)
    bounce_reason: Named[str | None] = Column(Text)
    left_company: Named[bool] = Column(Boolean)
    last_activity_on: Named[date | None] = Column(Date)
    created_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))
    ours: Named[bool] = Column(Boolean, server_default=false())  # added by a CSM, not in the CRM yet
    first_seen_at: Named[datetime] = Column(Instant)
    changed_at: Named[datetime] = Column(Instant)
    # ours, never touched by a sync: what a person, a bounce or a reply told us
    left_at: Named[datetime | None] = Column(Instant)
    away_until_on: Named[date | None] = Column(Date)
    consented_on: Named[date | None] = Column(Date)  # as the CRM says; what we were told stands in `consent`


contact = Table("contact", metadata, _Contact, one_of("state", words.RecordState))


class _ContactChange(Numbered):
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    field: Named[str] = Column(String(32))
    old: Named[str | None] = Column(Text)
    new: Named[str | None] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


contact_change = Table("contact_change", metadata, _ContactChange)


class _Relation(TypedColumns):
    """A contact's place at an account as the CRM has it; `contact_role` is what follows from it today."""

    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    contact_id: Named[str] = Column(String(64), index=True)
    roles: Named[Any] = Column(Json, nullable=False)  # list of words.Role
    active: Named[bool] = Column(Boolean)
    direct: Named[bool] = Column(Boolean)
    start_on: Named[date | None] = Column(Date)
    end_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


relation = Table("relation", metadata, _Relation, one_of("state", words.RecordState))


class _ContactRole(Numbered):
    """Who holds which role at which account today; made anew from `relation` by each sync, plus what a CSM said."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    role: Named[str] = Column(String(32))
    by_csm: Named[bool] = Column(Boolean, server_default=false())  # ours; survives a sync
    ended: Named[bool] = Column(Boolean, server_default=false())  # a CSM said "no longer"; overrules the CRM's row
    direct: Named[bool] = Column(Boolean, server_default=true())


contact_role = Table(
    "contact_role",
    metadata,
    _ContactRole,
    one_of("role", words.Role),
    UniqueConstraint("account_id", "contact_id", "role", "by_csm"),
)


class _Alias(TypedColumns):
    """A merged record's id and the final winner it stands for."""

    kind: Named[str] = Column(String(16), primary_key=True)
    loser_id: Named[str] = Column(String(64), primary_key=True)
    winner_id: Named[str] = Column(String(64), index=True)


alias = Table("alias", metadata, _Alias)


class _Opportunity(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    owner_id: Named[str | None] = Column(String(64))
    name: Named[str] = Column(Text)
    kind: Named[str | None] = Column(String(64))  # as the CRM types it: Renewal, New Business, Upsell ...
    stage: Named[str | None] = Column(Text)
    closed: Named[bool] = Column(Boolean)
    won: Named[bool] = Column(Boolean)
    amount: Named[Decimal | None] = Column(Money)
    currency: Named[str | None] = Column(String(3))
    close_on: Named[date | None] = Column(Date)
    arr_before: Named[Decimal | None] = Column(Money)
    arr_after: Named[Decimal | None] = Column(Money)
    renewal_confirmed_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


opportunity = Table("opportunity", metadata, _Opportunity, one_of("state", words.RecordState))


class _OpportunityRole(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    opportunity_id: Named[str] = Column(String(64), index=True)
    contact_id: Named[str] = Column(String(64), index=True)
    role: Named[str | None] = Column(Text)
    main: Named[bool] = Column(Boolean)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


opportunity_role = Table("opportunity_role", metadata, _OpportunityRole, one_of("state", words.RecordState))


class _Activity(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    about_id: Named[str | None] = Column(String(64))  # the account or the opportunity that the CRM's row names
    contact_id: Named[str | None] = Column(String(64), index=True)  # as the CRM says; may be a lead
    csm_id: Named[str | None] = Column(String(64))
    subject: Named[str | None] = Column(Text)
    kind: Named[str | None] = Column(String(64))  # EBR, QBR, Training, Call, Meeting ... as the CRM types it
    on: Named[date] = Column("on_day", Date, index=True)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


activity = Table("activity", metadata, _Activity, one_of("state", words.RecordState))


class _Milestone(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    csm_id: Named[str | None] = Column(String(64))
    kind: Named[str] = Column(String(64))
    on: Named[date] = Column("on_day", Date)
    value: Named[Decimal | None] = Column(Money)
    evidence: Named[str | None] = Column(Text)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


milestone = Table("milestone", metadata, _Milestone, one_of("state", words.RecordState))
