"""What *Check* and the mapping page show of a warehouse: columns, what they hold, examples, spellings in use."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from voc.accounts import rules
from voc.accounts.connector import FieldFound, FieldState, ObjectFound, Probe, Span, Usage
from voc.accounts.crm.texts import text_of
from voc.accounts.crm.warehouse import values
from voc.accounts.crm.warehouse.asking import Asking, Learned, place
from voc.accounts.model import Kind
from voc.base.errors import VocError

_SPELLINGS = 1_000
_LATELY = timedelta(days=30)


def probe(asking: Asking) -> Probe:
    objects = [_looked_at(asking, kind) for kind in Kind]
    return Probe(
        signed_in_as=asking.session.url.username,
        version=asking.session.version,
        objects=objects,
        missing_grants=[one.why for one in objects if one.why and "permission" in one.why],
        warnings=[warning for one in objects for warning in _warnings(asking, one)],
        usage=Usage(requests=asking.asked),
    )


def sample(asking: Asking, kind: Kind, *, limit: int) -> list[dict[str, str]]:
    names, found = asking.few(kind, asking.learned(kind).query.some(limit), limit)
    return [dict(zip(names, map(text_of, row), strict=True)) for row in found]


def spelled(asking: Asking, kind: Kind, field: str) -> list[str]:
    learned = asking.learned(kind)
    column = learned.layout.place_of(field)
    if column is None:
        return []
    _, found = asking.few(kind, learned.query.spelled(column, _SPELLINGS), _SPELLINGS)
    labels = {label.strip() for row in found for label in text_of(row[0]).split(";")}
    return sorted(labels - {""}, key=str.casefold)


def _looked_at(asking: Asking, kind: Kind) -> ObjectFound:
    if kind not in asking.kinds():
        return ObjectFound(kind, None, readable=False, why="No query is written for it")
    try:
        learned = asking.learned(kind)
        return ObjectFound(
            kind,
            place(kind),
            readable=True,
            fields=_fields(asking, kind, learned),
            columns=learned.layout.names,
            rows=_count(asking, kind, learned, None),
            changed_30_days=_changed(asking, kind, learned),
        )
    except VocError as error:
        return ObjectFound(kind, place(kind), readable=False, why=str(error))


def _fields(asking: Asking, kind: Kind, learned: Learned) -> list[FieldFound]:
    layout = learned.layout
    _, found = asking.few(kind, learned.query.some(_EXAMPLES), _EXAMPLES)
    fields = []
    for field in ("id", *rules.TEXTS[kind], "modified_at", "deleted", "merged_into"):
        column = layout.place_of(field)
        held = [] if column is None else [row[layout.names.index(column)] for row in found]
        fields.append(_field(asking, field, column, next((one for one in held if one is not None), None)))
    return fields


_EXAMPLES = 50


def _field(asking: Asking, field: str, column: str | None, example: Any) -> FieldFound:
    if column is None:
        return FieldFound(field, None, FieldState.NOT_MAPPED)
    return FieldFound(field, column, FieldState.FOUND, note=_holds(asking, example))


def _holds(asking: Asking, value: Any) -> str | None:
    """What kind of value a column holds, by the first that is there."""
    if value is None:
        return None
    if values.needs_zone(value):
        return f"timestamp without a zone, read as {asking.zone or 'unknown'}"
    for kind, word in _WORDS:
        if isinstance(value, kind):
            return word
    return "text"


_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "yes or no"),
    ((int, float, Decimal), "number"),
    (datetime, "timestamp with its zone"),
    (date, "day"),
    ((list, tuple), "list"),
)


def _count(asking: Asking, kind: Kind, learned: Learned, reach: tuple[Any, Any] | None) -> int:
    _, found = asking.few(kind, learned.query.count(reach), 1)
    return int(found[0][0])


def _changed(asking: Asking, kind: Kind, learned: Learned) -> int | None:
    if learned.query.modified is None:
        return None
    now = asking.outside.now()
    reach = values.reach(Span(now - _LATELY, now), learned.query.stamp, asking.zone)
    return _count(asking, kind, learned, reach)


def _warnings(asking: Asking, found: ObjectFound) -> list[str]:
    if not found.readable:
        return [f"{found.why}."] if found.kind == Kind.ACCOUNT or found.object else []
    learned = asking.learned(found.kind)
    warnings = []
    if learned.query.modified is None:
        warnings.append(f"The {found.object} tells no date of change (modified_at): each run reads all of it.")
    elif not found.changed_30_days:
        warnings.append(f"The {found.object} has no row that changed in the last 30 days.")
    if learned.naive and asking.zone is None:
        warnings.append(
            f"The {found.object} has timestamps without a zone: say in the connection which zone they are in."
        )
    if found.kind == Kind.CONTACT and learned.layout.place_of("opted_out") is None:
        warnings.append(f"The {found.object} has no column opted_out: who opted out in the CRM would still be asked.")
    return warnings
