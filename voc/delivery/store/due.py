"""When the next mail is due: what a rehearsal and the demo jump to."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from voc.base.schema import invitation, message, wave
from voc.base.words import MessageState, WaveState

# Built once: the demo asks this at each of its steps.
_STEP = (
    select(func.min(invitation.c.due_at))
    .join(wave, wave.c.id == invitation.c.wave_id)
    .where(
        invitation.c.next_step.is_not(None),
        invitation.c.stopped.is_(None),
        invitation.c.held_because.is_(None),
        wave.c.state == WaveState.RUNNING,
    )
)
_QUEUED = select(func.min(message.c.next_attempt_at)).where(message.c.state == MessageState.QUEUED)
_LEFT = select(func.min(message.c.lease_until)).where(
    message.c.state.in_((MessageState.CLAIMED, MessageState.HANDING_OVER))
)


def next_due_at(db: Connection) -> datetime | None:
    """The earliest moment at which a step of a running wave, or a queued message, could go out. May be past.

    What a worker has in hand is due again when its lease is over: if it died, that must be settled then.
    """
    found = [moment for query in (_STEP, _QUEUED, _LEFT) if (moment := db.execute(query).scalar()) is not None]
    return min(found, default=None)
