"""Working time between two moments, for the clocks of follow-ups (3-metrics 6)."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

_LONGEST_SEARCH_DAYS = 3660


def business_hours(
    *,
    start: datetime | str,
    end: datetime | str,
    open: float | time,
    close: float | time,
    weekend: Collection[int],
    holidays: Iterable[date | str],
) -> float:
    """Open hours between two local moments of the owner; 0 when the end is not after the start.

    Moments are wall-clock times in the owner's zone (aware ones must carry that zone). `open` and
    `close` are times, or hours such as 9 or 9.5; `weekend` holds weekdays with Monday 0.
    """
    begins, ends = _local(start), _local(end)
    closed = _days(holidays)
    first, last = begins.date(), ends.date()
    whole = max(_at(first, close) - _at(first, open), timedelta())
    hours = whole * _open_days_between(first, last, frozenset(weekend), closed)
    for day in {first, last} if first <= last else ():
        if day.weekday() not in weekend and day not in closed:
            hours += max(min(ends, _at(day, close)) - max(begins, _at(day, open)), timedelta())
    return hours / timedelta(hours=1)


@lru_cache(maxsize=4096)
def _open_days_between(first: date, last: date, weekend: frozenset[int], closed: frozenset[date]) -> int:
    """Whole days after the one and before the other. Thousands of follow-ups began on a few days."""
    days = (first + timedelta(days=step) for step in range(1, (last - first).days))
    return sum(day.weekday() not in weekend and day not in closed for day in days)


def after_business_hours(
    *,
    start: datetime | str,
    hours: float,
    open: float | time,
    close: float | time,
    weekend: Collection[int],
    holidays: Iterable[date | str],
) -> datetime:
    """The first local moment at which that many open hours have passed: a follow-up's limit.

    A limit that is used up at closing time stands at closing time. The result is naive wall-clock
    time when `start` is; an aware start gives an aware result in the same zone.
    """
    given = datetime.fromisoformat(start) if isinstance(start, str) else start
    closed = _days(holidays)
    left, now = timedelta(hours=hours), _local(given)
    for _ in range(_LONGEST_SEARCH_DAYS):
        day = now.date()
        if day.weekday() not in weekend and day not in closed:
            begins = max(now, _at(day, open))
            room = _at(day, close) - begins
            if room > timedelta() and left <= room:
                return (begins + left).replace(tzinfo=given.tzinfo)
            left -= max(room, timedelta())
        now = datetime.combine(day + timedelta(days=1), time())
    raise ValueError("the calendar has no open day")


def _local(moment: datetime | str) -> datetime:
    value = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return value.replace(tzinfo=None)


def _days(holidays: Iterable[date | str]) -> frozenset[date]:
    return _known(holidays) if isinstance(holidays, frozenset) else _read(holidays)


@lru_cache(maxsize=512)  # very many cases of one calendar are counted one after the other
def _known(holidays: frozenset[date | str]) -> frozenset[date]:
    return _read(holidays)


def _read(holidays: Iterable[date | str]) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) if isinstance(day, str) else day for day in holidays)


def _at(day: date, hour: float | time) -> datetime:
    if isinstance(hour, time):
        return datetime.combine(day, hour)
    return datetime.combine(day, time()) + timedelta(hours=hour)
