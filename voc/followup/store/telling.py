"""What is late, and who of our own people is told by which mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select

from voc.base.access import TERMINAL
from voc.base.preferences import Preferences
from voc.base.schema import csm, message, staff
from voc.base.words import StaffRole
from voc.followup.model import Colleague, FollowUp
from voc.followup.store.cases import OPEN, cases, table
from voc.followup.store.opening import is_active


def past_a_limit(db: Connection, *, now: datetime, preferences: Preferences) -> list[FollowUp]:
    """Open cases past any of their limits of which the leader has not been told."""
    passed = or_(table.c.acknowledge_by <= now, table.c.contact_by <= now, table.c.resolve_by <= now)
    conditions = (table.c.state.in_(list(OPEN)), table.c.leader_told_at.is_(None), passed)
    return cases(db, TERMINAL, *conditions, now=now, preferences=preferences)


def open_cases(db: Connection, *, now: datetime, preferences: Preferences) -> list[FollowUp]:
    return cases(db, TERMINAL, table.c.state.in_(list(OPEN)), now=now, preferences=preferences)


def in_outbox(db: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these keys under which a mail was queued already."""
    found: set[str] = set()
    for first in range(0, len(keys), 1_000):
        some = keys[first : first + 1_000]
        found |= set(db.scalars(select(message.c.key).where(message.c.key.in_(some))))
    return found


def leads(db: Connection) -> dict[str, Colleague]:
    """By CSM id of the lead: whoever signs in as that lead, else the CRM's own row of an active manager."""
    known: dict[str, Colleague] = {}
    managers = select(csm.c.id, csm.c.name, csm.c.email).where(is_active(csm), csm.c.email.is_not(None))
    for id, name, email in db.execute(managers.order_by(csm.c.id)):
        known[id] = Colleague("lead", name, email or "")
    signed_in = select(staff.c.csm_id, staff.c.name, staff.c.email).where(
        staff.c.active, staff.c.role == StaffRole.LEAD, staff.c.csm_id.is_not(None)
    )
    for csm_id, name, email in db.execute(signed_in.order_by(staff.c.id)):
        known[csm_id or ""] = Colleague("lead", name, email)
    return known


def leaders(db: Connection) -> list[Colleague]:
    """Every leader, or the admins where there is none."""
    for role in (StaffRole.LEADER, StaffRole.ADMIN):
        query = select(staff.c.id, staff.c.name, staff.c.email).where(staff.c.active, staff.c.role == role)
        if found := db.execute(query.order_by(staff.c.id)).all():
            return [Colleague(f"leader:{id}", name, email) for id, name, email in found]
    return []
