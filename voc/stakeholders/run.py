"""What changes here: signs of life, suppressions, suggestions, exclusions, the role matrix, what a CSM says.

Each act of a person tests through its query that the account or contact is theirs to see.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import Role, Sign, StaffRole, SuggestionKind, SuppressionReason
from voc.stakeholders import rules, store
from voc.stakeholders.model import CaughtUp, Requirement
from voc.stakeholders.store import synced

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


def record(
    db: Connection,
    *,
    key: str,
    contact_id: str,
    kind: Sign,
    at: datetime,
    source: str,
    quote: str | None = None,
) -> bool:
    """Keep a sign of life. False if this fact (by its key) is known already, or the contact is not.

    `source` is shown beside the freshness: a person's name, "mail", "page", "CRM".
    """
    return store.add_sign(db, key=key, contact_id=contact_id, kind=kind, at=at, source=source, quote=quote)


def suppress(db: Connection, *, address: str, reason: SuppressionReason, at: datetime, source: str) -> bool:
    """Never mail this address again for this reason; True if that is new. Idempotent."""
    return store.add_suppression(db, address=address, reason=reason, at=at, source=source)


def lift_bounce(db: Connection, *, address: str, viewer: Viewer, now: datetime) -> None:
    """An admin says that a bounced address works again. An opt-out or a complaint is nobody's to lift."""
    if viewer.role != StaffRole.ADMIN:
        raise Refused("Only an admin lifts a bounce.")
    if not store.lift_suppression(db, address=address, reason=SuppressionReason.BOUNCED, at=now):
        raise Refused("No bounce stands against this address.")
    _audit(db, viewer, now, "bounce lifted", "address", address)


def suggest(
    db: Connection,
    *,
    key: str,
    kind: SuggestionKind,
    account_id: str,
    contact_id: str | None,
    now: datetime,
    name: str | None = None,
    address: str | None = None,
    role: Role | None = None,
    quote: str | None = None,
) -> bool:
    """Put something a respondent, a bounce or a reply said before the CSM; False if it is known already.

    `contact_id` is who said it or whom it is about; `name`, `address` and `role` are the person it names.
    """
    return store.add_suggestion(
        db,
        key=key,
        kind=kind,
        account_id=account_id,
        contact_id=contact_id,
        now=now,
        name=name,
        address=address,
        role=role,
        quote=quote,
    )


def confirm(db: Connection, *, contact_id: str, viewer: Viewer, now: datetime) -> None:
    """The CSM says "still right": worth .90, and shown as the CSM's own word."""
    store.visible_contact(db, contact_id, viewer)
    key = f"confirmed:{contact_id}:{now.isoformat()}"
    record(db, key=key, contact_id=contact_id, kind=Sign.CONFIRMED, at=now, source=viewer.name)


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
    name = store.visible_account(db, account_id, viewer)
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


def catch_up(db: Connection, now: datetime) -> CaughtUp:
    """Take in what a sync brought: past meetings, opt-outs, bounces and departures. Idempotent.

    Of a first load only past activities with a contact are signs of life: when a row was last
    modified says nothing about the person.
    """
    meetings = 0
    for batch in synced.new_meetings(db, before=now.date()):
        synced.add_signs(
            db,
            [
                (f"activity:{row.id}", row.contact_id, Sign.MEETING, _noon(row.on), row.name or synced.CRM, row.kind)
                for row in batch
            ],
        )
        meetings += len(batch)
    opted_out = synced.new_opt_outs(db)
    synced.add_suppressions(db, [(address, SuppressionReason.OPT_OUT, now) for address in opted_out])
    taken_back = synced.lift_bounces_taken_back(db, at=now)
    bounced = synced.new_bounces(db)
    _take_bounces(db, bounced, now)
    left = synced.new_departures(db)
    synced.add_signs(db, [(f"crm-left:{id}", id, Sign.LEFT, now, synced.CRM, None) for id in left])
    return CaughtUp(
        meetings=meetings,
        opt_outs=len(opted_out),
        bounces=len(bounced),
        bounces_taken_back=taken_back,
        left=len(left),
    )


def _take_bounces(db: Connection, bounced: Sequence[Any], now: datetime) -> None:
    dated = [(row, min(_noon(row.bounced_on), now) if row.bounced_on else now) for row in bounced]
    synced.add_suppressions(db, [(row.email, SuppressionReason.BOUNCED, at) for row, at in dated])
    synced.add_signs(
        db,
        [
            (f"crm-bounced:{row.id}:{row.bounced_on}", row.id, Sign.BOUNCED, at, synced.CRM, row.bounce_reason)
            for row, at in dated
        ],
    )


def _noon(day: date) -> datetime:
    """A day of the CRM as a moment: within half a day of the truth in any zone."""
    return datetime.combine(day, time(12), UTC)


def _audit(db: Connection, viewer: Viewer, now: datetime, action: str, *about: str | int, **detail: Any) -> None:
    """`about` is the kind of the object and its id."""
    kind, id = about
    audit.record(db, at=now, actor=viewer.name, action=action, object_kind=str(kind), object_id=id, detail=detail)
