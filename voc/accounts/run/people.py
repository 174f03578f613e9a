"""What our own people say about contacts and records; a sync never overwrites it."""

from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection

from voc.accounts import clean
from voc.accounts.clean import Unclean
from voc.accounts.model import Kind, RecordState, Role
from voc.accounts.store import ours, reads, roles
from voc.base import audit
from voc.base.errors import NotFound, Refused


def add_person(
    db: Connection,
    *,
    account_id: str,
    first_name: str | None,
    last_name: str | None,
    email: str | None,
    title: str | None,
    role: Role | None,
    by: str,
    now: datetime,
) -> str:
    """A contact the CRM does not have yet; its id starts with `voc:`.

    Once the CRM brings a contact with the same address at the same account, ours is merged into
    that one. Refused, with the field, without a name or address, with a bad address, or when the
    address is there already.
    """
    account_id = reads.resolve(db, Kind.ACCOUNT, account_id)
    if not ours.is_live(db, Kind.ACCOUNT, account_id):
        raise NotFound("There is no such account.")
    first_name, last_name, title = (clean.text((part or "").strip()) for part in (first_name, last_name, title))
    address = _address(email)
    if not (first_name or last_name or address):
        raise Refused("Write a name or a mail address.", field="last_name")
    if address and (name := ours.name_at_address(db, account_id, address)) is not None:
        raise Refused(f"{name} has this address already.", field="email")
    said = "\n".join((account_id, first_name or "", last_name or "", address or "", now.isoformat()))
    contact_id = f"voc:{blake2b(said.encode(), digest_size=9).hexdigest()}"
    ours.add_contact(
        db,
        contact_id=contact_id,
        account_id=account_id,
        first_name=first_name,
        last_name=last_name,
        email=address,
        title=title,
        now=now,
    )
    ours.note(db, contact_id=contact_id, field="added", old=None, new=address, by=by, at=now)
    if role is not None:
        set_role(db, account_id=account_id, contact_id=contact_id, role=role, held=True, by=by, now=now)
    return contact_id


def _address(email: str | None) -> str | None:
    try:
        return clean.address(email or "")
    except Unclean:
        raise Refused("This is not one usable mail address.", field="email") from None


def mark_left(db: Connection, *, contact_id: str, by: str, at: datetime) -> None:
    """The person is no longer there. Said twice, the first day stands."""
    contact_id = reads.resolve(db, Kind.CONTACT, contact_id)
    if not ours.is_there(db, contact_id):
        raise NotFound("There is no such contact.")
    if ours.mark_left(db, contact_id, at=at):
        ours.note(db, contact_id=contact_id, field="left", old=None, new=at.date().isoformat(), by=by, at=at)


def mark_back(db: Connection, *, contact_id: str, by: str, at: datetime) -> None:
    """The person is there after all; nothing if nobody of ours had said that they left."""
    contact_id = reads.resolve(db, Kind.CONTACT, contact_id)
    left_on = ours.mark_back(db, contact_id)
    if left_on is not None:
        ours.note(db, contact_id=contact_id, field="left", old=left_on.date().isoformat(), new=None, by=by, at=at)


def set_role(
    db: Connection, *, account_id: str, contact_id: str, role: Role, held: bool, by: str, now: datetime
) -> None:
    """A CSM says that a contact holds a role at an account, or no longer does; it overrules the CRM's row."""
    account_id = reads.resolve(db, Kind.ACCOUNT, account_id)
    contact_id = reads.resolve(db, Kind.CONTACT, contact_id)
    if not (ours.is_live(db, Kind.ACCOUNT, account_id) and ours.is_there(db, contact_id)):
        raise NotFound("There is no such contact.")
    before = ours.holds_role(db, account_id, contact_id, role)
    ours.say_role(db, account_id=account_id, contact_id=contact_id, role=role, held=held)
    if before != held:
        old, new = (role.value, None) if before else (None, role.value)
        ours.note(db, contact_id=contact_id, field="role", old=old, new=new, by=by, at=now)


def settle_gone(db: Connection, *, kind: Kind, record_id: str, gone: bool, by: str, now: datetime) -> None:
    """A person settles a record that is missing from the CRM without a flag: closed, or still there.

    Still there holds until the CRM shows the record again. Refused unless it is set aside.
    """
    kind = Kind(kind)
    if ours.state(db, kind, record_id) != RecordState.SET_ASIDE:
        raise Refused("Only a record that is set aside can be settled; somebody may have done it already.")
    ours.settle(db, kind, record_id, gone=gone, by=by, at=now)
    if not gone and kind in (Kind.ACCOUNT, Kind.CONTACT, Kind.RELATION):
        roles.give_roles_of(db, kind, record_id, as_of=now.date())
    audit.record(
        db,
        at=now,
        actor=by,
        action="record closed" if gone else "record is still there",
        object_kind=kind.value,
        object_id=record_id,
    )
