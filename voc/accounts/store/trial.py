"""What a try decided, read out of the database that is thrown away: examples of changes and of doubts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from voc.accounts import wording
from voc.accounts.checking import Doubt, Example
from voc.accounts.model import Fate, Kind, ProblemLevel, Reason
from voc.accounts.rules import REFERENCES
from voc.accounts.store.tables import FIELDS, TARGET
from voc.base.schema import sync_change, sync_problem

_EXAMPLES = 3
_FIELDS_SHOWN = 6
_LONGEST = 200

_NOT_SHOWN = frozenset({"id", "email_original"})
_WITH_VALUES = (Fate.CREATED, Fate.UPDATED)

# What a person knows a record by; others are known by their id.
_NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.CSM: ("name",),
    Kind.ACCOUNT: ("name",),
    Kind.CONTACT: ("first_name", "last_name"),
    Kind.OPPORTUNITY: ("name",),
    Kind.ACTIVITY: ("subject",),
    Kind.MILESTONE: ("kind",),
}


def examples(live: Connection, other: Connection, run_id: int) -> list[Example]:
    """The first records of each fate, as they are here and as they would be."""
    found = []
    for kind in Kind:
        for fate in (Fate.CREATED, Fate.UPDATED, Fate.DELETED, Fate.MERGED, Fate.GONE, Fate.CLOSED):
            query = select(sync_change.c.record_id, sync_change.c.fields).where(
                sync_change.c.run_id == run_id, sync_change.c.object == kind, sync_change.c.change == fate
            )
            for id, fields in other.execute(query.order_by(sync_change.c.id).limit(_EXAMPLES)).all():
                before, after = _record(live, kind, id), _record(other, kind, id)
                values = _values(before, after, fields or FIELDS[kind]) if fate in _WITH_VALUES else {}
                values = {field: _with_names(live, other, kind, field, pair) for field, pair in values.items()}
                found.append(Example(kind, id, _name(kind, after or before), fate, values))
    return found


def _name(kind: Kind, record: Mapping[str, Any]) -> str:
    return " ".join(str(record[name]) for name in _NAMES.get(kind, ()) if record.get(name))


def _with_names(live: Connection, other: Connection, kind: Kind, field: str, ids: tuple[str, str]) -> tuple[str, str]:
    """A person knows another record by its name, not by its id."""
    named = REFERENCES[kind].get(field)
    if named is None:
        return ids
    before, after = (_name(named, _record(db, named, id)) or id for db, id in zip((live, other), ids, strict=True))
    return before, after


def _record(db: Connection, kind: Kind, id: str) -> Mapping[str, Any]:
    table = TARGET[kind]
    return dict(db.execute(select(table).where(table.c.id == id)).mappings().first() or {})


def _values(before: Mapping[str, Any], after: Mapping[str, Any], fields: Iterable[str]) -> dict[str, tuple[str, str]]:
    shown = [field for field in fields if field not in _NOT_SHOWN and (after.get(field) or before.get(field))]
    return {field: (_text(before.get(field)), _text(after.get(field))) for field in shown[:_FIELDS_SHOWN]}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)[:_LONGEST]


def doubts(db: Connection, run_id: int, *, without: Sequence[Reason]) -> list[Doubt]:
    """How many rows have which problem, with one of each as an example."""
    group = (sync_problem.c.object, sync_problem.c.level, sync_problem.c.reason)
    counted = (
        select(*group, func.count().label("many"), func.min(sync_problem.c.id).label("first"))
        .where(sync_problem.c.run_id == run_id, sync_problem.c.reason.not_in(without))
        .group_by(*group)
        .subquery()
    )
    query = select(sync_problem, counted.c.many).join(counted, counted.c.first == sync_problem.c.id)
    found = [
        Doubt(
            object=Kind(row["object"]),
            level=ProblemLevel(row["level"]),
            reason=Reason(row["reason"]),
            sentence=wording.sentence(ProblemLevel(row["level"]), Reason(row["reason"])),
            count=row["many"],
            record_id=row["record_id"],
            field=row["field"],
            text=row["text"],
        )
        for row in db.execute(query).mappings()
    ]
    levels = list(ProblemLevel)
    return sorted(found, key=lambda one: (levels.index(one.level), -one.count, one.object, one.reason))
