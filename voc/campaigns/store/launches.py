"""What a launch writes: the questionnaire as it is sent, the wave, its census, its invitations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Integer, and_, bindparam, delete, func, insert, select, update

from voc.base import leases
from voc.base.bulk import insert_all
from voc.base.db import insert_once
from voc.base.schema import (
    account,
    campaign,
    census_member,
    contact,
    invitation,
    occasion,
    questionnaire_version,
    wave,
)
from voc.campaigns.model import CampaignSettings, Plan, Step, WaveState
from voc.campaigns.store import draft_tables as draft


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
    state: WaveState,
    by: str,
    now: datetime,
) -> int:
    values = {
        "campaign_id": campaign_id,
        "questionnaire_version_id": questionnaire_version_id,
        "label": label,
        "state": state,
        "launched_at": now,
        "launched_by": by,
        "settings": msgspec.to_builtins(settings),
        "confidential": settings.confidential,
    }
    return db.execute(insert(wave).values(**values).returning(wave.c.id)).scalar_one()


def set_running(db: Connection, wave_id: int) -> None:
    db.execute(
        update(wave).where(wave.c.id == wave_id, wave.c.state == WaveState.PLANNING).values(state=WaveState.RUNNING)
    )


def half_launched(db: Connection, campaign_id: int) -> list[int]:
    """Waves of the campaign whose launch never came to its end."""
    query = select(wave.c.id).where(wave.c.campaign_id == campaign_id, wave.c.state == WaveState.PLANNING)
    return list(db.execute(query.order_by(wave.c.id)).scalars())


def turn_of(campaign_id: int) -> str:
    """The lease that a launch of that campaign holds."""
    return f"launch:{campaign_id}"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A wave whose launch has not come to its end. `under_way`: somebody is at it; else its process is gone."""

    wave: str
    campaign: str
    by: str
    began_at: datetime
    under_way: bool


def unfinished(db: Connection, *, now: datetime) -> list[Unfinished]:
    query = (
        select(wave.c.label, wave.c.campaign_id, campaign.c.name, wave.c.launched_by, wave.c.launched_at)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .where(wave.c.state == WaveState.PLANNING)
        .order_by(wave.c.id)
    )
    return [
        Unfinished(
            row.label,
            row.name,
            row.launched_by,
            row.launched_at,
            leases.is_taken(db, turn_of(row.campaign_id), now=now),
        )
        for row in db.execute(query)
    ]


def half_launched_anywhere(db: Connection) -> list[int]:
    """Campaigns with a wave whose launch has not come to its end."""
    query = select(wave.c.campaign_id).where(wave.c.state == WaveState.PLANNING)
    return list(db.execute(query.distinct().order_by(wave.c.campaign_id)).scalars())


def take_back(db: Connection, wave_id: int, *, limit: int) -> bool:
    """Delete so many rows of a wave that was never launched, at last the wave; whether nothing of it is left."""
    launching = select(wave.c.id).where(wave.c.id == wave_id, wave.c.state == WaveState.PLANNING)
    if db.execute(launching).first() is None:
        return True
    db.execute(delete(occasion).where(occasion.c.wave_id == wave_id))  # it is asked about again
    for table in (invitation, census_member):
        ids = select(table.c.id).where(table.c.wave_id == wave_id).limit(limit)
        if db.execute(delete(table).where(table.c.id.in_(ids))).rowcount:
            return False
    db.execute(delete(wave).where(wave.c.id == wave_id, wave.c.state == WaveState.PLANNING))
    return True


@dataclass(frozen=True, slots=True)
class Drafted:
    """What first steps share: where people are and what they read, and on which day and at which moment.

    Everything is numbered in the order in which it was met.
    """

    places: dict[tuple[str, str | None, str], int] = field(default_factory=dict)
    moments: dict[Plan, int] = field(default_factory=dict)


