"""Accounts under escalation: who said so, why and until when; writes `escalation`, `account.escalated_until_on`."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from voc.base.schema import account, escalation


@dataclass(frozen=True, slots=True)
class Escalation:
    """`until_on` is the first day on which they may be asked again."""

    id: int
    account_id: str
    reason: str
    by: str
    created_at: datetime
    until_on: date


def standing(db: Connection, account_id: str, *, today: date) -> Escalation | None:
    """The one that pauses the chase there today."""
    columns = escalation.c
    query = (
        select(columns.id, columns.account_id, columns.reason, columns.by, columns.created_at, columns.until_on)
        .where(columns.account_id == account_id, columns.ended_at.is_(None), columns.until_on > today)
        .order_by(columns.id.desc())
    )
    row = db.execute(query.limit(1)).first()
    return None if row is None else Escalation(*row)


def begin(db: Connection, *, account_id: str, reason: str, until_on: date, by: str, at: datetime) -> int:
    """In the place of one that stood."""
    end(db, account_id, by=by, at=at)
    db.execute(update(account).where(account.c.id == account_id).values(escalated_until_on=until_on))
    values = {"account_id": account_id, "reason": reason, "by": by, "created_at": at, "until_on": until_on}
    return db.execute(insert(escalation).values(**values).returning(escalation.c.id)).scalar_one()


def end(db: Connection, account_id: str, *, by: str, at: datetime) -> bool:
    """False if none stood."""
    db.execute(update(account).where(account.c.id == account_id).values(escalated_until_on=None))
    open_ones = (escalation.c.account_id == account_id, escalation.c.ended_at.is_(None))
    return db.execute(update(escalation).where(*open_ones).values(ended_at=at, ended_by=by)).rowcount > 0
