"""A CSM writes down that somebody may be asked by mail, or that they no longer may. Audited."""

from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.stakeholders import store
from voc.stakeholders.store import consents

LONGEST_SOURCE = 300


def record_consent(
    db: Connection, *, contact_id: str, given_on: date, source: str, viewer: Viewer, now: datetime
) -> None:
    """They said yes, on that day; `source` is where somebody who doubts it can read it. Refused names the field."""
    name = store.visible_contact(db, contact_id, viewer)
    address = consents.address_of(db, contact_id)
    if address is None:
        raise Refused(f"{name} has no mail address that can be used: consent is to mail at an address")
    source = " ".join(source.split())
    if not source:
        raise Refused("Say where it is written down, such as: mail of 3 March, order form, CRM note", field="source")
    if len(source) > LONGEST_SOURCE:
        raise Refused(f"Write at most {LONGEST_SOURCE} characters", field="source")
    if given_on > now.date():
        raise Refused("Choose a day that has been", field="given_on")
    consents.add(db, contact_id=contact_id, address=address, given_on=given_on, source=source, by=viewer.name, at=now)
    _audit(db, "consent recorded", contact_id, viewer, now, given_on=given_on.isoformat())


def withdraw_consent(db: Connection, *, contact_id: str, viewer: Viewer, now: datetime) -> str:
    """They may not be asked any more; their address. Refused if only the CRM says that they may."""
    store.visible_contact(db, contact_id, viewer)
    address = consents.address_of(db, contact_id)
    if address is None or not consents.withdraw(db, address, by=viewer.name, at=now):
        raise Refused("No consent is recorded here. What the CRM says of it is changed in the CRM")
    _audit(db, "consent withdrawn", contact_id, viewer, now)
    return address


def _audit(db: Connection, action: str, contact_id: str, viewer: Viewer, now: datetime, **detail: str) -> None:
    audit.record(
        db, at=now, actor=viewer.name, action=action, object_kind="contact", object_id=contact_id, detail=detail
    )
