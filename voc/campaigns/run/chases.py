"""What a sent mail, an answer, a reply or a person does to one chase."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import locks, preferences
from voc.campaigns import chase, store
from voc.campaigns.chase import Rules
from voc.campaigns.model import Disposition, Dropped, Step, StopReason, Why
from voc.campaigns.store import facts, invitations
from voc.campaigns.store import steps as steps_of
from voc.campaigns.store.invitations import Standing
from voc.campaigns.store.rows import rules_of, stop_rows
from voc.campaigns.store.steps import KEEP, Chasing, Planned

_DAY = timedelta(days=1)
# These are about the person, not about one wave.
_ABOUT_THE_PERSON = (StopReason.OPTED_OUT, StopReason.BOUNCED, StopReason.COMPLAINED, StopReason.LEFT)


def hold(db: Connection, invitation_ids: Collection[int | None]) -> None:
    """Lock these chases before anything else of theirs, as an answer does: so that nobody waits in a ring."""
    invitations.hold(db, sorted({id for id in invitation_ids if id is not None}))


def record_not_sent(db: Connection, invitation_id: int, *, step: Step, at: datetime) -> None:
    """That step is over without a 250 (unknown, refused for good, given up): the chase goes on with the next.

    An invitation that was handed over or tried has been sent as far as its due date goes; whether it
    was delivered is told by its messages when that comes.
    """
    record_many_sent(db, [(invitation_id, step)], at=at)


def record_many_sent(db: Connection, steps: Sequence[tuple[int, Step]], *, at: datetime) -> None:
    """The mail server took these steps of these invitations at `at`: plan the next ones from then. Idempotent.

    An invitation itself starts its own clock: it is due `due_days` after this moment.
    """
    wanted = preferences.load(db)
    rules: dict[int, Rules] = {}
    plans: list[Planned] = []
    ended: list[int] = []
    standing = steps_of.standings(db, [id for id, _step in steps])
    for id, step in steps:
        stands = standing[id]
        if stands.wave.id not in rules:
            rules[stands.wave.id] = rules_of(stands.wave.settings, wanted)
        plan = _after(rules[stands.wave.id], stands, step, at=at)
        if plan is not None:
            plans.append(plan)
            if isinstance(plan.following, Dropped) and plan.following.step == Step.INVITE:
                ended.append(id)
    steps_of.write_plans(db, plans, now=at)
    stop_rows(db, ended, reason=StopReason.NO_DAY, now=at)


def _after(rules: Rules, stands: Chasing, step: Step, *, at: datetime) -> Planned | None:
    """What follows that step, sent at that moment; None where nothing changes."""
    chased, sent_at, closes_at = stands.chased, stands.sent_at, stands.chased.closes_at
    starts = step == Step.INVITE and sent_at is None
    if starts:
        sent_at, closes_at = at, at + timedelta(days=rules.due_days)
        chased = chase.asked(chased, closes_at=closes_at)
    if stands.running and stands.next_step is None and stands.latest_step in (step, None):
        following = chase.next_step(rules, chased, after=step, sent_at=at)
        return Planned(stands.id, following, sent_at, closes_at)
    return Planned(stands.id, KEEP, sent_at, closes_at) if starts else None


def stop(db: Connection, invitation_id: int, *, reason: StopReason, now: datetime) -> list[int]:
    """End the chase at once. Idempotent; returns the invitations it ended, whose queued mail must go too.

    What is about the person (opt-out, bounce, complaint, left) ends every chase of that address.
    """
    if reason not in _ABOUT_THE_PERSON:
        return stop_rows(db, [invitation_id], reason=reason, now=now)
    address = store.invitation(db, invitation_id).address
    # The name before the rows, always: the other way round two transactions could wait for each other.
    locks.hold(db, locks.address(address))
    return stop_rows(db, invitations.open_of_address(db, address), reason=reason, now=now)


def under_way(db: Connection, contact_id: str) -> list[int]:
    """The invitations of a contact whose chase is not over."""
    return invitations.open_of_contact(db, contact_id)


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
    return [invitation_id] if invitations.write_answer(db, invitation_id, complete=complete, at=at) else []


def reopen(db: Connection, invitation_id: int, *, now: datetime) -> None:
    """The answer that ended this chase was no person's: it goes on with its next step, counted from today.

    Not where it has ended for another reason since, or the address must not be mailed any more.
    """
    found = store.invitation(db, invitation_id)
    if found.stopped != StopReason.ANSWERED:
        return
    standing = invitations.lock(db, invitation_id)
    open_again = {"answered_at": None, "disposition": None, "disposed_at": None, "stopped": None, "stopped_at": None}
    latest = standing.latest_step or Step.INVITE
    following = chase.next_step(_rules(db, standing), standing.chased, after=latest, sent_at=now)
    invitations.write_plan(db, invitation_id, following, now=now, **open_again)
    suppressed = facts.suppressed(db, [found]).get(found.address)
    if suppressed is not None:
        stop_rows(db, [invitation_id], reason=suppressed, now=now)


def record_bounce(db: Connection, invitation_id: int, *, at: datetime) -> list[int]:
    """The address is gone: every chase to it stops; returns the invitations whose queued mail must go."""
    stopped = stop(db, invitation_id, reason=StopReason.BOUNCED, now=at)
    invitations.write_bounce(db, invitation_id, at=at)
    return stopped


def away(db: Connection, invitation_id: int, *, until_on: date, now: datetime) -> None:
    """Away until that day, it included: the next step waits for the working day after."""
    standing = invitations.lock(db, invitation_id)
    invitations.write(db, invitation_id, away_until_on=until_on)
    if not standing.running or standing.next_step is None or standing.intended_on is None:
        return
    if standing.intended_on <= until_on:
        rules = _rules(db, standing)
        moved = chase.plan(rules, standing.chased, standing.next_step, from_on=until_on + _DAY, why=Why.AWAY)
        invitations.write_plan_or_stop(db, invitation_id, moved, now=now)


def _rules(db: Connection, standing: Standing) -> Rules:
    return rules_of(standing.settings, preferences.load(db))
