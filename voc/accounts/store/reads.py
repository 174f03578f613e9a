"""Reads that other stages and pages share: ids, CSMs, who can be reached, who holds a role, what is set aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, exists, or_, select
from sqlalchemy.sql import FromClause

from voc.accounts.model import Kind, Reach, RecordState
from voc.accounts.store.tables import TARGET
from voc.base import schema
from voc.base.access import Viewer, visible_accounts, visible_csms
from voc.base.schema import account, alias, contact, contact_role, csm, suppression
from voc.base.words import SuppressionReason


def resolve(db: Connection, kind: str, id: str) -> str:
    """The record that this id stands for today: a merged one's final winner."""
    winner = db.execute(select(alias.c.winner_id).where(alias.c.kind == kind, alias.c.loser_id == id)).scalar()
    return winner or id


@dataclass(frozen=True)
class CsmRow:
    id: str
    name: str
    email: str | None
    title: str | None
    manager_id: str | None
    time_zone: str | None
    active: bool


def csms(db: Connection, viewer: Viewer) -> list[CsmRow]:
    """Live users of the CRM that the viewer may see, by name."""
    columns = [csm.c[name] for name in CsmRow.__dataclass_fields__]
    query = select(*columns).where(visible_csms(viewer), csm.c.state == RecordState.LIVE)
    return [CsmRow(**row._mapping) for row in db.execute(query.order_by(csm.c.name, csm.c.id))]


# --- who can be reached -------------------------------------------------------------------------


def reach(person: FromClause = contact) -> ColumnElement[str]:
    """The first that applies: left, opted out, bounced, no usable address, reachable.

    Opt-out and bounce belong to the address: one row that has it is enough for all rows with that
    address, and our own suppressions count like the CRM's word. Left belongs to the row. A contact
    that another one was merged into inherits the other's opt-out.
    """
    return case(
        (or_(person.c.left_company, person.c.left_at.is_not(None)), Reach.LEFT.value),
        (or_(person.c.opted_out, opted_out_elsewhere(person)), Reach.OPTED_OUT.value),
        (or_(person.c.bounced, bounced_elsewhere(person)), Reach.BOUNCED.value),
        (person.c.email.is_(None), Reach.NO_USABLE_EMAIL.value),
        else_=Reach.REACHABLE.value,
    )


def opted_out_elsewhere(person: FromClause = contact) -> ColumnElement[bool]:
    merged, loser = alias.alias("opt_alias"), contact.alias("opt_loser")
    inherited = (
        exists()
        .select_from(merged.join(loser, loser.c.id == merged.c.loser_id))
        .where(
            merged.c.kind == Kind.CONTACT,
            merged.c.winner_id == person.c.id,
            or_(
                loser.c.opted_out,
                _suppressed(loser.c.email, SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT),
            ),
        )
    )
    return or_(
        _another_row(person, "opted_out"),
        _suppressed(person.c.email, SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT),
        inherited,
    )


def bounced_elsewhere(person: FromClause = contact) -> ColumnElement[bool]:
    return or_(_another_row(person, "bounced"), _suppressed(person.c.email, SuppressionReason.BOUNCED))


def _another_row(person: FromClause, flag: str) -> ColumnElement[bool]:
    other = contact.alias(f"other_{flag}")
    return exists().where(other.c.email == person.c.email, other.c[flag], other.c.state == RecordState.LIVE)


def _suppressed(address: ColumnElement[Any], *reasons: SuppressionReason) -> ColumnElement[bool]:
    standing = suppression.alias()
    return exists().where(standing.c.address == address, standing.c.reason.in_(reasons), standing.c.lifted_at.is_(None))


# --- who holds a role ---------------------------------------------------------------------------


def held_roles() -> Select[str, str, str]:
    """account_id, contact_id, role of every role held today; what a CSM said overrules the CRM's row."""
    ended = contact_role.alias("ended_role")
    return (
        select(contact_role.c.account_id, contact_role.c.contact_id, contact_role.c.role)
        .where(
            ~contact_role.c.ended,
            ~exists().where(
                ended.c.account_id == contact_role.c.account_id,
                ended.c.contact_id == contact_role.c.contact_id,
                ended.c.role == contact_role.c.role,
                ended.c.ended,
            ),
        )
        .distinct()
    )


# --- what waits for a person --------------------------------------------------------------------


@dataclass(frozen=True)
class SetAside:
    """A record that is missing from the CRM without a delete flag; `since_at` is when a run first missed it."""

    kind: Kind
    id: str
    name: str
    account_id: str | None
    account_name: str | None
    since_at: datetime | None


def set_aside(db: Connection, viewer: Viewer, *, kind: Kind, limit: int = 100, after: str = "") -> list[SetAside]:
    """Accounts, contacts and others that wait to be settled, by id."""
    table = TARGET[kind]
    if kind == Kind.CSM:
        query = select(table.c.id, table.c.name, table.c.id, table.c.name).where(visible_csms(viewer))
    else:
        account_id = table.c.id if kind == Kind.ACCOUNT else _account_of(kind)
        query = (
            select(table.c.id, _name_of(kind), account.c.id, account.c.name)
            .select_from(table if kind == Kind.ACCOUNT else table.join(account, account.c.id == account_id))
            .where(visible_accounts(viewer))
        )
    query = query.where(table.c.state == RecordState.SET_ASIDE, table.c.id > after).order_by(table.c.id).limit(limit)
    rows = db.execute(query).all()
    since = _set_aside_since(db, kind, [row[0] for row in rows])
    own = kind == Kind.CSM  # belongs to no account
    return [
        SetAside(
            kind=kind,
            id=row[0],
            name=row[1] or row[0],
            account_id=None if own else row[2],
            account_name=None if own else row[3],
            since_at=since.get(row[0]),
        )
        for row in rows
    ]


def _account_of(kind: Kind) -> ColumnElement[Any]:
    table = TARGET[kind]
    if kind == Kind.OPPORTUNITY_ROLE:
        deal = schema.opportunity
        return select(deal.c.account_id).where(deal.c.id == table.c.opportunity_id).scalar_subquery()
    found: ColumnElement[Any] = table.c.account_id
    return found


def _name_of(kind: Kind) -> ColumnElement[Any]:
    table = TARGET[kind]
    if kind == Kind.CONTACT:
        first, last = table.c.first_name, table.c.last_name
        return case((first.is_(None), last), (last.is_(None), first), else_=first + " " + last)
    names = {
        Kind.RELATION: "contact_id",
        Kind.OPPORTUNITY_ROLE: "contact_id",
        Kind.ACTIVITY: "subject",
        Kind.MILESTONE: "kind",
    }
    found: ColumnElement[Any] = table.c[names.get(kind, "name")]
    return found


def _set_aside_since(db: Connection, kind: Kind, ids: list[str]) -> dict[str, datetime]:
    change, run = schema.sync_change, schema.sync_run
    rows = db.execute(
        select(change.c.record_id, run.c.started_at)
        .join(run, run.c.id == change.c.run_id)
        .where(change.c.object == kind, change.c.change == "gone", change.c.record_id.in_(ids))
        .order_by(run.c.id)
    )
    return {row.record_id: row.started_at for row in rows}
