"""From the rows kept apart to the records: by set, a few thousand per transaction, each batch once.

A batch and the note of what it did are one transaction that also forgets its rows, so that a run
that was stopped goes on where it was.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from voc.accounts.model import Fate, Kind, RecordState
from voc.accounts.store.tables import FIELDS, FOLLOWS, STAGED, TARGET
from voc.base import schema

ROWS_PER_BATCH = 2_000

_WRITTEN = (Fate.CREATED, Fate.UPDATED, Fate.RETURNED, Fate.REWORDED)
_STATES = {
    Fate.DELETED: RecordState.DELETED,
    Fate.MERGED: RecordState.MERGED,
    Fate.GONE: RecordState.SET_ASIDE,
    Fate.CLOSED: RecordState.CLOSED,
}
_NOTED = (Fate.CREATED, Fate.UPDATED, Fate.RETURNED, Fate.GONE, Fate.CLOSED)


def next_batch(db: Connection, kind: Kind, *, after: int) -> tuple[int, int] | None:
    """The positions (after, last] of the next rows with something to do, or None."""
    staged = STAGED[kind]
    waiting = (
        select(staged.c.position)
        .where(staged.c.position > after, staged.c.fate.not_in((Fate.UNCHANGED, Fate.DUPLICATE)))
        .order_by(staged.c.position)
        .limit(ROWS_PER_BATCH)
        .subquery()
    )
    last = db.execute(select(func.max(waiting.c.position))).scalar()
    return None if last is None else (after, last)


def within(kind: Kind, batch: tuple[int, int]) -> ColumnElement[bool]:
    staged = STAGED[kind]
    return and_(staged.c.position > batch[0], staged.c.position <= batch[1])


def apply_batch(db: Connection, kind: Kind, batch: tuple[int, int], *, run_id: int, now: datetime) -> int:
    """Write one batch and forget its rows; how many it had."""
    staged = STAGED[kind]
    here = within(kind, batch)
    fates = set(db.execute(select(staged.c.fate).where(here).distinct()).scalars())
    _note_changes(db, kind, here, run_id=run_id)
    if kind == Kind.CONTACT and Fate.REJECTED in fates:
        heed_opt_outs(db, here, staged.c.fate == Fate.REJECTED, now=now)
    if fates & set(_WRITTEN):
        _upsert(db, kind, here, fates, now=now)
        if kind == Kind.ACCOUNT:
            hand_over(db, here, now=now)
        _forget_settlements(db, kind, here)
    for fate in sorted(fates & set(_STATES)):
        _end(db, kind, and_(here, staged.c.fate == fate), _STATES[Fate(fate)], now=now)
    done = db.execute(delete(staged).where(here, staged.c.fate.not_in((Fate.UNCHANGED, Fate.DUPLICATE))))
    return done.rowcount


def heed_opt_outs(db: Connection, *which: ColumnElement[bool], now: datetime) -> int:
    """Who opted out by (some of) the rows kept apart is asked no more, though nothing else of the row is taken over.

    The hash is spoilt, so that the row is compared in full when it is taken over.
    """
    staged, contact = schema.staged_contact, schema.contact
    said = select(staged.c.id).where(*which, staged.c.opted_out, staged.c.fate != Fate.DUPLICATE)
    chosen = and_(contact.c.id.in_(said), ~contact.c.opted_out)
    changed = {"opted_out": True, "changed_at": now, "hash": contact.c.hash.concat("!")}
    return db.execute(update(contact).where(chosen).values(changed)).rowcount


def _note_changes(db: Connection, kind: Kind, here: ColumnElement[bool], *, run_id: int) -> None:
    staged = STAGED[kind]
    ended = and_(staged.c.fate.in_((Fate.DELETED, Fate.MERGED)), staged.c.fields.is_not(None))
    kept = and_(staged.c.fate == Fate.REJECTED, staged.c.fields.is_not(None))
    change = case((staged.c.fate == Fate.REJECTED, Fate.KEPT.value), else_=staged.c.fate)
    fields = case((staged.c.fate == Fate.UPDATED, staged.c.fields), else_=null())
    winner = func.coalesce(
        select(schema.staged_alias.c.winner_id)
        .where(schema.staged_alias.c.kind == kind, schema.staged_alias.c.loser_id == staged.c.id)
        .scalar_subquery(),
        select(schema.alias.c.winner_id)
        .where(schema.alias.c.kind == kind, schema.alias.c.loser_id == staged.c.id)
        .scalar_subquery(),
        staged.c.winner_id,
    )
    query = select(
        literal(run_id),
        literal(kind.value),
        staged.c.id,
        change,
        cast(fields, schema.sync_change.c.fields.type) if db.dialect.name == "postgresql" else fields,
        case((staged.c.fate == Fate.MERGED, winner), else_=null()),
    ).where(here, or_(staged.c.fate.in_(_NOTED), ended, kept))
    columns = ["run_id", "object", "record_id", "change", "fields", "winner_id"]
    db.execute(insert(schema.sync_change).from_select(columns, query))


def _upsert(db: Connection, kind: Kind, here: ColumnElement[bool], fates: set[str], *, now: datetime) -> None:
    """Insert what is new, overwrite what changed; what is ours in the row stays as it is."""
    staged, target = STAGED[kind], TARGET[kind]
    names = [*FIELDS[kind], "hash", *(("account_id",) if kind == Kind.ACTIVITY else ())]
    values: dict[str, ColumnElement[Any]] = {name: staged.c[name] for name in names}
    values["state"] = literal(RecordState.LIVE.value)
    if "first_seen_at" in target.c:
        moment = literal(now, target.c.first_seen_at.type)
        values |= {"first_seen_at": moment, "changed_at": moment}
    for some in (_WRITTEN[:-1], (Fate.REWORDED,)):
        if fates.isdisjoint(some):
            continue
        query = select(*values.values()).where(here, staged.c.fate.in_(some))
        columns = [target.c[name] for name in values]
        kept = {"id", "first_seen_at"} | ({"changed_at"} if some == (Fate.REWORDED,) else set())
        statement: Any = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(target)
        statement = statement.from_select(columns, query)
        changed = {target.c[name]: statement.excluded[name] for name in values if name not in kept}
        db.execute(statement.on_conflict_do_update(index_elements=[target.c.id], set_=changed))


def _end(db: Connection, kind: Kind, which: ColumnElement[bool], state: RecordState, *, now: datetime) -> None:
    target = TARGET[kind]
    changed: dict[str, Any] = {"state": state}
    if "changed_at" in target.c:
        changed["changed_at"] = now
    ended = select(STAGED[kind].c.id).where(which)
    db.execute(update(target).where(target.c.id.in_(ended), target.c.state != state).values(changed))


def _forget_settlements(db: Connection, kind: Kind, here: ColumnElement[bool]) -> None:
    staged, settled = STAGED[kind], schema.settlement
    seen = select(staged.c.id).where(here, staged.c.fate.in_(_WRITTEN))
    db.execute(delete(settled).where(settled.c.kind == kind, settled.c.record_id.in_(seen)))


def hand_over(db: Connection, here: ColumnElement[bool], *, now: datetime) -> None:
    """An account that changed its CSM ends one interval and opens another.

    Who owned an account before we knew it cannot be told: its first interval begins when it became
    a customer, so that a first sync does not look like a hand-over of everything.
    """
    account, interval, staged = schema.account, schema.account_csm, STAGED[Kind.ACCOUNT]
    touched = select(staged.c.id).where(here, staged.c.fate.in_(_WRITTEN))
    owner = select(account.c.csm_id).where(account.c.id == interval.c.account_id).scalar_subquery()
    db.execute(
        update(interval)
        .where(
            interval.c.to_at.is_(None),
            interval.c.account_id.in_(touched),
            interval.c.csm_id.is_distinct_from(owner),
        )
        .values(to_at=now)
    )
    earlier = exists().where(interval.c.account_id == account.c.id)
    current = exists().where(interval.c.account_id == account.c.id, interval.c.to_at.is_(None))
    rows = db.execute(
        select(account.c.id, account.c.csm_id, account.c.customer_since_on, earlier.label("earlier")).where(
            account.c.id.in_(touched), ~current
        )
    ).all()
    opened = [
        {"account_id": row.id, "csm_id": row.csm_id, "from_at": _since(row.customer_since_on, row.earlier, now)}
        for row in rows
    ]
    if opened:
        db.execute(insert(interval), opened)


def _since(customer_since_on: date | None, earlier: bool, now: datetime) -> datetime:
    if earlier or customer_since_on is None:
        return now
    return min(now, datetime(customer_since_on.year, customer_since_on.month, customer_since_on.day, tzinfo=now.tzinfo))


# --- merges -------------------------------------------------------------------------------------


def apply_merges(db: Connection, kind: Kind) -> int:
    """Make this run's merges known and let everything that named the losers name the winners."""
    new, known = schema.staged_alias, schema.alias
    rows = [
        {"kind": row.kind, "loser_id": row.loser_id, "winner_id": row.winner_id}
        for row in db.execute(select(new).where(new.c.kind == kind).order_by(new.c.loser_id))
    ]
    if not rows:
        return 0
    losers = select(new.c.loser_id).where(new.c.kind == kind)
    db.execute(delete(known).where(known.c.kind == kind, known.c.loser_id.in_(losers)))
    db.execute(insert(known), rows)
    for named_by, column in FOLLOWS[kind]:
        target = TARGET[named_by]
        winner = (
            select(known.c.winner_id).where(known.c.kind == kind, known.c.loser_id == target.c[column])
        ).scalar_subquery()
        winner_row = TARGET[kind].alias("winner_row")
        of_ours = select(known.c.loser_id).where(known.c.kind == kind, known.c.winner_id.in_(select(winner_row.c.id)))
        db.execute(update(target).where(target.c[column].in_(of_ours)).values({column: winner}))
    _move_csm_roles(db, kind)
    db.execute(delete(new).where(new.c.kind == kind))
    return len(rows)


