"""Business hours of the owner of a case: when a limit falls due, and how much of it has passed. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voc import statistics
from voc.base.choices import Preferences
from voc.base.closed_days import closed_days


@dataclass(frozen=True)
class Hours:
    """The calendar of our own people, in one owner's time zone."""

    zone: str
    opens: time = time(9)
    closes: time = time(17)
    weekend: frozenset[int] = frozenset({5, 6})
    country: str | None = None

    def due_after(self, start: datetime, hours: float) -> datetime:
        """The first moment at which so many open hours have passed since `start`, in UTC."""
        due = statistics.after_business_hours(
            start=self.local(start),
            hours=hours,
            open=self.opens,
            close=self.closes,
            weekend=self.weekend,
            # A limit falls due weeks, not years, after its start.
            holidays=self._holidays(start.year, start.year + 1),
        )
        return due.astimezone(UTC)

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Open hours between two moments; 0 when the end is not after the start."""
        return statistics.business_hours(
            start=self.local(start),
            end=self.local(end),
            open=self.opens,
            close=self.closes,
            weekend=self.weekend,
            holidays=self._holidays(start.year, end.year),
        )

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(_zone(self.zone))

    def _holidays(self, first: int, last: int) -> frozenset[date]:
        return _closed(self.country, first, last)


def of_owner(zone: str | None, preferences: Preferences) -> Hours:
    """The company's hours in the owner's zone; one that is unknown falls back to the company's."""
    return Hours(
        zone=zone if zone and _known(zone) else preferences.default_time_zone,
        opens=preferences.business_opens,
        closes=preferences.business_closes,
        weekend=frozenset(preferences.business_weekend),
        country=preferences.business_country or None,
    )


@lru_cache(maxsize=512)
def _closed(country: str | None, first: int, last: int) -> frozenset[date]:
    years = range(first - 1, last + 2)  # a local day may lie in the year next to UTC's
    return frozenset().union(*(closed_days(country, year)[1] for year in years)) if country else frozenset()


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=512)
def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def a_day(preferences: Preferences) -> float:
    """Business hours of a working day: what turns hours on the clock into working days."""
    opens, closes = preferences.business_opens, preferences.business_closes
    return closes.hour + closes.minute / 60 - opens.hour - opens.minute / 60
