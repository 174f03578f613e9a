"""What a programme owner decides about campaigns: settings for their next waves, copies, on and off. Audited."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.errors import Refused
from voc.campaigns import choices
from voc.campaigns.model import CampaignSettings, Occasion
from voc.campaigns.store import programmes

RELATIONSHIP = "relationship"
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")


def install_defaults(db: Connection) -> None:
    """The relationship campaign, every 24 weeks, unless it is there."""
    programmes.add_campaign(db, name=RELATIONSHIP, questionnaire=RELATIONSHIP, priority=3, settings=CampaignSettings())


def install_by_event(db: Connection) -> None:
    """After an onboarding and after a business review: off until somebody wants them. Unless they are there."""
    for name, priority, occasion in (("onboarding", 1, Occasion.ONBOARDED), ("post-review", 2, Occasion.REVIEWED)):
        programmes.add_campaign(db, name=name, questionnaire=name, priority=priority, settings=_by_event(occasion))


def _by_event(occasion: Occasion) -> CampaignSettings:
    """Soon, on any working day, and with one reminder: who was there remembers it for a week."""
    return CampaignSettings(
        occasion=occasion, on=False, heads_up=False, reminder_2=False, invitation_weekdays=[0, 1, 2, 3, 4]
    )


def change_settings(
    db: Connection, name: str, values: Mapping[str, Any], *, by: str, now: datetime
) -> CampaignSettings:
    """Set some of them for the next waves; a wave keeps those it was launched with. Refused names the field."""
    found = programmes.campaign_by_name(db, name)
    before = msgspec.to_builtins(found.settings)
    settings = read(found.settings, values)
    wanted = preferences.load(db)
    choices.check(settings, opens=wanted.opens, closes=wanted.closes)
    after = msgspec.to_builtins(settings)
    programmes.write_settings(db, found.id, settings)
    changed = {key: {"from": before[key], "to": after[key]} for key in after if after[key] != before[key]}
    if changed:
        _audit(db, "campaign changed", name, by=by, now=now, detail=changed)
    return settings


def read(before: CampaignSettings, values: Mapping[str, Any]) -> CampaignSettings:
    """The settings with these values put in, not checked against each other. Refused names the field."""
    try:
        return msgspec.convert({**msgspec.to_builtins(before), **values}, CampaignSettings, strict=False)
    except msgspec.ValidationError as mistake:
        raise Refused(f"That value cannot be used: {mistake}", field=_field(mistake)) from None


def _field(mistake: msgspec.ValidationError) -> str | None:
    """The field a message of msgspec speaks of: `$.reminder_1`, or an unknown one by its name."""
    found = re.search(r"`\$\.(\w+)|unknown field `(\w+)", str(mistake))
    return (found.group(1) or found.group(2)) if found else None


def change_what(
    db: Connection, name: str, *, questionnaire: str, priority: int, known: list[str], by: str, now: datetime
) -> None:
    """Another questionnaire (one of `known`) for the next waves; another priority from now on."""
    found = programmes.campaign_by_name(db, name)
    if questionnaire not in known:
        raise Refused("Choose a questionnaire that is there", field="questionnaire")
    if priority not in choices.PRIORITIES:
        raise Refused("Choose who goes first", field="priority")
    before = {"questionnaire": found.questionnaire, "priority": found.priority}
    after = {"questionnaire": questionnaire, "priority": priority}
    programmes.write_campaign(db, found.id, **after)
    changed = {key: {"from": before[key], "to": after[key]} for key in after if after[key] != before[key]}
    if changed:
        _audit(db, "campaign changed", name, by=by, now=now, detail=changed)


def copy(db: Connection, name: str, *, of: str, by: str, now: datetime) -> None:
    """A new campaign that asks as another one does. It is off until somebody has looked at it."""
    found = programmes.campaign_by_name(db, of)
    if not _NAME.fullmatch(name):
        raise Refused("Write a name of small letters, digits and -, such as pulse-spring", field="name")
    settings = msgspec.structs.replace(found.settings, on=False)
    added = programmes.add_campaign(
        db, name=name, questionnaire=found.questionnaire, priority=found.priority, settings=settings
    )
    if not added:
        raise Refused(f"There is a campaign {name} already", field="name")
    _audit(db, "campaign added", name, by=by, now=now, detail={"copy of": of})


def switch(db: Connection, name: str, *, on: bool, by: str, now: datetime) -> None:
    """Off: no wave of it is launched; one under way goes on."""
    change_settings(db, name, {"on": on}, by=by, now=now)


def _audit(db: Connection, action: str, name: str, *, by: str, now: datetime, detail: dict[str, Any]) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind="campaign", object_id=name, detail=detail)
