"""One phase of the benchmark in a process of its own: `python -m tests.bench.figures.phases night URL ROWS`."""

import json
import resource
import statistics
import sys
from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any

import structlog
from sqlalchemy import select

from tests.bench.figures import visits
from tests.bench.figures.bare import bare
from tests.bench.figures.earlier import half_a_year_before
from tests.bench.figures.fill import fill
from tests.builders import NOW
from voc.base import clock, collector, migrate
from voc.base.db import Database
from voc.base.schema import renewal_landmark
from voc.metrics import run as metrics
from voc.metrics import store
from voc.metrics.run import kept_pages
from voc.metrics.run.kept import last_night

Told = dict[str, tuple[float, str]]
TIMES, MOST_SECONDS = 3, 20.0  # a page that takes longer is asked for once


def filled(database: Database, rows: int) -> Told:
    migrate.upgrade(database)
    with database.read() as db:
        if db.execute(select(renewal_landmark.c.id).limit(1)).first() is not None:  # it is filled last
            return {}
    seconds, _ = _timed(lambda: fill(database, rows))
    return {"filled": (seconds, "seconds")}


def night(database: Database, rows: int) -> Told:
    """The night that ended yesterday; then the one half a year before as its copy, for what the pages compare with."""
    told: Told = {}
    with database.read() as db:
        counted = store.is_counted(db, last_night(NOW.date()))
    if not counted:
        seconds, busy = _timed(lambda: metrics.snapshot(database, NOW))
        told = {"night": (1000 * seconds, "ms"), "night_processor": (busy, "seconds")}
        half_a_year_before(database)
    seconds, busy = _timed(lambda: kept_pages.keep(database, NOW))
    return told | {
        "night_of_pages": (1000 * seconds, "ms"),
        "night_of_pages_processor": (busy, "seconds"),
        "night_memory": _memory(),
    }


def pages(database: Database, rows: int) -> Told:
    told: Told = {}
    with visits.doors(database) as doors:
        collector.settle()  # as a process that serves does
        for who, path in visits.STANDARD:
            milliseconds, busy, size = _page(doors[who], path)
            told[f"{who} {path}"] = (milliseconds, "ms")
            told[f"{who} {path} processor"] = (busy, "ms of processor")
            told[f"{who} {path} size"] = (size / 1000, "kB")
    told["pages_memory"] = _memory()
    return told


def free(database: Database, rows: int) -> Told:
    told: Told = {}
    with visits.doors(database) as doors:
        collector.settle()
        for kind, path in visits.FREE:
            plain, plain_busy = _timed(partial(bare, database, kind))
            milliseconds, busy, _ = _page(doors["leader"], path)
            told[f"bare_{kind}"] = (1000 * plain, "ms")
            told[f"free {path}"] = (milliseconds, "ms")
            told[f"free {path} against the bare queries"] = (milliseconds / plain / 1000, "times")
            told[f"free {path} against the bare queries, processor"] = (busy / plain_busy / 1000, "times")
    told["free_memory"] = _memory()
    return told


def _page(door: visits.Door, path: str) -> tuple[float, float, int]:
    """Milliseconds by the clock and of this process's time, each at the median, and the page's bytes."""
    took: list[tuple[float, float]] = []
    size = 0

    def visit() -> None:
        nonlocal size
        size = door.get(path)

    first, _ = _timed(visit)  # the templates are compiled once
    while len(took) < TIMES and first + sum(seconds for seconds, _ in took) < MOST_SECONDS:
        took.append(_timed(visit))
    took = took or [_timed(visit)]
    seconds, busy = (statistics.median(one) for one in zip(*took, strict=True))
    return 1000 * seconds, 1000 * busy, size


def _memory() -> tuple[float, str]:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB"


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    started, busy = clock.seconds(), process_time()
    work()
    return clock.seconds() - started, process_time() - busy


PHASES: dict[str, Callable[[Database, int], Told]] = {"fill": filled, "night": night, "pages": pages, "free": free}


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    phase, url, rows = sys.argv[1:4]
    database: Any = Database(url, durable=False)
    told = PHASES[phase](database, int(rows))
    database.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
