"""A copied database: what may have been sent by another installation is passed over; a person may take it up."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.errors import Refused
from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.model import Step, Why
from voc.campaigns.run.chases import record_not_sent
from voc.campaigns.store import copied, invitations
from voc.campaigns.store.copied import PassedOver
from voc.campaigns.store.rows import rules_of


def pass_over(db: Connection, *, until: datetime) -> list[PassedOver]:
    """Every step that was due by then counts as one that was perhaps sent when it was due; the chases go on after it.

    Counted in the quarantine too. The caller keeps a message for each, for a person to settle.
    """
    passed = []
    for invitation_id in copied.due_by(db, until=until):
        while (one := _next(db, invitation_id, until)) is not None:
            passed.append(one)
    return passed


def _next(db: Connection, invitation_id: int, until: datetime) -> PassedOver | None:
    standing = invitations.lock(db, invitation_id)
    step, due_at, person = standing.next_step, standing.due_at, standing.chased
    if not standing.running or step is None or due_at is None or due_at > until:
        return None
    invitations.reserve(
        db,
        address=person.address,
        account_id=person.account_id,
        invitation_id=invitation_id,
        step=step,
        priority=person.priority,
        on=local_day(due_at, person.time_zone),
        at=due_at,
    )
    invitations.write(db, invitation_id, next_step=None, due_at=None, moved_because=None)
    record_not_sent(db, invitation_id, step=step, at=due_at)
    return PassedOver(invitation_id, standing.wave_id, standing.contact_id, person.address, step, due_at)


def take_up(db: Connection, invitation_id: int, *, step: Step, now: datetime) -> None:
    """A person says that a step that was passed over did not leave: into the contact's next window. Refused if the
    chase is over."""
    standing = invitations.lock(db, invitation_id)
    if not standing.running:
        raise Refused("The chase of this person has ended: there is nothing to send any more.")
    copied.give_room_back(db, invitation_id, step=step)
    if step == Step.INVITE:  # it starts its own clock once it is sent
        invitations.write(db, invitation_id, sent_at=None, closes_at=None)
        standing = invitations.lock(db, invitation_id)
    rules = rules_of(standing.settings, preferences.load(db))
    plan = chase.replan(rules, standing.chased, step, now=now, why=Why.OVERDUE)
    invitations.write_plan_or_stop(db, invitation_id, plan, now=now)
