"""What the last look at the world outside found; writes `last_check`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from voc.base.schema import last_check


def keep(db: Connection, name: str, found: Any, *, now: datetime) -> None:
    """Instead of what the look before found."""
    db.execute(delete(last_check).where(last_check.c.name == name))
    db.execute(insert(last_check).values(name=name, at=now, found=found))


def last(db: Connection, name: str) -> tuple[datetime, Any] | None:
    row = db.execute(select(last_check.c.at, last_check.c.found).where(last_check.c.name == name)).first()
    return None if row is None else (row.at, row.found)
