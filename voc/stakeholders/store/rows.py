"""Signs, suppressions, suggestions, exclusions, the role matrix: lists for pages and what `run` writes."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from voc.base import locks, schema
from voc.base.access import Viewer, visible_accounts
from voc.base.db import insert_once
from voc.base.errors import NotFound
from voc.base.schema import account, alias, contact, contact_role, role_requirement, sign_of_life, suppression
from voc.base.words import RecordState, Role, Sign, SuggestionKind, SuggestionState, SuppressionReason
from voc.stakeholders.model import Exclusion, Requirement, Suggestion, Suppression
from voc.stakeholders.rules import full_name, standing_roles


def visible_contact(db: Connection, contact_id: str, viewer: Viewer) -> str:
    """The contact's name; NotFound unless the viewer may see an account where the contact is or holds a role."""
    places = (
        select(contact_role.c.contact_id)
        .join(account, account.c.id == contact_role.c.account_id)
        .where(contact_role.c.contact_id == contact_id, visible_accounts(viewer))
    )
    query = (
        select(contact.c.first_name, contact.c.last_name, contact.c.email)
        .join(account, account.c.id == contact.c.account_id)
        .where(
            contact.c.id == contact_id,
            contact.c.state == RecordState.LIVE,
            or_(visible_accounts(viewer), contact.c.id.in_(places)),
        )
    )
    row = db.execute(query).first()
    if row is None:
        raise NotFound("There is no such contact, or it is not yours.")
    return full_name(row.first_name, row.last_name, row.email)


def suggestions(
    db: Connection,
    viewer: Viewer,
    *,
    account_id: str | None = None,
    state: SuggestionState | None = SuggestionState.OPEN,
) -> list[Suggestion]:
    """The latest first; with `state` None, decided ones too."""
    conditions: list[ColumnElement[bool]] = []
    if account_id is not None:
        conditions.append(account.c.id == account_id)
    if state is not None:
        conditions.append(schema.suggestion.c.state == state)
    query = _suggestions(viewer).where(*conditions)
    query = query.order_by(schema.suggestion.c.created_at.desc(), schema.suggestion.c.id.desc())
    return [_suggestion(row) for row in db.execute(query)]


def suggestion(db: Connection, suggestion_id: int, viewer: Viewer) -> Suggestion:
    row = db.execute(_suggestions(viewer).where(schema.suggestion.c.id == suggestion_id)).first()
    if row is None:
        raise NotFound("There is no such suggestion, or it is not yours.")
    return _suggestion(row)


def _suggestions(viewer: Viewer) -> Select[Any]:
    return (
        select(
            schema.suggestion,
            account.c.id.label("known_as"),
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
        )
        .outerjoin(alias, and_(alias.c.kind == "account", alias.c.loser_id == schema.suggestion.c.account_id))
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, schema.suggestion.c.account_id))
        .outerjoin(contact, contact.c.id == schema.suggestion.c.contact_id)
        .where(visible_accounts(viewer))
    )


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(
        id=row.id,
        kind=SuggestionKind(row.kind),
        account_id=row.known_as,
        contact_id=row.contact_id,
        contact_name=full_name(row.first_name, row.last_name, row.email) if row.contact_id else None,
        name=row.name,
        address=row.address,
        role=Role(row.role) if row.role else None,
        quote=row.quote,
        created_at=row.created_at,
        state=SuggestionState(row.state),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )


def exclusions(
    db: Connection, viewer: Viewer, *, today: date, account_id: str | None = None, ended_too: bool = False
) -> list[Exclusion]:
    """Who is not asked, until when and why, the first to expire first: the leader's page and the account's."""
    query = _exclusions(viewer).order_by(schema.exclusion.c.expires_on, schema.exclusion.c.id)
    if account_id is not None:
        query = query.where(account.c.id == account_id)
    if not ended_too:
        query = query.where(schema.exclusion.c.ended_at.is_(None), schema.exclusion.c.expires_on > today)
    return [_exclusion(row) for row in db.execute(query)]