def keep_firsts(db: Connection, firsts: Sequence[tuple[int, int, int]]) -> None:
    """Person, place and moment of everybody who is asked, by their numbers."""
    insert_all(db, draft.first, [{"id": id, "place_id": place, "moment_id": moment} for id, place, moment in firsts])


def keep_drafted(db: Connection, drafted: Drafted) -> None:
    places = [
        {"id": id, "time_zone": zone, "country": country, "language": language}
        for (zone, country, language), id in drafted.places.items()
    ]
    moments = [{"id": id, "step": plan.step, "on": plan.on, "at": plan.at} for plan, id in drafted.moments.items()]
    insert_all(db, draft.place, places)
    insert_all(db, draft.moment, moments)
    draft.count_up(db, draft.refused, draft.first, draft.place, draft.moment)


def freeze(db: Connection, wave_id: int, *, after: int, until: int) -> None:
    """Write the census and the invitations of the drafted people with these numbers.

    Who was erased or has another address since the draft is left out.
    """
    people = {"wave_id": wave_id, "after": after, "until": until}
    db.execute(_CENSUS, people)
    db.execute(_INVITATIONS, people)


_PERSON = draft.person.c
_STILL_THERE = and_(
    contact.c.id == _PERSON.contact_id, func.coalesce(func.lower(func.trim(contact.c.email)), "") == _PERSON.address
)


def _these(id: ColumnElement[int]) -> ColumnElement[bool]:
    """Named for each table that is joined: PostgreSQL does not follow that equal ids have the same bounds."""
    return and_(id > bindparam("after", type_=Integer), id <= bindparam("until", type_=Integer))


_WAVE = bindparam("wave_id", type_=Integer)
_CENSUS = insert(census_member).from_select(
    ["wave_id", "contact_id", "account_id", "address", "roles", "reason", "detail"],
    select(
        _WAVE,
        _PERSON.contact_id,
        _PERSON.account_id,
        func.nullif(_PERSON.address, ""),
        draft.role.c.roles,
        draft.refused.c.reason,
        draft.refused.c.detail,
    )
    .select_from(draft.person)
    .join(draft.role, draft.role.c.id == _PERSON.role_id)
    .join(contact, _STILL_THERE)
    .outerjoin(draft.refused, and_(draft.refused.c.id == _PERSON.id, _these(draft.refused.c.id)))
    .where(_these(_PERSON.id))
    .order_by(_PERSON.id),
)
_INVITATIONS = insert(invitation).from_select(
    [
        "wave_id",
        "contact_id",
        "account_id",
        "address",
        "csm_id",
        "inherited",
        "segment",
        "roles",
        "arr",
        "currency",
        "language",
        "time_zone",
        "country",
        "heads_up",
        "confidential",
        "next_step",
        "intended_on",
        "due_at",
    ],
    select(
        _WAVE,
        _PERSON.contact_id,
        _PERSON.account_id,
        _PERSON.address,
        account.c.csm_id,
        draft.inherited.c.account_id.is_not(None),
        account.c.segment,
        draft.role.c.roles,
        account.c.arr,
        account.c.currency,
        draft.place.c.language,
        draft.place.c.time_zone,
        draft.place.c.country,
        draft.moment.c.step == Step.HEADS_UP,
        select(wave.c.confidential).where(wave.c.id == _WAVE).scalar_subquery(),
        draft.moment.c.step,
        draft.moment.c.on,
        draft.moment.c.at,
    )
    .select_from(draft.first)
    .join(draft.person, _PERSON.id == draft.first.c.id)
    .join(draft.place, draft.place.c.id == draft.first.c.place_id)
    .join(draft.moment, draft.moment.c.id == draft.first.c.moment_id)
    .join(draft.role, draft.role.c.id == _PERSON.role_id)
    .join(contact, _STILL_THERE)
    .join(account, account.c.id == _PERSON.account_id)
    .outerjoin(draft.inherited, draft.inherited.c.account_id == _PERSON.account_id)
    .where(_these(_PERSON.id), _these(draft.first.c.id))
    .order_by(_PERSON.id),
)
