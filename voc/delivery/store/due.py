"""When the next mail is due: what a rehearsal and the demo jump to."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from voc.base.schema import invitation, message, wave
from voc.base.words import MessageState, WaveState


def next_due_at(db: Connection) -> datetime | None:
    """The earliest moment at which a step of a running wave, or a queued message, could go out. May be past."""
    step = db.execute(
        select(func.min(invitation.c.due_at))
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            invitation.c.next_step.is_not(None),
            invitation.c.held_because.is_(None),
            wave.c.state == WaveState.RUNNING,
        )
    ).scalar()
    queued = db.execute(
        select(func.min(message.c.next_attempt_at)).where(message.c.state == MessageState.QUEUED)
    ).scalar()
    found = [moment for moment in (step, queued) if moment is not None]
    return min(found, default=None)
