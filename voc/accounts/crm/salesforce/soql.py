"""SOQL texts from values: names that are names, literals quoted, instants in UTC with milliseconds. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import quote

PAGE = 2_000
# A statement travels in the address, of which Salesforce takes 16,384 bytes with its headers.
_ENCODED_LIMIT = 10_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:\.[A-Za-z][A-Za-z0-9_]{0,79}){0,5}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
_ESCAPES = {"\\": r"\\", "'": r"\'", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\b": r"\b", "\f": r"\f"}
_TO_ESCAPE = re.compile(r"[\\'\"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

Value = str | bool | int | float | Decimal | datetime | date | None


def is_name(text: str) -> bool:
    """Whether a text can be the name of an object or a field, also across relations (`RecordType.DeveloperName`)."""
    return _NAME.fullmatch(text) is not None


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def name(text: str) -> str:
    """The name as it is. ValueError for what is none: nothing else ever gets into a statement unquoted."""
    if not is_name(text):
        raise ValueError("not a name of an object or field")
    return text


def instant(moment: datetime) -> str:
    """UTC with milliseconds, cut and not rounded, as `SystemModstamp` is compared."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def literal(value: Value) -> str:
    """A value as it stands in a statement. Lone surrogates, which no record can hold, become a question mark."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return instant(value)
        case date():
            return value.isoformat()
    return "'" + _TO_ESCAPE.sub(_escaped, value) + "'"


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    if character in _ESCAPES:
        return _ESCAPES[character]
    return "?" if "\ud800" <= character <= "\udfff" else f"\\u{ord(character):04X}"


def compare(field: str, sign: str, value: Value) -> str:
    assert sign in ("=", "!=", "<", "<=", ">", ">=")
    return f"{name(field)} {sign} {literal(value)}"


def among(field: str, values: Iterable[Value]) -> str:
    """Never an empty list: SOQL has none."""
    listed = ", ".join(literal(value) for value in values)
    assert listed
    return f"{name(field)} IN ({listed})"


def within(field: str, select: "Select") -> str:
    """One of what another statement finds."""
    return f"{name(field)} IN ({select})"


@dataclass(frozen=True)
class Select:
    """One statement. `where` are conditions that all hold, made by `compare` and `among`."""

    fields: tuple[str, ...]
    object: str
    where: tuple[str, ...] = ()
    grouped: bool = False
    ordered: bool = False
    newest: bool = False
    limit: int | None = None

    def __str__(self) -> str:
        fields = ", ".join(name(field) for field in self.fields)
        text = " ".join(("SELECT", fields or "COUNT()", "FROM", name(self.object)))
        if self.where:
            text += f" WHERE {' AND '.join(self.where)}"
        if self.grouped:
            text += f" GROUP BY {fields}"
        if self.ordered:
            text += " ORDER BY Id"
        if self.newest:
            text += " ORDER BY SystemModstamp DESC"
        return text if self.limit is None else f"{text} LIMIT {self.limit}"

    def only(self, *conditions: str) -> "Select":
        return replace(self, where=(*self.where, *conditions))

    def count(self) -> "Select":
        """How many rows it has in all, whatever its order and limit."""
        return replace(self, fields=(), ordered=False, limit=None)

    def page_after(self, last: str | None) -> "Select":
        """The next rows by id."""
        beyond = (compare("Id", ">", last),) if last else ()
        return replace(self, where=(*self.where, *beyond), ordered=True, limit=PAGE)


def within_length(select: Select, field: str, values: Sequence[str]) -> Iterator[Select]:
    """The statement for each part of a list of values that fits into an address."""
    room = _ENCODED_LIMIT - len(quote(str(select)))
    part: list[str] = []
    used = 0
    for value in values:
        length = len(quote(f"{literal(value)}, ", safe=""))
        if part and used + length > room:
            yield select.only(among(field, part))
            part, used = [], 0
        part.append(value)
        used += length
    if part:
        yield select.only(among(field, part))
