"""Months that are over are frozen once; a correction is another revision with a reason."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.metrics.cards import months
from voc.metrics.cards.model import Month, Result, Scorecard
from voc.metrics.run import card_rows
from voc.metrics.run.cards.reckoning import reckon
from voc.metrics.run.cards.versions import CARD, card_of
from voc.metrics.store import cards as store
from voc.metrics.store import kept_rows
from voc.metrics.store.cards import File, Frozen
from voc.metrics.store.kept_rows import Portion

NIGHT = "the night"
MOST_MONTHS_LATE = 12  # after an outage longer than this somebody decides, not the night


def catch_up(database: Database, now: datetime) -> int:
    """Freeze each month that is over, once for each scorecard in use, and count the one under way for the pages.

    Returns how many were frozen. Idempotent.
    """
    with database.read() as db:
        due = [
            (name, month, held.file)
            for name, held in store.in_use(db, CARD).items()
            for month in _months_due(held.since_on, now.date())
            if not store.frozen(db, name, month)
        ]
    for name, month, file in due:
        counted = _counted(database, card_of(file), month, now=now)
        with database.begin() as db:
            store.lock(db)
            if not store.frozen(db, name, month):
                _freeze(db, name, month, file=file, counted=counted, reason=None, by=NIGHT, now=now)
    _count_running(database, now)
    return len(due)


@dataclass(frozen=True)
class Counted:
    """What a month came to, and the rows it came from, both of one look at the database."""

    results: list[Result]
    rows: list[Portion]


def _counted(database: Database, card: Scorecard, month: Month, *, now: datetime) -> Counted:
    with database.read() as db:
        return Counted(reckon(db, card, month, now=now), list(card_rows.portions(db, card, month, now=now)))


def _count_running(database: Database, now: datetime) -> None:
    """So that a page of the month under way need not count the company: it says as of when."""
    month = months.month_of(now.date())
    with database.read() as db:
        held = {name: one for name, one in store.in_use(db, CARD).items() if one.since_on <= month.first_on}
    for name, one in held.items():
        with database.read() as db:
            results = reckon(db, card_of(one.file), month, now=now)
        with database.begin() as db:
            store.keep_running(db, name, month, file_id=one.file.id, results=results, now=now)


def _months_due(since_on: date, today: date) -> list[Month]:
    """Months that are over, from the first that counts on, oldest first."""
    found: list[Month] = []
    month = months.last_whole(today)
    while month.first_on >= since_on and len(found) < MOST_MONTHS_LATE:
        found.append(month)
        month = months.before(month)
    return found[::-1]


def correct(database: Database, name: str, wanted: Month, *, revision: int, reason: str, by: str, now: datetime) -> int:
    """Count a frozen month anew by the newest version and by what is known now; the new revision's number.

    `revision` is the one that was looked at: of two who correct it at once, or of one who presses twice, the first
    counts and the second is refused. What was frozen stays as it was. The new one wants an approval of its own.
    """
    if len(reason.strip()) < 10:
        raise Refused("Say why, in a sentence: whoever approves it reads it", field="reason")
    with database.read() as db:
        if not store.frozen(db, name, wanted):
            raise NotFound("This month is not frozen: there is nothing to correct.")
        file = store.versions(db, CARD, name)[0]
    counted = _counted(database, card_of(file), wanted, now=now)
    with database.begin() as db:
        store.lock(db)
        must_be_newest(db, name, wanted, revision)
        return _freeze(db, name, wanted, file=file, counted=counted, reason=reason.strip(), by=by, now=now)


def _freeze(
    db: Connection,
    name: str,
    month: Month,
    *,
    file: File,
    counted: Counted,
    reason: str | None,
    by: str,
    now: datetime,
) -> int:
    month_id, revision = store.add_month(
        db, name, month, file_id=file.id, results=counted.results, reason=reason, by=by, now=now
    )
    kept_rows.keep(db, month_id, counted.rows)
    audit.record(
        db,
        at=now,
        actor=by,
        action="scorecard month frozen" if reason is None else "scorecard month corrected",
        object_kind="scorecard",
        object_id=name,
        detail={"month": months.written(month), "revision": revision, "version": file.number, "reason": reason},
    )
    return revision


def month(db: Connection, name: str, wanted: Month, *, revision: int | None = None) -> Frozen:
    """That revision, or the newest. NotFound if there is none."""
    for one in store.frozen(db, name, wanted):
        if revision is None or one.revision == revision:
            return one
    raise NotFound("There is no such month of this scorecard.")


def must_be_newest(db: Connection, name: str, wanted: Month, revision: int) -> Frozen:
    found = month(db, name, wanted)
    if found.revision != revision:
        raise Refused(f"Revision {found.revision} came after the one you looked at. Look at it first")
    return found
