"""Which roles a segment must have, who is not asked for a while, an address that works again. All audited."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from voc.accounts.store.visible import visible_account
from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import StaffRole, SuggestionKind, SuggestionState, SuppressionReason
from voc.stakeholders import rules, store
from voc.stakeholders.model import Requirement

LONGEST_EXCLUSION = timedelta(days=366)


def install_defaults(db: Connection) -> None:
    """The default role matrix, unless there is one."""
    if not any(store.role_matrix(db).values()):
        store.write_matrix(db, rules.DEFAULT_MATRIX)


def set_role_matrix(db: Connection, requirements: Sequence[Requirement], *, viewer: Viewer, now: datetime) -> None:
    """The whole matrix anew, audited with what changed; Refused names the cell as segment:role."""
    if viewer.role != StaffRole.ADMIN:
        raise Refused("Only an admin changes which roles a segment must have.")
    rules.check_matrix(requirements)
    before = _cells([one for row in store.role_matrix(db).values() for one in row])
    after = _cells(requirements)
    changed = {cell: [before.get(cell), after.get(cell)] for cell in sorted({*before, *after})}
    changed = {cell: pair for cell, pair in changed.items() if pair[0] != pair[1]}
    if changed:
        store.write_matrix(db, requirements)
        _audit(db, viewer, now, "role matrix changed", "role_matrix", "all", changed=changed)


def _cells(requirements: Sequence[Requirement]) -> dict[str, list[int]]:
    return {f"{one.segment}:{one.role}": [one.weight, one.required_count] for one in requirements}


def lift_bounce(db: Connection, *, contact_id: str, viewer: Viewer, now: datetime) -> str:
    """The mailbox works again: the contact's address is mailed from the next wave on. Returns the contact's name.

    Whoever may see the contact may say so: the next bounce ends it again. An opt-out or a complaint is nobody's to
    lift. Refused while the CRM says that it bounced: the next sync would say it again. It says nothing of the person,
    so it is no sign of life.
    """
    name = store.visible_contact(db, contact_id, viewer)
    address, in_crm = store.bounced_address(db, contact_id)
    if in_crm:
        raise Refused(
            f"The CRM says that mail to {name} bounced. Correct it there, and it is right here after the next sync"
        )
    if address is None or not store.lift_suppression(db, address=address, reason=SuppressionReason.BOUNCED, at=now):
        raise Refused(f"No bounce stands against the address of {name}.")
    for said in store.suggestions(db, viewer):
        if said.kind == SuggestionKind.BOUNCED and said.address == address:
            store.settle_suggestion(db, said.id, state=SuggestionState.DECLINED, by=viewer.name, at=now)
    _audit(db, viewer, now, "bounce lifted", "contact", contact_id)
    return name


def exclude(
    db: Connection,
    *,
    account_id: str,
    contact_id: str | None = None,
    reason: str,
    expires_on: date,
    viewer: Viewer,
    now: datetime,
) -> int:
    """Do not ask this account, or this one contact of it, before a day; the new exclusion's id.

    It needs a reason, since it shows on the leader's page, and an end, since nobody remembers to lift it.
    """
    name = visible_account(db, account_id, viewer)
    if contact_id is not None:
        name = store.visible_contact(db, contact_id, viewer)
    reason = reason.strip()
    if not reason:
        raise Refused("Say why: the reason shows on the leader's page", field="reason")
    if expires_on <= now.date():
        raise Refused("Choose a day after today", field="expires_on")
    if expires_on > now.date() + LONGEST_EXCLUSION:
        raise Refused("Choose a day within a year; it can be renewed then", field="expires_on")
    exclusion_id = store.add_exclusion(
        db,
        account_id=account_id,
        contact_id=contact_id,
        reason=reason,
        by=viewer.name,
        now=now,
        expires_on=expires_on,
    )
    detail = {"account": account_id, "contact": contact_id, "who": name, "until": expires_on.isoformat()}
    _audit(db, viewer, now, "excluded", "exclusion", exclusion_id, **detail, reason=reason)
    return exclusion_id


def end_exclusion(db: Connection, *, exclusion_id: int, viewer: Viewer, now: datetime) -> None:
    """Ask again from now on. Ending one that has ended changes nothing."""
    found = store.exclusion(db, exclusion_id, viewer)
    if store.end_exclusion(db, exclusion_id, at=now):
        detail = {"account": found.account_id, "contact": found.contact_id}
        _audit(db, viewer, now, "exclusion ended", "exclusion", exclusion_id, **detail)


def _audit(db: Connection, viewer: Viewer, now: datetime, action: str, *about: str | int, **detail: Any) -> None:
    """`about` is the kind of the object and its id."""
    kind, id = about
    audit.record(db, at=now, actor=viewer.name, action=action, object_kind=str(kind), object_id=id, detail=detail)
