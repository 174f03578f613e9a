"""What a wave under way will still send if nobody answers from now on. Writes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.campaigns import chase, planning
from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.model import CampaignSettings, Chased, Plan, RehearsedMail, Step
from voc.campaigns.planning import First
from voc.campaigns.rehearsal import Course
from voc.campaigns.store import programmes, underway
from voc.campaigns.store.rows import rules_of
from voc.campaigns.store.underway import Person


@dataclass(frozen=True)
class Rest:
    """`waiting` are in the outbox, `courses` what comes behind them, account by account; `over` get nothing more.

    `due` is how many who are invited already fall due on which local day.
    """

    waiting: tuple[RehearsedMail, ...]
    courses: Iterable[Course]
    over: tuple[Person, ...]
    due: dict[date, int]
    calendar: Calendar
    settings: CampaignSettings

    @property
    def mails(self) -> Iterator[RehearsedMail]:
        """All that are still to come."""
        return chain(self.waiting, (mail for course in self.courses for mail in course.mails))


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
    courses = planning.Courses(rules, firsts, programmes.reserved_since(db, since), now=now)
    due: dict[date, int] = {}
    for one in found:
        if one.chased.closes_at is not None and one.answered_at is None and one.stopped is None:
            day = local_day(one.chased.closes_at, one.chased.time_zone)
            due[day] = due.get(day, 0) + 1
    over = tuple(one for one in found if one.first is None and one.on_its_way is None)
    return Rest(tuple(waiting), courses, over, due, rules.calendar, rules.settings)


def _asked(one: Person, due_days: int, *, at: datetime) -> Chased:
    if one.on_its_way is None or one.on_its_way[0] is not Step.INVITE or one.chased.closes_at is not None:
        return one.chased
    return chase.asked(one.chased, closes_at=at + timedelta(days=due_days))
