"""The audit log: who changed what on settings, access, exclusions and follow-ups. Append-only, hash-chained."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from voc.base.schema import audit

_FIRST = "0" * 64
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
