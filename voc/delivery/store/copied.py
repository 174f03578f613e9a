"""Messages of a copied database that another installation may have sent: unknown, until a person says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from voc.base.schema import message
from voc.base.tokens import hash_token
from voc.base.words import MessageKind, MessageState, Step
from voc.campaigns.store.copied import PassedOver

PASSED_OVER = "gap:"
"""Keys of those that were not frozen yet: they have no text, only a place in the list."""

_WAITING = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HANDING_OVER)


@dataclass(frozen=True)
class Doubtful:
    invitation_id: int | None
    step: Step | None
    due_at: datetime


def count_waiting(db: Connection, *, until: datetime) -> int:
    return db.execute(
        select(func.count()).where(message.c.state.in_(_WAITING), message.c.created_at <= until)
    ).scalar_one()


def doubt_waiting(db: Connection, *, until: datetime, because: str) -> list[Doubtful]:
    """What was in the outbox of the copy is unknown; in the order of ids."""
    rows = db.execute(
        update(message)
        .where(message.c.state.in_(_WAITING), message.c.created_at <= until)
        .values(
            state=MessageState.UNKNOWN,
            reply_text=because,
            next_attempt_at=None,
            worker=None,
            lease_until=None,
            fence=message.c.fence + 1,
        )
        .returning(message.c.id, message.c.invitation_id, message.c.step, message.c.due_at)
    ).all()
    return [Doubtful(row.invitation_id, row.step and Step(row.step), row.due_at) for row in sorted(rows)]


def add_passed_over(db: Connection, passed: Sequence[PassedOver], *, because: str, now: datetime) -> None:
    """A line of the list of unknown messages for each, so that a person can settle it or have it sent."""
    rows = []
    for one in passed:
        key = f"{PASSED_OVER}{one.invitation_id}:{one.step}"
        name = f"{hash_token(key)[:32]}@{PASSED_OVER.rstrip(':')}.invalid"
        rows.append(
            {
                "key": key,
                "kind": MessageKind.CHASE,
                "invitation_id": one.invitation_id,
                "wave_id": one.wave_id,
                "step": one.step,
                "contact_id": one.contact_id,
                "address": one.address,
                "recipient": one.address,
                "return_path": name,
                "subject": "",
                "message_id": f"<{name}>",
                "created_at": now,
                "due_at": one.due_at,
                "state": MessageState.UNKNOWN,
                "reply_text": because,
            }
        )
    if rows:
        # A second copy of the same past: the line is there already.
        known = set(db.execute(select(message.c.key).where(message.c.key.startswith(PASSED_OVER))).scalars())
        fresh = [row for row in rows if row["key"] not in known]
        if fresh:
            db.execute(insert(message), fresh)


def passed_over(db: Connection, message_id: int) -> tuple[int, Step] | None:
    """The invitation and step of such a line that is still unknown; None for any other message."""
    row = db.execute(
        select(message.c.invitation_id, message.c.step).where(
            message.c.id == message_id,
            message.c.key.startswith(PASSED_OVER),
            message.c.state == MessageState.UNKNOWN,
        )
    ).first()
    return None if row is None else (row.invitation_id, Step(row.step))


def end_line(db: Connection, message_id: int, *, said: str) -> None:
    db.execute(update(message).where(message.c.id == message_id).values(state=MessageState.CANCELLED, reply_text=said))
