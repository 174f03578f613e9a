"""The rows behind a frozen month, packed: written with it, and read as they were."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from voc.base.packed import pack, unpack
from voc.base.schema import account, scorecard_rows
from voc.base.words import RecordState, Role, Scope

Key = tuple[Scope, str]


class KeptRow(NamedTuple):
    """As `metrics.model.CountedRow`, without what is looked up when it is shown: whose name, and whose account now."""

    kind: str
    id: str
    account_id: str
    account_name: str
    csm_id: str | None
    contact_id: str | None
    role: Role | None
    label: str
    part: float
    whole: float
    on: date | None
    size: float | None


class Portion(NamedTuple):
    """Rows of one figure over so many days, of one scope."""

    key: Key
    figure: str
    days: int
    part: int
    packed: bytes


def packed(rows: Iterable[KeptRow]) -> bytes:
    return pack((*row[:-2], row.on.isoformat() if row.on else None, row.size) for row in rows)


def _unpacked(blob: bytes) -> Iterator[KeptRow]:
    for kind, id, account_id, account_name, csm_id, contact_id, role, label, part, whole, on, size in unpack(blob):
        held, day = Role(role) if role else None, date.fromisoformat(on) if on else None
        yield KeptRow(kind, id, account_id, account_name, csm_id, contact_id, held, label, part, whole, day, size)


def keep(db: Connection, month_id: int, portions: Iterable[Portion]) -> None:
    for one in portions:
        scope, scope_id = one.key
        row = {"month_id": month_id, "scope": scope, "scope_id": scope_id, "figure": one.figure, "days": one.days}
        db.execute(insert(scorecard_rows).values(**row, part=one.part, packed=one.packed))


def are_kept(db: Connection, month_id: int) -> bool:
    """False for months that were frozen before rows were."""
    query = select(scorecard_rows.c.id).where(scorecard_rows.c.month_id == month_id).limit(1)
    return db.execute(query).first() is not None


def rows(db: Connection, month_id: int, key: Key, *, figure: str, days: int) -> list[KeptRow]:
    """By the account's name."""
    here = scorecard_rows.c
    of = (here.month_id == month_id, here.scope == key[0], here.scope_id == key[1])
    query = select(here.packed).where(*of, here.figure == figure, here.days == days).order_by(here.part)
    found = [row for blob in db.execute(query).scalars() for row in _unpacked(blob)]
    return sorted(found, key=lambda row: (row.account_name.casefold(), row.account_id))


def account_ids(db: Connection) -> list[str]:
    """Every account, those of one CSM together: so a portion of them touches few people."""
    query = select(account.c.id).where(account.c.state != RecordState.MERGED).order_by(account.c.csm_id, account.c.id)
    return list(db.execute(query).scalars())