def move_activities(db: Connection, *, run_id: int) -> int:
    """Activities on an opportunity that this run moved to another account go with it."""
    activity, deal, change = schema.activity, schema.opportunity, schema.sync_change
    moved = select(change.c.record_id).where(
        change.c.run_id == run_id, change.c.object == Kind.OPPORTUNITY, change.c.change != Fate.CREATED
    )
    at_account = select(deal.c.account_id).where(deal.c.id == activity.c.about_id).scalar_subquery()
    return db.execute(
        update(activity)
        .where(activity.c.about_id.in_(moved), activity.c.account_id != at_account)
        .values(account_id=at_account)
    ).rowcount


def adopt(db: Connection, *, run_id: int) -> int:
    """Contacts that a CSM added and that the CRM has by now, same address at the same account, become the CRM's."""
    contact, theirs = schema.contact, schema.contact.alias("theirs")
    rows = db.execute(
        select(contact.c.id, func.min(theirs.c.id).label("winner_id"))
        .join_from(contact, theirs, theirs.c.email == contact.c.email)
        .where(
            contact.c.ours,
            contact.c.state == RecordState.LIVE,
            theirs.c.account_id == contact.c.account_id,
            theirs.c.state == RecordState.LIVE,
            ~theirs.c.ours,
        )
        .group_by(contact.c.id)
        .order_by(contact.c.id)
    ).all()
    for row in rows:
        db.execute(insert(schema.alias).values(kind=Kind.CONTACT, loser_id=row.id, winner_id=row.winner_id))
        db.execute(update(contact).where(contact.c.id == row.id).values(state=RecordState.MERGED))
        change = {"object": Kind.CONTACT, "record_id": row.id, "change": Fate.MERGED, "winner_id": row.winner_id}
        db.execute(insert(schema.sync_change).values(run_id=run_id, fields=null(), **change))
    if rows:
        _move_csm_roles(db, Kind.CONTACT)
    return len(rows)


