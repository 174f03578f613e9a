"""A small export that a test bends: Salesforce's columns, and only what the test cares about said."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from voc.accounts import run
from voc.accounts.model import Kind, SyncReport, Watcher
from voc.base import schema
from voc.base.db import Database

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
STAMP = "2026-03-01T08:00:00.000Z"

HEADERS = {
    "User": "Id,Name,Email,IsActive,Title,ManagerId,TimeZoneSidKey",
    "Account": "Id,Name,ParentId,OwnerId,CSM__c,Segment__c,ARR__c,CurrencyIsoCode,Renewal_Date__c,"
    "Customer_Since__c,Status__c,IsDeleted,MasterRecordId,SystemModstamp",
    "Contact": "Id,AccountId,FirstName,LastName,Email,Title,TimeZone__c,HasOptedOutOfEmail,EmailBouncedDate,"
    "LastActivityDate,Left_Company__c,IsDeleted,MasterRecordId,SystemModstamp",
    "AccountContactRelation": "Id,AccountId,ContactId,Roles,IsActive,IsDirect,EndDate,IsDeleted,SystemModstamp",
    "Opportunity": "Id,AccountId,OwnerId,Name,Type,IsClosed,IsWon,Amount,CloseDate,IsDeleted,SystemModstamp",
    "OpportunityContactRole": "Id,OpportunityId,ContactId,Role,IsPrimary,IsDeleted,SystemModstamp",
    "Event": "Id,WhatId,WhoId,OwnerId,Subject,Type,ActivityDate,IsDeleted,SystemModstamp",
    "Milestone__c": "Id,Account__c,CSM__c,Kind__c,Date__c,Value__c,Evidence__c",
}
DEFAULTS: dict[str, dict[str, str]] = {
    "User": {"Name": "Dana Whitlock", "IsActive": "1"},
    "Account": {
        "Name": "Calder Foods",
        "CSM__c": "dana",
        "Segment__c": "small",
        "ARR__c": "1000",
        "CurrencyIsoCode": "USD",
        "Customer_Since__c": "2020-01-01",
        "Status__c": "customer",
        "IsDeleted": "0",
    },
    "Contact": {"AccountId": "calder", "FirstName": "Ana", "HasOptedOutOfEmail": "0", "IsDeleted": "0"},
    "AccountContactRelation": {"AccountId": "calder", "ContactId": "ana", "IsActive": "1", "IsDirect": "1"},
    "Opportunity": {"AccountId": "calder", "Name": "Renewal", "Type": "Renewal"},
    "OpportunityContactRole": {"ContactId": "ana"},
    "Event": {"WhatId": "calder", "WhoId": "ana", "Type": "EBR", "ActivityDate": "2026-02-01"},
    "Milestone__c": {"Account__c": "calder", "Kind__c": "went_live", "Date__c": "2026-01-15"},
}


class Export:
    """Rows by file name; `put` adds or replaces one by its id, `drop` leaves it out."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, str]]] = {name: {} for name in HEADERS}
        self.raw: dict[str, bytes] = {}
        self.put("User", "dana", Email="dana@vendor.example")
        self.put("Account", "calder")
        self.put("Account", "moss", Name="Moss Mills")
        self.put("Contact", "ana", LastName="Ruiz", Email="ana@calder.example")
        self.put("Contact", "jon", FirstName="Jon", LastName="Vik", Email="jon@calder.example")
        self.put("AccountContactRelation", "rel-ana", Roles="Champion")

    def put(self, file: str, id: str, **cells: str) -> "Export":
        before = self.rows[file].get(id, DEFAULTS[file] | {"SystemModstamp": STAMP})
        self.rows[file][id] = {**before, "Id": id, **cells}
        return self

    def drop(self, file: str, *ids: str) -> "Export":
        for id in ids:
            del self.rows[file][id]
        return self

    def file(self, name: str, content: str | bytes) -> "Export":
        """A whole file as it stands."""
        self.raw[name] = content.encode() if isinstance(content, str) else content
        return self

    def text(self, file: str, *, delimiter: str = ",") -> str:
        out = io.StringIO()
        header = HEADERS[file].split(",")
        writer = csv.DictWriter(out, header, delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self.rows[file].values())
        return out.getvalue()

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name in HEADERS:
            (folder / f"{name}.csv").write_text(self.text(name), encoding="utf-8")
        for name, content in self.raw.items():
            (folder / name).write_bytes(content)
        return folder


def sync(
    database: Database, export: Export, folder: Path, *, on: date = MONDAY, progress: Watcher | None = None
) -> SyncReport:
    source = run.open_source(f"csv:{export.write(folder)}")
    return run.sync(database, source, as_of=on, now=noon(on), progress=progress)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


TABLES = {
    Kind.CSM: schema.csm,
    Kind.ACCOUNT: schema.account,
    Kind.CONTACT: schema.contact,
    Kind.RELATION: schema.relation,
    Kind.OPPORTUNITY: schema.opportunity,
    Kind.OPPORTUNITY_ROLE: schema.opportunity_role,
    Kind.ACTIVITY: schema.activity,
    Kind.MILESTONE: schema.milestone,
}


def record(database: Database, kind: Kind, id: str) -> Any:
    """One row, or None."""
    table = TABLES[kind]
    with database.read() as db:
        return db.execute(select(table).where(table.c.id == id)).first()


def told(database: Database, report: SyncReport) -> set[tuple[str, str | None]]:
    """(reason, record id) of every problem of a run."""
    problem = schema.sync_problem
    with database.read() as db:
        rows = db.execute(select(problem.c.reason, problem.c.record_id).where(problem.c.run_id == report.run_id))
        return {(row[0], row[1]) for row in rows}


def roles(database: Database) -> set[tuple[str, str, str]]:
    """(account, contact, role) of the roles that follow from the CRM."""
    role = schema.contact_role
    with database.read() as db:
        rows = db.execute(select(role.c.account_id, role.c.contact_id, role.c.role).where(~role.c.by_csm))
        return {(row[0], row[1], row[2]) for row in rows}
