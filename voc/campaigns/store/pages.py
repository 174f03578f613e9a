"""A wave by itself, and whom a CSM should nudge. Its counts and lists are in `wave_pages`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, func, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import (
    account,
    campaign,
    census_member,
    contact,
    contact_quota,
    invitation,
    questionnaire_version,
    wave,
)
from voc.campaigns.model import CampaignSettings, Role, WaveState
from voc.campaigns.store.rows import settings_of

# Long enough for the mail to have been read, and the first reminder with it.
NUDGE_AFTER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Wave:
    """One dated run. `closes_at` is the latest due moment of its invitations, None until one was sent."""

    id: int
    campaign: str
    label: str
    state: WaveState
    launched_at: datetime
    launched_by: str
    closes_at: datetime | None
    closed_at: datetime | None
    paused_because: str | None
    questionnaire: str
    questionnaire_version_id: int
    settings: CampaignSettings
    next_wave_on: date  # by the campaign's cadence


def waves(db: Connection) -> list[Wave]:
    """All of them, the newest first."""
    query = _waves().order_by(wave.c.launched_at.desc(), wave.c.id.desc())
    return [_wave(row) for row in db.execute(query)]


def wave_by_id(db: Connection, wave_id: int, viewer: Viewer) -> Wave:
    """NotFound if there is none, or nobody of the viewer's accounts is in its census."""
    query = _waves().where(wave.c.id == wave_id)
    if not viewer.sees_all:
        own = select(census_member.c.id).join(account, account.c.id == census_member.c.account_id)
        query = query.where(own.where(census_member.c.wave_id == wave.c.id, visible_accounts(viewer)).exists())
    row = db.execute(query).first()
    if row is None:
        raise NotFound("There is no such wave.")
    return _wave(row)


def _waves() -> Select[Any]:
    latest = (
        select(func.max(invitation.c.closes_at)).where(invitation.c.wave_id == wave.c.id).correlate(wave)
    ).scalar_subquery()
    return (
        select(
            wave,
            campaign.c.name.label("campaign"),
            questionnaire_version.c.name.label("questionnaire"),
            latest.label("latest"),
        )
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .join(questionnaire_version, questionnaire_version.c.id == wave.c.questionnaire_version_id)
    )


def _wave(row: Any) -> Wave:
    settings = settings_of(row.settings)
    return Wave(
        id=row.id,
        campaign=row.campaign,
        label=row.label,
        state=WaveState(row.state),
        launched_at=row.launched_at,
        launched_by=row.launched_by,
        closes_at=row.latest,
        closed_at=row.closed_at,
        paused_because=row.paused_because,
        questionnaire=row.questionnaire,
        questionnaire_version_id=row.questionnaire_version_id,
        settings=settings,
        next_wave_on=row.launched_at.date() + timedelta(weeks=settings.cadence_weeks),
    )


@dataclass(frozen=True, slots=True)
class ToNudge:
    """Somebody who was asked a week ago or longer, is silent since, and still has time to answer."""

    invitation_id: int
    wave_id: int
    wave: str
    contact_id: str
    contact_name: str
    roles: tuple[Role, ...]
    account_id: str
    account_name: str
    arr: Decimal | None
    currency: str | None
    sent_at: datetime
    closes_at: datetime
    nudged: int  # how often already


def to_nudge(
    db: Connection,
    wave_id: int | None,
    viewer: Viewer,
    *,
    now: datetime,
    contact_id: str | None = None,
    after_days: int = NUDGE_AFTER_DAYS,
    limit: int = 50,
) -> list[ToNudge]:
    """Whom a personal word may still move, the largest account first: of one wave or, with None, of every running one.

    Never of a confidential wave: that somebody is missing in the list would say that they answered.
    """
    nudged = (
        select(func.count())
        .where(contact_quota.c.invitation_id == invitation.c.id, contact_quota.c.step == "nudge")
        .scalar_subquery()
    )
    query = (
        select(
            invitation,
            wave.c.label,
            contact.c.first_name,
            contact.c.last_name,
            account.c.name.label("account_name"),
            nudged.label("nudged"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .join(account, account.c.id == invitation.c.account_id)
        .where(
            *(() if wave_id is None else (invitation.c.wave_id == wave_id,)),
            *(() if contact_id is None else (invitation.c.contact_id == contact_id,)),
            wave.c.state == WaveState.RUNNING,
            invitation.c.sent_at <= now - timedelta(days=after_days),
            invitation.c.closes_at > now,
            invitation.c.answered_at.is_(None),
            invitation.c.stopped.is_(None),
            confidential.named,
            visible_accounts(viewer),
        )
        .order_by(invitation.c.arr.desc().nulls_last(), account.c.name, invitation.c.id)
        .limit(limit)
    )
    return [
        ToNudge(
            invitation_id=row.id,
            wave_id=row.wave_id,
            wave=row.label,
            contact_id=row.contact_id,
            contact_name=" ".join(part for part in (row.first_name, row.last_name) if part),
            roles=tuple(Role(role) for role in row.roles),
            account_id=row.account_id,
            account_name=row.account_name,
            arr=row.arr,
            currency=row.currency,
            sent_at=row.sent_at,
            closes_at=row.closes_at,
            nudged=row.nudged,
        )
        for row in db.execute(query)
    ]