def exclusion(db: Connection, exclusion_id: int, viewer: Viewer) -> Exclusion:
    row = db.execute(_exclusions(viewer).where(schema.exclusion.c.id == exclusion_id)).first()
    if row is None:
        raise NotFound("There is no such exclusion, or it is not yours.")
    return _exclusion(row)


def _exclusions(viewer: Viewer) -> Select[Any]:
    return (
        select(
            schema.exclusion,
            account.c.id.label("known_as"),
            account.c.name.label("account_name"),
            account.c.csm_id,
            account.c.arr,
            account.c.currency,
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
            contact.c.state.label("contact_state"),
        )
        .outerjoin(alias, and_(alias.c.kind == "account", alias.c.loser_id == schema.exclusion.c.account_id))
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, schema.exclusion.c.account_id))
        .outerjoin(contact, contact.c.id == schema.exclusion.c.contact_id)
        .where(visible_accounts(viewer))
    )


def _exclusion(row: Any) -> Exclusion:
    return Exclusion(
        id=row.id,
        account_id=row.known_as,
        account_name=row.account_name,
        csm_id=row.csm_id,
        contact_id=row.contact_id,
        contact_name=full_name(row.first_name, row.last_name, row.email) if row.contact_id else None,
        reason=row.reason,
        by=row.by,
        created_at=row.created_at,
        expires_on=row.expires_on,
        ended_at=row.ended_at,
        arr=row.arr,
        currency=row.currency,
        contact_here=row.contact_state in (RecordState.LIVE, RecordState.SET_ASIDE),
    )


def suppressions(db: Connection, address: str) -> list[Suppression]:
    """Everything that ever kept this address from being mailed, the latest first, lifted ones too."""
    query = (
        select(suppression)
        .where(suppression.c.address == address.strip().lower())
        .order_by(suppression.c.at.desc(), suppression.c.id.desc())
    )
    return [
        Suppression(row.id, row.address, SuppressionReason(row.reason), row.at, row.source, row.lifted_at)
        for row in db.execute(query)
    ]


def roles_of(db: Connection, account_id: str, contact_id: str) -> list[Role]:
    """The roles that the contact holds at that account today."""
    here = (contact_role.c.account_id == account_id, contact_role.c.contact_id == contact_id)
    rows = db.execute(select(contact_role).where(*here))
    standing = standing_roles((row.account_id, row.contact_id, Role(row.role), row.by_csm, row.ended) for row in rows)
    held = standing.get((account_id, contact_id), [])
    return [role for role in Role if role in held]


def left_in_crm(db: Connection, contact_id: str) -> bool:
    return bool(db.execute(select(contact.c.left_company).where(contact.c.id == contact_id)).scalar())


def contact_with_address(db: Connection, account_id: str, address: str) -> str | None:
    """The contact of the account who has that address already."""
    same = (contact.c.account_id == account_id, contact.c.email == address.strip().lower())
    query = select(contact.c.id).where(*same, contact.c.state == RecordState.LIVE).order_by(contact.c.id)
    return db.execute(query.limit(1)).scalar()


def write_matrix(db: Connection, requirements: Iterable[Requirement]) -> None:
    """The whole matrix anew."""
    db.execute(delete(role_requirement))
    rows = [
        {"segment": one.segment, "role": one.role, "weight": one.weight, "required_count": one.required_count}
        for one in requirements
    ]
    if rows:
        db.execute(insert(role_requirement), rows)


_SIGN = ("key", "contact_id", "kind", "at", "source", "quote")


@cache
def _signing(dialect: str) -> Any:
    """One statement: every answer runs it."""
    into = postgresql.insert if dialect == "postgresql" else sqlite.insert
    values = [bindparam(name, type_=sign_of_life.c[name].type) for name in _SIGN]
    known = select(*values).where(exists().where(contact.c.id == bindparam("contact_id")))
    return into(sign_of_life).from_select(_SIGN, known).on_conflict_do_nothing().returning(literal(1))


