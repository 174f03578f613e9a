"""The moment a day stands for."""

from datetime import UTC, date, datetime, time, timedelta


def moment_of(as_of: date | None, *, now: datetime) -> datetime:
    """The end of that day, or now if the day is today or not given: what was known then."""
    if as_of is None or as_of >= now.date():
        return now
    return datetime.combine(as_of + timedelta(days=1), time(), tzinfo=UTC) - timedelta(microseconds=1)
