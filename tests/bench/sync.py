"""A CRM export of 100,000 contacts at 10,000 accounts: first sync, the same again, memory, against a bare loop.

Memory is taken in processes of their own, with half the contacts and with all: it must not grow
with them. PostgreSQL runs when `VOC_TEST_POSTGRES` names a server or its binaries are installed.
"""

import csv
import itertools
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from tests import postgres
from tests.bench.report import Report
from voc.accounts import run as accounts
from voc.accounts.model import SyncReport
from voc.base import clock, migrate
from voc.base.db import Database

CONTACTS = 100_000
_DAY = date(2026, 3, 2)
_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_ACCOUNT = [
    "Id",
    "Name",
    "OwnerId",
    "CSM__c",
    "Segment__c",
    "BillingCountry",
    "ARR__c",
    "CurrencyIsoCode",
    "Renewal_Date__c",
    "Customer_Since__c",
    "Status__c",
    "IsDeleted",
    "MasterRecordId",
    "SystemModstamp",
]
_CONTACT = [
    "Id",
    "AccountId",
    "FirstName",
    "LastName",
    "Email",
    "Title",
    "Department",
    "MailingCountry",
    "Language__c",
    "TimeZone__c",
    "HasOptedOutOfEmail",
    "EmailBouncedDate",
    "EmailBouncedReason",
    "LastActivityDate",
    "Left_Company__c",
    "IsDeleted",
    "MasterRecordId",
    "CreatedDate",
    "SystemModstamp",
]


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "export"
        rows = write_export(folder, CONTACTS)
        bare = _bare_loop(folder, Path(place) / "bare.db")
        report.add("bare_csv_and_upsert", rows / bare, "rows/s")
        _on(report, "sqlite", f"sqlite:///{place}/voc.db", folder, bare)
        with postgres.for_bench() as url:
            if url is not None:
                _on(report, "postgresql", url, folder, bare)
        for contacts in (CONTACTS // 2, CONTACTS):
            peak = _peak_mb(Path(place), contacts)
            report.add(f"peak_memory_of_{contacts}_contacts", peak, "MB")


def _on(report: Report, engine: str, url: str, folder: Path, bare: float) -> None:
    database = Database(url)
    migrate.upgrade(database)
    first, longest = _sync(database, folder)
    again, _ = _sync(database, folder)
    database.close()
    report.add(f"{engine}_first_sync", first.rows / first.seconds, "rows/s")
    report.add(f"{engine}_second_sync_unchanged", again.rows / again.seconds, "rows/s")
    report.add(f"{engine}_second_against_first", first.seconds / again.seconds, "times")
    report.add(f"{engine}_first_against_bare_loop", bare / first.seconds, "times")
    report.add(f"{engine}_longest_between_two_steps", longest * 1000, "ms")
    assert not again.changed


def _sync(database: Database, folder: Path) -> tuple[SyncReport, float]:
    moments = [clock.seconds()]
    source = accounts.open_source(f"csv:{folder}")
    report = accounts.sync(database, source, as_of=_DAY, now=_NOW, progress=lambda _: moments.append(clock.seconds()))
    return report, max(later - earlier for earlier, later in itertools.pairwise(moments))


# --- the export ---------------------------------------------------------------------------------


def write_export(folder: Path, contacts: int) -> int:
    """A Salesforce export with ten contacts per account; how many rows it has in all."""
    folder.mkdir(parents=True)
    owners = [f"0055f0000{n:06d}" for n in range(100)]
    _write(
        folder / "User.csv",
        ["Id", "Name", "Email", "IsActive", "Title", "ManagerId", "TimeZoneSidKey"],
        ([id, f"Csm {id}", f"{id}@vendor.example", "1", "CSM", "", "Europe/Berlin"] for id in owners),
    )
    many = contacts // 10
    _write(folder / "Account.csv", _ACCOUNT, (_account_row(n, owners) for n in range(many)))
    _write(folder / "Contact.csv", _CONTACT, (_contact_row(n, many) for n in range(contacts)))
    _write(
        folder / "AccountContactRelation.csv",
        ["Id", "AccountId", "ContactId", "Roles", "IsActive", "IsDirect", "StartDate", "EndDate", "IsDeleted"],
        (
            [
                f"07k5f0000{n:06d}",
                f"0015f0000{n % many:06d}",
                f"0035f0000{n:06d}",
                _ROLES[n % 4],
                "1",
                "1",
                "",
                "",
                "0",
            ]
            for n in range(0, contacts, 2)
        ),
    )
    return len(owners) + many + contacts + contacts // 2


_ROLES = ("Decision Maker", "Champion;End User", "Influencer", "")
_STAMP = "2026-02-20T17:31:46.000Z"


def _account_row(n: int, owners: list[str]) -> list[str]:
    segment = ("enterprise", "mid-market", "small")[n % 3]
    owner = owners[n % 100]
    arr = str(1000 + n)
    return [
        *(f"0015f0000{n:06d}", f"Account number {n} Ltd", owner, owner, segment, "Germany", arr, "USD"),
        *("2026-11-30", "2021-04-01", "customer", "0", "", _STAMP),
    ]


def _contact_row(n: int, accounts_there: int) -> list[str]:
    return [
        *(f"0035f0000{n:06d}", f"0015f0000{n % accounts_there:06d}", f"Given{n % 997}", f"Family{n}"),
        *(f"given.family{n}@company{n % accounts_there}.example", "Head of Operations", "Operations", "Germany"),
        *("de", "Europe/Berlin", "0", "", "", "2026-01-05", "0", "0", "", _STAMP, _STAMP),
    ]


def _write(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


# --- against what, and on what ------------------------------------------------------------------


def _bare_loop(folder: Path, path: Path) -> float:
    """Seconds to read the same files and upsert their texts as they are: no checks, no changes, no report."""
    started = clock.seconds()
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            columns = next(rows)
            names = ", ".join(f'"{name}"' for name in columns)
            marks = ", ".join("?" * len(columns))
            changes = ", ".join(f'"{name}" = excluded."{name}"' for name in columns[1:])
            db.execute(f'CREATE TABLE "{file.stem}" ({names}, PRIMARY KEY ("Id"))')
            db.executemany(
                f'INSERT INTO "{file.stem}" VALUES ({marks}) ON CONFLICT ("Id") DO UPDATE SET {changes}', rows
            )
        db.commit()
    db.close()
    return clock.seconds() - started


def _peak_mb(place: Path, contacts: int) -> float:
    program = [sys.executable, "-m", "tests.bench.sync", str(place / f"memory{contacts}"), str(contacts)]
    found = subprocess.run(program, check=True, capture_output=True, text=True)
    return float(json.loads(found.stdout.splitlines()[-1])["peak_mb"])


def _only_memory(place: Path, contacts: int) -> None:
    write_export(place / "export", contacts)
    database = Database(f"sqlite:///{place}/voc.db")
    migrate.upgrade(database)
    _sync(database, place / "export")
    database.close()
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    _only_memory(Path(sys.argv[1]), int(sys.argv[2]))
