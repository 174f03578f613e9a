"""What changes here: launch, pause and close a wave; what an answer, a reply or a sent mail does to a chase."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences
from voc.campaigns import chase
from voc.campaigns.chase import Rules
from voc.campaigns.model import Disposition, Plan, Step, StopReason, Why
from voc.campaigns.store import invitations
from voc.campaigns.store.invitations import Standing
from voc.campaigns.store.rows import rules_of

_DAY = timedelta(days=1)
# These are about the person, not about one wave.
_ABOUT_THE_PERSON = (StopReason.OPTED_OUT, StopReason.BOUNCED, StopReason.COMPLAINED, StopReason.LEFT)


def record_sent(db: Connection, invitation_id: int, *, step: Step, at: datetime) -> None:
    """The mail server took that step at `at`: plan the next one from then. Idempotent.

    The invitation itself starts its own clock: it is due `due_days` after this moment.
    """
    _record_step(db, invitation_id, step=step, at=at)


def record_not_sent(db: Connection, invitation_id: int, *, step: Step, at: datetime) -> None:
    """That step is over without a 250 (unknown, refused for good, given up): the chase goes on with the next.

    An invitation that was handed over or tried has been sent as far as its due date goes; whether it
    was delivered is told by its messages when that comes.
    """
    _record_step(db, invitation_id, step=step, at=at)


def _record_step(db: Connection, invitation_id: int, *, step: Step, at: datetime) -> None:
    standing = invitations.lock(db, invitation_id)
    rules = _rules(db, standing)
    chased = standing.chased
    if step == Step.INVITE and standing.sent_at is None:
        closes_at = at + timedelta(days=rules.due_days)
        invitations.write(db, invitation_id, sent_at=at, closes_at=closes_at)
        chased = chase.asked(chased, closes_at=closes_at)
    if standing.running and standing.next_step is None and standing.latest_step in (step, None):
        following = chase.next_step(rules, chased, after=step, sent_at=at)
        invitations.write_plan(db, invitation_id, following, now=at)


def stop(db: Connection, invitation_id: int, *, reason: StopReason, now: datetime) -> list[int]:
    """End the chase at once. Idempotent; returns the invitations it ended, whose queued mail must go too.

    What is about the person (opt-out, bounce, complaint, left) ends every chase of that address.
    """
    ids = invitations.open_of_address(db, invitation_id) if reason in _ABOUT_THE_PERSON else [invitation_id]
    return invitations.stop_rows(db, ids, reason=reason, now=now) if ids else []


def dispose(db: Connection, invitation_id: int, *, disposition: Disposition, at: datetime) -> None:
    """Say what became of an invitation; an answer on time outranks everything else."""
    standing = invitations.lock(db, invitation_id)
    answered = (Disposition.COMPLETE, Disposition.PARTIAL)
    if standing.disposition in answered and disposition not in answered:
        return
    invitations.write(db, invitation_id, disposition=disposition, disposed_at=at)


def record_answer(db: Connection, invitation_id: int, *, complete: bool, at: datetime) -> list[int]:
    """A counted answer, on time or late: the chase stops; returns the invitations whose queued mail must go.

    On time it decides the disposition; a later complete answer outranks a partial one.
    """
    standing = invitations.lock(db, invitation_id)
    if standing.answered_at is None:
        invitations.write(db, invitation_id, answered_at=at)
    on_time = standing.closes_at is None or at <= standing.closes_at
    if on_time and standing.disposition != Disposition.COMPLETE:
        disposition = Disposition.COMPLETE if complete else Disposition.PARTIAL
        invitations.write(db, invitation_id, disposition=disposition, disposed_at=at)
    return stop(db, invitation_id, reason=StopReason.ANSWERED, now=at)


def record_bounce(db: Connection, invitation_id: int, *, at: datetime) -> list[int]:
    """The address is gone: every chase to it stops; returns the invitations whose queued mail must go."""
    standing = invitations.lock(db, invitation_id)
    if standing.answered_at is None:
        invitations.write(db, invitation_id, bounced_at=at)
    return stop(db, invitation_id, reason=StopReason.BOUNCED, now=at)


def away(db: Connection, invitation_id: int, *, until_on: date, now: datetime) -> None:
    """Away until that day, it included: the next step waits for the working day after."""
    standing = invitations.lock(db, invitation_id)
    invitations.write(db, invitation_id, away_until_on=until_on)
    if not standing.running or standing.next_step is None or standing.intended_on is None:
        return
    if standing.intended_on <= until_on:
        rules = _rules(db, standing)
        moved = chase.plan(rules, standing.chased, standing.next_step, from_on=until_on + _DAY, why=Why.AWAY)
        if isinstance(moved, Plan) or standing.next_step not in chase.ASKING:
            invitations.write_plan(db, invitation_id, moved, now=now)
        else:
            invitations.stop_rows(db, [invitation_id], reason=StopReason.NO_DAY, now=now)


def _rules(db: Connection, standing: Standing) -> Rules:
    return rules_of(standing.settings, preferences.load(db))
