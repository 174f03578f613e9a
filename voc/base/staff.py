"""Our own people: who may sign in, as what. The only writer of `staff`; every change is in the audit log.

A person is invited by a link with which they set their first password; the database keeps its hash.
A CSM sees the accounts of `csm_id`, a lead those of everybody whose manager that is.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from voc.base import audit
from voc.base.errors import NotFound, Refused
from voc.base.schema import csm, identity, staff
from voc.base.tokens import Tokens, hash_token
from voc.base.words import RecordState, StaffRole

INVITE_LASTS = timedelta(days=7)

_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;]+")


@dataclass(frozen=True)
class Person:
    id: int
    email: str
    name: str
    role: StaffRole
    csm_id: str | None
    csm_name: str | None
    active: bool
    has_password: bool
    invited_until: datetime | None  # an invitation is out and not used
    signed_in_at: datetime | None


_PERSON = (
    select(
        staff.c.id,
        staff.c.email,
        staff.c.name,
        staff.c.role,
        staff.c.csm_id,
        csm.c.name.label("csm_name"),
        staff.c.active,
        staff.c.password_hash.is_not(None).label("has_password"),
        staff.c.invite_expires_at.label("invited_until"),
        staff.c.signed_in_at,
    )
    .select_from(staff.outerjoin(csm, csm.c.id == staff.c.csm_id))
    .order_by(staff.c.name, staff.c.id)
)


def _persons(db: Connection, *conditions: ColumnElement[bool]) -> list[Person]:
    rows = db.execute(_PERSON.where(*conditions)).mappings()
    return [Person(**{**row, "role": StaffRole(row["role"])}) for row in rows]


def listing(db: Connection) -> list[Person]:
    """Everybody, the inactive too, by name."""
    return _persons(db)


def person(db: Connection, staff_id: int) -> Person:
    if found := _persons(db, staff.c.id == staff_id):
        return found[0]
    raise NotFound("There is no such person")


def by_email(db: Connection, email: str) -> Person:
    if found := _persons(db, staff.c.email == email.strip().lower()):
        return found[0]
    raise NotFound(f"Nobody here has the address {email}")


@dataclass(frozen=True)
class Candidate:
    """Somebody the CRM knows as an active colleague, with the access that would fit."""

    csm_id: str
    name: str
    email: str | None
    title: str | None
    role: StaffRole  # lead if others name them as manager
    has_access: bool


def candidates(db: Connection) -> list[Candidate]:
    """The CRM's people, proposed for the list of who may sign in."""
    other = csm.alias()
    leads = select(other.c.id).where(other.c.manager_id == csm.c.id, other.c.active.is_(True)).exists()
    member = select(staff.c.id).where(staff.c.csm_id == csm.c.id).exists()
    rows = db.execute(
        select(csm.c.id, csm.c.name, csm.c.email, csm.c.title, leads.label("leads"), member.label("has_access"))
        .where(csm.c.active.is_(True), csm.c.state == RecordState.LIVE)
        .order_by(csm.c.name, csm.c.id)
    )
    return [
        Candidate(
            row.id, row.name, row.email, row.title, StaffRole.LEAD if row.leads else StaffRole.CSM, row.has_access
        )
        for row in rows
    ]


def add(
    db: Connection, *, email: str, name: str, role: StaffRole, csm_id: str | None = None, by: str, now: datetime
) -> int:
    """A new person, who cannot sign in before `invite`. Refused names the field."""
    email, name = email.strip().lower(), " ".join(name.split())
    if not _ADDRESS.fullmatch(email) or len(email) > 320:
        raise Refused("Write a mail address such as dana@example.com", field="email")
    if not name:
        raise Refused("Write the person's name", field="name")
    if db.execute(select(staff.c.id).where(staff.c.email == email)).first() is not None:
        raise Refused("Somebody with this address is here already", field="email")
    csm_id = _checked_csm(db, role, csm_id)
    staff_id = db.execute(
        insert(staff)
        .values(email=email, name=name, role=role, csm_id=csm_id, active=True, created_at=now)
        .returning(staff.c.id)
    ).scalar_one()
    _audit(db, "person added", staff_id, by=by, now=now, detail={"email": email, "role": role, "csm_id": csm_id})
    return staff_id


def _checked_csm(db: Connection, role: StaffRole, csm_id: str | None) -> str | None:
    csm_id = (csm_id or "").strip() or None
    if csm_id is None:
        if role in (StaffRole.CSM, StaffRole.LEAD):
            raise Refused(
                "Say who this is in the CRM: a CSM sees own accounts, a lead those of the team", field="csm_id"
            )
        return None
    if db.execute(select(csm.c.id).where(csm.c.id == csm_id)).first() is None:
        raise Refused("The CRM knows nobody with this id; read the CRM first, or correct it", field="csm_id")
    return csm_id


