"""Who holds which role today: what follows from the relations, their days and who still stands."""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from voc.accounts.model import Kind, RecordState
from voc.accounts.store.applying import ROWS_PER_BATCH
from voc.base import schema


def next_relations(db: Connection, *, after: str) -> str | None:
    """The last id of the next batch of relations."""
    relation = schema.relation
    ids = select(relation.c.id).where(relation.c.id > after).order_by(relation.c.id).limit(ROWS_PER_BATCH).subquery()
    return db.execute(select(func.max(ids.c.id))).scalar()


def next_roles(db: Connection, *, after: int) -> int | None:
    """The last id of the next batch of roles."""
    role = schema.contact_role
    ids = select(role.c.id).where(role.c.id > after).order_by(role.c.id).limit(ROWS_PER_BATCH).subquery()
    return db.execute(select(func.max(ids.c.id))).scalar()


def end_roles(db: Connection, *, as_of: date, after: int, last: int) -> int:
    """Take away those of a batch that no relation of today gives any more."""
    role, relation = schema.contact_role, schema.relation
    gives = and_(
        relation.c.account_id == role.c.account_id,
        relation.c.contact_id == role.c.contact_id,
        cast(relation.c.roles, Text).like(literal('%"').concat(role.c.role).concat('"%')),
        *_holds(as_of),
    )
    given = exists().select_from(relation).where(gives)
    standing = and_(
        exists().where(schema.contact.c.id == role.c.contact_id, schema.contact.c.state == RecordState.LIVE),
        exists().where(schema.account.c.id == role.c.account_id, schema.account.c.state == RecordState.LIVE),
    )
    here = and_(role.c.id > after, role.c.id <= last)
    return db.execute(delete(role).where(here, ~role.c.by_csm, or_(~given, ~standing))).rowcount


def give_roles_of(db: Connection, kind: Kind, record_id: str, *, as_of: date) -> int:
    """The roles that follow from the relations of one account, contact or relation."""
    relation = schema.relation
    column = {Kind.ACCOUNT: relation.c.account_id, Kind.CONTACT: relation.c.contact_id, Kind.RELATION: relation.c.id}
    return add_roles(db, column[kind] == record_id, as_of=as_of)


def between(after: str, last: str) -> ColumnElement[bool]:
    return and_(schema.relation.c.id > after, schema.relation.c.id <= last)


def add_roles(db: Connection, which: ColumnElement[bool], *, as_of: date) -> int:
    """Give the roles that follow from some relations; several relations may give the same one."""
    role, relation, contact, account = schema.contact_role, schema.relation, schema.contact, schema.account
    sqlite_here = db.dialect.name == "sqlite"
    each = func.json_each if sqlite_here else func.jsonb_array_elements_text
    word = each(relation.c.roles).table_valued("value", name="word", joins_implicitly=True)
    query = (
        select(
            relation.c.account_id,
            relation.c.contact_id,
            word.c.value,
            literal(False, role.c.by_csm.type),
            literal(False, role.c.ended.type),
            func.max(case((relation.c.direct, 1), else_=0)) == 1,
        )
        .join_from(relation, contact, and_(contact.c.id == relation.c.contact_id, contact.c.state == RecordState.LIVE))
        .join(account, and_(account.c.id == relation.c.account_id, account.c.state == RecordState.LIVE))
        .where(which, *_holds(as_of))
        .group_by(relation.c.account_id, relation.c.contact_id, word.c.value)
    )
    columns = ["account_id", "contact_id", "role", "by_csm", "ended", "direct"]
    statement: Any = (sqlite if sqlite_here else postgresql).insert(role).from_select(columns, query)
    given = statement.on_conflict_do_update(
        index_elements=[role.c.account_id, role.c.contact_id, role.c.role, role.c.by_csm],
        set_={"direct": statement.excluded.direct},
        where=role.c.direct != statement.excluded.direct,
    )
    return db.execute(given).rowcount


def _holds(as_of: date) -> tuple[ColumnElement[bool], ...]:
    relation = schema.relation
    return (
        relation.c.state == RecordState.LIVE,
        relation.c.active,
        or_(relation.c.end_on.is_(None), relation.c.end_on >= as_of),
    )


def ends_between(db: Connection, *, after: date, until: date) -> bool:
    """Whether the calendar alone ends or revives a role between two export days."""
    relation = schema.relation
    first, last = min(after, until), max(after, until)
    query = select(relation.c.id).where(relation.c.end_on >= first, relation.c.end_on < last).limit(1)
    return db.execute(query).first() is not None
