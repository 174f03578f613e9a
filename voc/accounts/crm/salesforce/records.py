"""From Salesforce's records, JSON or CSV, to rows: one form of each value, so that both ways of reading agree."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from voc.accounts import clean, rules
from voc.accounts.crm import rows
from voc.accounts.crm.salesforce.described import NUMBERS
from voc.accounts.crm.salesforce.mapping import Layout
from voc.accounts.model import Incoming

_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:?00", re.ASCII)
_MOMENT_LENGTHS = (28, 29)


def path(record: Mapping[str, Any], column: str) -> Any:
    """A field, also through relations; None where a record on the way is not there."""
    value: Any = record
    for part in column.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value[part] if part in value else _in_any_case(value, part)
    return value


def _in_any_case(record: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in record.items() if key.casefold() == name.casefold()), None)


def text(value: Any) -> str:
    """JSON's value as the CSV of a bulk query writes it. Asked for every field of every record."""
    kind = type(value)
    if kind is str:
        return f"{value[:23]}Z" if len(value) in _MOMENT_LENGTHS and _UTC.fullmatch(value) else str(value)
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    return number(repr(value)) if kind is float else str(value)


def number(text: str) -> str:
    """Without a fraction that is none: JSON may write 9000.0 where CSV writes 9000."""
    whole, dot, fraction = text.partition(".")
    return whole if dot and fraction.isdigit() and not fraction.strip("0") else text


Read = Callable[[Sequence[str]], Incoming | None]
"""From the texts of a layout's columns, in their order; None for a record that is not one of this kind any more."""


def reader(layout: Layout, *, salt: bytes) -> Read:
    """As little work per record as can be: a first load reads a million of them."""
    columns = layout.columns
    at = {name.casefold(): place for place, name in enumerate(columns)}
    at_deleted, at_winner = at.get("isdeleted") if layout.deletes else None, at.get("masterrecordid")
    names = rules.TEXTS[layout.kind]
    defaults = [rules.DEFAULTS.get(name, "") for name in names]
    places = [
        at[layout.found[name].casefold()] if name in layout.found else len(columns) + place
        for place, name in enumerate(names)
    ]
    pick = itemgetter(*places)
    numbers = [at[column] for column, field in layout.fields.items() if field.type in NUMBERS and column in at]
    conditions = [(at[condition.column.casefold()], condition) for condition in layout.conditions]
    make = rows.maker(salt)

    def read(texts: Sequence[str]) -> Incoming | None:
        id = clean.salesforce_id(texts[0])
        winner = texts[at_winner] if at_winner is not None else ""
        if winner or (at_deleted is not None and texts[at_deleted] == "true"):
            return Incoming(id, 0, None, modified=texts[1], deleted=True, winner_id=clean.salesforce_id(winner) or None)
        for place, condition in conditions:
            if not condition.holds(texts[place]):
                return None
        cells = [*texts, *defaults]
        for place in numbers:
            cells[place] = number(cells[place])
        return make(id, 0, None, pick(cells), texts[1])

    return read


def texts(layout: Layout) -> Callable[[Mapping[str, Any]], list[str]]:
    """From one JSON record to the texts of a layout's columns."""
    columns = layout.columns
    pick = itemgetter(*columns)

    def read(record: Mapping[str, Any]) -> list[str]:
        try:
            values = pick(record)
        except KeyError:  # through relations, or in another case
            values = [path(record, column) for column in columns]
        return [text(value) for value in values]

    return read
