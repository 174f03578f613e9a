"""One whole sync of a CRM over HTTP (read, clean, decide, write), against dlt and a bare loop on the same pages.

A Salesforce with ten contacts per account and a role for every second one answers from another
process. dlt is installed into an environment of its own; where it cannot be had, its figures are
left out with a line. PostgreSQL runs when `VOC_TEST_POSTGRES` names a server or its binaries are
installed.
"""

import json
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
from sqlalchemy import delete

from tests import postgres
from tests.bench.crm_server import counts
from tests.bench.report import Report
from tests.crm.company import START
from tests.crm.standin_salesforce import CLIENT, CLIENT_SECRET
from voc.accounts import run as accounts
from voc.accounts.connection import Connection, Crm, Secret
from voc.accounts.connector import Outside, Span
from voc.accounts.crm.salesforce import Salesforce
from voc.accounts.model import Kind, RunState, SyncReport
from voc.base import clock, migrate, schema
from voc.base.db import Database

CONTACTS = 100_000
_NOW = START.replace(hour=12)
_DAY: date = _NOW.date()
_Upsert = Callable[[str, list[dict[str, Any]]], None]


def run(report: Report) -> None:
    contacts = report.rows or CONTACTS
    with tempfile.TemporaryDirectory() as folder, _serving(contacts) as place:
        rows = sum(counts(contacts).values())
        pages = _Pages(place)
        report.add("connector_alone", rows / _read_only(place), "rows/s")
        pages.learn()
        plain = _bare_loop(pages, _into_sqlite(Path(folder) / "bare.db"))
        report.add("bare_loop_sqlite", rows / plain, "rows/s")
        _on(report, "sqlite", f"sqlite:///{folder}/voc.db", place, rows)
        with suppress(ImportError), postgres.running() as server:
            with server.database() as url:
                with psycopg.connect(_for_psycopg(url)) as db:
                    plain = _bare_loop(pages, _into_postgresql(db))
                report.add("bare_loop_postgresql", rows / plain, "rows/s")
            with server.database() as url:
                ours = _on(report, "postgresql", url, place, rows)
            _against_dlt(report, Path(folder), pages, server, rows, ours)
    _memory(report, contacts)


def _on(report: Report, engine: str, url: str, place: str, rows: int) -> float:
    """The first sync, the next one, and one that reads everything again and finds it unchanged."""
    database = Database(url)
    migrate.upgrade(database)
    worked = time.process_time()
    first = _sync(database, place)
    worked = time.process_time() - worked
    next_one = _sync(database, place, later=1)
    with database.begin() as db:
        db.execute(delete(schema.watermark))
    again = _sync(database, place, later=2)
    database.close()
    assert first.rows == again.rows == rows, (first.rows, again.rows, rows)
    assert not again.changed
    report.add(f"{engine}_first_sync", rows / first.seconds, "rows/s")
    # Of our process alone: the machine may be busy with other things, and the database's own work is not in it.
    report.add(f"{engine}_first_sync_of_processor_time", rows / worked, "rows/s")
    report.add(f"{engine}_next_sync", next_one.seconds, "s")
    report.add(f"{engine}_all_again_unchanged", rows / again.seconds, "rows/s")
    report.add(f"{engine}_again_against_first", first.seconds / again.seconds, "times")
    return rows / first.seconds


def _sync(database: Database, place: str, *, later: int = 0) -> SyncReport:
    now = _NOW.replace(minute=later * 20)
    found = accounts.sync(database, _source(place, now), as_of=_DAY, now=now)
    assert found.state == RunState.COMPLETE, found.message
    return found


def _source(place: str, now: datetime) -> Salesforce:
    connection = Connection(Crm.SALESFORCE, place=place, user=CLIENT)
    outside = Outside(now=lambda: now, sleep=lambda _: None, private_hosts=("127.0.0.1",))
    return Salesforce(connection, {Secret.CLIENT_SECRET: CLIENT_SECRET}, outside)


def _read_only(place: str) -> float:
    """Seconds for the connector to turn everything into rows that nobody takes, once the pages are made."""
    for _ in range(2):
        started = clock.seconds()
        source = _source(place, _NOW)
        source.open()
        for kind in Kind:
            for _page in source.pages(kind, Span(None, _NOW), after=None, known=lambda _: iter(())):
                pass
        source.close()
        taken = clock.seconds() - started
    return taken


# --- the pages as anybody reads them ------------------------------------------------------------


@contextmanager
def _serving(contacts: int) -> Iterator[str]:
    program = [sys.executable, "-m", "tests.bench.crm_server", str(contacts)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


class _Pages:
    def __init__(self, place: str) -> None:
        self.place = place
        self.client = httpx.Client(base_url=place, trust_env=False)
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CLIENT_SECRET}
        self.token = str(self.client.post("/services/oauth2/token", data=form).json()["access_token"])
        self.client.headers["Authorization"] = f"Bearer {self.token}"
        self.statements: list[str] = []

    def learn(self) -> None:
        """What the connector asked for, page by page."""
        self.statements = self.client.get("/pages").json()

    def read(self, statement: str) -> list[dict[str, Any]]:
        answer = self.client.get("/services/data/v66.0/queryAll", params={"q": statement})
        found: list[dict[str, Any]] = msgspec.json.decode(answer.content)["records"]
        return found


