"""What a person says about an account or a contact, and what it means for the chases that are under way there."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from voc.accounts import run as accounts
from voc.base import preferences
from voc.base.access import Viewer
from voc.base.words import StopReason
from voc.campaigns import chase
from voc.campaigns.census import lacks_consent
from voc.campaigns.model import Plan
from voc.campaigns.store import invitations, pauses
from voc.campaigns.store.rows import rules_of, stop_rows


@dataclass(frozen=True, slots=True)
class Moved:
    """What an escalation, or its end, did to the next mails there."""

    steps: int  # that go on another day now
    without_day: int  # that would be too late by then: left out, unless it ends before their day
    first_on: date | None  # the earliest new day


def escalate(db: Connection, account_id: str, *, reason: str, until_on: date, viewer: Viewer, now: datetime) -> Moved:
    """Nobody at the account is chased before that day; what was meant for earlier moves now, with the reason."""
    accounts.escalate(db, account_id=account_id, reason=reason, until_on=until_on, viewer=viewer, now=now)
    return _move(db, account_id, now=now)


def end_escalation(db: Connection, account_id: str, *, viewer: Viewer, now: datetime) -> Moved:
    """What it moved goes on the day it was first meant for, or in the next window where that has passed."""
    accounts.end_escalation(db, account_id=account_id, viewer=viewer, now=now)
    return _move(db, account_id, now=now)


def _move(db: Connection, account_id: str, *, now: datetime) -> Moved:
    wanted = preferences.load(db)
    moved_to: list[date] = []
    without_day = 0
    for one in pauses.planned_at(db, account_id):
        standing = invitations.lock(db, one.id)
        step, planned_on = standing.next_step, standing.intended_on
        if step is None or planned_on is None or not standing.running:
            continue
        meant_on = (one.meant_on or now.date()) if one.moved else planned_on
        following = chase.around_escalation(
            rules_of(standing.settings, wanted), standing.chased, step, meant_on=meant_on, moved=one.moved, now=now
        )
        if isinstance(following, Plan):
            if not one.moved:
                pauses.keep_meant(db, one.id, step, on=meant_on, at=now)
            invitations.write_plan(db, one.id, following, now=now)
            moved_to.append(following.on)
        elif following is not None:
            without_day += 1
    return Moved(len(moved_to), without_day, min(moved_to, default=None))


def stop_without_consent(db: Connection, address: str, *, now: datetime) -> list[int]:
    """End the chases to an address that lack the consent their country wants; those whose queued mail must go."""
    countries = frozenset(preferences.load(db).consent_countries)
    lacking = [
        id for id, country, by_crm in pauses.consents_of(db, address) if lacks_consent(country, by_crm, countries)
    ]
    return stop_rows(db, lacking, reason=StopReason.NO_CONSENT, now=now)