def add_sign(
    db: Connection, *, key: str, contact_id: str, kind: Sign, at: datetime, source: str, quote: str | None
) -> bool:
    """False if it is there already, or the contact is not."""
    row = {"key": key, "contact_id": contact_id, "kind": kind, "at": at, "source": source, "quote": quote}
    return db.execute(_signing(db.dialect.name), row).first() is not None


def delete_sign(db: Connection, key: str) -> None:
    db.execute(delete(sign_of_life).where(sign_of_life.c.key == key))


def add_suppression(db: Connection, *, address: str, reason: SuppressionReason, at: datetime, source: str) -> bool:
    address = address.strip().lower()
    locks.hold(db, locks.address(address))  # no mail to it is planned after this is committed
    row = {"address": address, "reason": reason, "at": at, "source": source}
    return insert_once(db, suppression, row)


def lift_suppression(db: Connection, *, address: str, reason: SuppressionReason, at: datetime) -> bool:
    standing = (
        suppression.c.address == address.strip().lower(),
        suppression.c.reason == reason,
        suppression.c.lifted_at.is_(None),
    )
    lifted = db.execute(update(suppression).where(*standing).values(lifted_at=at).returning(suppression.c.id))
    return lifted.first() is not None


def bounced_address(db: Connection, contact_id: str) -> tuple[str | None, bool]:
    """The contact's address, and whether the CRM says of it, on any live row, that mail to it bounced."""
    other = contact.alias("other")
    in_crm = exists().where(
        or_(other.c.id == contact.c.id, other.c.email == contact.c.email),
        other.c.bounced,
        other.c.state == RecordState.LIVE,
    )
    row = db.execute(select(contact.c.email, in_crm).where(contact.c.id == contact_id)).one()
    return row[0], bool(row[1])


def add_suggestion(
    db: Connection,
    *,
    key: str,
    kind: SuggestionKind,
    account_id: str,
    contact_id: str | None,
    now: datetime,
    name: str | None,
    address: str | None,
    role: Role | None,
    quote: str | None,
) -> bool:
    row = {
        "key": key,
        "kind": kind,
        "account_id": account_id,
        "contact_id": contact_id,
        "name": name,
        "address": address.strip().lower() if address else None,
        "role": role,
        "quote": quote,
        "created_at": now,
        "state": SuggestionState.OPEN,
    }
    return insert_once(db, schema.suggestion, row)


def settle_suggestion(db: Connection, suggestion_id: int, *, state: SuggestionState, by: str, at: datetime) -> bool:
    """False if somebody decided it first."""
    open_one = (schema.suggestion.c.id == suggestion_id, schema.suggestion.c.state == SuggestionState.OPEN)
    settled = db.execute(
        update(schema.suggestion)
        .where(*open_one)
        .values(state=state, decided_by=by, decided_at=at)
        .returning(schema.suggestion.c.id)
    )
    return settled.first() is not None


def add_exclusion(
    db: Connection, *, account_id: str, contact_id: str | None, reason: str, by: str, now: datetime, expires_on: date
) -> int:
    row = {
        "account_id": account_id,
        "contact_id": contact_id,
        "reason": reason,
        "by": by,
        "created_at": now,
        "expires_on": expires_on,
    }
    added: int = db.execute(insert(schema.exclusion).values(**row).returning(schema.exclusion.c.id)).scalar_one()
    return added


def end_exclusion(db: Connection, exclusion_id: int, *, at: datetime) -> bool:
    """False if it had ended already."""
    standing = (schema.exclusion.c.id == exclusion_id, schema.exclusion.c.ended_at.is_(None))
    ended = db.execute(update(schema.exclusion).where(*standing).values(ended_at=at).returning(schema.exclusion.c.id))
    return ended.first() is not None
