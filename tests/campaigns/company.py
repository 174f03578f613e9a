"""A small company to ask: accounts with people in the places that their segment requires."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from tests.builders import add_account, add_contact, add_csm
from voc.base import schema
from voc.campaigns import questionnaire, run
from voc.stakeholders import run as stakeholders

LAUNCH = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)  # a Thursday
FILES = questionnaire.read_folder(Path(__file__).parents[2] / "questionnaires", "relationship")
ROLES = ("decision_maker", "budget_holder", "champion", "executive_sponsor", "influencer", "end_user")


def settle_in(db: Connection, *, read_at: datetime = LAUNCH - timedelta(hours=1)) -> None:
    """Defaults, one CSM, and a complete look at the CRM."""
    stakeholders.install_defaults(db)
    run.install_defaults(db)
    add_csm(db)
    add_sync(db, read_at=read_at)


def add_sync(db: Connection, *, read_at: datetime, state: str = "complete") -> None:
    row = {"source": "csv:day1", "as_of": read_at.date(), "started_at": read_at, "finished_at": read_at}
    db.execute(insert(schema.sync_run).values(**row, state=state, counts={}, files=[]))


def reads_on(db: Connection, *, now: datetime) -> None:
    """The CRM is read on as the days pass: nobody is asked anew from old data."""
    latest = db.execute(select(func.max(schema.sync_run.c.started_at))).scalar()
    if latest is None or now - latest > timedelta(hours=12):
        add_sync(db, read_at=now)


def add_company(db: Connection, *, accounts: int, people: int, **contact_values: Any) -> None:
    """So many accounts with so many people each, every one in a required place."""
    for number in range(accounts):
        account_id = add_account(db, f"acc-{number:03}", name=f"Account {number:03}", renewal_on=date(2027, 1, 1))
        for person in range(people):
            add_contact(
                db,
                f"con-{number:03}-{person:02}",
                account_id=account_id,
                roles=(ROLES[person % len(ROLES)],),
                **contact_values,
            )


def launch(db: Connection, *, label: str = "Relationship, March 2026", now: datetime = LAUNCH) -> int:
    return run.launch(db, campaign="relationship", questionnaire_files=FILES, label=label, by="Clara Wendt", now=now)


def add_exclusion(db: Connection, account_id: str, *, expires_on: date | None, contact_id: str | None = None) -> None:
    row = {"account_id": account_id, "contact_id": contact_id, "reason": "Site closed after a fire"}
    created = {"by": "Dana Whitlock", "created_at": LAUNCH, "expires_on": expires_on}
    db.execute(insert(schema.exclusion).values(**row, **created))


def add_message_counted(
    db: Connection, address: str, *, on: date, step: str = "invite", account_id: str = "acc-1", priority: int = 3
) -> None:
    """A message of an earlier wave, as the quarantine counts it."""
    at = datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=9)
    row = {"address": address, "account_id": account_id, "step": step, "priority": priority, "on": on, "at": at}
    db.execute(insert(schema.contact_quota).values(**row))
