"""A job runs in one process at a time: a lease row with a fencing number.

A worker that slept through its lease finds another fence there and may not commit (`held`).
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from voc.base.schema import lease


def take(db: Connection, name: str, *, holder: str, now: datetime, lasts: timedelta) -> int | None:
    """The fencing number of a new or renewed lease, or None while somebody else holds it."""
    taken = db.execute(
        update(lease)
        .where(lease.c.name == name, (lease.c.expires_at <= now) | (lease.c.holder == holder))
        .values(holder=holder, fence=lease.c.fence + 1, expires_at=now + lasts)
        .returning(lease.c.fence)
    ).scalar()
    if taken is not None:
        return taken
    if db.execute(select(lease.c.name).where(lease.c.name == name)).first() is not None:
        return None
    with db.begin_nested() as attempt:
        try:
            db.execute(insert(lease).values(name=name, holder=holder, fence=1, expires_at=now + lasts))
        except IntegrityError:  # another process created the row in this instant
            attempt.rollback()
            return None
    return 1


def is_taken(db: Connection, name: str, *, now: datetime) -> bool:
    """Whether anybody is at it just now."""
    return db.execute(select(lease.c.name).where(lease.c.name == name, lease.c.expires_at > now)).first() is not None


def held(db: Connection, name: str, *, fence: int) -> bool:
    """Whether that fencing number is still the newest; ask it in the transaction that commits the work."""
    return db.execute(select(lease.c.fence).where(lease.c.name == name)).scalar() == fence


def keep(db: Connection, name: str, *, fence: int, now: datetime, lasts: timedelta) -> bool:
    """Make it last longer under the same number; False if somebody else had it meanwhile, also if it is free again."""
    mine = update(lease).where(lease.c.name == name, lease.c.fence == fence)
    return db.execute(mine.values(expires_at=now + lasts)).rowcount == 1


def release(db: Connection, name: str, *, fence: int, now: datetime) -> None:
    db.execute(update(lease).where(lease.c.name == name, lease.c.fence == fence).values(expires_at=now))
