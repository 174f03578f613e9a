"""What an admin asked of the CRM on a page: asked there, done by a worker, shown on the page meanwhile.

One row for each kind of errand: the last. What was found shows rows of the CRM, so it is kept
encrypted, and only for a while (`forget`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from voc.accounts.model import Progress
from voc.base.errors import Refused
from voc.base.schema import crm_errand
from voc.base.words import ErrandKind

SILENT = timedelta(minutes=2)
"""A worker that was not heard of for so long is gone."""
UNTAKEN = timedelta(seconds=30)
"""An errand that nobody has begun after this waits for a worker that does not run."""


class ErrandState(StrEnum):
    WAITING = "waiting"  # for a worker
    UNDER_WAY = "under_way"
    STOPPED = "stopped"  # its worker is gone
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Errand:
    kind: ErrandKind
    of: str  # digest of the connection it was asked for
    asked_at: datetime
    asked_by: str
    begun_at: datetime | None
    seen_at: datetime | None
    ended_at: datetime | None
    progress: Progress | None
    trouble: str | None
    ciphertext: bytes | None

    def state(self, now: datetime) -> ErrandState:
        if self.ended_at is not None:
            return ErrandState.DONE if self.trouble is None else ErrandState.FAILED
        if self.begun_at is None:
            return ErrandState.WAITING
        gone = now - (self.seen_at or self.begun_at) > SILENT
        return ErrandState.STOPPED if gone else ErrandState.UNDER_WAY

    def is_open(self, now: datetime) -> bool:
        return self.state(now) in (ErrandState.WAITING, ErrandState.UNDER_WAY)

    def is_untaken(self, now: datetime) -> bool:
        """Asked a while ago, and no worker took it."""
        return self.begun_at is None and now - self.asked_at > UNTAKEN


def ask(db: Connection, kind: ErrandKind, *, of: str, by: str, now: datetime) -> None:
    """Refused while the same is under way for somebody else."""
    earlier = errand(db, kind)
    if earlier is not None and earlier.state(now) == ErrandState.UNDER_WAY:
        raise Refused(f"That is being done already: {earlier.asked_by} asked for it. Wait until it has ended.")
    db.execute(delete(crm_errand).where(crm_errand.c.kind == kind))
    db.execute(insert(crm_errand).values(kind=kind, of=of, asked_at=now, asked_by=by))


def take(db: Connection, kind: ErrandKind, *, now: datetime) -> Errand | None:
    """The one that waits, for the caller alone; None if nothing waits."""
    here = crm_errand.c
    taken = update(crm_errand).where(here.kind == kind, here.begun_at.is_(None)).values(begun_at=now, seen_at=now)
    if db.execute(taken.returning(here.kind)).first() is None:
        return None
    return errand(db, kind)


def waits(db: Connection, kind: ErrandKind) -> bool:
    here = crm_errand.c
    return db.execute(select(here.kind).where(here.kind == kind, here.begun_at.is_(None))).first() is not None


def seen(db: Connection, mine: Errand, progress: Progress, *, now: datetime) -> None:
    """The worker is still at it, and how far."""
    values = {"seen_at": now, "progress": msgspec.to_builtins(progress)}
    db.execute(update(crm_errand).where(_is(mine)).values(values))


def end(db: Connection, mine: Errand, *, trouble: str | None, ciphertext: bytes | None, now: datetime) -> None:
    """What came of it, unless it was asked for anew meanwhile."""
    values = {"ended_at": now, "trouble": trouble, "ciphertext": ciphertext, "progress": None}
    db.execute(update(crm_errand).where(_is(mine)).values(values))


def errand(db: Connection, kind: ErrandKind) -> Errand | None:
    row = db.execute(select(crm_errand).where(crm_errand.c.kind == kind)).mappings().first()
    if row is None:
        return None
    progress = row["progress"] and msgspec.convert(row["progress"], Progress)
    return Errand(**{**row, "kind": ErrandKind(row["kind"]), "progress": progress})


def forget(db: Connection, *, before: datetime) -> None:
    """What was found before that moment: people may have been erased since."""
    here = crm_errand.c
    db.execute(delete(crm_errand).where(or_(here.ended_at < before, here.asked_at < before - SILENT)))


def _is(mine: Errand) -> ColumnElement[bool]:
    here = crm_errand.c
    return and_(here.kind == mine.kind, here.begun_at == mine.begun_at, here.ended_at.is_(None))