def _move_csm_roles(db: Connection, kind: Kind) -> None:
    """What a CSM said about a loser holds for the winner, unless the CSM said something about that one too."""
    role, other, known = schema.contact_role, schema.contact_role.alias("other_role"), schema.alias
    column = role.c.account_id if kind == Kind.ACCOUNT else role.c.contact_id
    ours = TARGET[kind]
    rows = db.execute(
        select(role.c.id, role.c.account_id, role.c.contact_id, role.c.role, known.c.winner_id)
        .join_from(role, known, and_(known.c.kind == kind, known.c.loser_id == column))
        .join(ours, ours.c.id == known.c.winner_id)
        .where(role.c.by_csm)
        .order_by(role.c.id)
    ).all()
    for row in rows:
        account_id = row.winner_id if kind == Kind.ACCOUNT else row.account_id
        contact_id = row.winner_id if kind == Kind.CONTACT else row.contact_id
        same = select(other.c.id).where(
            other.c.account_id == account_id,
            other.c.contact_id == contact_id,
            other.c.role == row.role,
            other.c.by_csm,
        )
        if db.execute(same).first() is None:
            db.execute(update(role).where(role.c.id == row.id).values(account_id=account_id, contact_id=contact_id))
        else:
            db.execute(delete(role).where(role.c.id == row.id))
