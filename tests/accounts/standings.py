"""Every contact as our tables have them: who can be reached and why not, and who holds which role."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from voc.accounts.model import AccountStatus, Reach, RecordState, Role
from voc.accounts.store.reads import held_roles, opted_out_elsewhere, reach
from voc.base.schema import account, contact


@dataclass(frozen=True)
class ContactStanding:
    """`customer`: at a live customer, whose contacts the figures count."""

    id: str
    account_id: str
    email: str | None
    reach: Reach
    opted_out: bool
    opted_out_by_address: bool
    bounced: bool
    left: bool
    time_zone: str | None
    customer: bool


def contact_standings(db: Connection, account_ids: Collection[str] | None = None) -> list[ContactStanding]:
    """Every live contact, whether it can be reached and why not."""
    query = (
        select(
            contact.c.id,
            contact.c.account_id,
            contact.c.email,
            reach().label("reach"),
            contact.c.opted_out,
            or_(contact.c.opted_out, opted_out_elsewhere()).label("opted_out_by_address"),
            contact.c.bounced,
            or_(contact.c.left_company, contact.c.left_at.is_not(None)).label("gone"),
            contact.c.time_zone,
            and_(account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER).label("customer"),
        )
        .join(account, account.c.id == contact.c.account_id)
        .where(contact.c.state == RecordState.LIVE)
        .order_by(contact.c.id)
    )
    if account_ids is not None:
        query = query.where(contact.c.account_id.in_(sorted(account_ids)))
    return [
        ContactStanding(
            id=row.id,
            account_id=row.account_id,
            email=row.email,
            reach=Reach(row.reach),
            opted_out=row.opted_out,
            opted_out_by_address=bool(row.opted_out_by_address),
            bounced=row.bounced,
            left=bool(row.gone),
            time_zone=row.time_zone,
            customer=bool(row.customer),
        )
        for row in db.execute(query)
    ]


@dataclass(frozen=True)
class Holder:
    contact_id: str
    reach: Reach


def holders(db: Connection, account_ids: Collection[str] | None = None) -> dict[str, dict[Role, list[Holder]]]:
    """account -> role -> who holds it, people who left or cannot be reached among them; two queries at most."""
    held = held_roles().subquery()
    query = (
        select(held.c.account_id, held.c.role, held.c.contact_id, reach())
        .join(contact, contact.c.id == held.c.contact_id)
        .where(contact.c.state == RecordState.LIVE)
        .order_by(held.c.account_id, held.c.role, held.c.contact_id)
    )
    if account_ids is not None:
        query = query.where(held.c.account_id.in_(sorted(account_ids)))
    found: dict[str, dict[Role, list[Holder]]] = {}
    for account_id, role, contact_id, reached in db.execute(query):
        found.setdefault(account_id, {}).setdefault(Role(role), []).append(Holder(contact_id, Reach(reached)))
    return found
