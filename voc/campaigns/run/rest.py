"""What a wave under way will still send if nobody answers from now on. Writes nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.campaigns import chase, planning
from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.model import CampaignSettings, Chased, Plan, RehearsedMail, Step
from voc.campaigns.planning import First
from voc.campaigns.store import programmes, underway
from voc.campaigns.store.rows import rules_of
from voc.campaigns.store.underway import Person


@dataclass(frozen=True)
class Rest:
    """`mails` are still to come, those in the outbox too; `dropped` will not go; `over` get nothing more."""

    mails: tuple[RehearsedMail, ...]
    dropped: tuple[RehearsedMail, ...]
    over: tuple[Person, ...]
    due_on: dict[date, int]
    calendar: Calendar
    settings: CampaignSettings


def rest(db: Connection, wave_id: int, *, viewer: Viewer, now: datetime) -> Rest:
    """Played by the rules of the claim, with the quarantine as it stands. A paused wave: as if resumed now."""
    rules = rules_of(underway.rules_settings(db, wave_id), preferences.load(db))
    found = underway.people(db, wave_id, viewer, now=now)
    since = now - timedelta(days=rules.limits.days + 2)
    firsts = [one.first for one in found if one.first is not None]
    waiting = []
    for one in found:
        if one.on_its_way is not None:
            step, at = one.on_its_way
            waiting.append(planning.mail_of(one.candidate, step, at=max(at, now)))
            following = chase.next_step(rules, _asked(one, rules.due_days, at=now), after=step, sent_at=max(at, now))
            if isinstance(following, Plan):
                firsts.append(First(one.candidate, one.chased, following))
    course = planning.rehearse(rules, firsts, programmes.reserved_since(db, since), now=now)
    due_on: dict[date, int] = {}
    for day, _at in course.closes_at:
        due_on[day] = due_on.get(day, 0) + 1
    for one in found:
        if one.chased.closes_at is not None and one.answered_at is None and one.stopped is None:
            day = local_day(one.chased.closes_at, one.chased.time_zone)
            due_on[day] = due_on.get(day, 0) + 1
    over = tuple(one for one in found if one.first is None and one.on_its_way is None)
    return Rest((*waiting, *course.mails), course.dropped, over, due_on, rules.calendar, rules.settings)


def _asked(one: Person, due_days: int, *, at: datetime) -> Chased:
    if one.on_its_way is None or one.on_its_way[0] is not Step.INVITE or one.chased.closes_at is not None:
        return one.chased
    return chase.asked(one.chased, closes_at=at + timedelta(days=due_days))