def _bare_loop(pages: _Pages, upsert: _Upsert) -> float:
    """Seconds to read every page and upsert its records as they are: no checks, no changes, no report."""
    started = clock.seconds()
    for statement in pages.statements:
        records = pages.read(statement)
        if records:
            upsert(records[0]["attributes"]["type"], records)
    return clock.seconds() - started


def _into_sqlite(path: Path) -> _Upsert:
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")

    def upsert(object: str, records: list[dict[str, Any]]) -> None:
        names = [name for name in records[0] if name != "attributes"]
        db.execute(f'CREATE TABLE IF NOT EXISTS "{object}" ({_listed(names)}, PRIMARY KEY ("Id"))')
        marks = ", ".join(f":{name}" for name in names)
        db.executemany(f'INSERT INTO "{object}" VALUES ({marks}) {_or_update(names)}', records_without(records))
        db.commit()

    return upsert


def _into_postgresql(db: "psycopg.Connection[Any]") -> _Upsert:
    def upsert(object: str, records: list[dict[str, Any]]) -> None:
        names = [name for name in records[0] if name != "attributes"]
        columns = ", ".join(f'"{name}" text' for name in names)
        run_it: Any = db.execute  # our own names only
        run_it(f'CREATE TABLE IF NOT EXISTS "{object}" ({columns}, PRIMARY KEY ("Id"))')
        run_it(f'CREATE TEMP TABLE staged (LIKE "{object}") ON COMMIT DROP')
        copied: Any = db.cursor().copy
        with copied("COPY staged FROM STDIN") as copy:
            for record in records:
                copy.write_row([record[name] for name in names])
        run_it(f'INSERT INTO "{object}" SELECT * FROM staged {_or_update(names)}')
        db.commit()

    return upsert


def records_without(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Their own fields only: what Salesforce says about each is an object."""
    for record in records:
        del record["attributes"]
    return records


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _or_update(names: list[str]) -> str:
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names[1:])
    return f'ON CONFLICT ("Id") DO UPDATE SET {changes}'


# --- dlt ----------------------------------------------------------------------------------------


def _against_dlt(report: Report, folder: Path, pages: _Pages, server: postgres.Server, rows: int, ours: float) -> None:
    python = _dlt(folder / "dlt")
    if python is None:
        report.note("dlt cannot be had here: its figures are left out")
        return
    statements = folder / "statements.json"
    statements.write_text(json.dumps(pages.statements))
    for disposition in ("append", "merge"):
        with server.database() as url:
            program = Path(__file__).with_name("dlt_pages.py")
            # dlt wants a password even where the server asks for none.
            named = re.sub(r"//(\w+)@", r"//\1:none@", _for_psycopg(url))
            asked: list[str | Path] = [python, program, pages.place, pages.token, statements, named, disposition]
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            found = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=folder)
            worked = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        speed = rows / float(found.stdout.split()[-1])
        report.add(f"dlt_{disposition}_into_postgresql", speed, "rows/s")
        report.add(f"dlt_{disposition}_of_processor_time", rows / worked, "rows/s")
        report.add(f"postgresql_first_sync_against_dlt_{disposition}", ours / speed, "times")


def _dlt(folder: Path) -> Path | None:
    """The Python of an environment with dlt in it; None when it cannot be installed."""
    uv = shutil.which("uv")
    python = folder / "bin" / "python"
    wanted = "dlt[postgres]"
    make: list[str | Path] = [uv, "venv", "-q", folder] if uv else [sys.executable, "-m", "venv", folder]
    install: list[str | Path] = (
        [uv, "pip", "install", "-q", "--python", python] if uv else [python, "-m", "pip", "install", "-q"]
    )
    try:
        subprocess.run(make, check=True, capture_output=True)
        subprocess.run([*install, wanted], check=True, capture_output=True, timeout=600)
    except (subprocess.SubprocessError, OSError):
        return None
    return python


def _for_psycopg(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


# --- memory and time as the company grows -------------------------------------------------------


def _memory(report: Report, contacts: int) -> None:
    seconds = {}
    for many in (contacts // 10, contacts):
        program = [sys.executable, "-m", "tests.bench.crm", str(many)]
        found = subprocess.run(program, check=True, capture_output=True, text=True)
        said = json.loads(found.stdout.splitlines()[-1])
        seconds[many] = said["seconds"]
        report.add(f"peak_memory_of_{many}_contacts", said["peak_mb"], "MB")
    report.add("seconds_of_ten_times_the_rows", seconds[contacts] / seconds[contacts // 10], "times")


def _only_memory(contacts: int) -> None:
    with tempfile.TemporaryDirectory() as folder, _serving(contacts) as place:
        _read_only(place)
        database = Database(f"sqlite:///{folder}/voc.db")
        migrate.upgrade(database)
        found = _sync(database, place)
        database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mb": peak, "seconds": found.seconds}))


if __name__ == "__main__":
    _only_memory(int(sys.argv[1]))
