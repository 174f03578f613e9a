"""A sync that writes nothing: it decides and writes in a copy of our records that is thrown away after it.

So it is the real sync to its last step, and neither a staged row nor a watermark nor a lock of the
installation knows of it: a run on schedule may go on beside it.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from voc.accounts.checking import Tried
from voc.accounts.connector import Source
from voc.accounts.crm.firstrows import FirstRows
from voc.accounts.model import Kind, Reason, SyncReport, Watcher
from voc.accounts.run.syncing import sync
from voc.accounts.store import copying, run_page, trial
from voc.base import clock
from voc.base.db import Database

ROWS = 50_000
"""Read of each object at most: a try answers within minutes, whatever the CRM's size."""
WITHIN = timedelta(minutes=5)

# Of an object that was not read to its end, what others name may just not have been read.
_FOR_WANT_OF_ROWS = (
    Reason.UNKNOWN_ACCOUNT,
    Reason.UNKNOWN_CONTACT,
    Reason.UNKNOWN_OPPORTUNITY,
    Reason.UNKNOWN_PARENT,
    Reason.MERGE_WINNER_MISSING,
    Reason.ACCOUNT_MISSING_FROM_EXPORT,
)


def try_out(
    database: Database,
    source: Source,
    *,
    now: datetime,
    progress: Watcher | None = None,
    rows: int = ROWS,
    within: timedelta = WITHIN,
) -> Tried:
    """What a sync of that source would do now. Raises what a sync would raise."""
    some = FirstRows(source, rows=rows, within=within, seconds=clock.seconds)
    with _throw_away() as other:
        with database.read() as live, other.begin() as copied:
            copying.copy(live, copied)
        report = sync(other, some, as_of=now.date(), now=now, progress=progress)
        return _found(database, other, report, cut=some.cut, requests=source.usage().requests, now=now)


def _found(
    database: Database, other: Database, report: SyncReport, *, cut: list[Kind], requests: int, now: datetime
) -> Tried:
    with database.read() as live, other.read() as copied:
        return Tried(
            state=report.state,
            message=report.message,
            rows=report.rows,
            seconds=report.seconds,
            at=now,
            requests=requests,
            counts={Kind(kind): counts for kind, counts in report.counts.items()},
            fields=run_page.changed_fields(copied, report.run_id),
            examples=trial.examples(live, copied, report.run_id),
            doubts=trial.doubts(copied, report.run_id, without=_FOR_WANT_OF_ROWS if cut else ()),
            cut=cut,
        )


@contextmanager
def _throw_away() -> Iterator[Database]:
    """In a file: it may become as large as what we know of the CRM. Gone afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="voc-try-") as folder:
        other = Database(f"sqlite:///{Path(folder) / 'try.db'}", durable=False)
        try:
            with other.begin() as db:
                copying.make_tables(db)
            yield other
        finally:
            other.close()
