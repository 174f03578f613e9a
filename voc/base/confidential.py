"""What may be shown of an invitation that was promised confidence: the one place that every query takes it from.

The promise is made before the wave, copied to each invitation and never weakened (decision 22). To nobody,
whatever their role, a query says of one such invitation that it was answered, when, what, or that it was
declined. Our own work goes by the true columns (the chase stops, the wave ends); what a page, a file, a mail
or the CRM gets goes through here. Figures come from `confidential_release` alone.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, not_, null, or_, select

from voc.base.schema import inbound, invitation, message, wave
from voc.base.words import Disposition, InboundKind, MessageState, Step, StopReason

# What is known without the questionnaire's page: the mail came back, they wrote to us, the CRM or they say they left,
# they want no more mail at all. Somebody may have answered before any of it.
OPEN_STOPS = frozenset(
    {
        StopReason.BOUNCED,
        StopReason.COMPLAINED,
        StopReason.GONE,
        StopReason.LEFT,
        StopReason.MERGED,
        StopReason.MOVED,
        StopReason.NO_DAY,
        StopReason.OPTED_OUT,
        StopReason.REPLIED,
    }
)
OPEN_DISPOSITIONS = frozenset({Disposition.UNKNOWN, Disposition.NOT_ELIGIBLE})

named: ColumnElement[bool] = not_(invitation.c.confidential)
"""The condition for lists of who said what: confidential invitations are in none of them."""

undecided: ColumnElement[bool] = or_(named, invitation.c.sent_at.is_(None))
"""The condition for lists of mails to come: whom a reminder still goes to says who has not answered."""


_of_no_confidential_wave = or_(
    message.c.wave_id.is_(None), message.c.wave_id.not_in(select(wave.c.id).where(wave.c.confidential))
)
_in_the_open = message.c.step.in_([Step.HEADS_UP, Step.INVITE])
mail_counted: ColumnElement[bool] = or_(_of_no_confidential_wave, _in_the_open)
"""The condition for counts of mails: a reminder goes only to those who have not answered."""
mail_listed: ColumnElement[bool] = or_(
    _of_no_confidential_wave,
    and_(_in_the_open, message.c.state != MessageState.CANCELLED),
    message.c.state.in_([MessageState.UNKNOWN, MessageState.FAILED, MessageState.HELD]),
)
"""The condition for lists of mails. Those that a person must settle are there: they tell of that hour alone."""

_reminder = message.alias("of_a_reminder")
of_a_reminder: ColumnElement[bool] = exists().where(
    _reminder.c.id == inbound.c.message_id,
    _reminder.c.wave_id.in_(select(wave.c.id).where(wave.c.confidential)),
    _reminder.c.step.not_in([Step.HEADS_UP, Step.INVITE]),
)
"""Whether a mail that came in is an answer to a reminder of a confidential wave."""
_asked_by = message.alias("asked_by")
day_hidden: ColumnElement[bool] = and_(
    inbound.c.kind != InboundKind.REPLY,
    exists().where(
        _asked_by.c.id == inbound.c.message_id,
        _asked_by.c.step != Step.HEADS_UP,
        _asked_by.c.wave_id.in_(select(wave.c.id).where(wave.c.confidential)),
    ),
)
"""Whether a mail that came in is shown without its day: what a machine sent back to a mail of a confidential wave.

To the invitation as to a reminder, or the missing day would tell which it was; lists that are about the hour have
none of it. A person's own reply keeps its hour:
they wrote it to us, and the CSM has it since.
"""
came_in_at: ColumnElement[Any] = case((day_hidden, invitation.c.sent_at), else_=inbound.c.at)
"""The moment under which a mail that came in stands: of one without a day, that at which they were asked."""
came_in_shown: ColumnElement[bool] = or_(
    inbound.c.kind.not_in([InboundKind.AWAY, InboundKind.SOFT_BOUNCE]), not_(of_a_reminder)
)
"""The condition for lists and counts of mail that came in. An absence and a passing trouble ask nothing of anybody,
and their hour says that a reminder went out: that the person had not answered by then."""


def unless_confidential(column: Any) -> ColumnElement[Any]:
    """The column of a named invitation; null of a confidential one."""
    return case((named, column), else_=null())


def _day_asked(column: Any) -> ColumnElement[Any]:
    """The moment of a named invitation; of a confidential one the moment at which it was sent, if there is any."""
    return case((or_(named, invitation.c.sent_at.is_(None)), column), (column.is_not(None), invitation.c.sent_at))


def _where(condition: ColumnElement[bool], column: Any) -> ColumnElement[Any]:
    return case((or_(named, condition), column), else_=null())


_left_open = or_(invitation.c.stopped.in_(sorted(OPEN_STOPS)), invitation.c.sent_at.is_(None))
_decided_openly = invitation.c.disposition.in_(sorted(OPEN_DISPOSITIONS))
stopped = _where(_left_open, invitation.c.stopped)
disposition = _where(_decided_openly, invitation.c.disposition)
bounced_at = _day_asked(invitation.c.bounced_at)
answered_at = unless_confidential(invitation.c.answered_at)
answered: ColumnElement[bool] = and_(named, invitation.c.answered_at.is_not(None))

_SHOWN: Mapping[str, ColumnElement[Any]] = {
    "stopped": stopped,
    "stopped_at": _where(_left_open, _day_asked(invitation.c.stopped_at)),
    "bounced_at": bounced_at,
    "disposition": disposition,
    "disposed_at": _where(_decided_openly, invitation.c.disposed_at),
    "answered_at": answered_at,
    # Once it is sent, what comes next depends on whether they answered.
    **{
        name: case((undecided, invitation.c[name]), else_=null())
        for name in ("next_step", "intended_on", "due_at", "held_because", "moved_because", "away_until_on")
    },
}
shown = tuple(_SHOWN.get(column.key, column).label(column.key) for column in invitation.columns)
"""Every column of an invitation as a page may have it, by its own name."""
