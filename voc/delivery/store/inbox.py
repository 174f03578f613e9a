"""What came back, and the message it is about; writes `inbound`."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from voc.base import confidential
from voc.base.schema import account, attempt, contact, csm, inbound, invitation, link, message, staff, wave
from voc.base.words import InboundKind, MessageKind, MessageState, StaffRole, Step, WaveState
from voc.delivery.model import Incoming, OwnMessage, Party


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def by_return_path(db: Connection, addresses: list[str]) -> OwnMessage | None:
    """The message whose random return path stands first among the addresses (small letters)."""
    rows = db.execute(select(message.c.return_path, message.c.id).where(message.c.return_path.in_(addresses))).all()
    found = {row.return_path: row.id for row in rows}
    first = next((found[address] for address in addresses if address in found), None)
    return None if first is None else _one(db, message.c.id == first)


def by_message_id(db: Connection, ids: list[str]) -> OwnMessage | None:
    """The latest message that a reply says it answers; its id is random, so only a recipient knows it."""
    return _one(db, message.c.message_id.in_(ids)) if ids else None


def by_link(db: Connection, token_hashes: list[str]) -> OwnMessage | None:
    """The message that carried one of these links."""
    carried = select(link.c.message_id).where(link.c.token_hash.in_(token_hashes))
    return _one(db, message.c.id.in_(carried)) if token_hashes else None


def _one(db: Connection, condition: ColumnElement[bool]) -> OwnMessage | None:
    columns = message.c
    row = db.execute(
        select(
            columns.id,
            columns.kind,
            columns.state,
            columns.invitation_id,
            columns.wave_id,
            columns.step,
            columns.contact_id,
            columns.address,
            columns.recipient,
            columns.message_id,
            columns.subject,
            columns.sent_at,
            columns.bounced_at,
            columns.attempts,
            contact.c.account_id,
        )
        .outerjoin(contact, contact.c.id == columns.contact_id)
        .where(condition)
        .order_by(columns.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return OwnMessage(
        id=row.id,
        kind=MessageKind(row.kind),
        state=MessageState(row.state),
        invitation_id=row.invitation_id,
        wave_id=row.wave_id,
        step=None if row.step is None else Step(row.step),
        contact_id=row.contact_id,
        account_id=row.account_id,
        address=row.address,
        recipient=row.recipient,
        message_id=row.message_id,
        subject=row.subject,
        sent_at=row.sent_at,
        bounced_at=row.bounced_at,
        attempts=row.attempts,
    )


def latest(db: Connection) -> datetime | None:
    """When the last mail that belongs to one of ours came back."""
    return db.execute(select(func.max(inbound.c.at))).scalar()


def is_return_path(db: Connection, address: str) -> bool:
    return db.execute(select(message.c.id).where(message.c.return_path == address)).first() is not None


def is_known(db: Connection, *, return_paths: list[str], message_ids: list[str]) -> bool:
    """Whether any of them is a message's of ours."""
    wanted = or_(message.c.return_path.in_(return_paths), message.c.message_id.in_(message_ids))
    return db.execute(select(message.c.id).where(wanted).limit(1)).first() is not None


def is_kept(db: Connection, key: str) -> bool:
    return db.execute(select(inbound.c.id).where(inbound.c.key == key)).first() is not None


def is_of_a_reminder_in_confidence(db: Connection, inbound_id: int) -> bool:
    """Whether that mail answers a reminder of a confidential wave: its hour says who had not answered."""
    query = select(inbound.c.id).where(inbound.c.id == inbound_id, confidential.of_a_reminder)
    return db.execute(query).first() is not None


def told_at(db: Connection, message_id: int, *, now: datetime) -> datetime:
    """The moment that may be shown of what follows from mail about that message.

    Of a reminder of a confidential wave it is the one at which the person was asked: now, nobody may know that
    they had not answered.
    """
    asked = select(invitation.c.sent_at).join(message, message.c.invitation_id == invitation.c.id)
    reminded = message.c.step.not_in([Step.HEADS_UP, Step.INVITE])
    return db.execute(asked.where(message.c.id == message_id, invitation.c.confidential, reminded)).scalar() or now


