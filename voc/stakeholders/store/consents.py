"""Who said that they may be asked by mail: of an address, whatever rows carry it; writes `consent`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from voc.base import locks
from voc.base.among import among
from voc.base.schema import consent, contact


@dataclass(frozen=True, slots=True)
class Consent:
    """`source` is where it is written down. `id` is None for what the CRM says."""

    id: int | None
    given_on: date
    source: str
    by: str
    at: datetime | None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None


def addresses(db: Connection, of: Collection[str]) -> frozenset[str]:
    """Those of these addresses whose consent stands, as a CSM recorded it."""
    query = select(consent.c.address).where(among(consent.c.address, of), consent.c.withdrawn_at.is_(None))
    return frozenset(db.execute(query).scalars())


def address_of(db: Connection, contact_id: str) -> str | None:
    email = db.execute(select(contact.c.email).where(contact.c.id == contact_id)).scalar()
    return email.strip().lower() if email and email.strip() else None


def of_contact(db: Connection, contact_id: str) -> list[Consent]:
    """What was recorded of their address and what the CRM says, the latest first; withdrawn ones too."""
    by_crm = db.execute(select(contact.c.consented_on).where(contact.c.id == contact_id)).scalar()
    query = select(consent).where(consent.c.address == address_of(db, contact_id)).order_by(consent.c.id.desc())
    recorded = [
        Consent(one.id, one.given_on, one.source, one.by, one.at, one.withdrawn_at, one.withdrawn_by)
        for one in db.execute(query)
    ]
    told = [] if by_crm is None else [Consent(None, by_crm, "the CRM", "CRM", None)]
    return [*told, *recorded]


def add(db: Connection, *, contact_id: str, address: str, given_on: date, source: str, by: str, at: datetime) -> int:
    values = {"contact_id": contact_id, "address": address, "given_on": given_on, "source": source, "by": by, "at": at}
    return db.execute(insert(consent).values(**values).returning(consent.c.id)).scalar_one()


def withdraw(db: Connection, address: str, *, by: str, at: datetime) -> bool:
    """Every standing one of the address; False if there is none."""
    locks.hold(db, locks.address(address))  # nothing to it is planned after this is committed
    standing = (consent.c.address == address, consent.c.withdrawn_at.is_(None))
    return db.execute(update(consent).where(*standing).values(withdrawn_at=at, withdrawn_by=by)).rowcount > 0
