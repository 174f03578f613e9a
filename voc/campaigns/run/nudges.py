"""A CSM writes in person to somebody who has not answered: through us, or from their own mail program. Audited.

Either counts in the quarantine, and the next mail of the chase keeps its distance.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from voc.base import audit, locks, preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.chase import Rules
from voc.campaigns.model import Dropped, DueStep, Plan
from voc.campaigns.nudges import Invited, why_not_nudge
from voc.campaigns.quarantine import NUDGE, Ledger
from voc.campaigns.store import invitations, nudges, programmes
from voc.campaigns.store.invitations import Standing
from voc.campaigns.store.rows import rules_of


@dataclass(frozen=True, slots=True)
class Nudge:
    """A personal mail that the quarantine has room for; `key` is its message's.

    `give_up_at`: a mail that could not be handed over until then is not retried. `next_on` is the day that the next
    mail of the chase moved to, None if it stays; `no_next`: that would be too late, so none follows.
    """

    key: str
    letter: DueStep
    give_up_at: datetime
    next_on: date | None
    no_next: bool

    @property
    def address(self) -> str:
        return self.letter.address


def nudge(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime, by_hand: bool = False) -> Nudge:
    """Count a personal mail to somebody who has not answered; delivery queues it in the same transaction.

    Refused, with the day from which it is possible where there is one, when anything speaks against a reminder.
    """
    row = nudges.row_of(db, invitation_id, viewer)
    locks.hold(db, locks.address(row.address))
    locks.hold(db, locks.account(row.account_now_id))
    standing = invitations.lock(db, invitation_id)
    rules, who = _rules(db, standing), nudges.invited(db, row, standing, today=now.date())
    refusal = why_not_nudge(rules, who, _ledger(db, who, now=now), now=now)
    if refusal is not None:
        raise Refused(refusal)
    today = local_day(now, who.chased.time_zone)
    _reserve(db, invitation_id, who, on=today, at=now)
    number = nudges.add(db, invitation_id, at=now, by=viewer.name, by_hand=by_hand)
    following = _keep_apart(db, rules, standing, who, today=today, now=now)
    planned_at = following.at if isinstance(following, Plan) else standing.due_at
    _audit(db, invitation_id, viewer=viewer, now=now, number=number, by_hand=by_hand)
    letter = nudges.letter_to(row)
    return Nudge(
        key=f"nudge:{invitation_id}:{number}",
        letter=letter,
        give_up_at=min(planned_at or letter.closes_at, letter.closes_at),
        next_on=following.on if isinstance(following, Plan) else None,
        no_next=isinstance(following, Dropped),
    )


def nudged_by_hand(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> Nudge:
    """The CSM writes from their own mail program: counted like one through us; nothing is queued."""
    return nudge(db, invitation_id, viewer=viewer, now=now, by_hand=True)


def why_not(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> tuple[str | None, DueStep]:
    """What a nudge now would be refused for, if anything, and whom it would go to. Writes nothing."""
    row = nudges.row_of(db, invitation_id, viewer)
    standing = invitations.look(db, invitation_id)
    who = nudges.invited(db, row, standing, today=now.date())
    refusal = why_not_nudge(_rules(db, standing), who, _ledger(db, who, now=now), now=now)
    return refusal, nudges.letter_to(row)


def _rules(db: Connection, standing: Standing) -> Rules:
    return rules_of(standing.settings, preferences.load(db))


def _ledger(db: Connection, who: Invited, *, now: datetime) -> Ledger:
    person = who.chased
    today = local_day(now, person.time_zone)
    return Ledger(programmes.reserved_for(db, person.address, person.account_id, today=today))


def _reserve(db: Connection, invitation_id: int, who: Invited, *, on: date, at: datetime) -> None:
    invitations.reserve(
        db,
        address=who.chased.address,
        account_id=who.chased.account_id,
        invitation_id=invitation_id,
        step=NUDGE,
        priority=who.chased.priority,
        on=on,
        at=at,
    )


def _keep_apart(
    db: Connection, rules: Rules, standing: Standing, who: Invited, *, today: date, now: datetime
) -> Plan | Dropped | None:
    """Move the next mail away from a nudge of today."""
    step, planned_on = standing.next_step, standing.intended_on
    if step is None or planned_on is None:
        return None
    following = chase.after_nudge(rules, who.chased, step, planned_on=planned_on, nudged_on=today)
    if following is not None:
        invitations.write_plan(db, standing.id, following, now=now)
    return following


def _audit(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime, **detail: Any) -> None:
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action="nudged",
        object_kind="invitation",
        object_id=invitation_id,
        detail=detail,
    )
