"""Who our people are at the company's sign-in. The only writer of `identity`; every change is in the audit log.

The key is issuer and subject. An address is no key: it passes to another person, and whoever runs
an issuer may write any into a token.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from voc.base import audit
from voc.base.errors import Refused
from voc.base.schema import identity, staff
from voc.base.words import StaffRole


@dataclass(frozen=True)
class Linked:
    staff_id: int
    issuer: str
    subject: str
    linked_at: datetime


def holder(db: Connection, *, issuer: str, subject: str) -> int | None:
    """The id of the active person behind that identity."""
    return db.execute(
        select(staff.c.id)
        .select_from(identity.join(staff, staff.c.id == identity.c.staff_id))
        .where(identity.c.issuer == issuer, identity.c.subject == subject, staff.c.active.is_(True))
    ).scalar()


def of(db: Connection, staff_id: int, *, issuer: str) -> Linked | None:
    row = db.execute(
        select(identity.c.staff_id, identity.c.issuer, identity.c.subject, identity.c.linked_at).where(
            identity.c.staff_id == staff_id, identity.c.issuer == issuer
        )
    ).first()
    return None if row is None else Linked(**row._mapping)


def linked_to(db: Connection, issuer: str) -> frozenset[int]:
    """Who is linked to an account there."""
    return frozenset(db.execute(select(identity.c.staff_id).where(identity.c.issuer == issuer)).scalars())


def by_address(db: Connection, email: str, *, issuer: str) -> int | None:
    """The active person with that address who is not linked to that issuer yet: for a first link only."""
    taken = select(identity.c.id).where(identity.c.staff_id == staff.c.id, identity.c.issuer == issuer).exists()
    return db.execute(
        select(staff.c.id).where(staff.c.email == email.strip().lower(), staff.c.active.is_(True), ~taken)
    ).scalar()


def link(db: Connection, staff_id: int, *, issuer: str, subject: str, how: str, by: str, now: datetime) -> None:
    """Refused where the person has another account there, or another person has this one."""
    found = db.execute(
        select(identity.c.staff_id).where(identity.c.issuer == issuer, identity.c.subject == subject)
    ).scalar()
    if found == staff_id:
        return
    if found is not None:
        raise Refused("That account belongs to somebody else here already")
    if of(db, staff_id, issuer=issuer) is not None:
        raise Refused("You are linked to another account there; end that link first")
    db.execute(insert(identity).values(staff_id=staff_id, issuer=issuer, subject=subject, linked_at=now))
    detail = {"issuer": issuer, "subject": subject, "how": how}
    audit.record(db, at=now, actor=by, action="account linked", object_kind="staff", object_id=staff_id, detail=detail)


def unlink(db: Connection, staff_id: int, *, by: str, now: datetime) -> bool:
    """All of the person's; False if there was none."""
    ended = db.execute(delete(identity).where(identity.c.staff_id == staff_id).returning(identity.c.issuer)).scalars()
    issuers = sorted(ended)
    if issuers:
        detail = {"issuers": issuers}
        audit.record(
            db, at=now, actor=by, action="account unlinked", object_kind="staff", object_id=staff_id, detail=detail
        )
    return bool(issuers)


def check_without_passwords(db: Connection, *, issuer: str | None) -> None:
    """Refused while no admin could come in without a password."""
    if issuer is None:
        raise Refused("Set up the company's accounts first: [oidc] in voc.toml", field="passwords_allowed")
    if admins_linked_to(db, issuer) == 0:
        mend = "A programme owner must link a company account first, on the page “Your sign-in”: nobody could mend it"
        raise Refused(mend, field="passwords_allowed")


def admins_linked_to(db: Connection, issuer: str) -> int:
    """How many active admins can come in by that issuer."""
    return db.execute(
        select(func.count())
        .select_from(identity.join(staff, staff.c.id == identity.c.staff_id))
        .where(identity.c.issuer == issuer, staff.c.role == StaffRole.ADMIN, staff.c.active.is_(True))
    ).scalar_one()
