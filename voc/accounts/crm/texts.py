"""Values that a driver or a workbook hands over, as the texts a connector yields."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def text_of(value: Any) -> str:
    """The text that `voc.accounts.clean` reads as the same value."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    convert = _TEXTS.get(type(value))
    return convert(value) if convert else _other_text(value)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


def _decimal(value: Decimal) -> str:
    return format(value, "f")


def _moment(value: datetime) -> str:
    return value.isoformat() if value.tzinfo is None else value.astimezone(UTC).isoformat()


def _bytes(value: bytes | bytearray | memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")


def _labels(value: list[Any] | tuple[Any, ...] | set[Any]) -> str:
    """Several labels in one column, as roles travel."""
    return ";".join(text_of(one) for one in value)


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "1" if value else "0",
    int: str,
    float: _number,
    Decimal: _decimal,
    datetime: _moment,
    date: date.isoformat,
    UUID: str,
    bytes: _bytes,
    bytearray: _bytes,
    memoryview: _bytes,
    list: _labels,
    tuple: _labels,
    set: _labels,
    dict: lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True, default=str),
}


def _other_text(value: Any) -> str:
    for kind, convert in _TEXTS.items():
        if isinstance(value, kind):
            return convert(value)
    return str(value)
