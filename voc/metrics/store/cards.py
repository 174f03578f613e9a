"""Scorecards by version, which of them hold, months that are frozen, and what they came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, true, update

from voc.base.access import Viewer, visible_csms
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    account_csm,
    csm,
    measure_file,
    measure_in_use,
    scorecard_month,
    scorecard_result,
    scorecard_running,
    staff,
)
from voc.base.words import AccountStatus, MeasureFile, RecordState, Scope, StaffRole
from voc.metrics.cards import months, shares
from voc.metrics.cards.model import Book, Month, Result
from voc.metrics.store.amounts import in_reporting

# --- files ---


@dataclass(frozen=True)
class File:
    """A scorecard or template as it was saved once."""

    id: int
    kind: MeasureFile
    name: str
    number: int
    text: str
    digest: str
    saved_at: datetime
    saved_by: str
    note: str | None


@dataclass(frozen=True)
class InUse:
    """Which version holds, and from which month on."""

    file: File
    since_on: date


_FILE = (
    measure_file.c.id,
    measure_file.c.kind,
    measure_file.c.name,
    measure_file.c.number,
    measure_file.c.text,
    measure_file.c.digest,
    measure_file.c.saved_at,
    measure_file.c.saved_by,
    measure_file.c.note,
)


def _file(row: Sequence[object]) -> File:
    return File(*tuple(row)[: len(_FILE)])  # type: ignore[arg-type]  # in the order of _FILE


def versions(db: Connection, kind: MeasureFile, name: str) -> list[File]:
    """Newest first; empty for a name we do not have."""
    query = select(*_FILE).where(measure_file.c.kind == kind, measure_file.c.name == name)
    return [_file(row) for row in db.execute(query.order_by(measure_file.c.number.desc()))]


def newest(db: Connection, kind: MeasureFile) -> list[File]:
    """The newest version of each, by name."""
    last = (
        select(func.max(measure_file.c.id).label("id"))
        .where(measure_file.c.kind == kind)
        .group_by(measure_file.c.name)
        .subquery()
    )
    query = select(*_FILE).join(last, last.c.id == measure_file.c.id).order_by(measure_file.c.name)
    return [_file(row) for row in db.execute(query)]


def file(db: Connection, file_id: int) -> File:
    return _file(db.execute(select(*_FILE).where(measure_file.c.id == file_id)).one())


_LOCK = 0x63617264  # any number, the same in every process


def lock(db: Connection) -> None:
    """Of two who change one at once the second sees what the first did; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def add_file(
    db: Connection,
    kind: MeasureFile,
    name: str,
    *,
    text: str,
    digest: str,
    note: str | None,
    by: str,
    now: datetime,
) -> File:
    """The next version of that name."""
    held = select(func.max(measure_file.c.number)).where(measure_file.c.kind == kind, measure_file.c.name == name)
    row = {"kind": kind, "name": name, "number": (db.execute(held).scalar() or 0) + 1, "text": text, "digest": digest}
    statement = insert(measure_file).values(**row, saved_at=now, saved_by=by, note=note)
    return file(db, db.execute(statement.returning(measure_file.c.id)).scalar_one())


def in_use(db: Connection, kind: MeasureFile) -> dict[str, InUse]:
    """What holds, by name."""
    query = (
        select(*_FILE, measure_in_use.c.since_on)
        .join(measure_in_use, measure_in_use.c.file_id == measure_file.c.id)
        .where(measure_in_use.c.kind == kind)
        .order_by(measure_file.c.name)
    )
    return {row.name: InUse(_file(row), row.since_on) for row in db.execute(query)}


def use(
    db: Connection, kind: MeasureFile, name: str, *, file_id: int | None, since_on: date | None, by: str, now: datetime
) -> None:
    """That version holds from now on; None: no version does."""
    values = {"file_id": file_id, "since_on": since_on, "changed_at": now, "changed_by": by}
    here = and_(measure_in_use.c.kind == kind, measure_in_use.c.name == name)
    if not db.execute(update(measure_in_use).where(here).values(**values)).rowcount:
        db.execute(insert(measure_in_use).values(kind=kind, name=name, **values))


# --- months ---


