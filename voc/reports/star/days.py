"""The calendar: every day that the other tables name."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from voc.reports.star.model import DAY, TEXT, WHOLE, Field, Of, Sort, StarTable, own_key
from voc.reports.tables import Kind

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _days(_db: Connection, of: Of) -> Iterator[date]:
    """Every day of the years that the other tables name: written last."""
    if of.first_on is None or of.last_on is None:
        return
    day, last = date(of.first_on.year, 1, 1), date(of.last_on.year, 12, 31)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _dated(name: str, kind: Kind, meaning: str, take: Any, *, label: bool = False) -> Field:
    return Field(name, kind, meaning, lambda day, _of: take(day), "calendar", nulls="in the first row", label=label)


DATE = StarTable(
    "dim_date",
    Sort.DIMENSION,
    "Days in UTC, every day of each year that a fact names.",
    (
        own_key("date_key", "The day as a number, 20260331", lambda day, of: of.day(day), "calendar"),
        _dated("day", DAY, "The day", lambda day: day),
        _dated("year", WHOLE, "Calendar year", lambda day: day.year),
        _dated("quarter", TEXT, "2026-Q1", lambda day: f"{day.year}-Q{(day.month + 2) // 3}", label=True),
        _dated("month", TEXT, "2026-03", lambda day: f"{day:%Y-%m}"),
        _dated("month_number", WHOLE, "1 to 12", lambda day: day.month),
        _dated("iso_year", WHOLE, "Year of the ISO week", lambda day: day.isocalendar().year),
        _dated("iso_week", WHOLE, "ISO week, 1 to 53", lambda day: day.isocalendar().week),
        _dated("weekday", WHOLE, "1 is Monday", lambda day: day.isoweekday()),
        _dated("weekday_name", TEXT, "In English", lambda day: _WEEKDAYS[day.weekday()]),
    ),
    _days,
    "one day",
)
