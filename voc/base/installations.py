"""The one row that says what this database is: whose, a rehearsal or real, and where it stands in time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, inspect, select, update

from voc.base.errors import Refused
from voc.base.schema import installation


@dataclass(frozen=True)
class Installation:
    """`moment` is where a rehearsal or a demo stands; None where time is the system's."""

    epoch: str
    rehearsal: bool
    demo_seed: int | None
    moment: datetime | None
    created_at: datetime
    sending_paused: bool
    paused_because: str | None


def create(
    db: Connection, *, epoch: str, now: datetime, moment: datetime | None = None, demo_seed: int | None = None
) -> None:
    """`moment` makes it a rehearsal: a database that commands may move through time."""
    db.execute(
        insert(installation).values(
            id=1, epoch=epoch, rehearsal=moment is not None, moment=moment, demo_seed=demo_seed, created_at=now
        )
    )


def exists(db: Connection) -> bool:
    return inspect(db).has_table(installation.name) and db.execute(select(installation.c.id)).first() is not None


def load(db: Connection) -> Installation:
    columns = installation.c
    row = db.execute(
        select(
            columns.epoch,
            columns.rehearsal,
            columns.demo_seed,
            columns.moment,
            columns.created_at,
            columns.sending_paused,
            columns.paused_because,
        )
    ).one()
    return Installation(*row)


def move(db: Connection, *, to: datetime) -> None:
    """Move a rehearsal forward. Refused for any other database, and for a step back."""
    here = load(db)
    if not here.rehearsal:
        raise Refused(
            "This database keeps real time: a moment can be named for a rehearsal only. "
            "Make one with `voc init --rehearsal --directory DIR`."
        )
    if here.moment is not None and to < here.moment:
        raise Refused(f"This rehearsal has reached {here.moment:%Y-%m-%d %H:%M} UTC already and cannot go back.")
    db.execute(update(installation).values(moment=to))