@dataclass(frozen=True)
class Frozen:
    """A month of a scorecard, as it was frozen once. `file` is the version it was counted by."""

    id: int
    name: str
    month: Month
    revision: int
    file_id: int
    number: int
    saved_by: str
    frozen_at: datetime
    frozen_by: str
    reason: str | None
    approved_at: datetime | None
    approved_by: str | None


_FROZEN = (
    select(scorecard_month, measure_file.c.number, measure_file.c.saved_by)
    .join(measure_file, measure_file.c.id == scorecard_month.c.file_id)
    .order_by(scorecard_month.c.month.desc(), scorecard_month.c.revision.desc())
)


def _frozen(db: Connection, *where: ColumnElement[bool]) -> list[Frozen]:
    return [
        Frozen(
            id=row.id,
            name=row.name,
            month=months.month_of(row.month),
            revision=row.revision,
            file_id=row.file_id,
            number=row.number,
            saved_by=row.saved_by,
            frozen_at=row.frozen_at,
            frozen_by=row.frozen_by,
            reason=row.reason,
            approved_at=row.approved_at,
            approved_by=row.approved_by,
        )
        for row in db.execute(_FROZEN.where(*where))
    ]


def frozen(db: Connection, name: str | None = None, month: Month | None = None) -> list[Frozen]:
    """Newest month first, in it the newest revision first."""
    return _frozen(
        db,
        true() if name is None else scorecard_month.c.name == name,
        true() if month is None else scorecard_month.c.month == month.first_on,
    )


def add_month(
    db: Connection,
    name: str,
    month: Month,
    *,
    file_id: int,
    results: Sequence[Result],
    reason: str | None,
    by: str,
    now: datetime,
) -> tuple[int, int]:
    """The next revision of that month; returns its id and its number."""
    here = (scorecard_month.c.name == name, scorecard_month.c.month == month.first_on)
    revision = (db.execute(select(func.max(scorecard_month.c.revision)).where(*here)).scalar() or 0) + 1
    row = {"name": name, "month": month.first_on, "revision": revision, "file_id": file_id, "reason": reason}
    statement = insert(scorecard_month).values(**row, frozen_at=now, frozen_by=by).returning(scorecard_month.c.id)
    month_id = db.execute(statement).scalar_one()
    rows = [
        {
            "month_id": month_id,
            "scope": one.scope,
            "scope_id": one.id,
            "name": one.name,
            "lead_id": one.lead_id,
            "result": msgspec.to_builtins(one),
        }
        for one in results
    ]
    if rows:
        db.execute(insert(scorecard_result), rows)
    return month_id, revision


# --- the month under way ---


@dataclass(frozen=True)
class Running:
    """What it had come to when the night counted it."""

    month: Month
    file_id: int
    counted_at: datetime
    results: list[Result]

    def holds(self, month: Month, file_id: int) -> bool:
        return (self.month, self.file_id) == (month, file_id)


def keep_running(
    db: Connection, name: str, month: Month, *, file_id: int, results: Sequence[Result], now: datetime
) -> None:
    """In place of what an earlier night counted."""
    db.execute(delete(scorecard_running).where(scorecard_running.c.name == name))
    found = [msgspec.to_builtins(one) for one in results]
    row = {"name": name, "month": month.first_on, "file_id": file_id, "counted_at": now, "results": found}
    db.execute(insert(scorecard_running).values(**row))


def running(db: Connection, name: str) -> Running | None:
    row = db.execute(select(scorecard_running).where(scorecard_running.c.name == name)).first()
    if row is None:
        return None
    results = msgspec.convert(row.results, list[Result])
    return Running(months.month_of(row.month), row.file_id, row.counted_at, results)


def approve(db: Connection, month_id: int, *, by: str, now: datetime) -> bool:
    """False if somebody has approved it already."""
    here = and_(scorecard_month.c.id == month_id, scorecard_month.c.approved_at.is_(None))
    return bool(db.execute(update(scorecard_month).where(here).values(approved_at=now, approved_by=by)).rowcount)


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    """A CSM sees the own result, a lead the team's, a leader and an admin all."""
    if viewer.sees_all:
        return true()
    theirs = and_(
        scorecard_result.c.scope == Scope.CSM,
        scorecard_result.c.scope_id.in_(select(csm.c.id).where(visible_csms(viewer))),
    )
    if viewer.role != StaffRole.LEAD:
        return theirs
    return or_(theirs, and_(scorecard_result.c.scope == Scope.TEAM, scorecard_result.c.scope_id == viewer.csm_id))


