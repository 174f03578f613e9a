"""What speaks against sending a message now: conditions of the claim, and again of the commit before the dot.

Opt-out, answer, pause and test mode are part of the statements themselves: what they forbid cannot slip
between a look and an act.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, exists, false, func, not_, or_

from voc.base.preferences import Preferences
from voc.base.schema import account, exclusion, installation, invitation, message, suppression, wave
from voc.base.types import Instant
from voc.base.words import MessageKind, WaveState

ASKING = (MessageKind.CHASE, MessageKind.NUDGE)
"""Mail that asks for an answer: an opt-out, a bounce or the answer itself ends it."""

# Not IN: SQLAlchemy writes its list out anew each time.
_ASKS = or_(*(message.c.kind == kind for kind in ASKING))
_THANKS = message.c.kind == MessageKind.THANKS


def of_a_wave_that_is_over() -> ColumnElement[bool]:
    ended = or_(*(wave.c.state == state for state in (WaveState.CLOSED, WaveState.STOPPED)))
    return and_(_ASKS, exists().where(wave.c.id == message.c.wave_id, ended))


def unwanted() -> ColumnElement[bool]:
    """The chase has ended, the person has answered, or the address is suppressed."""
    ended = exists().where(
        invitation.c.id == message.c.invitation_id,
        or_(invitation.c.stopped.is_not(None), invitation.c.answered_at.is_not(None)),
    )
    suppressed = exists().where(suppression.c.address == message.c.address, suppression.c.lifted_at.is_(None))
    # Thanks are for the answer that ended the chase; only an address that must not be mailed stops them.
    return or_(and_(_ASKS, or_(ended, suppressed)), and_(_THANKS, suppressed))


def too_late() -> ColumnElement[bool]:
    return func.coalesce(message.c.give_up_at <= bindparam("now", type_=Instant()), False)


def _set_aside() -> ColumnElement[bool]:
    """Said after the mail was frozen: the account is under escalation, or it or the person must not be asked."""
    today = bindparam("today", type_=Date())
    meant = (_ASKS, invitation.c.id == message.c.invitation_id)
    escalated = exists().where(*meant, account.c.id == invitation.c.account_id, account.c.escalated_until_on > today)
    excluded = exists().where(
        *meant,
        exclusion.c.account_id == invitation.c.account_id,
        or_(exclusion.c.contact_id.is_(None), exclusion.c.contact_id == invitation.c.contact_id),
        exclusion.c.ended_at.is_(None),
        exclusion.c.expires_on > today,
    )
    return or_(escalated, excluded)


def let_go(test_mode: bool, *, or_over: bool = False) -> ColumnElement[bool]:
    """Neither sending nor its wave is paused, and nobody asked to leave them alone for a while.

    `or_over`: nor that of a wave which is over, so that it is met and ended.
    """
    # Whoever must mend what stopped it is told: an alert that was written since then goes.
    told = and_(message.c.kind == MessageKind.ALERT, message.c.created_at >= installation.c.paused_at)
    paused = exists().where(installation.c.sending_paused, not_(func.coalesce(told, false())))
    going = (WaveState.RUNNING, WaveState.CLOSED, WaveState.STOPPED) if or_over else (WaveState.RUNNING,)
    resting = exists().where(wave.c.id == message.c.wave_id, wave.c.state.not_in(going))
    conditions = [
        not_(paused),
        not_(and_(_ASKS, resting)),
        not_(_set_aside()),
    ]
    if test_mode:
        # Frozen for a real person before test mode was switched on: it waits.
        conditions.append(message.c.recipient == bindparam("test_address"))
    return and_(*conditions)


def asked_of(preferences: Preferences, *, now: datetime) -> dict[str, Any]:
    test = {"test_address": preferences.test_address or ""} if preferences.test_mode else {}
    return {"today": now.date(), **test}
