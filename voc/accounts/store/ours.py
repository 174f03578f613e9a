"""Writes of what our own people say; no sync touches these columns."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from voc.accounts.model import Kind, RecordState, Role
from voc.accounts.store.tables import TARGET
from voc.base import schema
from voc.base.schema import contact, contact_change, contact_role, settlement


def state(db: Connection, kind: Kind, record_id: str) -> str | None:
    table = TARGET[kind]
    return db.execute(select(table.c.state).where(table.c.id == record_id)).scalar()


def is_live(db: Connection, kind: Kind, record_id: str) -> bool:
    return state(db, kind, record_id) == RecordState.LIVE


def is_there(db: Connection, contact_id: str) -> bool:
    """Live, or set aside: a CSM may know better than the CRM."""
    return state(db, Kind.CONTACT, contact_id) in (RecordState.LIVE, RecordState.SET_ASIDE)


def name_at_address(db: Connection, account_id: str, address: str) -> str | None:
    """Who has this address at the account."""
    row = db.execute(
        select(contact.c.first_name, contact.c.last_name)
        .where(contact.c.account_id == account_id, contact.c.email == address, contact.c.state == RecordState.LIVE)
        .order_by(contact.c.id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return " ".join(part for part in row if part) or address


def add_contact(
    db: Connection,
    *,
    contact_id: str,
    account_id: str,
    first_name: str | None,
    last_name: str | None,
    email: str | None,
    title: str | None,
    now: datetime,
) -> None:
    country = select(schema.account.c.country).where(schema.account.c.id == account_id).scalar_subquery()
    db.execute(
        insert(contact).values(
            id=contact_id,
            account_id=account_id,
            first_name=first_name,
            last_name=last_name,
            email=email,
            email_original=email,
            title=title,
            country=country,
            opted_out=False,
            bounced=False,
            left_company=False,
            created_on=now.date(),
            state=RecordState.LIVE,
            hash="",
            ours=True,
            first_seen_at=now,
            changed_at=now,
        )
    )


def mark_left(db: Connection, contact_id: str, *, at: datetime) -> bool:
    """False when it was known already."""
    changed = update(contact).where(contact.c.id == contact_id, contact.c.left_at.is_(None)).values(left_at=at)
    return db.execute(changed).rowcount == 1


def mark_back(db: Connection, contact_id: str) -> datetime | None:
    """When the person was said to have left, if so; that is taken back."""
    left_at = db.execute(select(contact.c.left_at).where(contact.c.id == contact_id)).scalar()
    if left_at is not None:
        db.execute(update(contact).where(contact.c.id == contact_id).values(left_at=None))
    return left_at


def note(
    db: Connection, *, contact_id: str, field: str, old: str | None, new: str | None, by: str, at: datetime
) -> None:
    db.execute(insert(contact_change).values(contact_id=contact_id, field=field, old=old, new=new, by=by, at=at))


def holds_role(db: Connection, account_id: str, contact_id: str, role: Role) -> bool:
    """As it stands: what a CSM said overrules the CRM's row."""
    rows = db.execute(
        select(contact_role.c.ended).where(
            contact_role.c.account_id == account_id,
            contact_role.c.contact_id == contact_id,
            contact_role.c.role == role,
        )
    ).scalars()
    ended = list(rows)
    return bool(ended) and not any(ended)


def say_role(db: Connection, *, account_id: str, contact_id: str, role: Role, held: bool) -> None:
    place = (
        contact_role.c.account_id == account_id,
        contact_role.c.contact_id == contact_id,
        contact_role.c.role == role,
    )
    db.execute(delete(contact_role).where(*place, contact_role.c.by_csm))
    by_crm = db.execute(select(contact_role.c.id).where(*place)).first() is not None
    if held != by_crm:
        at_account = select(contact.c.account_id).where(contact.c.id == contact_id)
        direct = db.execute(at_account).scalar() == account_id
        values = {"account_id": account_id, "contact_id": contact_id, "role": role, "direct": direct}
        db.execute(insert(contact_role).values(**values, by_csm=True, ended=not held))


def settle(db: Connection, kind: Kind, record_id: str, *, gone: bool, by: str, at: datetime) -> None:
    table = TARGET[kind]
    after = RecordState.CLOSED if gone else RecordState.LIVE
    db.execute(update(table).where(table.c.id == record_id).values(state=after))
    if not gone:
        db.execute(insert(settlement).values(kind=kind, record_id=record_id, by=by, at=at))
