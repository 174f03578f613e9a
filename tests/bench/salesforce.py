"""A first load of Salesforce in bulk, and the weekly list of ids: rows per second and memory of the syncing process.

The stand-in runs in a process of its own and serves results that were written to disk before; ten
contacts for each account. `--rows` is the number of contacts. Only the peak of the process that
syncs counts: it must not grow with them.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench.report import Report
from tests.crm import salesforce_soql
from tests.crm.company import START, Company
from tests.crm.salesforce_org import OBJECTS, id_at
from tests.crm.server import Reply, Request
from tests.crm.standin_salesforce import CLIENT, CLIENT_SECRET, Job, StandIn
from voc.accounts import run as accounts
from voc.accounts.connection import Connection, Crm, Secret
from voc.accounts.connector import Outside, Span
from voc.accounts.crm.http import Limits
from voc.accounts.crm.salesforce import Salesforce
from voc.accounts.model import Kind, RunState
from voc.base import clock, migrate
from voc.base.db import Database

CONTACTS = 100_000
_CSMS = 50
_STAMP = "2026-02-01T02:15:00.000Z"
_NOW = START + timedelta(hours=2)
_PER_RESULT = 50_000


def run(report: Report) -> None:
    rows = report.rows or CONTACTS
    report.add("load_average_before", os.getloadavg()[0], "processes")
    with tempfile.TemporaryDirectory() as place, _served(Path(place), rows) as url:
        _measure(report, "sqlite", url, f"sqlite:///{place}/voc.db")
        with postgres.for_bench() as database:
            if database is not None:
                _measure(report, "postgresql", url, database)
    report.add("load_average_after", os.getloadavg()[0], "processes")


def _measure(report: Report, engine: str, url: str, database: str) -> None:
    said = _program("sync", url, database)
    found = json.loads(subprocess.run(said, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    report.add(f"{engine}_rows", found["rows"], "rows")
    report.add(f"{engine}_first_load", found["rows"] / found["first"], "rows/s")
    report.add(f"{engine}_first_load_per_second_of_processor", found["rows"] / found["cpu"], "rows/s")
    report.add(f"{engine}_ids_of_the_week", found["rows"] / found["week"], "rows/s")
    report.add(f"{engine}_requests_of_first_load", found["requests"], "requests")
    report.add(f"{engine}_peak_memory", found["peak_mb"], "MB")


def _program(*what: str) -> list[str]:
    return [sys.executable, "-m", "tests.bench.salesforce", *what]


@contextmanager
def _served(place: Path, rows: int) -> Iterator[str]:
    # A client that leaves in the middle of a page is worth a line to a server, and none here.
    said = _program("serve", str(place), str(rows))
    server = subprocess.Popen(said, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        _warm(url)
        yield url
    finally:
        server.terminate()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


# --- the process that syncs ---------------------------------------------------------------------


def _source(url: str, now: datetime, limits: Limits | None = None) -> Salesforce:
    connection = Connection(Crm.SALESFORCE, place=url, user=CLIENT)
    outside = Outside(lambda: now, clock.pause, private_hosts=("127.0.0.1",))
    # Every list by a job: a small number of rows shall measure the same as a large one.
    return Salesforce(connection, {Secret.CLIENT_SECRET: CLIENT_SECRET}, outside, limits=limits, bulk_above=0)


def _warm(url: str) -> None:
    """The stand-in writes a result when it is asked the first time; that is not what is measured."""
    patient = Limits(read_seconds=3_600, answer_seconds=3_600)
    with closing(_source(url, _NOW, patient)) as source:
        source.open()
        for kind in (Kind.ACCOUNT, Kind.CONTACT):
            next(source.pages(kind, Span(None, _NOW), after=None, known=lambda _: iter(())))
            next(iter(source.ids(kind)))


def _sync(url: str, database_url: str) -> None:
    database = Database(database_url)
    migrate.upgrade(database)
    source, later = _source(url, _NOW), _NOW + timedelta(days=8)
    began = time.process_time()
    first = accounts.sync(database, source, as_of=_NOW.date(), now=_NOW)
    cpu = time.process_time() - began
    week = accounts.sync(database, _source(url, later), as_of=later.date(), now=later)
    assert first.state == week.state == RunState.COMPLETE, (first.message, week.message)
    assert not week.changed
    database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "first": first.seconds,
        "cpu": cpu,
        "rows": first.rows,
        "week": week.seconds,
        "requests": source.usage().requests,
    }
    print(json.dumps({**found, "peak_mb": peak}))


# --- the process that serves --------------------------------------------------------------------


class Large(StandIn):
    """An org with many records that never change. Results lie on disk, page by page."""

    def prepare(self, place: Path, contacts: int) -> None:
        self.place = place
        self.many = {"User": _CSMS, "Account": contacts // 10, "Contact": contacts}
        self.results: dict[str, tuple[int, list[Path]]] = {}
        self.polls = 0

    def _query(self, request: Request, token: str, *, deleted_too: bool) -> Reply:
        query = salesforce_soql.parse(request.query["q"])
        if query.object in self.many and not query.fields:
            rows = self.many[query.object] if "SystemModstamp >=" not in request.query["q"] else 0
            return Reply.of({"totalSize": rows, "done": True, "records": []})
        if query.object in self.many and "LIMIT 1" in request.query["q"] and not query.order:
            return Reply.of({"totalSize": 1, "done": True, "records": [{"Id": id_at("001", 1)}]})
        return super()._query(request, token, deleted_too=deleted_too)

    def _create(self, asked: dict[str, str]) -> Reply:
        query = salesforce_soql.parse(asked["query"])
        if query.object not in self.many:
            return super()._create(asked)
        if asked["query"] not in self.results:
            self.results[asked["query"]] = (self.many[query.object], self._write_pages(query))
        job = Job(id_at("750", next(self._numbers)), asked["operation"], asked["query"], query.fields, [])
        job.processed = self.many[query.object]
        self.jobs[job.id] = job
        return Reply.of(job.described())

    def _write_pages(self, query: salesforce_soql.Query) -> list[Path]:
        pages = []
        for start in range(0, self.many[query.object], _PER_RESULT):
            path = self.place / f"{len(self.results)}-{start}.csv"
            pages.append(path)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
                writer.writerow(query.fields)
                for number in range(start, min(start + _PER_RESULT, self.many[query.object])):
                    record = _RECORDS[query.object](number, self.many["Account"])
                    writer.writerow([record.get(name, "") for name in query.fields])
        return pages

    def _results(self, request: Request, job: Job) -> Reply:
        if job.query not in self.results:
            return super()._results(request, job)
        total, pages = self.results[job.query]
        at = int(request.query.get("locator") or 0)
        rows = min(_PER_RESULT, total - at * _PER_RESULT)
        ahead = str(at + 1) if at + 1 < len(pages) else "null"
        headers = {"Content-Type": "text/csv", "Sforce-Locator": ahead, "Sforce-NumberOfRecords": str(rows)}
        return Reply(200, pages[at].read_bytes(), headers)


def _id(object: str, number: int) -> str:
    prefix = next(prefix for name, prefix in OBJECTS.values() if name == object)
    return id_at(prefix, number + 1_000)


def _user(number: int, _: int) -> dict[str, str]:
    email = f"csm{number}@vendor.example"
    said = {"Name": f"Csm {number}", "Email": email, "IsActive": "true", "UserType": "Standard"}
    return {"Id": _id("User", number), "SystemModstamp": _STAMP, **said}


def _account(number: int, _: int) -> dict[str, str]:
    return {
        "Id": _id("Account", number),
        "SystemModstamp": _STAMP,
        "IsDeleted": "false",
        "Name": f"Account number {number} Ltd",
        "CSM__c": _id("User", number % _CSMS),
        "OwnerId": _id("User", number % _CSMS),
        "Segment__c": ("enterprise", "mid-market", "small")[number % 3],
        "BillingCountry": "Germany",
        "ARR__c": f"{1000 + number}.0",
        "CurrencyIsoCode": "USD",
        "Renewal_Date__c": "2026-11-30",
        "Customer_Since__c": "2021-04-01",
        "Status__c": "customer",
    }


def _contact(number: int, accounts_there: int) -> dict[str, str]:
    return {
        "Id": _id("Contact", number),
        "SystemModstamp": _STAMP,
        "IsDeleted": "false",
        "AccountId": _id("Account", number % accounts_there),
        "FirstName": f"Given{number % 997}",
        "LastName": f"Family{number}",
        "Email": f"given.family{number}@company{number % accounts_there}.example",
        "Title": "Head of Operations" if number % 50 else 'Head of\nOperations, "North"',
        "Department": "Operations",
        "MailingCountry": "Germany",
        "Language__c": "de",
        "TimeZone__c": "Europe/Berlin",
        "HasOptedOutOfEmail": "false",
        "IsEmailBounced": "false",
        "Left_Company__c": "false",
        "LastActivityDate": "2026-01-05",
        "CreatedDate": _STAMP,
    }


_RECORDS: dict[str, Any] = {"User": _user, "Account": _account, "Contact": _contact}


def _serve(place: Path, contacts: int) -> None:
    company = Company()
    company.clock.set(_NOW.astimezone(UTC))
    peer = Large(company)
    peer.prepare(place, contacts)
    with peer.server:
        print(peer.server.url, flush=True)
        while True:
            clock.pause(3_600)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        _sync(sys.argv[2], sys.argv[3])
