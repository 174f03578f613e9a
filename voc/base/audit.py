"""The audit log: who changed what on settings, access, exclusions and follow-ups, and who took data out.

Append-only, hash-chained: a line that was changed, moved or taken out of the middle does not follow
from the one before. Lines taken off the end leave a chain that is whole: against that, keep what
`last` says somewhere else now and then, and ask `holds` later. The nightly job writes it into the log.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from voc.base.schema import audit

_FIRST = "0" * 64
_SHORT = 8  # ids of some CRMs are small numbers, which may mean anything
_LOCK = 0x766F63  # any number, the same in every process


def record(
    db: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    object_kind: str,
    object_id: str | int,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one line, in the transaction of the change itself."""
    if db.dialect.name == "postgresql":
        # Two writers would otherwise follow the same last line.
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    previous = db.execute(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)).scalar() or _FIRST
    line = {
        "at": at.isoformat(),
        "actor": actor,
        "action": action,
        "object_kind": object_kind,
        "object_id": str(object_id),
        "detail": detail or {},
    }
    db.execute(insert(audit).values(**{**line, "at": at}, previous_hash=previous, hash=_digest(previous, line)))


def exported(db: Connection, *, what: str, detail: dict[str, Any], by: str, now: datetime) -> None:
    """Data left the service: which, how much, and who took it."""
    record(db, at=now, actor=by, action="exported", object_kind="export", object_id=what, detail=detail)


def redact(db: Connection, *, ids: Collection[str], needles: Collection[str], word: str, new_id: str) -> int:
    """Take a person out of the log, and close the chain anew from the first line that changed; how many did.

    The only way in which a line ever changes; the caller records that it was done.
    """
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    pattern = re.compile("|".join(re.escape(one) for one in needles) or "(?!)", re.IGNORECASE)
    previous, changed = _FIRST, 0
    for row in db.execute(select(audit).order_by(audit.c.id)).mappings().all():
        line = {name: row[name] for name in ("actor", "action", "object_kind", "object_id", "detail")}
        fresh = {
            **line,
            "object_id": new_id if row["object_kind"] == "contact" and row["object_id"] in ids else row["object_id"],
            "detail": _without_person(row["detail"], ids, pattern, word, new_id),
        }
        if fresh == line and row["previous_hash"] == previous:
            previous = row["hash"]
            continue
        changed += fresh != line
        digest = _digest(previous, {"at": row["at"].isoformat(), **fresh})
        db.execute(update(audit).where(audit.c.id == row["id"]).values(**fresh, previous_hash=previous, hash=digest))
        previous = digest
    return changed


def _without_person(detail: Any, ids: Collection[str], pattern: re.Pattern[str], word: str, new_id: str) -> Any:
    if isinstance(detail, dict):
        return {key: _without_person(value, ids, pattern, word, new_id) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_without_person(value, ids, pattern, word, new_id) for value in detail]
    if isinstance(detail, str):
        # An id stands alone; a short one is part of many a word.
        return new_id if detail in ids and len(detail) > _SHORT else pattern.sub(word, detail)
    return detail


def first_broken(db: Connection) -> int | None:
    """The id of the first line that does not follow from the one before, or None if the chain is whole."""
    previous = _FIRST
    for row in db.execute(select(audit).order_by(audit.c.id)).mappings():
        line = {
            "at": row["at"].isoformat(),
            "actor": row["actor"],
            "action": row["action"],
            "object_kind": row["object_kind"],
            "object_id": row["object_id"],
            "detail": row["detail"],
        }
        if row["previous_hash"] != previous or row["hash"] != _digest(previous, line):
            return int(row["id"])
        previous = row["hash"]
    return None


@dataclass(frozen=True)
class Mark:
    """A line by number and digest: what is kept elsewhere to prove later that everything up to it still stands."""

    id: int
    hash: str

    def __str__(self) -> str:
        return f"{self.id}:{self.hash}"


def last(db: Connection) -> Mark | None:
    row = db.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    return None if row is None else Mark(row.id, row.hash)


def latest_at(db: Connection) -> datetime | None:
    """When somebody last did what the log keeps."""
    return db.execute(select(func.max(audit.c.at))).scalar()


def holds(db: Connection, mark: Mark) -> bool:
    """Whether that line is still there as it was. An erased person changes lines too, and says so in a later one."""
    return db.execute(select(audit.c.hash).where(audit.c.id == mark.id)).scalar() == mark.hash


def count(db: Connection) -> int:
    return db.execute(select(func.count()).select_from(audit)).scalar_one()


def _digest(previous: str, line: dict[str, Any]) -> str:
    return hashlib.sha256((previous + json.dumps(line, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()


@dataclass(frozen=True)
class Line:
    id: int
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]


def listing(
    db: Connection, *, before: int | None = None, object_kind: str | None = None, limit: int = 100
) -> list[Line]:
    """Newest first, from the line `before` that one on."""
    query = select(
        audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.object_kind, audit.c.object_id, audit.c.detail
    )
    if before is not None:
        query = query.where(audit.c.id < before)
    if object_kind is not None:
        query = query.where(audit.c.object_kind == object_kind)
    return [Line(**row) for row in db.execute(query.order_by(audit.c.id.desc()).limit(limit)).mappings()]


def kinds(db: Connection) -> list[str]:
    """The kinds of objects it speaks of."""
    return list(db.execute(select(audit.c.object_kind).distinct().order_by(audit.c.object_kind)).scalars())
