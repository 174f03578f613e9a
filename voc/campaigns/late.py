"""Mail of the chase that was frozen earlier and comes only now: at which hours it may go out, and when else. Pure.

A first try goes out in the contact's window (`chase.decide`). What was put off since (by a server, by the
limit of a domain, by an outage, by a pause) may go out on a working day from the opening of that window until
`late_until`, an hour of the installation: late on the same day is better than not, at night is not.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from voc.campaigns.calendar import local_day
from voc.campaigns.chase import CLOSING, Rules
from voc.campaigns.model import Step

_DAY = timedelta(days=1)
FRESH = CLOSING
"""A mail that was frozen so short a time ago is not late: its moment was looked at then."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a mail is for; `step` is None for a CSM's own nudge, which has no days of the week."""

    address: str
    time_zone: str
    country: str | None
    step: Step | None


def is_polite(rules: Rules, whom: Addressee, *, at: datetime, late_until: time) -> bool:
    """Whether a late mail may reach them at that moment."""
    day = local_day(at, whom.time_zone)
    weekdays = _weekdays(rules, whom)
    if not rules.calendar.is_working(day, whom.country) or (weekdays is not None and day.weekday() not in weekdays):
        return False
    hours = replace(rules.calendar, closes=max(rules.calendar.closes, late_until)).window(day, whom.time_zone)
    return hours is not None and hours[0] <= at < hours[1]


def first_polite(
    rules: Rules, whom: Addressee, *, at: datetime, late_until: time, taken: Collection[date] = ()
) -> datetime:
    """`at` if a late mail may go out then, else a moment in their next window; on `taken` days they get another."""
    if local_day(at, whom.time_zone) not in taken and is_polite(rules, whom, at=at, late_until=late_until):
        return at
    key, weekdays = f"{whom.address}:{whom.step}", _weekdays(rules, whom)
    on, moment = rules.calendar.next_after(at, whom.time_zone, whom.country, key=key, weekdays=weekdays)
    while on in taken:
        on, moment = rules.calendar.next_moment(on + _DAY, whom.time_zone, whom.country, key=key, weekdays=weekdays)
    return moment


def _weekdays(rules: Rules, whom: Addressee) -> list[int] | None:
    return None if whom.step is None else rules.weekdays(whom.step)
