"""Builders hide the noise: rows with everything a table demands, and only what a test cares about said."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from voc.base import schema

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()


def add_csm(db: Connection, id: str = "csm-1", **values: Any) -> str:
    row = {
        "name": "Dana Whitlock",
        "email": f"{id}@vendor.example",
        "title": "Customer Success Manager",
        "manager_id": None,
        "time_zone": "Europe/Berlin",
        "active": True,
        "state": "live",
        "hash": "",
    }
    db.execute(insert(schema.csm).values(id=id, **{**row, **values}))
    return id


def add_account(db: Connection, id: str = "acc-1", **values: Any) -> str:
    row = {
        "name": "Calder & Moss Foods",
        "csm_id": "csm-1",
        "segment": "mid-market",
        "currency": "USD",
        "status": "customer",
        "customer_since_on": date(2020, 1, 1),
        "state": "live",
        "hash": "",
        "first_seen_at": NOW,
        "changed_at": NOW,
    }
    row = {**row, **values}
    db.execute(insert(schema.account).values(id=id, **row))
    if row["csm_id"]:
        since = datetime(2020, 1, 1, tzinfo=UTC)
        db.execute(insert(schema.account_csm).values(account_id=id, csm_id=row["csm_id"], from_at=since))
    return id


def add_contact(db: Connection, id: str = "con-1", *, roles: tuple[str, ...] = (), **values: Any) -> str:
    row = {
        "account_id": "acc-1",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "email": f"{id}@calder.example",
        "time_zone": "Europe/Berlin",
        "country": "Germany",
        "opted_out": False,
        "bounced": False,
        "left_company": False,
        "state": "live",
        "hash": "",
        "first_seen_at": NOW,
        "changed_at": NOW,
    }
    row = {**row, **values}
    db.execute(insert(schema.contact).values(id=id, **row))
    for role in roles:
        db.execute(insert(schema.contact_role).values(account_id=row["account_id"], contact_id=id, role=role))
    return id
