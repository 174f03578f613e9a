"""Signs of life of the workers: when each job was last begun and ended, and why it failed. Writes `beat`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from voc.base.db import insert_once
from voc.base.schema import beat


@dataclass(frozen=True)
class Beat:
    """`ended_at` is None while the job is at work; `trouble` is what stopped it the last time."""

    job: str
    worker: str
    began_at: datetime
    ended_at: datetime | None
    trouble: str | None


def began(db: Connection, job: str, *, worker: str, now: datetime) -> None:
    values = {"began_at": now, "ended_at": None}
    mine = (beat.c.job == job) & (beat.c.worker == worker)
    if not db.execute(update(beat).where(mine).values(values)).rowcount:
        insert_once(db, beat, {"job": job, "worker": worker, **values})


def ended(db: Connection, job: str, *, worker: str, now: datetime, trouble: str | None = None) -> None:
    mine = (beat.c.job == job) & (beat.c.worker == worker)
    db.execute(update(beat).where(mine).values(ended_at=now, trouble=trouble))


def listing(db: Connection) -> list[Beat]:
    columns = (beat.c.job, beat.c.worker, beat.c.began_at, beat.c.ended_at, beat.c.trouble)
    return [Beat(*row) for row in db.execute(select(*columns).order_by(beat.c.job, beat.c.worker))]


def forget(db: Connection, *, before: datetime) -> None:
    """Workers that have been gone so long: each process has another name."""
    db.execute(delete(beat).where(beat.c.began_at < before))
