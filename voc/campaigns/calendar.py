"""When a mail may go out: working days of the contact's country, and a window in the contact's own zone.

A day is always a local day. A moment is computed from the day when it is needed, never stored alone:
zones, holidays and blackout days change.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from voc.base.closed_days import closed_days
from voc.base.errors import Misconfigured

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_MEND = "Look at the blackout days, the weekdays of invitations and the hours of the window"
# A calendar that has no working day in a year is a mistake in the settings, not a reason to search for ever.
_FURTHEST = 366


@dataclass(frozen=True)
class Calendar:
    """The window and the blackout days of an installation; countries bring their weekends and holidays."""

    opens: time = time(9, 30)
    closes: time = time(11, 30)
    blackout: frozenset[date] = frozenset()

    def is_working(self, day: date, country: str | None) -> bool:
        return day not in self.blackout and not _is_closed(day, country)

    def working_on_or_after(self, day: date, country: str | None, *, weekdays: Collection[int] | None = None) -> date:
        """The first working day from `day` on, of these weekdays if any are named. Misconfigured if there is none."""
        return _working(self, day, country, None if weekdays is None else tuple(weekdays))

    def shift(self, day: date, working_days: int, country: str | None) -> date:
        """So many working days later, or earlier if negative; `day` itself is not counted."""
        return _shifted(self, day, working_days, country)

    def working_days_between(self, first: date, last: date, country: str | None) -> int:
        """Working days after `first` up to and with `last`; 0 if `last` is not later."""
        days = min((last - first).days, _FURTHEST)
        return sum(self.is_working(first + _DAY * number, country) for number in range(1, days + 1))

    def window(self, day: date, zone: str) -> tuple[datetime, datetime] | None:
        """The window of that local day in UTC, or None if that day's clock jumps over it."""
        return _window(day, zone, self.opens, self.closes)

    def moment(self, day: date, zone: str, *, key: str) -> datetime | None:
        """A whole minute within that day's window, spread by `key`, so that not all leave when it opens."""
        window = self.window(day, zone)
        if window is None:
            return None
        start, end = window
        minutes = int((end - start) / _MINUTE)
        return start + _MINUTE * (_number(key) % max(minutes, 1))

    def next_moment(
        self, day: date, zone: str, country: str | None, *, key: str, weekdays: Collection[int] | None = None
    ) -> tuple[date, datetime]:
        """The first working day from `day` on that has a window, and the moment in it."""
        for _ in range(_FURTHEST):
            day = self.working_on_or_after(day, country, weekdays=weekdays)
            at = self.moment(day, zone, key=key)
            if at is not None:
                return day, at
            day += _DAY
        raise Misconfigured("calendar", f"no day in a year has the window in {zone}", _MEND)

    def next_after(
        self, now: datetime, zone: str, country: str | None, *, key: str, weekdays: Collection[int] | None = None
    ) -> tuple[date, datetime]:
        """The first moment from `now` on: today's if it is still to come."""
        day, at = self.next_moment(local_day(now, zone), zone, country, key=key, weekdays=weekdays)
        if at < now:
            day, at = self.next_moment(day + _DAY, zone, country, key=key, weekdays=weekdays)
        return day, at


@lru_cache(maxsize=65536)
def _shifted(calendar: Calendar, day: date, working_days: int, country: str | None) -> date:
    stride = _DAY if working_days >= 0 else -_DAY
    left = abs(working_days)
    for _ in range(_FURTHEST):
        if left == 0:
            break
        day += stride
        left -= calendar.is_working(day, country)
    return day


@lru_cache(maxsize=65536)
def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(_zone(zone)).date()


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")


def _is_closed(day: date, country: str | None) -> bool:
    weekend, closed = closed_days(country, day.year)
    return day.weekday() in weekend or day in closed


# A wave asks the same of the same days for everybody of a country.
@lru_cache(maxsize=65536)
def _working(calendar: Calendar, day: date, country: str | None, weekdays: tuple[int, ...] | None) -> date:
    for _ in range(_FURTHEST):
        if calendar.is_working(day, country) and (weekdays is None or day.weekday() in weekdays):
            return day
        day += _DAY
    raise Misconfigured("calendar", "there is no day in a year to send mail on", _MEND)


@lru_cache(maxsize=65536)
def _window(day: date, zone: str, opens: time, closes: time) -> tuple[datetime, datetime] | None:
    # Where clocks go back, an hour comes twice: open on its second round and close on its first, so
    # that no second between the two reads a time outside the window; a window within the hour takes the first.
    start = _instant(day, opens, zone, fold=1)
    end = _instant(day, closes, zone, fold=0)
    if end <= start:
        start = _instant(day, opens, zone, fold=0)
    return (start, end) if start < end else None


def _instant(day: date, at: time, zone: str, *, fold: int) -> datetime:
    """That local time in UTC; where clocks go forward over it, the moment they do."""
    local = datetime.combine(day, at, tzinfo=_zone(zone)).replace(fold=fold)
    moment = local.astimezone(UTC)
    if moment.astimezone(_zone(zone)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    early, late = sorted(local.replace(fold=either).astimezone(UTC) for either in (0, 1))
    before = early.astimezone(_zone(zone)).utcoffset()
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(_zone(zone)).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
