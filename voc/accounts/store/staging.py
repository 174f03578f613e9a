"""Rows kept apart while a run reads: in, and compared with what we have, a few thousand at a time."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from voc.accounts.model import RECORDS, Fate, Incoming, Kind, Problem, Reason, Record, RecordState, Staged
from voc.accounts.store.tables import FIELDS, KNOWN, STAGED, TARGET
from voc.base import schema

_PLACE = ("position", "line", "fate", "modified")
_VERDICT = ("reason", "late_reason", "fields", "winner_id", "hash")


class Kept(NamedTuple):
    """A record as we have it."""

    record: Record
    state: RecordState
    hash: str


def clear(db: Connection) -> None:
    """Forget what an earlier run kept apart."""
    for table in (*STAGED.values(), schema.staged_alias, schema.staged_id):
        if db.dialect.name == "postgresql":
            db.exec_driver_sql(f"TRUNCATE {table.name}")
        else:
            db.execute(delete(table))


def drop_behind(db: Connection, run_id: int, kind: Kind, position: int) -> None:
    """Forget what was read behind a bookmark: it is read again."""
    staged, problem = STAGED[kind], schema.sync_problem
    db.execute(delete(staged).where(staged.c.position > position))
    db.execute(delete(problem).where(problem.c.run_id == run_id, problem.c.object == kind, problem.c.row > position))


def analyze(db: Connection, kind: Kind) -> None:
    """PostgreSQL plans by statistics, and a table filled a second ago has none."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"ANALYZE {STAGED[kind].name}")


def aliases(db: Connection) -> dict[Kind, dict[str, str]]:
    """Every merge known so far."""
    found: dict[Kind, dict[str, str]] = {Kind.ACCOUNT: {}, Kind.CONTACT: {}}
    for row in db.execute(select(schema.alias)):
        found.setdefault(Kind(row.kind), {})[row.loser_id] = row.winner_id
    return found


def has_any(db: Connection, kind: Kind) -> bool:
    return db.execute(select(TARGET[kind].c.id).limit(1)).first() is not None


def records(db: Connection, kind: Kind, ids: Sequence[str]) -> dict[str, Kept]:
    """The records we have, as they were last loaded."""
    table, shape = TARGET[kind], RECORDS[kind]
    columns = [table.c[name] for name in FIELDS[kind]]
    rows = db.execute(select(table.c.state, table.c.hash, *columns).where(table.c.id.in_(ids)))
    return {
        row[2]: Kept(msgspec.convert(dict(zip(FIELDS[kind], row[2:], strict=True)), shape), RecordState(row[0]), row[1])
        for row in rows
    }


# --- in -----------------------------------------------------------------------------------------


def stage_unchanged(db: Connection, kind: Kind, rows: Sequence[Incoming]) -> int:
    """Keep those rows apart whose digest is that of the live record we have; how many they are.

    Asked for every row of every run, so the database compares: only what differs comes back to us.
    """
    read = [row for row in rows if row.cells]
    if not read:
        return 0
    target, staged = TARGET[kind].name, STAGED[kind].name
    names = ", ".join(("id", *KNOWN[kind]))
    # S608: our own names only.
    into = f"INSERT INTO {staged} (position, line, modified, fate, {names}) SELECT"
    if db.dialect.name == "postgresql":
        # As one value: the driver takes five times longer over arrays.
        new = [{"p": row.row, "l": row.line, "m": row.modified or None, "i": row.id, "d": row.digest} for row in read]
        query = (
            f"{into} new.p, new.l, new.m, 'unchanged', {names}"
            f" FROM json_to_recordset(%s::json) AS new (p int, l int, m text, i text, d text)"
            f" JOIN {target} ON id = new.i AND hash = new.d AND state = 'live'"
        )
        return db.exec_driver_sql(query, (json.dumps(new),)).rowcount
    values = [(row.row, row.line, row.modified or None, row.id, row.digest) for row in read]
    query = f"{into} ?, ?, ?, 'unchanged', {names} FROM {target} WHERE id = ? AND hash = ? AND state = 'live'"
    return db.exec_driver_sql(query, values).rowcount


def positions(db: Connection, kind: Kind, first: int, last: int) -> set[int]:
    """Which of these rows are kept apart already."""
    staged = STAGED[kind]
    query = select(staged.c.position).where(staged.c.position >= first, staged.c.position <= last)
    return set(db.execute(query).scalars())