def results(db: Connection, month_id: int, viewer: Viewer) -> list[Result]:
    """What the viewer may see of a month, as it was frozen: CSMs in alphabetical order, teams, all."""
    query = (
        select(scorecard_result.c.result)
        .where(scorecard_result.c.month_id == month_id, _visible(viewer))
        .order_by(scorecard_result.c.id)
    )
    return [msgspec.convert(one, Result) for one in db.execute(query).scalars()]


@dataclass(frozen=True)
class OfCsm:
    """A month of one CSM in one scorecard."""

    month: Frozen
    result: Result


def of_csm(db: Connection, csm_id: str, viewer: Viewer, *, name: str | None = None) -> list[OfCsm]:
    """One CSM's months, newest first; of each month the newest revision."""
    query = (
        select(scorecard_result.c.month_id, scorecard_result.c.result)
        .where(scorecard_result.c.scope == Scope.CSM, scorecard_result.c.scope_id == csm_id, _visible(viewer))
        .order_by(scorecard_result.c.id)
    )
    found = {row.month_id: msgspec.convert(row.result, Result) for row in db.execute(query)}
    newest_first: dict[tuple[str, date], OfCsm] = {}
    for one in _frozen(db, scorecard_month.c.id.in_(found), true() if name is None else scorecard_month.c.name == name):
        newest_first.setdefault((one.name, one.month.first_on), OfCsm(one, found[one.id]))
    return list(newest_first.values())


# --- whom a month is about ---


def books(db: Connection, month: Month, *, preferences: Preferences) -> list[Book]:
    """Everybody who owned a customer on a day of the month, with the book at its end, by name."""
    start = datetime.combine(month.first_on, time(), tzinfo=UTC)
    end = datetime.combine(month.last_on + timedelta(days=1), time(), tzinfo=UTC)
    query = (
        select(
            account_csm.c.csm_id,
            account_csm.c.from_at,
            account_csm.c.to_at,
            account.c.arr,
            account.c.currency,
            csm.c.name,
            csm.c.manager_id,
        )
        .join(account, account.c.id == account_csm.c.account_id)
        .join(csm, csm.c.id == account_csm.c.csm_id)
        .where(
            account_csm.c.from_at < end,
            or_(account_csm.c.to_at.is_(None), account_csm.c.to_at > start),
            account.c.state == RecordState.LIVE,
            # Whoever left in the month was somebody's customer until then.
            or_(account.c.status == AccountStatus.CUSTOMER, account.c.churned_on >= month.first_on),
            csm.c.state != RecordState.MERGED,
        )
        .order_by(csm.c.name, csm.c.id, account_csm.c.id)
    )
    spans: dict[str, list[tuple[date, date | None]]] = {}
    people: dict[str, tuple[str, str | None]] = {}
    accounts: dict[str, int] = {}
    revenue: dict[str, float] = {}
    for row in db.execute(query):
        people[row.csm_id] = (row.name, row.manager_id)
        spans.setdefault(row.csm_id, []).append((row.from_at.date(), row.to_at.date() if row.to_at else None))
        if row.to_at is None or row.to_at >= end:
            accounts[row.csm_id] = accounts.get(row.csm_id, 0) + 1
            worth = in_reporting(preferences, row.arr, row.currency) or 0.0
            revenue[row.csm_id] = revenue.get(row.csm_id, 0.0) + worth
    return [
        Book(id, name, lead_id, held, accounts.get(id, 0), revenue.get(id, 0.0))
        for id, (name, lead_id) in people.items()
        if (held := shares.days_held(spans[id], month))
    ]


def approvers(db: Connection) -> list[tuple[str, str]]:
    """Address and name of everybody who may approve a month, by name."""
    query = select(staff.c.email, staff.c.name).where(
        staff.c.role.in_([StaffRole.LEADER, StaffRole.ADMIN]), staff.c.active
    )
    return [(row.email, row.name) for row in db.execute(query.order_by(staff.c.name, staff.c.id))]
