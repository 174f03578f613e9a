"""Rows refused for what they name. They are asked again as soon as we know that record.

The CRM may have changed the one record after the end of the window in which it changed the other;
the next window brings the first, and nothing but this brings the second.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from voc.accounts.model import Fate, Kind, Reason, RecordState
from voc.accounts.plan import Reading
from voc.accounts.store.tables import LOADED, STAGED, staged_alias, target_alias
from voc.base.schema import staged_id, waiting

FORGOTTEN_AFTER = timedelta(days=30)  # since the CRM showed the row last

_KNOWN_STATES = (RecordState.LIVE, RecordState.SET_ASIDE, RecordState.CLOSED)
# Which record a refused row named: in the column, of these kinds.
_NAMED: dict[Reason, tuple[str, tuple[Kind, ...]]] = {
    Reason.UNKNOWN_ACCOUNT: ("account_id", (Kind.ACCOUNT, Kind.OPPORTUNITY)),
    Reason.DELETED_ACCOUNT: ("account_id", (Kind.ACCOUNT, Kind.OPPORTUNITY)),
    Reason.UNKNOWN_CONTACT: ("contact_id", (Kind.CONTACT,)),
    Reason.UNKNOWN_OPPORTUNITY: ("opportunity_id", (Kind.OPPORTUNITY,)),
}


def any_of(db: Connection, kind: Kind) -> bool:
    return db.execute(select(waiting.c.id).where(waiting.c.kind == kind).limit(1)).first() is not None


def to_ask(db: Connection, kind: Kind, *, after: str, limit: int) -> list[str]:
    """Ids of those that wait for a record we have or have just read, the next ones behind `after`."""
    staged = STAGED[kind]
    there = [
        and_(waiting.c.reason == reason, or_(*(_is_there(named, waiting.c.named) for named in kinds)))
        for reason, (column, kinds) in _NAMED.items()
        if column in staged.c
    ]
    if not there:
        return []
    query = (
        select(waiting.c.id)
        .where(waiting.c.kind == kind, waiting.c.id > after, or_(*there))
        .where(~exists().where(staged.c.id == waiting.c.id))
        .order_by(waiting.c.id)
        .limit(limit)
    )
    return list(db.execute(query).scalars())


def _is_there(kind: Kind, id: ColumnElement[Any]) -> ColumnElement[bool]:
    staged, ours = staged_alias(kind, "named"), target_alias(kind, "ours")
    return or_(
        exists().where(staged.c.id == id, staged.c.fate.in_(LOADED)),
        exists().where(ours.c.id == id, ours.c.state.in_(_KNOWN_STATES)),
    )


def settle(db: Connection, kind: Kind, here: ColumnElement[bool], *, now: datetime) -> None:
    """Of some decided rows: remember those refused for what they name, forget those that were not."""
    staged = STAGED[kind]
    reasons = [reason for reason, (column, _) in _NAMED.items() if column in staged.c]
    if not reasons:
        return
    waits = and_(staged.c.fate == Fate.REJECTED, staged.c.reason.in_(reasons))
    settled = select(staged.c.id).where(here, ~waits, staged.c.fate != Fate.DUPLICATE)
    db.execute(delete(waiting).where(waiting.c.kind == kind, waiting.c.id.in_(settled)))
    named = case(*((staged.c.reason == reason, staged.c[_NAMED[reason][0]]) for reason in reasons))
    moment = literal(now, waiting.c.since.type)
    rows = (
        select(literal(kind.value), staged.c.id, func.max(staged.c.reason), moment, func.max(named))
        .where(here, waits, staged.c.id != "")
        .group_by(staged.c.id)
    )
    statement: Any = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(waiting)
    statement = statement.from_select(["kind", "id", "reason", "since", "named"], rows)
    again = {name: statement.excluded[name] for name in ("reason", "since", "named")}
    db.execute(statement.on_conflict_do_update(index_elements=[waiting.c.kind, waiting.c.id], set_=again))


def forget_unchanged(db: Connection, kind: Kind) -> None:
    """Rows that name what they did when they were loaded last: what they named in between is history."""
    staged = STAGED[kind]
    waits = select(waiting.c.id).where(waiting.c.kind == kind)
    same = select(staged.c.id).where(staged.c.id.in_(waits), staged.c.fate == Fate.UNCHANGED)
    db.execute(delete(waiting).where(waiting.c.kind == kind, waiting.c.id.in_(same)))


def forget(db: Connection, readings: Mapping[Kind, Reading], *, now: datetime) -> int:
    """Those that are no longer in the CRM; and how many have waited too long, which are forgotten too."""
    for kind, reading in readings.items():
        if reading.windowed and (reading.in_full or (reading.sweep and reading.listed)):
            seen: ColumnElement[bool] = exists().where(STAGED[kind].c.id == waiting.c.id)
            if not reading.in_full:
                seen = or_(seen, exists().where(staged_id.c.kind == kind, staged_id.c.id == waiting.c.id))
            db.execute(delete(waiting).where(waiting.c.kind == kind, ~seen))
    # A row of a record that stands is never forgotten: no sweep would miss it, and its values stay yesterday's.
    stands = or_(*(and_(waiting.c.kind == kind, _stands(kind)) for kind in Kind))
    return db.execute(delete(waiting).where(waiting.c.since < now - FORGOTTEN_AFTER, ~stands)).rowcount


def _stands(kind: Kind) -> ColumnElement[bool]:
    ours = target_alias(kind, "waiting_for")
    return exists().where(ours.c.id == waiting.c.id, ours.c.state == RecordState.LIVE)
