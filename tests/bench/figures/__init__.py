"""How long a night of figures takes, and its pages: a standard period, and any period beside the bare grouped queries.

`--rows` is the number of invitations (1,000,000 unless said), the growth is measured from a tenth of it. Each
database is filled in seconds, by itself. Processor time of this process is told beside the clock's, since others
may use the machine; what PostgreSQL does is in another process and in the clock's time alone.
"""

import resource
import statistics
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import process_time

from sqlalchemy import Connection

from tests import postgres
from tests.bench.figures.bare import grouped
from tests.bench.figures.fill import fill
from tests.bench.report import Report
from tests.builders import NOW
from voc.base import clock, migrate
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.metrics import run as metrics

INVITATIONS = 1_000_000
FREE_DAYS = 137  # no window that a night keeps


def run(report: Report) -> None:
    whole = report.rows or INVITATIONS
    with tempfile.TemporaryDirectory() as folder:
        for name, url in (("few", "few.db"), ("all", "all.db")):
            _measured(
                report, "sqlite", f"sqlite:///{Path(folder) / url}", whole if name == "all" else whole // 10, name
            )
    with postgres.running() as server:
        for name, rows in (("few", whole // 10), ("all", whole)):
            with server.database() as url:
                _measured(report, "postgresql", url, rows, name)
    for engine in ("sqlite", "postgresql"):
        few, more = (report.figures[f"{engine}_{name}_night_seconds"] for name in ("few", "all"))
        report.add(f"{engine}_growth_of_the_night_for_ten_times_the_rows", more / few, "times")
    report.add("memory_at_most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def _measured(report: Report, engine: str, url: str, invitations: int, name: str) -> None:
    database = Database(url)
    migrate.upgrade(database)
    seconds, _ = _timed(lambda: fill(database, invitations))
    report.add(f"{engine}_{name}_invitations", invitations, "rows")
    report.add(f"{engine}_{name}_filled", seconds, "seconds")
    seconds, busy = _timed(lambda: metrics.snapshot(database, NOW))
    report.add(f"{engine}_{name}_night", seconds, "seconds")
    report.add(f"{engine}_{name}_night_processor", busy, "seconds")
    if name == "all":
        _pages(report, engine, database)
    database.close()


def _pages(report: Report, engine: str, database: Database) -> None:
    with database.read() as db:
        pages = [_timed(partial(_page, db, days)) for days in metrics.WINDOWS]
        report.add(f"{engine}_standard_page_median", statistics.median(one for one, _ in pages), "seconds")
        moment = NOW - timedelta(days=9)
        bare, _ = _timed(lambda: grouped(db, moment=moment, days=FREE_DAYS))
        free, _ = _timed(lambda: metrics.engagement(db, TERMINAL, now=NOW, as_of=moment.date(), window_days=FREE_DAYS))
    report.add(f"{engine}_bare_grouped_queries", bare, "seconds")
    report.add(f"{engine}_free_period_page", free, "seconds")
    report.add(f"{engine}_free_period_against_the_bare_queries", free / bare, "times")


def _page(db: Connection, days: int) -> object:
    return metrics.engagement(db, TERMINAL, now=NOW, window_days=days)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    started, busy = clock.seconds(), process_time()
    work()
    return clock.seconds() - started, process_time() - busy
