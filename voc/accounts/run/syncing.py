"""Bring the CRM in: read apart, decide, write in short batches, say complete last.

A run that ends in *complete* has everything; one that does not says so, and the last good data
stands. Reading and deciding touch no record: rows wait in staging tables. A run that was stopped
while it read goes on from its bookmarks, in the same window; once all is decided it is `staged`,
and the next sync finishes writing it first. Watermarks move with *complete*, in one transaction.
"""

from datetime import date, datetime

import structlog

from voc.accounts import plan
from voc.accounts.connector import Source
from voc.accounts.model import Kind, RunState, SyncReport, Watcher
from voc.accounts.run.judging import judge
from voc.accounts.run.reading import read_all
from voc.accounts.run.underway import ROWS_PER_BATCH, Overtaken, Underway, guard, take_lease
from voc.accounts.run.writing import write
from voc.accounts.store import applying, history, staging, telling, waiting, watermarks
from voc.base import audit
from voc.base.db import Database
from voc.base.erasure import remembering
from voc.base.errors import NotFound, Refused, TryLater, VocError
from voc.base.secrets import Vault

log = structlog.get_logger()


def sync(
    database: Database,
    source: Source,
    *,
    as_of: date,
    now: datetime,
    progress: Watcher | None = None,
    rows_per_batch: int = ROWS_PER_BATCH,
    vault: Vault | None = None,
) -> SyncReport:
    """One run, or the rest of one that was stopped. `as_of` is the day of the data: it decides which roles
    and renewals are past.

    The report's state is COMPLETE, HELD when too much has vanished (`release` applies it after a
    person looked), or PAUSED when the CRM wants to be left alone for now (the next call goes on).
    Raises Misconfigured or GiveUp, with place and mend, when the source cannot be read; the run is
    then marked FAILED. `progress` is called between batches, never inside a transaction. The source is
    closed at the end, whatever happens. With the `vault` rows of people who were erased are left out.
    """
    try:
        fingerprint, trouble = _fingerprint(source)
        run = _begin(database, source, fingerprint, as_of=as_of, now=now, progress=progress)
        run.rows_per_batch = rows_per_batch
        if vault is not None:
            with database.read() as db:
                run.is_forgotten = remembering.asker(db, vault)
        return _sync(run, source, trouble)
    finally:
        source.close()


def _fingerprint(source: Source) -> tuple[str | None, VocError | None]:
    """Some CRMs must be asked which one they are; that they do not answer belongs into the run's record."""
    try:
        return source.fingerprint, None
    except VocError as trouble:
        return None, trouble


def _sync(run: Underway, source: Source, trouble: VocError | None) -> SyncReport:
    try:
        if trouble is not None:
            raise trouble
        read_all(run)
        held = judge(run)
    except TryLater as later:
        if source.windows is None:
            _fail(run, str(later))
            raise
        return _pause(run, str(later), resume_at=later.at)
    except Overtaken:
        raise
    except Exception as error:
        _fail(run, str(error) if isinstance(error, VocError) else "It stopped on a mistake of ours; the log has it.")
        raise
    except BaseException:
        _stop(run)
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
        history.note(db, run_id, state=RunState.RUNNING, message=f"released by {by}", staged_at=now)
        audit.record(db, at=now, actor=by, action="held sync released", object_kind="sync_run", object_id=run_id)
        fence = take_lease(db, now)
        forgotten = waiting.forget(db, found.reading, now=now)
    run = Underway(database, found, fence=fence, now=now, progress=progress)
    run.forgotten = forgotten
    return _write(run)


# --- begin --------------------------------------------------------------------------------------


def _begin(
    database: Database,
    source: Source,
    fingerprint: str | None,
    *,
    as_of: date,
    now: datetime,
    progress: Watcher | None,
) -> Underway:
    with database.begin() as db:
        fence = take_lease(db, now)
        stopped = history.unfinished(db)
        newest = history.newest_id(db)
    for earlier in stopped:
        if earlier.staged_at is not None and earlier.id == newest:
            _write(Underway(database, earlier, fence=fence, now=now, progress=progress))
        elif earlier.id == newest and (why := _why_not_resume(earlier, source, fingerprint, now)) is None:
            return _resume(database, source, earlier, fence=fence, as_of=as_of, now=now, progress=progress)
        else:
            message = why if earlier.id == newest else _BEGUN_ANEW
            with database.begin() as db:
                guard(db, fence)
                history.note(db, earlier.id, state=RunState.FAILED, message=message, finished_at=now)
    with database.begin() as db:
        guard(db, fence)
        staging.clear(db)
        run_id = history.begin(db, source=source.name, fingerprint=fingerprint, as_of=as_of, now=now)
        row = history.run(db, run_id)
        assert row is not None
    return Underway(database, row, fence=fence, now=now, progress=progress, source=source)


