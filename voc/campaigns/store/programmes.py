"""Campaigns, and what a launch looks at before it begins."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, or_, select, update

from voc.base import confidential
from voc.base.db import insert_once
from voc.base.errors import NotFound
from voc.base.schema import (
    campaign,
    contact_quota,
    invitation,
    sync_run,
    wave,
)
from voc.base.words import RunState
from voc.campaigns.model import CampaignSettings, Step, WaveState
from voc.campaigns.quarantine import Reserved
from voc.campaigns.store.rows import settings_of


@dataclass(frozen=True, slots=True)
class Campaign:
    """A repeated programme; a lower `priority` goes first when two want the same person."""

    id: int
    name: str
    questionnaire: str
    priority: int
    settings: CampaignSettings


def campaigns(db: Connection) -> list[Campaign]:
    return [_campaign(row) for row in db.execute(select(campaign).order_by(campaign.c.priority, campaign.c.name))]


def campaign_by_name(db: Connection, name: str) -> Campaign:
    row = db.execute(select(campaign).where(campaign.c.name == name)).first()
    if row is None:
        known = ", ".join(one.name for one in campaigns(db)) or "none yet"
        raise NotFound(f"There is no campaign {name!r}. There are: {known}.")
    return _campaign(row)


def _campaign(row: Any) -> Campaign:
    return Campaign(row.id, row.name, row.questionnaire, row.priority, settings_of(row.settings))


def add_campaign(db: Connection, *, name: str, questionnaire: str, priority: int, settings: CampaignSettings) -> bool:
    """False if it is there already."""
    row = {"name": name, "questionnaire": questionnaire, "priority": priority}
    return insert_once(db, campaign, {**row, "settings": msgspec.to_builtins(settings)})


def write_settings(db: Connection, campaign_id: int, settings: CampaignSettings) -> None:
    db.execute(update(campaign).where(campaign.c.id == campaign_id).values(settings=msgspec.to_builtins(settings)))


def write_campaign(db: Connection, campaign_id: int, **values: Any) -> None:
    db.execute(update(campaign).where(campaign.c.id == campaign_id).values(**values))


def crm_read_at(db: Connection) -> datetime | None:
    """When the last complete reading of the CRM began: its data is as old as that. None before the first."""
    query = select(func.max(sync_run.c.started_at)).where(sync_run.c.state == RunState.COMPLETE)
    return db.execute(query).scalar()


def open_wave(db: Connection, campaign_id: int) -> str | None:
    """The label of a wave of the campaign that is being planned, running or paused."""
    open_ = (WaveState.PLANNING, WaveState.RUNNING, WaveState.PAUSED)
    query = select(wave.c.label).where(wave.c.campaign_id == campaign_id, wave.c.state.in_(open_)).limit(1)
    return db.execute(query).scalar()


def launched_since(db: Connection, campaign_id: int, since: datetime) -> bool:
    """Whether a wave of the campaign was launched since then."""
    query = select(wave.c.id).where(wave.c.campaign_id == campaign_id, wave.c.launched_at >= since).limit(1)
    return db.execute(query).first() is not None


def lock_campaign(db: Connection, campaign_id: int) -> None:
    """Two launches of one campaign come one after the other."""
    db.execute(select(campaign.c.id).where(campaign.c.id == campaign_id).with_for_update())


def count_waves(db: Connection, campaign_id: int) -> int:
    return db.execute(select(func.count()).select_from(wave).where(wave.c.campaign_id == campaign_id)).scalar_one()


def reserved_since(db: Connection, since: datetime) -> list[Reserved]:
    """Every message that the quarantine may count."""
    columns = contact_quota.c
    query = select(columns.address, columns.account_id, columns.step, columns.priority, columns.on)
    return [Reserved(*row) for row in db.execute(query.where(columns.at >= since).order_by(columns.id))]


def reserved_for(db: Connection, address: str, account_id: str, *, today: date) -> list[Reserved]:
    """What counts against a CSM's nudge to that address today, as far as a CSM may know of it.

    Reminders of confidential waves are left out: a refusal would tell of one, and so who has not answered.
    """
    columns = contact_quota.c
    query = (
        select(columns.address, columns.account_id, columns.step, columns.priority, columns.on)
        .outerjoin(invitation, invitation.c.id == columns.invitation_id)
        .where(
            or_(columns.address == address, and_(columns.account_id == account_id, columns.on == today)),
            or_(
                columns.invitation_id.is_(None),
                confidential.named,
                columns.step.in_([Step.HEADS_UP, Step.INVITE]),
            ),
        )
    )
    return [Reserved(*row) for row in db.execute(query)]
