"""The runs themselves: begun, staged, complete, held or failed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from voc.accounts.model import Counts, FileRead, Kind, Live, RunState, Spent
from voc.accounts.plan import Reading
from voc.base import schema


@dataclass(frozen=True)
class SyncRun:
    id: int
    source: str
    as_of: date
    started_at: datetime
    finished_at: datetime | None
    state: RunState
    message: str | None
    counts: dict[str, Counts]
    files: list[FileRead]
    seconds: float | None
    staged_at: datetime | None
    fingerprint: str | None
    reading: dict[Kind, Reading]
    progress: Live | None
    usage: Spent
    resume_at: datetime | None

    @property
    def rows(self) -> int:
        return sum(counts.rows for counts in self.counts.values())

    @property
    def changes(self) -> int:
        return sum(counts.changes for counts in self.counts.values())


def begin(db: Connection, *, source: str, fingerprint: str | None, as_of: date, now: datetime) -> int:
    row = {"source": source, "as_of": as_of, "started_at": now, "state": RunState.RUNNING, "counts": {}}
    row["fingerprint"] = fingerprint
    return db.execute(insert(schema.sync_run).values(row).returning(schema.sync_run.c.id)).scalar_one()


def note(db: Connection, run_id: int, **values: Any) -> None:
    """Write what is known of a run by now; what is kept as JSON as its own type."""
    for name in ("counts", "files", "reading", "progress", "usage"):
        if name in values:
            values[name] = msgspec.to_builtins(values[name])
    db.execute(update(schema.sync_run).where(schema.sync_run.c.id == run_id).values(**values))


def run(db: Connection, run_id: int) -> SyncRun | None:
    row = db.execute(select(schema.sync_run).where(schema.sync_run.c.id == run_id)).first()
    return None if row is None else _run(row)


def runs(db: Connection, *, limit: int = 50, before: int | None = None) -> list[SyncRun]:
    """Newest first; `before` is the id of the last one of the page before."""
    query = select(schema.sync_run).order_by(schema.sync_run.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(schema.sync_run.c.id < before)
    return [_run(row) for row in db.execute(query)]


def last_complete(db: Connection) -> SyncRun | None:
    """The run whose data we work with: no new invitations when it is too old, none on top of a broken one."""
    query = select(schema.sync_run).where(schema.sync_run.c.state == RunState.COMPLETE)
    row = db.execute(query.order_by(schema.sync_run.c.id.desc()).limit(1)).first()
    return None if row is None else _run(row)


def last_complete_at(db: Connection) -> datetime | None:
    """When the data we work with was read."""
    last = last_complete(db)
    return None if last is None else last.started_at


def unfinished(db: Connection) -> list[SyncRun]:
    """Runs that were killed or paused, the oldest first."""
    stopped = schema.sync_run.c.state.in_((RunState.RUNNING, RunState.PAUSED))
    query = select(schema.sync_run).where(stopped).order_by(schema.sync_run.c.id)
    return [_run(row) for row in db.execute(query)]


def newest(db: Connection) -> SyncRun | None:
    return next(iter(runs(db, limit=1)), None)


def newest_id(db: Connection) -> int | None:
    return db.execute(select(func.max(schema.sync_run.c.id))).scalar()


def rows_before(db: Connection) -> dict[str, int]:
    last = last_complete(db)
    return {} if last is None else {kind: counts.rows for kind, counts in last.counts.items()}


def problem_counts(db: Connection, run_id: int) -> dict[str, dict[str, int]]:
    """level -> reason -> how many."""
    problem = schema.sync_problem
    query = (
        select(problem.c.level, problem.c.reason, func.count())
        .where(problem.c.run_id == run_id)
        .group_by(problem.c.level, problem.c.reason)
        .order_by(problem.c.level, problem.c.reason)
    )
    found: dict[str, dict[str, int]] = {}
    for level, reason, many in db.execute(query):
        found.setdefault(level, {})[reason] = many
    return found


def _run(row: Any) -> SyncRun:
    return SyncRun(
        id=row.id,
        source=row.source,
        as_of=row.as_of,
        started_at=row.started_at,
        finished_at=row.finished_at,
        state=RunState(row.state),
        message=row.message,
        counts={str(Kind(kind)): msgspec.convert(counts, Counts) for kind, counts in row.counts.items()},
        files=msgspec.convert(row.files or [], list[FileRead]),
        seconds=row.seconds,
        staged_at=row.staged_at,
        fingerprint=row.fingerprint,
        reading=msgspec.convert(row.reading or {}, dict[Kind, Reading]),
        progress=row.progress and msgspec.convert(row.progress, Live),
        usage=msgspec.convert(row.usage or {}, Spent),
        resume_at=row.resume_at,
    )
