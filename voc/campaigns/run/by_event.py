"""Campaigns by event: an onboarding that finished, a review that was held, a renewal that is near begin a wave.

What happened since yesterday is asked about together, in one wave a day and campaign. Nothing is asked about twice, and
what happened too long ago (before the campaign was switched on, or while the CRM was not read) not at all.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.clock import Clock
from voc.base.db import Database
from voc.base.errors import Refused
from voc.campaigns.run.launching import NobodyToAsk, Order, launch_in_portions
from voc.campaigns.store import occasions, programmes
from voc.campaigns.store.occasions import Happened
from voc.campaigns.store.programmes import Campaign

BY = "by event"
Files = Callable[[str], Mapping[str, str]]
"""The files of a questionnaire by its name."""


def catch_up(database: Database, files: Files, *, clock: Clock, holder: str) -> int:
    """Launch what waits; how many waves. Idempotent. Refused, once all were tried, where one could not be launched."""
    launched, trouble = 0, []
    with database.read() as db:
        due = [one for one in programmes.campaigns(db) if is_due(db, one, now=clock.now())]
    for one in due:
        order = Order(one.name, files(one.questionnaire), _label(one, clock.now()), BY)
        try:
            launch_in_portions(database, order, clock=clock, holder=holder)
            launched += 1
        except NobodyToAsk:
            _pass_over(database, one, now=clock.now())
        except Refused as refused:
            trouble.append(f"{one.name}: {refused}")
    if trouble:
        raise Refused(" ".join(trouble))
    return launched


def is_due(db: Connection, campaign: Campaign, *, now: datetime) -> bool:
    """Something waits, and no wave of the campaign was launched today."""
    if not campaign.settings.on or campaign.settings.occasion is None:
        return False
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return not programmes.launched_since(db, campaign.id, today) and bool(_waiting(db, campaign, now=now))


def _waiting(db: Connection, campaign: Campaign, *, now: datetime) -> list[Happened]:
    known = preferences.load(db).activity_kinds
    return occasions.waiting(db, campaign.id, campaign.settings, today=now.date(), activity_kinds=known)


def _label(campaign: Campaign, now: datetime) -> str:
    return f"{campaign.name.replace('-', ' ').capitalize()}, {now.day} {now:%B %Y}"


def _pass_over(database: Database, campaign: Campaign, *, now: datetime) -> None:
    """Nobody at these accounts may be asked just now; by the time somebody may, it is long ago."""
    with database.begin() as db:
        happened = _waiting(db, campaign, now=now)
        occasions.take_up(db, campaign.id, happened, wave_id=None, now=now)
        audit.record(
            db,
            at=now,
            actor=BY,
            action="nobody to ask",
            object_kind="campaign",
            object_id=campaign.name,
            detail={"accounts": sorted({one.account_id for one in happened})},
        )
