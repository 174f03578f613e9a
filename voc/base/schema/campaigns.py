"""What is asked, of whom and when [campaigns]."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Named,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from voc.base import words
from voc.base.schema.declaring import Numbered, metadata, one_of, partial
from voc.base.types import Instant, Json, Money

__all__ = [
    "campaign",
    "census_member",
    "chase_event",
    "contact_quota",
    "heads_up",
    "invitation",
    "nudge",
    "occasion",
    "questionnaire_version",
    "wave",
]


class _QuestionnaireVersion(Numbered):
    """The definition as a wave was sent with it; the same content is kept once."""

    name: Named[str] = Column(String(64))
    hash: Named[str] = Column(String(64))
    files: Named[Any] = Column(Json, nullable=False)  # {relative path: text}, all that is needed to show it again
    created_at: Named[datetime] = Column(Instant)


questionnaire_version = Table(
    "questionnaire_version", metadata, _QuestionnaireVersion, UniqueConstraint("name", "hash")
)


class _Campaign(Numbered):
    name: Named[str] = Column(String(64), unique=True)
    questionnaire: Named[str] = Column(String(64))
    priority: Named[int] = Column(Integer)  # lower goes first: onboarding 1, post-review 2, relationship 3, pulse 4
    settings: Named[Any] = Column(Json, nullable=False)  # campaigns.model.CampaignSettings


campaign = Table("campaign", metadata, _Campaign)


class _Wave(Numbered):
    campaign_id: Named[int] = Column(ForeignKey("campaign.id"), index=True)
    questionnaire_version_id: Named[int] = Column(ForeignKey("questionnaire_version.id"), index=True)
    label: Named[str] = Column(Text)
    state: Named[str] = Column(String(16))
    launched_at: Named[datetime] = Column(Instant)
    launched_by: Named[str] = Column(Text)
    settings: Named[Any] = Column(Json, nullable=False)  # frozen copy of the campaign's
    closes_at: Named[datetime | None] = Column(Instant)  # the latest due moment of its invitations, once sent
    closed_at: Named[datetime | None] = Column(Instant)
    paused_because: Named[str | None] = Column(Text)
    resumed_at: Named[datetime | None] = Column(Instant)  # the time to invite somebody starts anew
    confidential: Named[bool] = Column(Boolean, server_default=false())  # promised before it began


wave = Table("wave", metadata, _Wave, one_of("state", words.WaveState))


class _Occasion(Numbered):
    """Something that happened at an account and that a campaign by event has taken up: once, whatever came of it."""

    campaign_id: Named[int] = Column(ForeignKey("campaign.id"))
    key: Named[str] = Column(String(128))  # milestone:<id>, activity:<id>, renewal:<account>:<day>
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    on: Named[date] = Column("on_day", Date)
    taken_up_at: Named[datetime] = Column(Instant)
    wave_id: Named[int | None] = Column(ForeignKey("wave.id"), index=True)  # null: nobody could be asked


occasion = Table("occasion", metadata, _Occasion, UniqueConstraint("campaign_id", "key"))


class _CensusMember(Numbered):
    """Everybody who should be asked in a wave, frozen at launch; `reason` is null for those who are."""

    wave_id: Named[int] = Column(ForeignKey("wave.id"))
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    address: Named[str | None] = Column(String(320))
    roles: Named[Any] = Column(Json, nullable=False)
    reason: Named[str | None] = Column(String(32))
    detail: Named[str | None] = Column(Text)  # until when, by whom


census_member = Table(
    "census_member",
    metadata,
    _CensusMember,
    one_of("reason", words.NotAsked),
    UniqueConstraint("wave_id", "contact_id", "account_id"),
)


class _Invitation(Numbered):
    """One person in one wave, with everything frozen that a figure may need later (3-metrics 0.3)."""

    wave_id: Named[int] = Column(ForeignKey("wave.id"))
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    address: Named[str] = Column(String(320), index=True)
    # frozen at launch, refreshed when the invitation is sent
    csm_id: Named[str | None] = Column(String(64), index=True)
    inherited: Named[bool] = Column(Boolean)  # handed over under 60 days before: counts for the team, not the CSM
    segment: Named[str | None] = Column(String(16))
    roles: Named[Any] = Column(Json, nullable=False)  # list of words.Role held when sent
    arr: Named[Decimal | None] = Column(Money)
    currency: Named[str | None] = Column(String(3))
    language: Named[str] = Column(String(16))
    time_zone: Named[str] = Column(String(64))
    country: Named[str | None] = Column(String(2))  # ISO code for the calendar
    freshness: Named[float | None] = Column(Float)  # just before sending: estimates e of RR3 and RR4
    heads_up: Named[bool] = Column(Boolean)  # which half of the A/B
    # Promised before the wave and never weakened: nothing that says what or whether this person answered leaves.
    confidential: Named[bool] = Column(Boolean, server_default=false())
    # the next step, and only that
    next_step: Named[str | None] = Column(String(16))
    intended_on: Named[date | None] = Column(Date)  # the local day meant; the moment is computed again when claimed
    due_at: Named[datetime | None] = Column(Instant)
    held_because: Named[str | None] = Column(Text)
    moved_because: Named[str | None] = Column(String(32))  # campaigns.model.Why: the next step was meant for earlier
    away_until_on: Named[date | None] = Column(Date)  # an auto-reply said so
    # what happened
    sent_at: Named[datetime | None] = Column(Instant)  # the invitation itself was accepted
    closes_at: Named[datetime | None] = Column(Instant)  # sent_at + 21 days: its own due date, printed in the mail
    stopped: Named[str | None] = Column(String(16))
    stopped_at: Named[datetime | None] = Column(Instant)
    disposition: Named[str | None] = Column(String(16))  # null while in flight
    disposed_at: Named[datetime | None] = Column(Instant)
    answered_at: Named[datetime | None] = Column(Instant)  # first counted answer, on time or late
    bounced_at: Named[datetime | None] = Column(Instant)


invitation = Table(
    "invitation",
    metadata,
    _Invitation,
    one_of("next_step", words.Step),
    one_of("stopped", words.StopReason),
    one_of("disposition", words.Disposition),
    UniqueConstraint("wave_id", "address"),  # one person has one invitation per wave, whatever rows carry the address
    # the claim reads due rows in this order
    partial("ix_invitation_due", "due_at", "id", where="next_step IS NOT NULL"),
    Index("ix_invitation_closes", "closes_at"),
)


class _ChaseEvent(Numbered):
    """A step that did not go as planned: moved to a day, dropped, held for a person, released."""

    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    at: Named[datetime] = Column(Instant)
    step: Named[str] = Column(String(16))
    what: Named[str] = Column(String(16))  # moved, dropped, held, released
    why: Named[str | None] = Column(String(32))  # campaigns.model.Why
    on: Named[date | None] = Column("on_day", Date)


chase_event = Table("chase_event", metadata, _ChaseEvent, one_of("step", words.Step))


class _ContactQuota(Numbered):
    """Every message of a campaign to an address, reserved in the claim; what the quarantine counts."""

    address: Named[str] = Column(String(320))
    account_id: Named[str] = Column(ForeignKey("account.id"))
    invitation_id: Named[int | None] = Column(ForeignKey("invitation.id"), index=True)
    step: Named[str] = Column(String(16))
    priority: Named[int] = Column(Integer)
    on: Named[date] = Column("on_day", Date)  # the contact's local day
    at: Named[datetime] = Column(Instant)


contact_quota = Table(
    "contact_quota",
    metadata,
    _ContactQuota,
    Index("ix_contact_quota_address", "address", "at"),
    Index("ix_contact_quota_account", "account_id", "on"),
)


class _HeadsUp(Numbered):
    """What a CSM said about the heads-up of one invitation; no row: it goes by itself, in the questionnaire's words."""

    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), unique=True)
    subject: Named[str | None] = Column(Text)  # both or neither: the CSM's own words
    body: Named[str | None] = Column("own_text", Text)
    held: Named[bool] = Column(Boolean, server_default=false())  # it is not sent; the invitation goes when it is due
    planned_on: Named[date | None] = Column(Date)  # the day it was meant for when it was held
    own_mail_at: Named[datetime | None] = Column(Instant)  # sent by hand, from the CSM's own mail
    changed_at: Named[datetime] = Column(Instant)
    changed_by: Named[str] = Column(Text)


heads_up = Table("heads_up", metadata, _HeadsUp)


class _Nudge(Numbered):
    """A CSM wrote to somebody who has not answered: through us (message `nudge:<invitation>:<number>`) or by hand."""

    invitation_id: Named[int] = Column(ForeignKey("invitation.id"))
    number: Named[int] = Column(Integer)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    by_hand: Named[bool] = Column(Boolean)


nudge = Table("nudge", metadata, _Nudge, UniqueConstraint("invitation_id", "number"))
