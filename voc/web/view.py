"""Records -> what a reader sees: numbers, dates, money, percent, counts. Pure; every template has these as filters.

A missing value is a dash, never 0. A minus is −. Money is rounded to what one can compare: €310 k, €1.25 M.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

DASH = "–"

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}

_WORDS = {
    "csm": "CSM",
    "lead": "team lead",
    "admin": "programme owner",
    "no_census": "No one to ask",
    "all_opted_out": "All opted out",
    "in_flight": "In flight",
    "in_confidence": "In confidence",
    "too_new": "Too new",
    "not_asked": "Not asked",
}


def number(value: float | Decimal | None, places: int = 0) -> str:
    """1,204 and −3.5; a dash for None."""
    if value is None:
        return DASH
    text = f"{value:,.{places}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.removeprefix("-")


def percent(share: float | None) -> str:
    """0.254 -> 25%."""
    return DASH if share is None else number(share * 100) + "%"


def signed(value: float | None, places: int = 0) -> str:
    """+3, −3, 0."""
    text = number(value, places)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def score(value: float | None) -> str:
    """Of 100, whole."""
    return number(value)


def money(amount: float | Decimal | None, currency: str | None = "USD") -> str:
    """€310 k, €1.25 M, €950; CHF 310 k where there is no sign."""
    if amount is None:
        return DASH
    size = abs(float(amount))
    # The unit is chosen by the rounded size, so that 999,600 reads 1 M and not 1,000 k.
    if size >= 999_500:
        figure = f"{size / 1_000_000:,.2f}".rstrip("0").rstrip(".") + " M"
    elif size >= 1_000:
        figure = f"{size / 1_000:,.0f} k"
    else:
        figure = f"{size:,.0f}"
    sign = _SIGNS.get(currency or "", f"{currency} " if currency else "")
    return f"{'−' if amount < 0 else ''}{sign}{figure}"


def day(value: date | datetime | None) -> str:
    """16 November 2026."""
    return DASH if value is None else f"{value.day} {value:%B %Y}"


def short_day(value: date | datetime | None) -> str:
    """16 Nov 2026, for tables."""
    return DASH if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """Mon 16 Nov 2026, 07:40, in the company's zone."""
    if value is None:
        return DASH
    local = value.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def days_from(value: date | None, today: date) -> str:
    """in 76 days, today, 342 days ago."""
    if value is None:
        return DASH
    days = (value - today).days
    if days == 0:
        return "today"
    return f"in {count(days, 'day')}" if days > 0 else f"{count(-days, 'day')} ago"


def count(value: int, one: str, many: str | None = None) -> str:
    """1 account, 2 accounts, 1,204 people."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def of(part: float | None, whole: float | None, places: int = 0) -> str:
    """26 of 50."""
    return DASH if part is None or whole is None else f"{number(part, places)} of {number(whole, places)}"


def span(low: float | None, high: float | None) -> str:
    """45 to 58, for an interval of shares."""
    return DASH if low is None or high is None else f"{number(low * 100)} to {number(high * 100)}%"


def word(value: str | StrEnum | None) -> str:
    """An enum's word as one reads it: decision_maker -> Decision maker."""
    if value is None:
        return DASH
    text = str(value)
    if text in _WORDS:
        return _WORDS[text]
    text = text.replace("_", " ")
    return text[:1].upper() + text[1:]


def low_word(value: str | StrEnum | None) -> str:
    """The same inside a sentence."""
    text = word(value)
    return text if text == DASH or text[:2].isupper() else text[:1].lower() + text[1:]


def listed(names: Sequence[str]) -> str:
    """Ana, Jon and Ruth."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def quoted(text: str) -> str:
    """As part of an address."""
    return quote(text, safe="")


def at_dots(name: str) -> Markup:
    """A domain or an address that may break before a dot or an @, not in the middle of a word."""
    return Markup("").join(
        Markup("<wbr>") + part if part[0] in ".@" else escape(part) for part in re.split(r"([.@])", name) if part
    )


FILTERS = {
    "at_dots": at_dots,
    "number": number,
    "percent": percent,
    "signed": signed,
    "score": score,
    "money": money,
    "day": day,
    "short_day": short_day,
    "count_of": count,
    "word": word,
    "low_word": low_word,
    "listed": listed,
}
