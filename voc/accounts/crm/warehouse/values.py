"""What a database hands over, as the texts a connector yields; and how far a window reaches in its columns."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from voc.accounts.connector import Span
from voc.accounts.crm.texts import text_of

_A_DAY = timedelta(days=1)


class Stamp(StrEnum):
    """What a query's `modified_at` holds."""

    INSTANT = "instant"  # it says its zone
    NAIVE = "naive"  # a zone must be named for it
    DAY = "day"
    TEXT = "text"  # SQLite has no type for it: ISO 8601 in a text
    OTHER = "other"  # nothing that a window can be cut from


def stamp_of(value: Any, *, sqlite: bool) -> Stamp:
    if isinstance(value, datetime):
        return Stamp.NAIVE if value.tzinfo is None else Stamp.INSTANT
    if isinstance(value, date):
        return Stamp.DAY
    return Stamp.TEXT if sqlite and isinstance(value, str) and _instant(value) else Stamp.OTHER


def needs_zone(value: Any) -> bool:
    """Whether it is a moment that only a named zone makes an instant."""
    found = _instant(value) if isinstance(value, str) else value
    return isinstance(found, datetime) and found.tzinfo is None


# --- ids and moments ----------------------------------------------------------------------------


def id_text(value: Any) -> str:
    """A whole number without decimals, however the driver counts."""
    if isinstance(value, Decimal | float) and value == int(value):
        return str(int(value))
    return text_of(value).strip()


def moment_text(value: Any, *, zone: ZoneInfo | None) -> str:
    """An instant in one spelling, so that texts sort as instants do; "" where it is none."""
    found = _instant(value) if isinstance(value, str) else value
    if isinstance(found, datetime):
        aware = found if found.tzinfo else found.replace(tzinfo=zone or UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    return text_of(value)


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


# --- bookmarks ----------------------------------------------------------------------------------


def bookmark_of(id: Any) -> str:
    """The last id of a page with its type: 9 comes before 10, and "9" after "10"."""
    name = next((name for name, (kind, _) in _IDS.items() if type(id) is kind), "text")
    return json.dumps([name, str(id)])


def id_of(bookmark: str) -> Any:
    name, text = json.loads(bookmark)
    return _IDS[name][1](text)


def like(example: Any, text: str) -> Any | None:
    """An id that we keep as text, as the database keeps its ids; None when it cannot be one of these."""
    read = next((read for kind, read in _IDS.values() if type(example) is kind), str)
    try:
        return read(text)
    except (ValueError, ArithmeticError):
        return None


_IDS: dict[str, tuple[type, Callable[[str], Any]]] = {
    "text": (str, str),
    "int": (int, int),
    "decimal": (Decimal, Decimal),
    "uuid": (UUID, UUID),
}


# --- windows ------------------------------------------------------------------------------------


def reach(span: Span, stamp: Stamp, zone: ZoneInfo | None) -> tuple[Any, Any]:
    """What `modified_at` is compared with, from and below, so that every instant of the window is in.

    Rows from just outside may come too: a wall clock that is put back shows the same hour twice, and
    a day is taken whole. They are found unchanged.
    """
    assert span.since is not None
    if stamp == Stamp.INSTANT:
        return span.since, span.until
    low, high = _on_the_wall(span.since, span.until, zone or ZoneInfo("UTC"))
    if stamp == Stamp.DAY:
        return low.date(), (high + _A_DAY).date()
    if stamp == Stamp.TEXT:  # one row may say its zone and the next not
        return min(low, _plain(span.since)), max(high, _plain(span.until))
    return low, high


def _on_the_wall(since: datetime, until: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The lowest and highest a wall clock can show in between, whatever is done to it."""

    def ahead(at: datetime) -> timedelta:
        return at.astimezone(zone).utcoffset() or timedelta()

    low = _plain(since) + min(ahead(since), ahead(since + _A_DAY))
    high = _plain(until) + max(ahead(until), ahead(until - _A_DAY))
    return low, high


def _plain(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
