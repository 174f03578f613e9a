"""What keeps the outbox true: recovery after a dead worker, calling back, pausing, a person's word on unknown ones."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import audit, log, preferences
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.words import MessageState, StopReason
from voc.campaigns import run as campaigns
from voc.campaigns.store import late
from voc.delivery.run import copied, effects
from voc.delivery.run.masking import mask_sent
from voc.delivery.store import copied as doubtful
from voc.delivery.store import outbox, relay

RELEASED_WAITS = timedelta(days=2)

_log = log.get("delivery")


def recover(database: Database, *, now: datetime) -> int:
    """Take up what workers left whose lease is over; how many messages. Run it at start and every minute.

    What was only claimed goes back into the queue. What was being handed over is unknown, and the
    chase goes on with its next step.
    """
    with database.begin() as db:
        queued, unknown = outbox.recover(db, now=now)
        for message in unknown:
            effects.not_delivered(db, message.invitation_id, step=message.step, now=now)
    if queued or unknown:
        _log.warning("messages of dead workers recovered", queued=queued, unknown=len(unknown))
    return queued + len(unknown)


def cancel(db: Connection, invitation_id: int, *, reason: StopReason) -> int:
    """Call back what has not been handed over of a chase; how many. Call it with what `campaigns.run.stop` returns."""
    return outbox.cancel(db, invitation_id, reason=reason)


def pause_sending(db: Connection, *, because: str, by: str, now: datetime) -> None:
    relay.set_paused(db, because, at=now, by=by)
    audit.record(
        db,
        at=now,
        actor=by,
        action="sending paused",
        object_kind="installation",
        object_id=1,
        detail={"because": because},
    )


def resume_sending(db: Connection, *, by: str, now: datetime, nothing_was_sent: bool = False) -> copied.Settled | None:
    """Mail goes out again; steps that became overdue meanwhile are planned anew by the claim.

    A copied database: what another may have sent is unknown and not repeated, unless a person says
    that `nothing_was_sent`; what is overdue is planned anew at once. Returns how many of each.
    """
    settled = copied.settle(db, nothing_was_sent=nothing_was_sent, now=now)
    relay.set_paused(db, None)
    detail = {} if settled is None else {"nothing was sent": nothing_was_sent, **asdict(settled)}
    audit.record(db, at=now, actor=by, action="sending resumed", object_kind="installation", object_id=1, detail=detail)
    return settled


def release(db: Connection, message_id: int, *, by: str, now: datetime) -> datetime:
    """Send an unknown, failed or held message once more. It may reach the recipient a second time: a person's choice.

    Returns when it goes: whoever releases it may not know the addressee's hours, so they are kept.
    Refused when it is in another state, or when its mail could not be made in the first place.
    """
    at = now
    passed = doubtful.passed_over(db, message_id)
    if passed is not None:
        invitation_id, step = passed
        campaigns.take_up(db, invitation_id, step=step, now=now)
        doubtful.end_line(db, message_id, said=f"Sent anew, {by} says")
    else:
        at = _polite(db, message_id, now=now)
        if not outbox.release(db, message_id, at=at, now=now, give_up_at=at + RELEASED_WAITS, by=by):
            raise Refused("Only an unknown, failed or held message with a text can be released.")
    _note(db, message_id, "message released", by=by, now=now)
    return at


def _polite(db: Connection, message_id: int, *, now: datetime) -> datetime:
    mail = outbox.asking(db, message_id, at=now)
    return now if mail is None else late.first_polite(db, [mail], preferences.load(db))[message_id]


def settle(db: Connection, message_id: int, *, accepted: bool, by: str, now: datetime, vault: Vault) -> None:
    """Say what became of an unknown message, from the mail server's own log."""
    state = MessageState.SENT if accepted else MessageState.FAILED
    if not outbox.settle(db, message_id, state=state, now=now, by=by):
        raise Refused("Only an unknown message can be settled.")
    if accepted:
        mask_sent(db, message_id, vault=vault)
    _note(db, message_id, "message settled as accepted" if accepted else "message settled as not accepted", by, now)


def _note(db: Connection, message_id: int, action: str, by: str, now: datetime) -> None:
    audit.record(db, at=now, actor=by, action=action, object_kind="message", object_id=message_id)
