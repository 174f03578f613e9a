"""An answer taken on the phone, typed in by the CSM: marked as such wherever it is used."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import ResponseState
from voc.campaigns.definition import Questionnaire
from voc.responses import rules, store
from voc.responses.model import Call, Channel, Door, Filled, Kept, Wrong
from voc.responses.run import effects

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class PhoneForm:
    """Whose answer it would be, what to ask, and why it cannot be typed in, if it cannot."""

    door: Door
    questionnaire: Questionnaire
    sent_at: datetime | None
    why_not: str | None


def phone_form(db: Connection, invitation_id: int, viewer: Viewer) -> PhoneForm:
    """NotFound when it is not the viewer's to see."""
    found = store.door_for_phone(db, invitation_id, viewer)
    if found is None:
        raise NotFound("There is no such invitation, or it is not yours to see.")
    door, sent_at = found
    why_not = None
    if door.confidential:
        why_not = (
            "They were asked in confidence: an answer that you type in would be no secret to you. "
            "Ask them to use the link in their mail."
        )
    elif sent_at is None:
        why_not = "They have not been asked yet: type it in once the invitation has gone out."
    elif any(one.channel != Channel.PHONE for one in _counted(db, invitation_id)):
        why_not = f"{door.name or 'This person'} has answered on the page; that answer stays."
    return PhoneForm(door, store.questionnaire(db, door), sent_at, why_not)


def enter_by_phone(
    db: Connection, *, invitation_id: int, filled: Filled, call: Call, viewer: Viewer, now: datetime
) -> int | tuple[Wrong, ...]:
    """Record it: the response's id, or what is wrong with the form. Refused if it cannot be typed in at all.

    One that was typed in before is corrected by it and kept.
    """
    store.lock(db, invitation_id)
    form = phone_form(db, invitation_id, viewer)
    if form.why_not is not None or form.sent_at is None:
        raise Refused(form.why_not or "They have not been asked yet.")
    at = _moment_of(call, form, now)
    door, questionnaire = form.door, form.questionnaire
    before = _counted(db, invitation_id)
    checked = rules.check(questionnaire, filled, door.roles)
    if checked.wrong:
        return checked.wrong
    response_id = store.write_response(
        db,
        door,
        checked,
        state=ResponseState.SUBMITTED,
        now=now,
        submitted_at=at,
        started_at=at,
        language=door.language,
        entered_by=_who(call, viewer),
    )
    store.supersede(db, (one.id for one in before))
    effects.answered(db, door, questionnaire, response_id, checked, source=viewer.name, now=at)
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action="answer entered",
        object_kind="invitation",
        object_id=invitation_id,
        detail={"channel": Channel.PHONE, "asked by": call.asked_by, "asked on": call.asked_on.isoformat()},
    )
    return response_id


def _counted(db: Connection, invitation_id: int) -> list[Kept]:
    return [one for one in store.responses_of(db, invitation_id) if one.state == ResponseState.SUBMITTED]


def _who(call: Call, viewer: Viewer) -> str:
    return viewer.name if call.asked_by == viewer.name else f"{call.asked_by} (typed in by {viewer.name})"


def _moment_of(call: Call, form: PhoneForm, now: datetime) -> datetime:
    """When it was said: now for a call of today, noon where they are for an earlier day."""
    zone = ZoneInfo(form.door.time_zone)
    assert form.sent_at is not None
    if not call.asked_by or len(call.asked_by) > LONGEST_NAME:
        raise Refused("Write who asked", field="asked_by")
    if call.asked_on > max(now.date(), now.astimezone(zone).date()):
        raise Refused("That day is still to come", field="asked_on")
    if call.asked_on < form.sent_at.astimezone(zone).date() - timedelta(days=1):
        raise Refused(f"They were asked on {_day(form.sent_at, zone)}; an answer cannot be older", field="asked_on")
    if call.asked_on >= min(now.date(), now.astimezone(zone).date()):
        return now
    return max(form.sent_at, datetime.combine(call.asked_on, time(12), zone).astimezone(now.tzinfo))


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()
