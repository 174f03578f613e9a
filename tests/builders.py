"""Builders hide the noise: rows with everything a table demands, and only what a test cares about said."""

from datetime import UTC, date, datetime, timedelta
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


def add_staff(db: Connection, email: str = "dana@vendor.example", **values: Any) -> int:
    row = {"name": "Dana Whitlock", "role": "csm", "csm_id": "csm-1", "active": True, "created_at": NOW}
    if values.get("role", "csm") not in ("csm", "lead"):
        row["csm_id"] = None
    statement = insert(schema.staff).values(email=email, **{**row, **values}).returning(schema.staff.c.id)
    return db.execute(statement).scalar_one()


def add_questionnaire(db: Connection, name: str = "relationship", **values: Any) -> int:
    row = {"hash": "0" * 64, "files": {}, "created_at": NOW}
    table = schema.questionnaire_version
    return db.execute(insert(table).values(name=name, **{**row, **values}).returning(table.c.id)).scalar_one()


def add_campaign(db: Connection, name: str = "relationship", **values: Any) -> int:
    row = {"questionnaire": "relationship", "priority": 3, "settings": {}}
    table = schema.campaign
    return db.execute(insert(table).values(name=name, **{**row, **values}).returning(table.c.id)).scalar_one()


def add_wave(db: Connection, *, campaign_id: int, questionnaire_version_id: int, **values: Any) -> int:
    row = {"label": "Relationship, January 2026", "state": "running", "launched_at": NOW, "launched_by": "Clara Wendt"}
    row = {**row, "settings": {}, "campaign_id": campaign_id, "questionnaire_version_id": questionnaire_version_id}
    return db.execute(insert(schema.wave).values(**{**row, **values}).returning(schema.wave.c.id)).scalar_one()


def add_invitation(db: Connection, *, wave_id: int, **values: Any) -> int:
    row = {
        "contact_id": "con-1",
        "account_id": "acc-1",
        "csm_id": "csm-1",
        "inherited": False,
        "segment": "mid-market",
        "roles": ["champion"],
        "language": "en",
        "time_zone": "Europe/Berlin",
        "country": "DE",
        "heads_up": False,
    }
    row = {**row, "wave_id": wave_id, **values}
    row.setdefault("address", f"{row['contact_id']}@calder.example")
    table = schema.invitation
    return db.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()


def add_message(db: Connection, key: str, **values: Any) -> int:
    row = {
        "kind": "chase",
        "address": "con-1@calder.example",
        "return_path": f"{key.replace(':', '-')}@bounce.vendor.example",
        "subject": "How are we doing?",
        "message_id": f"<{key}@vendor.example>",
        "created_at": NOW,
        "due_at": NOW,
        "state": "sent",
    }
    row = {**row, **values}
    row.setdefault("recipient", row["address"])
    table = schema.message
    return db.execute(insert(table).values(key=key, **row).returning(table.c.id)).scalar_one()


def add_response(db: Connection, *, invitation_id: int, questionnaire_version_id: int, **values: Any) -> int:
    """A submitted answer with its score, and `verbatim` as the answer to the open question."""
    said = values.pop("verbatim", None)
    row = {
        "state": "submitted",
        "channel": "page",
        "language": "en",
        "started_at": NOW,
        "saved_at": NOW,
        "submitted_at": NOW,
        "complete": True,
        "score": 9,
    }
    row = {**row, "invitation_id": invitation_id, "questionnaire_version_id": questionnaire_version_id, **values}
    table = schema.response
    response_id = db.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()
    for question, number, words in (("recommend", row["score"], None), ("why", None, said)):
        if number is not None or words is not None:
            answer = {"response_id": response_id, "question": question, "number": number, "choices": [], "text": words}
            db.execute(insert(schema.answer).values(**answer))
    return response_id


def add_follow_up(db: Connection, key: str = "detractor:1", **values: Any) -> int:
    row: dict[str, Any] = {"kind": "detractor", "state": "new", "account_id": "acc-1", "contact_id": "con-1"}
    row["owner_csm_id"] = "csm-1"
    row = {**row, "score": 4, "opened_at": NOW, "contact_by": NOW, **values}
    table = schema.follow_up
    return db.execute(insert(table).values(key=key, **row).returning(table.c.id)).scalar_one()


def add_sign(
    db: Connection, contact_id: str = "con-1", kind: str = "answered", at: datetime = NOW, **values: Any
) -> None:
    row = {"key": f"{contact_id}:{kind}:{at.isoformat()}", "contact_id": contact_id, "kind": kind, "at": at}
    db.execute(insert(schema.sign_of_life).values(**{**row, "source": "page", **values}))


def add_suppression(db: Connection, address: str, reason: str = "opt_out", **values: Any) -> None:
    row = {"address": address, "reason": reason, "at": NOW, "source": "page"}
    db.execute(insert(schema.suppression).values(**{**row, **values}))


def add_sync_run(db: Connection, **values: Any) -> int:
    """A reading of the CRM, complete an hour ago unless told otherwise."""
    row = {
        "source": "csv:/srv/export",
        "as_of": NOW.date(),
        "started_at": NOW - timedelta(hours=1),
        "finished_at": NOW - timedelta(hours=1),
        "state": "complete",
        "counts": {},
    } | values
    return db.execute(insert(schema.sync_run).values(**row).returning(schema.sync_run.c.id)).scalar_one()
