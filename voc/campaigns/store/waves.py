"""Campaigns and waves: write a launch, change a wave's state, close what is due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, exists, func, insert, or_, select, update

from voc.base.db import insert_once
from voc.base.errors import NotFound
from voc.base.schema import (
    campaign,
    census_member,
    contact_quota,
    invitation,
    message,
    questionnaire_version,
    response,
    sync_run,
    wave,
)
from voc.base.words import MessageState, ResponseState, RunState
from voc.campaigns.calendar import local_day
from voc.campaigns.model import CampaignSettings, Disposition, Member, Step, StopReason, WaveState
from voc.campaigns.planning import First
from voc.campaigns.quarantine import Reserved
from voc.campaigns.store.rows import settings_of, stop_rows

OPEN = (WaveState.RUNNING, WaveState.PAUSED)


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


def crm_read_at(db: Connection) -> datetime | None:
    """When the CRM was last read in full, or None if it never was."""
    query = select(func.max(sync_run.c.finished_at)).where(sync_run.c.state == RunState.COMPLETE)
    return db.execute(query).scalar()


def open_wave(db: Connection, campaign_id: int) -> str | None:
    """The label of a wave of the campaign that is running or paused."""
    query = select(wave.c.label).where(wave.c.campaign_id == campaign_id, wave.c.state.in_(OPEN)).limit(1)
    return db.execute(query).scalar()


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
    """What counts against one more message to that address today."""
    columns = contact_quota.c
    query = select(columns.address, columns.account_id, columns.step, columns.priority, columns.on).where(
        or_(columns.address == address, and_(columns.account_id == account_id, columns.on == today))
    )
    return [Reserved(*row) for row in db.execute(query)]


# --- launch ---


def keep_questionnaire(db: Connection, *, name: str, hash: str, files: Mapping[str, str], now: datetime) -> int:
    """The version with this content, kept once."""
    insert_once(db, questionnaire_version, {"name": name, "hash": hash, "files": dict(files), "created_at": now})
    query = select(questionnaire_version.c.id).where(
        questionnaire_version.c.name == name, questionnaire_version.c.hash == hash
    )
    return db.execute(query).scalar_one()


def add_wave(
    db: Connection,
    *,
    campaign_id: int,
    questionnaire_version_id: int,
    label: str,
    settings: CampaignSettings,
    by: str,
    now: datetime,
) -> int:
    values = {
        "campaign_id": campaign_id,
        "questionnaire_version_id": questionnaire_version_id,
        "label": label,
        "state": WaveState.RUNNING,
        "launched_at": now,
        "launched_by": by,
        "settings": msgspec.to_builtins(settings),
    }
    return db.execute(insert(wave).values(**values).returning(wave.c.id)).scalar_one()


def add_census(db: Connection, wave_id: int, members: Sequence[Member]) -> None:
    rows = [
        {
            "wave_id": wave_id,
            "contact_id": member.candidate.contact_id,
            "account_id": member.candidate.account_id,
            "address": member.candidate.address,
            "roles": list(member.candidate.roles),
            "reason": member.reason,
            "detail": member.detail,
        }
        for member in members
    ]
    if rows:
        db.execute(insert(census_member), rows)


def add_invitations(db: Connection, wave_id: int, firsts: Iterable[First]) -> None:
    rows = [
        {
            "wave_id": wave_id,
            "contact_id": first.candidate.contact_id,
            "account_id": first.candidate.account_id,
            "address": first.chased.address,
            "csm_id": first.candidate.csm_id,
            "inherited": first.candidate.inherited,
            "segment": first.candidate.segment,
            "roles": list(first.candidate.roles),
            "arr": first.candidate.arr,
            "currency": first.candidate.currency,
            "language": first.candidate.language,
            "time_zone": first.candidate.time_zone,
            "country": first.candidate.country,
            "freshness": first.candidate.freshness,
            "heads_up": first.chased.heads_up,
            "next_step": first.plan.step,
            "intended_on": first.plan.on,
            "due_at": first.plan.at,
        }
        for first in firsts
    ]
    if rows:
        db.execute(insert(invitation), rows)


# --- states ---


def lock_wave(db: Connection, wave_id: int) -> Any:
    """The row, locked: claims under way are waited for, later ones see the new state."""
    row = db.execute(select(wave).where(wave.c.id == wave_id).with_for_update()).first()
    if row is None:
        raise NotFound("There is no such wave.")
    return row


def write_wave(db: Connection, wave_id: int, **values: Any) -> None:
    db.execute(update(wave).where(wave.c.id == wave_id).values(**values))


def stop_wave_rows(db: Connection, wave_id: int, *, reason: StopReason, now: datetime) -> list[int]:
    """End every chase of the wave."""
    query = select(invitation.c.id).where(invitation.c.wave_id == wave_id, invitation.c.stopped.is_(None))
    ids = list(db.execute(query).scalars())
    return stop_rows(db, ids, reason=reason, now=now)


def overdue(db: Connection, *, wave_ids: Sequence[int] | None, now: datetime) -> list[int]:
    """Invitations whose planned step is overdue, of these waves or of all that are open; in the order of ids."""
    query = (
        select(invitation.c.id)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            invitation.c.next_step.is_not(None),
            invitation.c.due_at < now,
            invitation.c.stopped.is_(None),
            wave.c.state.in_(OPEN),
        )
        .order_by(invitation.c.id)
    )
    if wave_ids is not None:
        query = query.where(invitation.c.wave_id.in_(wave_ids))
    return list(db.execute(query).scalars())


# --- due dates ---


@dataclass(frozen=True, slots=True)
class Due:
    """An invitation whose due date has passed undecided."""

    id: int
    closes_at: datetime
    away_on_due_day: bool
    saved_at: datetime | None  # of a draft or answer that has the key question, kept in time
    delivered: bool  # a mail other than the heads-up was taken and did not bounce


def due_undecided(db: Connection, *, now: datetime) -> list[Due]:
    """Locked; those another process is deciding are left to it."""
    saved_at = (
        select(func.max(response.c.saved_at))
        .where(
            response.c.invitation_id == invitation.c.id,
            response.c.state.in_([ResponseState.DRAFT, ResponseState.SUBMITTED]),
            response.c.score.is_not(None),
            response.c.saved_at <= invitation.c.closes_at,
        )
        .scalar_subquery()
    )
    delivered = exists().where(
        message.c.invitation_id == invitation.c.id,
        message.c.step.is_not(None),
        message.c.step != Step.HEADS_UP,
        message.c.state == MessageState.SENT,
        message.c.bounced_at.is_(None),
    )
    query = (
        select(
            invitation.c.id,
            invitation.c.closes_at,
            invitation.c.time_zone,
            invitation.c.away_until_on,
            saved_at.label("saved_at"),
            delivered.label("delivered"),
        )
        .where(invitation.c.closes_at <= now, invitation.c.disposition.is_(None))
        .order_by(invitation.c.id)
        .with_for_update(of=invitation, skip_locked=True)
    )
    return [
        Due(
            id=row.id,
            closes_at=row.closes_at,
            away_on_due_day=row.away_until_on is not None
            and row.away_until_on >= local_day(row.closes_at, row.time_zone),
            saved_at=row.saved_at,
            delivered=row.delivered,
        )
        for row in db.execute(query)
    ]


def decide_due(db: Connection, decided: Mapping[Disposition, Sequence[int]], *, now: datetime) -> None:
    """Write the dispositions; nothing of their chase is left."""
    for disposition, ids in decided.items():
        db.execute(
            update(invitation)
            .where(invitation.c.id.in_(ids), invitation.c.disposition.is_(None))
            .values(disposition=disposition, disposed_at=now, next_step=None, due_at=None)
        )


def count_partial(db: Connection, saved: Mapping[int, datetime]) -> None:
    """A kept draft that has the key question is a partial answer from its due date on."""
    for invitation_id, saved_at in saved.items():
        db.execute(
            update(invitation)
            .where(invitation.c.id == invitation_id, invitation.c.answered_at.is_(None))
            .values(answered_at=saved_at)
        )


def refresh_closes_at(db: Connection) -> None:
    """An open wave closes at the latest due moment of its invitations."""
    latest = (
        select(func.max(invitation.c.closes_at)).where(invitation.c.wave_id == wave.c.id).correlate(wave)
    ).scalar_subquery()
    db.execute(
        update(wave).where(wave.c.state.in_(OPEN), wave.c.closes_at.is_distinct_from(latest)).values(closes_at=latest)
    )


def finished(db: Connection) -> list[int]:
    """Open waves of which nothing is planned, on its way or undecided. A step held for a person keeps none open."""
    on_its_way = and_(
        invitation.c.stopped.is_(None),
        invitation.c.held_because.is_(None),
        or_(invitation.c.next_step.is_not(None), invitation.c.sent_at.is_(None)),
        invitation.c.answered_at.is_(None),
    )
    undecided = and_(invitation.c.sent_at.is_not(None), invitation.c.disposition.is_(None))
    busy = exists().where(invitation.c.wave_id == wave.c.id, or_(on_its_way, undecided))
    query = select(wave.c.id).where(wave.c.state.in_(OPEN), ~busy).order_by(wave.c.id)
    return list(db.execute(query).scalars())
