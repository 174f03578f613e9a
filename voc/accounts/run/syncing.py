"""Bring the CRM in: read apart, decide, write in short batches, say complete last.

A run that ends in *complete* has everything; one that does not says so, and the last good data
stands. Reading and deciding touch no record: rows wait in staging tables. Once all are decided the
run is `staged`, and from there it can be stopped anywhere: the next sync finishes it first.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from voc.accounts import rules
from voc.accounts.connector import Source, Span
from voc.accounts.crm.csvfolder import CsvFolder
from voc.accounts.model import (
    Cleaned,
    Counts,
    Fate,
    FileRead,
    Incoming,
    Kind,
    Problem,
    ProblemLevel,
    Progress,
    Reason,
    Record,
    RecordState,
    RunState,
    Staged,
    SyncReport,
    Watcher,
)
from voc.accounts.store import applying, deciding, history, staging
from voc.accounts.store.tables import ALWAYS_IN_FULL
from voc.base import audit, clock, leases, preferences
from voc.base.db import Database
from voc.base.errors import Misconfigured, NotFound, Refused, VocError

log = structlog.get_logger()

_LEASE = "sync"
_LEASE_LASTS = timedelta(minutes=10)
_MERGEABLE = (Kind.ACCOUNT, Kind.CONTACT)
_WITH_ACCOUNT = (Kind.CONTACT, Kind.RELATION, Kind.OPPORTUNITY, Kind.ACTIVITY, Kind.MILESTONE)


def open_source(name: str) -> Source:
    """The connector a name stands for: `csv:FOLDER`. Nothing is read yet."""
    kind, _, place = name.partition(":")
    if kind == "csv" and place:
        return CsvFolder(Path(place))
    raise Misconfigured("source", f"{name!r} names no source", "Write csv:FOLDER with the folder of the export")


def sync(
    database: Database, source: Source, *, as_of: date, now: datetime, progress: Watcher | None = None
) -> SyncReport:
    """One full run. `as_of` is the day of the export: it decides which roles and renewals are past.

    The report's state is COMPLETE, or HELD when too much has vanished (`release` applies it after a
    person looked). Raises Misconfigured, with place and mend, when the source cannot be read; the
    run is then marked FAILED. `progress` is called between batches, never inside a transaction.
    """
    run = _begin(database, source, as_of=as_of, now=now, progress=progress)
    try:
        _read(run)
        held = _decide(run)
    except BaseException as error:
        _fail(run, error)
        raise
    if held:
        return _hold(run, held)
    return _write(run)


def release(database: Database, run_id: int, *, by: str, now: datetime, progress: Watcher | None = None) -> SyncReport:
    """Apply a held run after a person looked at what is missing. Refused when a newer run exists."""
    with database.begin() as db:
        found = history.run(db, run_id)
        if found is None:
            raise NotFound(f"There is no run {run_id}.")
        if found.state != RunState.HELD or history.newest_id(db) != run_id:
            raise Refused("Only the newest run can be released, and only while it is held.")
        history.note(db, run_id, state=RunState.RUNNING, message=f"released by {by}")
        audit.record(db, at=now, actor=by, action="held sync released", object_kind="sync_run", object_id=run_id)
        fence = _take_lease(db, now)
    return _write(_Run(database, found, fence=fence, now=now, progress=progress))


# --- one run ------------------------------------------------------------------------------------


class _Run:
    """What all phases of one run share."""

    def __init__(
        self,
        database: Database,
        row: history.SyncRun,
        *,
        fence: int,
        now: datetime,
        progress: Watcher | None,
        source: Source | None = None,
    ) -> None:
        self.database = database
        self.id = row.id
        self.as_of = row.as_of
        self.source = source
        self.source_name = row.source
        self.counts = row.counts
        self.files = row.files
        self.fence = fence
        self.now = now
        self.started = clock.seconds()
        self.rows = 0
        self._progress = progress

    def tell(self, phase: str, kind: Kind | None, share: float) -> None:
        if self._progress is not None:
            self._progress(Progress(phase=phase, object=kind, rows=self.rows, share=share))

    def guard(self, db: Connection) -> None:
        """A run that lost its lease to another may not write any more."""
        if not leases.held(db, _LEASE, fence=self.fence):
            raise Refused("Another sync has begun; this one stops here and has written nothing half.")


def _take_lease(db: Connection, now: datetime) -> int:
    """The newest run wins: an older one that is still alive finds another fence before its next batch."""
    fence = leases.take(db, _LEASE, holder=_LEASE, now=now, lasts=_LEASE_LASTS)
    if fence is None:
        raise Refused("Another sync is running.")
    return fence


def _begin(database: Database, source: Source, *, as_of: date, now: datetime, progress: Watcher | None) -> _Run:
    with database.begin() as db:
        fence = _take_lease(db, now)
        stopped = history.unfinished(db)
        newest = history.newest_id(db)
    for earlier in stopped:
        if earlier.staged_at is not None and earlier.id == newest:
            _write(_Run(database, earlier, fence=fence, now=now, progress=progress))
        else:
            message = "It was stopped before it had read everything; nothing of it was written."
            with database.begin() as db:
                history.note(db, earlier.id, state=RunState.FAILED, message=message, finished_at=now)
    with database.begin() as db:
        staging.clear(db)
        run_id = history.begin(db, source=source.name, as_of=as_of, now=now)
        row = history.run(db, run_id)
        assert row is not None
    return _Run(database, row, fence=fence, now=now, progress=progress, source=source)


def _fail(run: _Run, error: BaseException) -> None:
    message = str(error) if isinstance(error, VocError) else "It was stopped before it had read everything."
    with run.database.begin() as db:
        history.note(db, run.id, state=RunState.FAILED, message=message, finished_at=run.now)


# --- read ---------------------------------------------------------------------------------------


def _read(run: _Run) -> None:
    source = run.source
    assert source is not None
    problems = source.open()
    everything = Span(None, run.now)
    with run.database.begin() as db:
        staging.add_problems(db, run.id, problems)
        aliases = staging.aliases(db)
    for kind in Kind:
        with run.database.read() as db:
            compare = staging.has_any(db, kind)
        for page in source.pages(kind, everything, after=None, known=lambda _kind: iter(())):
            batch = page.rows
            reader = _Batch(run, kind, source, aliases)
            reader.read(batch, compare=compare)
            with run.database.begin() as db:
                run.guard(db)
                staging.stage(db, kind, reader.staged)
                staging.add_problems(db, run.id, reader.problems)
            run.rows += len(batch)
            run.tell("reading", kind, source.share_read())
        _look_for_emptiness(run, kind, source.file(kind))


class _Batch:
    """Some rows of one object, compared with what we have."""

    def __init__(self, run: _Run, kind: Kind, source: Source, aliases: dict[Kind, dict[str, str]]) -> None:
        self.run = run
        self.kind = kind
        self.aliases = aliases
        self.source = source
        self._hashes: dict[str, str] = {}
        self.staged: list[Staged] = []
        self.problems: list[Problem] = []

    def read(self, rows: list[Incoming], *, compare: bool) -> None:
        changed = self._without_unchanged(rows) if compare else rows
        cleaned = [self._clean(row) for row in changed]
        stored = {}
        if compare and cleaned:
            with self.run.database.read() as db:
                stored = staging.records(db, self.kind, [row.id for row in changed if row.cells])
        for row, found in zip(changed, cleaned, strict=True):
            if found is None:
                self.staged.append(Staged(row, _fate_of_row(self.kind, row)))
            else:
                self._compare(row, found, stored)

    def _without_unchanged(self, rows: list[Incoming]) -> list[Incoming]:
        """Stage the rows whose digest we know, and hand back the others."""
        with self.run.database.read() as db:
            known = staging.known(db, self.kind, [row.id for row in rows if row.cells])
        changed = []
        for row in rows:
            found = known.get(row.id)
            if found and row.cells and found[0] == row.digest and found[1] == "live" and not self._in_full:
                self.staged.append(Staged(row, Fate.UNCHANGED, known=found[2]))
            else:
                changed.append(row)
        self._hashes = {id: found[0] for id, found in known.items()}
        return changed

    @property
    def _in_full(self) -> bool:
        return self.kind in ALWAYS_IN_FULL

    def _clean(self, row: Incoming) -> Cleaned | None:
        if not row.cells:
            return None
        return rules.record_of(
            self.kind,
            row,
            spellings=self.source.spellings,
            aliases=self.aliases,
            same_id=self.source.same_id,
        )

    def _compare(self, row: Incoming, found: Cleaned, stored: dict[str, tuple[Record, RecordState]]) -> None:
        for problem in found.problems:
            problem.file = self.source.file(self.kind).file
            problem.field = problem.field and self.source.column(self.kind, problem.field)
        self.problems += found.problems
        if found.missing is not None:
            row.reason = found.missing
            self.staged.append(Staged(row, Fate.REJECTED))
            return
        ours, state = stored.get(row.id, (None, None))
        change = rules.change_of(self.kind, found, ours, state)
        # A row with a problem is looked at again in the next run, so that its problem is told again.
        hash = f"{row.digest}!" if found.problems or found.unreadable else row.digest
        fate = change.fate
        if fate == Fate.UNCHANGED and self._hashes.get(row.id) != hash:
            fate = Fate.REWORDED
        self.staged.append(Staged(row, fate, change.record, hash=hash, fields=change.fields, late=found.late))


def _fate_of_row(kind: Kind, row: Incoming) -> Fate:
    if row.reason is not None:
        return Fate.REJECTED
    return Fate.MERGED if row.winner_id and kind in _MERGEABLE else Fate.DELETED


def _look_for_emptiness(run: _Run, kind: Kind, file: FileRead) -> None:
    """No rows where there were some means that they were not exported, never that all are gone."""
    if file.rows:
        return
    with run.database.begin() as db:
        live = staging.live_count(db, kind)
        if kind == Kind.ACCOUNT and not live:
            raise Misconfigured(str(file.file), "it has no rows", "Export the accounts again; nothing was changed")
        if live:
            file.exported = False
            reason = Reason.MISSING_FILE if file.file is None else Reason.EMPTY_FILE
            if not staging.has_problem(db, run.id, kind, reason):
                staging.add_problems(db, run.id, [Problem(ProblemLevel.FILE, reason, kind, file=file.file)])


# --- decide -------------------------------------------------------------------------------------


def _decide(run: _Run) -> list[str]:
    """Fates of all rows in the order of checks, the problems, the counts; why a person should look first."""
    source = run.source
    assert source is not None
    with run.database.begin() as db:
        base = preferences.load(db).reporting_currency
        aliases = staging.aliases(db)
    view = deciding.Run(run_id=run.id, as_of=run.as_of, source=source, base_currency=base)
    for place, kind in enumerate(Kind):
        file = source.file(kind)
        # An object that was not exported needs no looks at empty tables.
        for step in _checks(view, kind, aliases) if file.rows or file.exported else ():
            with run.database.begin() as db:
                run.guard(db)
                step(db)
        run.tell("deciding", kind, (place + 1) / len(Kind))
    for report in (
        deciding.warn_accounts,
        deciding.warn_duplicate_addresses,
        deciding.warn_unknown_contacts,
        deciding.warn_missing_accounts,
    ):
        with run.database.begin() as db:
            report(db, view)
    return _count(run, view)


def _count(run: _Run, view: deciding.Run) -> list[str]:
    held = []
    with run.database.begin() as db:
        run.guard(db)
        before = history.rows_before(db)
        for kind in Kind:
            deciding.place_problems(db, view, kind)
            file = run.source.file(kind) if run.source else FileRead(kind, None)
            run.files.append(file)
            run.counts[kind] = deciding.counts(db, kind, rows=file.rows)
            if file.exported:
                why = rules.why_hold(
                    kind,
                    vanished=deciding.vanished_alone(db, kind),
                    live=staging.live_count(db, kind),
                    rows=file.rows,
                    rows_before=before.get(kind),
                )
                held += [why] if why else []
        history.note(db, run.id, counts=run.counts, files=run.files, staged_at=run.now)
    return held


def _checks(
    view: deciding.Run, kind: Kind, aliases: dict[Kind, dict[str, str]]
) -> Iterator[Callable[[Connection], None]]:
    """The steps for one object; each is a transaction of its own."""
    yield lambda db: staging.analyze(db, kind)
    yield lambda db: deciding.drop_older_copies(db, kind)
    yield lambda db: deciding.follow_merges(db, kind)
    if kind == Kind.ACTIVITY:
        yield deciding.place_activities
    if kind in _WITH_ACCOUNT:
        yield lambda db: deciding.check_accounts(db, kind)
    if kind == Kind.OPPORTUNITY_ROLE:
        yield deciding.check_opportunities
    if kind in (Kind.RELATION, Kind.OPPORTUNITY_ROLE):
        yield lambda db: deciding.check_contacts(db, kind)
    yield lambda db: deciding.check_late(db, kind)
    if kind in _MERGEABLE:
        yield lambda db: deciding.stage_merges(db, view, kind, aliases[kind])
    if kind == Kind.ACCOUNT:
        yield lambda db: deciding.follow_merges(db, kind)
    yield lambda db: deciding.report_rows(db, view, kind)
    yield lambda db: deciding.mark_kept(db, kind)
    yield lambda db: deciding.mark_ended(db, kind)
    if view.exported[kind]:
        yield lambda db: deciding.stage_vanished(db, view, kind)


def _hold(run: _Run, reasons: list[str]) -> SyncReport:
    message = f"Held: {'; '.join(reasons)}. Look at the export, then release the run or export again."
    return _finish(run, RunState.HELD, message)


# --- write --------------------------------------------------------------------------------------


def _write(run: _Run) -> SyncReport:
    total = sum(counts.changes for counts in run.counts.values()) or 1
    done = 0
    for kind in Kind:
        after = 0
        while True:
            with run.database.begin() as db:
                run.guard(db)
                batch = applying.next_batch(db, kind, after=after)
                if batch is not None:
                    done += applying.apply_batch(db, kind, batch, run_id=run.id, now=run.now)
                    after = batch[1]
            if batch is None:
                break
            run.tell("writing", kind, min(1.0, done / total))
        if kind in _MERGEABLE:
            with run.database.begin() as db:
                run.guard(db)
                applying.apply_merges(db, kind)
                if kind == Kind.CONTACT and run.counts[kind].changes:
                    applying.adopt(db, run_id=run.id)
            run.tell("writing", kind, min(1.0, done / total))
    _give_roles(run)
    return _finish(run, RunState.COMPLETE, _sentence(run.counts))


def _give_roles(run: _Run) -> None:
    """Who holds which role today follows from the relations, their days and who still stands."""
    with run.database.begin() as db:
        run.guard(db)
        last = history.last_complete(db)
        moved = any(run.counts[kind].changes for kind in (Kind.ACCOUNT, Kind.CONTACT, Kind.RELATION))
        if last is not None and not moved and not applying.ends_between(db, after=last.as_of, until=run.as_of):
            return
        applying.end_roles(db, as_of=run.as_of)
    after = ""
    while True:
        with run.database.begin() as db:
            run.guard(db)
            end = applying.next_relations(db, after=after)
            if end is None:
                return
            applying.add_roles(db, applying.between(after, end), as_of=run.as_of)
        after = end
        run.tell("writing", Kind.RELATION, 1.0)


def _sentence(counts: dict[str, Counts]) -> str:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in counts.values())

    parts = [
        (total("created"), "created"),
        (total("updated"), "updated"),
        (total("returned"), "back again"),
        (total("deleted"), "deleted"),
        (total("merged"), "merged"),
        (total("gone"), "set aside"),
        (total("closed"), "closed"),
    ]
    said = ", ".join(f"{many:,} {word}" for many, word in parts if many)
    return f"{said}." if said else "Nothing changed."


def _finish(run: _Run, state: RunState, message: str) -> SyncReport:
    seconds = clock.seconds() - run.started
    with run.database.begin() as db:
        run.guard(db)
        for kind in Kind:
            if state == RunState.COMPLETE:
                run.counts[kind].loaded = staging.live_count(db, kind)
        history.note(db, run.id, state=state, message=message, finished_at=run.now, seconds=seconds, counts=run.counts)
        problems = history.problem_counts(db, run.id)
    rows = sum(counts.rows for counts in run.counts.values())
    log.info("sync", run=run.id, state=state.value, rows=rows, seconds=round(seconds, 1))
    return SyncReport(
        run_id=run.id,
        source=run.source_name,
        as_of=run.as_of,
        state=state,
        message=message,
        changed=any(counts.changes for counts in run.counts.values()) and state == RunState.COMPLETE,
        counts=run.counts,
        problems=problems,
        files=run.files,
        rows=rows,
        seconds=seconds,
        rows_per_second=rows / seconds if seconds else 0.0,
    )
