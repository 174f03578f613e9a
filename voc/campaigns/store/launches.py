"""What a launch writes: the questionnaire as it is sent, the wave, its census, its invitations."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select

from voc.base.db import insert_once
from voc.base.schema import (
    census_member,
    invitation,
    questionnaire_version,
    wave,
)
from voc.campaigns.model import CampaignSettings, Member, WaveState
from voc.campaigns.planning import First


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