_BEGUN_ANEW = "It was stopped before it had read everything; nothing of it was written."


def _why_not_resume(earlier: history.SyncRun, source: Source, fingerprint: str | None, now: datetime) -> str | None:
    """Why a run that was stopped while it read is begun anew, or None."""
    if source.windows is None or not earlier.reading:
        return _BEGUN_ANEW
    # A CRM that does not say today which one it is: the run waits on.
    if earlier.fingerprint != fingerprint and not (fingerprint is None and earlier.source == source.name):
        return "It was stopped, and what is read has been set up otherwise since; nothing of it was written."
    still_since = max(
        earlier.started_at,
        earlier.progress.at if earlier.progress else earlier.started_at,
        earlier.resume_at or earlier.started_at,
    )
    if plan.is_too_old(still_since, now=now):
        return f"It was stopped on {still_since:%Y-%m-%d at %H:%M} UTC and is too old to go on; nothing was written."
    return None


def _resume(
    database: Database,
    source: Source,
    earlier: history.SyncRun,
    *,
    fence: int,
    as_of: date,
    now: datetime,
    progress: Watcher | None,
) -> Underway:
    with database.begin() as db:
        guard(db, fence)
        again = {"state": RunState.RUNNING, "message": None, "resume_at": None, "finished_at": None}
        history.note(db, earlier.id, as_of=max(as_of, earlier.as_of), **again)
        row = history.run(db, earlier.id)
        assert row is not None
    return Underway(database, row, fence=fence, now=now, progress=progress, source=source)


# --- end ----------------------------------------------------------------------------------------


def _fail(run: Underway, message: str) -> None:
    with run.database.begin() as db:
        if run.is_current(db):
            history.note(db, run.id, state=RunState.FAILED, message=message, finished_at=run.now, usage=run.spent)


def _stop(run: Underway) -> None:
    """Somebody ended the process."""
    if run.source is None or run.source.windows is None:
        _fail(run, "It was stopped before it had read everything.")
    else:
        with run.database.begin() as db:
            if run.is_current(db):
                message = "It was stopped by hand; the next sync goes on where it was."
                history.note(db, run.id, state=RunState.PAUSED, message=message, seconds=run.seconds)


def _pause(run: Underway, message: str, *, resume_at: datetime | None) -> SyncReport:
    said = f"{message.rstrip('.')}. The next sync goes on where this one stopped."
    return _finish(run, RunState.PAUSED, said, resume_at=resume_at)


def _hold(run: Underway, reasons: list[str]) -> SyncReport:
    with run.database.begin() as db:
        run.guard(db)
        applying.heed_opt_outs(db, now=run.now)
    message = f"Held: {'; '.join(reasons)}. Look at the CRM or its export, then apply the run or read again."
    return _finish(run, RunState.HELD, message)


def _write(run: Underway) -> SyncReport:
    return _finish(run, RunState.COMPLETE, write(run))


def _finish(run: Underway, state: RunState, message: str, *, resume_at: datetime | None = None) -> SyncReport:
    seconds, spent = run.seconds, run.spent
    with run.database.begin() as db:
        run.guard(db)
        if state == RunState.COMPLETE:
            for kind in Kind:
                run.counts[kind].loaded = staging.live_count(db, kind)
            watermarks.move(db, run.fingerprint, run.readings, started_at=run.started_at)
            telling.drop_carried(db, run.id)
        history.note(
            db,
            run.id,
            state=state,
            message=message,
            finished_at=run.now,
            seconds=seconds,
            counts=run.counts,
            usage=spent,
            resume_at=resume_at,
        )
        problems = history.problem_counts(db, run.id)
    rows = run.rows if state == RunState.PAUSED else sum(counts.rows for counts in run.counts.values())
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
        usage=spent,
        resume_at=resume_at,
    )