def invite(db: Connection, staff_id: int, *, tokens: Tokens, by: str, now: datetime) -> str:
    """The token of a link with which the person sets a password; an earlier one stops working."""
    found = person(db, staff_id)
    if not found.active:
        raise Refused(f"{found.name} has no access any more; give it back first")
    token = tokens.new()
    db.execute(
        update(staff)
        .where(staff.c.id == staff_id)
        .values(invite_hash=hash_token(token), invite_expires_at=now + INVITE_LASTS)
    )
    _audit(db, "person invited", staff_id, by=by, now=now)
    return token


def invited(db: Connection, token: str, *, now: datetime) -> Person:
    """Who holds that invitation. Unknown, used and expired ones are all NotFound."""
    found = _persons(
        db, staff.c.invite_hash == hash_token(token), staff.c.invite_expires_at > now, staff.c.active.is_(True)
    )
    if not found:
        raise NotFound("This invitation has expired or was used. Ask an admin for a new one")
    return found[0]


def accept(db: Connection, token: str, *, password_hash: str, now: datetime) -> Person:
    """Set the password with an invitation, which is used up by it."""
    found = invited(db, token, now=now)
    db.execute(
        update(staff)
        .where(staff.c.id == found.id)
        .values(password_hash=password_hash, invite_hash=None, invite_expires_at=None)
    )
    _audit(db, "password set", found.id, by=found.name, now=now)
    return person(db, found.id)


def use_up_invitation(db: Connection, staff_id: int) -> None:
    """Accepted without a password: by the company's own account."""
    db.execute(update(staff).where(staff.c.id == staff_id).values(invite_hash=None, invite_expires_at=None))


def deactivate(db: Connection, staff_id: int, *, by: str, now: datetime) -> None:
    """No access from the next request on. The last admin stays: nobody could let anybody in."""
    found = person(db, staff_id)
    if not found.active:
        return
    if found.role == StaffRole.ADMIN:
        _leave_an_admin(db, staff_id)
    db.execute(
        update(staff).where(staff.c.id == staff_id).values(active=False, invite_hash=None, invite_expires_at=None)
    )
    _audit(db, "access ended", staff_id, by=by, now=now)


def reactivate(db: Connection, staff_id: int, *, by: str, now: datetime) -> None:
    if person(db, staff_id).active:
        return
    db.execute(update(staff).where(staff.c.id == staff_id).values(active=True))
    _audit(db, "access given back", staff_id, by=by, now=now)


def change(
    db: Connection, staff_id: int, *, role: StaffRole, csm_id: str | None = None, by: str, now: datetime
) -> None:
    """Another role, or another person of the CRM; holds from the next request on."""
    before = person(db, staff_id)
    csm_id = _checked_csm(db, role, csm_id)
    if (before.role, before.csm_id) == (role, csm_id):
        return
    if before.role == StaffRole.ADMIN and role != StaffRole.ADMIN:
        _leave_an_admin(db, staff_id)
    db.execute(update(staff).where(staff.c.id == staff_id).values(role=role, csm_id=csm_id))
    detail = {"from": [before.role, before.csm_id], "to": [role, csm_id]}
    _audit(db, "access changed", staff_id, by=by, now=now, detail=detail)


def password_of(db: Connection, email: str) -> tuple[int, str | None] | None:
    """Id and digest of an active person's password, for the sign-in page."""
    row = db.execute(
        select(staff.c.id, staff.c.password_hash).where(
            staff.c.email == email.strip().lower(), staff.c.active.is_(True)
        )
    ).first()
    return None if row is None else (row.id, row.password_hash)


def signed_in(db: Connection, staff_id: int, *, now: datetime) -> None:
    db.execute(update(staff).where(staff.c.id == staff_id).values(signed_in_at=now))


def _leave_an_admin(db: Connection, staff_id: int) -> None:
    others = db.execute(
        select(func.count(staff.c.id.distinct()))
        .select_from(staff.outerjoin(identity, identity.c.staff_id == staff.c.id))
        .where(
            staff.c.role == StaffRole.ADMIN,
            staff.c.active.is_(True),
            staff.c.id != staff_id,
            or_(staff.c.password_hash.is_not(None), identity.c.id.is_not(None)),
        )
    ).scalar_one()
    if others == 0:
        raise Refused("This is the last admin who can sign in: make somebody else admin first", field="role")


def _audit(
    db: Connection, action: str, staff_id: int, *, by: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind="staff", object_id=staff_id, detail=detail)
