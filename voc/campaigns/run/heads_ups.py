"""A CSM's hand on the heads-ups that go out in their name. Whoever may see the account may do it; all is audited."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from voc.base import audit, locks, preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.campaigns import heads_ups, store
from voc.campaigns.calendar import local_day
from voc.campaigns.chase import Rules
from voc.campaigns.model import HeadsUpText, Plan, Step
from voc.campaigns.store import heads_ups as kept
from voc.campaigns.store import invitations
from voc.campaigns.store.invitations import Standing
from voc.campaigns.store.rows import rules_of

_GONE = "This heads-up is on its way already, or its invitation is. Nothing was changed"
_NO_DAY = "There is no day left for it in this wave: the invitation goes without it"


def write(db: Connection, invitation_id: int, *, subject: str, body: str, viewer: Viewer, now: datetime) -> HeadsUpText:
    """These words instead of the questionnaire's, for this person. Refused names the field."""
    text = heads_ups.own_words(subject, body)
    _open(db, invitation_id, viewer, held_too=True)
    _keep_text(db, invitation_id, text, viewer=viewer, now=now)
    return text


def write_for_account(
    db: Connection, invitation_id: int, *, subject: str, body: str, viewer: Viewer, now: datetime
) -> int:
    """The same words for everybody of that account in that wave whose heads-up has not gone; how many.

    Refused when the text names one of several people: the others would read a colleague's name.
    """
    text = heads_ups.own_words(subject, body)
    found = store.invitation(db, invitation_id, viewer)
    people = kept.open_at_account(db, found.wave_id, found.account_id)
    if not people:
        raise Refused(_GONE)
    named = heads_ups.names_somebody(text, [name or "" for _id, name in people])
    if named is not None:
        raise Refused(
            f"{named} is named in it, and {len(people)} people would get it. Leave the name out: "
            "the greeting says each one's",
            field="body",
        )
    for id, _name in people:
        _open(db, id, viewer, held_too=True)
        _keep_text(db, id, text, viewer=viewer, now=now)
    return len(people)


def put_back(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> None:
    """The questionnaire's own words again."""
    _open(db, invitation_id, viewer, held_too=True)
    kept.keep(db, invitation_id, by=viewer.name, now=now, subject=None, body=None)
    _audit(db, invitation_id, "words put back", viewer=viewer, now=now)


def hold(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> Plan | None:
    """Do not send it. The invitation is planned as if it had gone, and returned; None if that finds no day."""
    standing, rules = _open(db, invitation_id, viewer)
    assert standing.intended_on is not None
    planned = Plan(Step.HEADS_UP, standing.intended_on, standing.due_at or now)
    following = heads_ups.without(rules, standing.chased, planned)
    kept.keep(db, invitation_id, by=viewer.name, now=now, held=True, planned_on=standing.intended_on)
    _go_on(db, invitation_id, following, now=now)
    _audit(db, invitation_id, "held", viewer=viewer, now=now)
    return following if isinstance(following, Plan) else None


def let_go(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> Plan:
    """End a hold: it goes on its day, or in the next window if that has passed; the invitation follows from there."""
    standing, rules = _standing(db, invitation_id, viewer)
    said = kept.said_of(db, invitation_id)
    if not said.held or not standing.running or standing.next_step is not Step.INVITE:
        raise Refused("It is not held any more: the invitation has gone, or the chase is over")
    plan = heads_ups.with_again(rules, standing.chased, meant_on=said.planned_on or now.date(), now=now)
    if not isinstance(plan, Plan):
        raise Refused(_NO_DAY)
    kept.keep(db, invitation_id, by=viewer.name, now=now, held=False, planned_on=None)
    invitations.write_plan(db, invitation_id, plan, now=now)
    _audit(db, invitation_id, "let go", viewer=viewer, now=now)
    return plan


def send_now(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> Plan:
    """As soon as their window is open; returns when. The quarantine is asked when it is claimed, as ever."""
    standing, rules = _open(db, invitation_id, viewer, held_too=True)
    plan = heads_ups.at_once(rules, standing.chased, now=now)
    if not isinstance(plan, Plan):
        raise Refused(_NO_DAY)
    kept.keep(db, invitation_id, by=viewer.name, now=now, held=False, planned_on=None)
    invitations.write_plan(db, invitation_id, plan, now=now)
    _audit(db, invitation_id, "sent now", viewer=viewer, now=now, at=plan.at.isoformat())
    return plan


def sent_by_hand(db: Connection, invitation_id: int, *, viewer: Viewer, now: datetime) -> Plan | None:
    """The CSM wrote from their own mail: it counts in the quarantine, and the invitation follows from now.

    Returns the invitation's plan, None if that finds no day.
    """
    found = store.invitation(db, invitation_id, viewer)
    locks.hold(db, locks.address(found.address))
    locks.hold(db, locks.account(found.account_id))
    standing, rules = _open(db, invitation_id, viewer, held_too=True)
    person = standing.chased
    invitations.reserve(
        db,
        address=person.address,
        account_id=person.account_id,
        invitation_id=invitation_id,
        step=Step.HEADS_UP,
        priority=person.priority,
        on=local_day(now, person.time_zone),
        at=now,
    )
    following = heads_ups.without(rules, person, Plan(Step.HEADS_UP, local_day(now, person.time_zone), now))
    kept.keep(db, invitation_id, by=viewer.name, now=now, held=False, planned_on=None, own_mail_at=now)
    _go_on(db, invitation_id, following, now=now)
    _audit(db, invitation_id, "sent by hand", viewer=viewer, now=now)
    return following if isinstance(following, Plan) else None


def _open(db: Connection, invitation_id: int, viewer: Viewer, *, held_too: bool = False) -> tuple[Standing, Rules]:
    """Locked, and still in the CSM's hands: not claimed, and (unless `held_too`) not held. Refused otherwise."""
    standing, rules = _standing(db, invitation_id, viewer)
    planned = standing.next_step is Step.HEADS_UP
    held = held_too and standing.next_step is Step.INVITE and kept.said_of(db, invitation_id).held
    if not standing.running or not (planned or held):
        raise Refused(_GONE)
    return standing, rules


def _standing(db: Connection, invitation_id: int, viewer: Viewer) -> tuple[Standing, Rules]:
    store.invitation(db, invitation_id, viewer)
    standing = invitations.lock(db, invitation_id)
    return standing, rules_of(standing.settings, preferences.load(db))


def _go_on(db: Connection, invitation_id: int, following: Any, *, now: datetime) -> None:
    if following is None:  # the invitation is never off, so something always follows a heads-up
        raise Refused(_NO_DAY)
    invitations.write_plan_or_stop(db, invitation_id, following, now=now)


def _keep_text(db: Connection, invitation_id: int, text: HeadsUpText, *, viewer: Viewer, now: datetime) -> None:
    before = kept.said_of(db, invitation_id).text
    kept.keep(db, invitation_id, by=viewer.name, now=now, subject=text.subject, body=text.body)
    subjects = [before.subject if before else None, text.subject]
    _audit(db, invitation_id, "written", viewer=viewer, now=now, subject=subjects, characters=len(text.body))


def _audit(db: Connection, invitation_id: int, action: str, *, viewer: Viewer, now: datetime, **detail: Any) -> None:
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action=f"heads-up {action}",
        object_kind="invitation",
        object_id=invitation_id,
        detail=detail,
    )