def stage(db: Connection, kind: Kind, rows: Iterable[Staged]) -> None:
    """Keep rows apart, in the order read. COPY on PostgreSQL, one prepared statement on SQLite."""
    full = _Inserter(kind, (*FIELDS[kind], *_VERDICT))
    other = _Inserter(kind, ("id", *_VERDICT))
    to_value = _writer(kind, dates_as_text=db.dialect.name == "sqlite")
    for staged in rows:
        if staged.record is not None:
            full.add(staged, to_value(staged.record), _verdict(staged))
        else:
            # A rejected or deleted row has an id at most.
            other.add(staged, (staged.row.id,), _verdict(staged))
    for inserter in (full, other):
        inserter.write(db)


def _verdict(staged: Staged) -> tuple[Any, ...]:
    row = staged.row
    return (
        row.reason and row.reason.value,
        staged.late and staged.late.value,
        json.dumps(staged.fields) if staged.fields else None,
        row.winner_id,
        staged.hash,
    )


_WORDS = {fate: fate.value for fate in Fate}  # `value` is a slow look-up for something done per row


class _Inserter:
    def __init__(self, kind: Kind, fields: Sequence[str]) -> None:
        self.table = STAGED[kind]
        self.columns = [self.table.c[name].name for name in (*_PLACE, *fields)]
        self.rows: list[tuple[Any, ...]] = []

    def add(self, staged: Staged, values: tuple[Any, ...], verdict: tuple[Any, ...]) -> None:
        row = staged.row
        self.rows.append((row.row, row.line, _WORDS[staged.fate], row.modified or None, *values, *verdict))

    def write(self, db: Connection) -> None:
        if not self.rows:
            return
        columns = ", ".join(f'"{name}"' for name in self.columns)
        if db.dialect.name == "postgresql":
            driver: Any = db.connection.cursor()
            with driver.copy(f"COPY {self.table.name} ({columns}) FROM STDIN") as copy:
                for row in self.rows:
                    copy.write_row(row)
            driver.close()
        else:
            marks = ", ".join("?" * len(self.columns))
            statement = f"INSERT INTO {self.table.name} ({columns}) VALUES ({marks})"  # noqa: S608  # our own names only
            db.exec_driver_sql(statement, self.rows)


def _writer(kind: Kind, *, dates_as_text: bool) -> Callable[[Record], tuple[Any, ...]]:
    """From a record to the values of its columns as the driver takes them."""
    shape = RECORDS[kind]
    odd = [
        (place, convert)
        for place, field in enumerate(msgspec.structs.fields(shape))
        if (convert := _conversion(str(field.type), dates_as_text=dates_as_text))
    ]

    def write(record: Record) -> tuple[Any, ...]:
        values = list(msgspec.structs.astuple(record))
        for place, convert in odd:
            value = values[place]
            if value is not None:
                values[place] = convert(value)
        return tuple(values)

    return write


def _conversion(annotation: str, *, dates_as_text: bool) -> Callable[[Any], Any] | None:
    if "datetime.date" in annotation:
        return date.isoformat if dates_as_text else None
    if "Decimal" in annotation:
        return _cents
    if "tuple" in annotation:
        return lambda roles: json.dumps([role.value for role in roles])
    if "Segment" in annotation or "AccountStatus" in annotation:
        return lambda word: word.value
    return None


def _cents(value: Decimal) -> int:
    return int(value * 100)


# --- problems -----------------------------------------------------------------------------------


def add_problems(db: Connection, run_id: int, problems: Iterable[Problem]) -> None:
    rows = [
        {
            "run_id": run_id,
            "level": problem.level,
            "object": problem.object,
            "file": problem.file,
            "row": problem.row,
            "line": problem.line,
            "record_id": problem.record_id or None,
            "reason": problem.reason,
            "field": problem.field,
            "text": problem.text,
            "account_id": None,
        }
        for problem in problems
    ]
    if rows:
        db.execute(insert(schema.sync_problem), rows)


def has_problem(db: Connection, run_id: int, kind: Kind, reason: Reason) -> bool:
    problem = schema.sync_problem
    query = select(problem.c.id).where(problem.c.run_id == run_id, problem.c.object == kind, problem.c.reason == reason)
    return db.execute(query.limit(1)).first() is not None


def live_count(db: Connection, kind: Kind) -> int:
    """How many records of an object came from the CRM and stand."""
    table = TARGET[kind]
    query = select(func.count()).select_from(table).where(table.c.state == RecordState.LIVE)
    if kind == Kind.CONTACT:
        query = query.where(~schema.contact.c.ours)
    return db.execute(query).scalar_one()
