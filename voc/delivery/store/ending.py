"""Messages that are not sent: nobody wants them any more, or they are as late as the next step; writes `message`."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, case, or_, select, update

from voc.base.among import among
from voc.base.schema import message
from voc.base.types import Instant
from voc.base.words import MessageState, Step
from voc.delivery.store.may_go import of_a_wave_that_is_over, too_late, unwanted


@dataclass(frozen=True)
class Ended:
    """A message that will not be sent, or was left by a dead worker: its chase goes on with the next step."""

    id: int
    invitation_id: int | None
    step: Step | None


def tidy(db: Connection, *, now: datetime, limit: int) -> tuple[int, list[Ended]]:
    """While nothing is sent: end up to `limit` due messages that nobody wants or that are too late."""
    rows = db.execute(_ENDING, {"now": now, "window": limit}).all()
    cancelled = cancel(db, [row.id for row in rows if row.unwanted])
    return cancelled, give_up(db, [row.id for row in rows if not row.unwanted])


_ENDING = (
    select(message.c.id, or_(unwanted(), of_a_wave_that_is_over()).label("unwanted"))
    .where(
        message.c.state == MessageState.QUEUED,
        message.c.next_attempt_at <= bindparam("now", type_=Instant()),
        or_(too_late(), unwanted(), of_a_wave_that_is_over()),
    )
    .order_by(message.c.next_attempt_at, message.c.id)
    .limit(bindparam("window"))
    .with_for_update(skip_locked=True, of=message)
)


def ended(state: MessageState, text: str | ColumnElement[str] | BindParameter[Any]) -> dict[str, object]:
    """The values of a message that is over without having been sent."""
    return {
        "state": state,
        "reply_text": text,
        "next_attempt_at": None,
        "worker": None,
        "lease_until": None,
        "fence": message.c.fence + 1,
    }


@cache
def _cancelling(if_unwanted: bool) -> Any:
    of_these = update(message).where(among(message.c.id, "ids"), message.c.state == MessageState.QUEUED)
    over = of_a_wave_that_is_over()
    text = case(
        (over, "Not sent: the wave is over"), else_="Not sent: the chase has ended or the address is suppressed"
    )
    chosen = of_these.where(or_(unwanted(), over)) if if_unwanted else of_these
    return chosen.values(ended(MessageState.CANCELLED, text))


def cancel(db: Connection, ids: list[int], *, if_unwanted: bool = False) -> int:
    return db.execute(_cancelling(if_unwanted), {"ids": ids}).rowcount if ids else 0


_GIVE_UP = (
    update(message)
    .where(among(message.c.id, "ids"), message.c.state == MessageState.QUEUED)
    .values(
        ended(
            MessageState.FAILED,
            case(
                (message.c.reply_text.is_(None), "Not sent in time: the next step is due"),
                else_="Not sent in time: the next step is due. The server's last words: " + message.c.reply_text,
            ),
        )
    )
    .returning(message.c.id, message.c.invitation_id, message.c.step)
)


def give_up(db: Connection, ids: list[int]) -> list[Ended]:
    """Queued messages that are as late as the next step: never sent."""
    rows = db.execute(_GIVE_UP, {"ids": ids}).all() if ids else []
    return [Ended(row.id, row.invitation_id, None if row.step is None else Step(row.step)) for row in sorted(rows)]
