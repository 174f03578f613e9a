"""Whom we should know, how sure we are, who must not be asked [stakeholders]."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)

from voc.base import words
from voc.base.schema.declaring import Numbered, metadata, one_of, partial
from voc.base.types import Instant

__all__ = [
    "consent",
    "exclusion",
    "role_requirement",
    "sign_of_life",
    "suggestion",
    "suppression",
]


class _RoleRequirement(TypedColumns):
    segment: Named[str] = Column(String(16), primary_key=True)
    role: Named[str] = Column(String(32), primary_key=True)
    weight: Named[int] = Column(Integer)
    required_count: Named[int] = Column(Integer)


role_requirement = Table(
    "role_requirement",
    metadata,
    _RoleRequirement,
    one_of("segment", words.Segment),
    one_of("role", words.Role),
    CheckConstraint("weight > 0", name="weight_positive"),
    CheckConstraint("required_count > 0", name="count_positive"),
)


class _SignOfLife(Numbered):
    """Append-only: what tells us that somebody is, or is no longer, there."""

    key: Named[str] = Column(String(128), unique=True)  # the same fact is recorded once
    contact_id: Named[str] = Column(ForeignKey("contact.id"))
    kind: Named[str] = Column(String(16))
    at: Named[datetime] = Column(Instant)
    source: Named[str] = Column(Text)  # a person's name, "mail", "page", "CRM": shown beside the freshness
    quote: Named[str | None] = Column(Text)


sign_of_life = Table(
    "sign_of_life",
    metadata,
    _SignOfLife,
    one_of("kind", words.Sign),
    Index("ix_sign_of_life_contact", "contact_id", "at"),
)


class _Suggestion(Numbered):
    """Something a respondent, a bounce or an auto-reply told us, for the CSM to accept or decline."""

    key: Named[str] = Column(String(128), unique=True)
    kind: Named[str] = Column(String(16))
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    name: Named[str | None] = Column(Text)
    address: Named[str | None] = Column(String(320))
    role: Named[str | None] = Column(String(32))
    quote: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    state: Named[str] = Column(String(16))
    decided_at: Named[datetime | None] = Column(Instant)
    decided_by: Named[str | None] = Column(Text)


suggestion = Table(
    "suggestion",
    metadata,
    _Suggestion,
    one_of("kind", words.SuggestionKind),
    one_of("state", words.SuggestionState),
)


class _Exclusion(Numbered):
    """Do not ask this account, or this contact, until a day; needs a reason and shows on the leader's page."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    expires_on: Named[date] = Column(Date)
    ended_at: Named[datetime | None] = Column(Instant)


exclusion = Table("exclusion", metadata, _Exclusion)


class _Consent(Numbered):
    """Somebody said that they may be asked by mail: of one address, with where that is written down."""

    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    address: Named[str] = Column(String(320), index=True)
    given_on: Named[date] = Column(Date)
    source: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    withdrawn_at: Named[datetime | None] = Column(Instant)
    withdrawn_by: Named[str | None] = Column(Text)


consent = Table("consent", metadata, _Consent)


class _Suppression(Numbered):
    """An address that must not be mailed. A lifted one keeps its row; an opt-out is never lifted by a sync."""

    address: Named[str] = Column(String(320))
    reason: Named[str] = Column(String(16))
    at: Named[datetime] = Column(Instant)
    source: Named[str] = Column(Text)
    lifted_at: Named[datetime | None] = Column(Instant)


suppression = Table(
    "suppression",
    metadata,
    _Suppression,
    one_of("reason", words.SuppressionReason),
    # one standing suppression per address and reason; the claim's opt-out test reads it
    partial("uq_suppression_standing", "address", "reason", where="lifted_at IS NULL", unique=True),
)
