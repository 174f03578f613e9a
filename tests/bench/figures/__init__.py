"""The leader's pages at size: a night, each standard page as a browser asks for it, free periods beside bare queries.

    python -m tests.bench figures --rows 1000000 --engine both --keep /tmp/figures

`--rows` is the number of invitations (1,000,000 unless said; accounts are a tenth), the growth is measured from a tenth
of it. With `--keep` the filled and counted databases stay in that folder and are not made again: a SQLite file each, on
PostgreSQL a database each on the server that VOC_TEST_POSTGRES names. Each phase runs in a process of its own, so that
its memory is its own; what PostgreSQL's processes take is not in it.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench.report import Report

INVITATIONS = 1_000_000
ENGINES = ("sqlite", "postgresql")


def run(report: Report) -> None:
    whole = report.rows or INVITATIONS
    for engine in ENGINES if report.engine == "both" else (report.engine,):
        found = {}
        for rows in (whole // 10, whole):
            with _database(engine, rows, report.keep) as url:
                found[rows] = _measured(report, engine, url, rows)
        few, many = found.values()
        for name in sorted(few.keys() & many.keys()):
            report.add(f"{engine}_growth_{name}", many[name] / few[name], "times")


def _measured(report: Report, engine: str, url: str, rows: int) -> dict[str, float]:
    """Everything of one database; milliseconds of what is compared between sizes."""
    name = f"{engine}_{rows:,}"
    found = {}
    report.add(f"{name}_load", os.getloadavg()[0], "load")
    for phase in ("fill", "night", "pages", "free"):
        told = _phase(phase, url, rows)
        for key, (value, unit) in told.items():
            report.add(f"{name}_{key}", value, unit)
            if unit == "ms" and phase != "fill":
                found[key] = value
    return found


def _phase(phase: str, url: str, rows: int) -> dict[str, tuple[float, str]]:
    command = [sys.executable, "-m", "tests.bench.figures.phases", phase, url, str(rows)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return {key: (value, unit) for key, (value, unit) in told.items()}


@contextmanager
def _database(engine: str, rows: int, keep: Path | None) -> Iterator[str]:
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as scratch:
            folder = keep or Path(scratch)
            folder.mkdir(parents=True, exist_ok=True)
            yield f"sqlite:///{folder / f'figures-{rows}.sqlite'}"
    else:
        with postgres.running() as server:
            if keep is None:
                with server.database() as url:
                    yield url
            else:
                name = f"voc_figures_{rows}"
                with server.connected("postgres") as db:
                    there = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
                if there is None:
                    server.execute(f"CREATE DATABASE {name}")
                yield server.url(name)