def count_about(db: Connection, message_id: int, *, since: datetime) -> int:
    """Mails that came back about that message."""
    about = (inbound.c.message_id == message_id, inbound.c.at >= since)
    return db.execute(select(func.count()).select_from(inbound).where(*about)).scalar_one()


def keep(
    db: Connection, *, key: str, about: OwnMessage, said: Incoming, at: datetime, source: str, raw: bytes | None
) -> int | None:
    """The new row's id, or None if this very mail is known already. `raw` is encrypted."""
    with db.begin_nested() as attempt_once:
        try:
            return db.execute(
                insert(inbound)
                .values(
                    key=key,
                    kind=said.kind,
                    message_id=about.id,
                    contact_id=None if about.is_test else about.contact_id,  # somebody else has it in test mode
                    at=at,
                    code=said.code,
                    quote=said.quote,
                    until_on=said.until_on,
                    successor_name=said.successor_name,
                    successor_address=said.successor_address,
                    source=source,
                    raw=raw,
                )
                .returning(inbound.c.id)
            ).scalar_one()
        except IntegrityError:
            attempt_once.rollback()
            return None


def complaints_of(db: Connection, wave_id: int) -> tuple[int, int, bool]:
    """Messages of the wave that were reported as spam, all that were sent, and whether it is running."""
    complained = (
        select(func.count(func.distinct(inbound.c.message_id)))
        .join(message, message.c.id == inbound.c.message_id)
        .where(message.c.wave_id == wave_id, inbound.c.kind == InboundKind.COMPLAINT)
    )
    sent = select(func.count()).where(message.c.wave_id == wave_id, message.c.state == MessageState.SENT)
    state = db.execute(select(wave.c.state).where(wave.c.id == wave_id)).scalar()
    return db.execute(complained).scalar_one(), db.execute(sent).scalar_one(), state == WaveState.RUNNING


def confirm_delivered(db: Connection, message_id: int, *, at: datetime) -> bool:
    """A delivery report settles an unknown message: it was accepted after all."""
    settled = db.execute(
        update(message)
        .where(message.c.id == message_id, message.c.state == MessageState.UNKNOWN)
        .values(state=MessageState.SENT, sent_at=at, reply_text="Settled by a delivery report")
    ).rowcount
    if settled:
        db.execute(insert(attempt).values(message_id=message_id, at=at, worker="report", outcome="settled"))
    return settled == 1


def account_of(db: Connection, contact_id: str) -> str | None:
    return db.execute(select(contact.c.account_id).where(contact.c.id == contact_id)).scalar()


@dataclass(frozen=True)
class Conversation:
    """Who answered, at which account, and whose account it is."""

    contact_name: str
    account_name: str
    csm: Party | None


def conversation(db: Connection, contact_id: str) -> Conversation | None:
    row = db.execute(
        select(
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
            account.c.name,
            csm.c.name.label("csm_name"),
            csm.c.email.label("csm_email"),
        )
        .join(account, account.c.id == contact.c.account_id)
        .outerjoin(csm, csm.c.id == account.c.csm_id)
        .where(contact.c.id == contact_id)
    ).first()
    if row is None:
        return None
    name = " ".join(part for part in (row.first_name, row.last_name) if part) or row.email or "A contact"
    return Conversation(name, row.name, Party(row.csm_name, row.csm_email) if row.csm_email else None)


def admins(db: Connection) -> list[Party]:
    rows = db.execute(
        select(staff.c.name, staff.c.email).where(staff.c.role == StaffRole.ADMIN, staff.c.active).order_by(staff.c.id)
    )
    return [Party(row.name, row.email) for row in rows]
