"""An answer taken on the phone, typed in by the CSM: marked as such wherever it is used."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import ResponseState
from voc.campaigns.definition import Questionnaire
from voc.campaigns.templates import render_words
from voc.responses import rules, store
from voc.responses.model import Channel, Door, Filled
from voc.responses.run import effects


def phone_form(db: Connection, invitation_id: int, viewer: Viewer) -> tuple[Door, Questionnaire]:
    """Whose answer it would be, and what to ask. NotFound when it is not the viewer's to see.

    Refused where the answer was promised to be confidential.
    """
    door = store.door_for_phone(db, invitation_id, viewer)
    if door is None:
        raise NotFound("There is no such invitation, or it is not yours to see.")
    if door.confidential:
        raise Refused(
            "They were asked in confidence: an answer that you type in would be no secret to you. "
            "Ask them to use the link in their mail."
        )
    return door, store.questionnaire(db, door)


def enter_by_phone(db: Connection, *, invitation_id: int, filled: Filled, viewer: Viewer, now: datetime) -> int:
    """Record it; the response's id. Refused, with its field, if the form is wrong or the person answered themselves."""
    door, questionnaire = phone_form(db, invitation_id, viewer)
    store.lock(db, invitation_id)
    kept = [one for one in store.responses_of(db, invitation_id) if one.state == ResponseState.SUBMITTED]
    if any(one.channel != Channel.PHONE for one in kept):
        raise Refused(f"{door.name or 'This person'} has answered on the page; that answer stays.")
    checked = rules.check(questionnaire, filled, door.roles)
    if checked.wrong:
        first = checked.wrong[0]
        words = questionnaire.language("en").page[first.words]
        raise Refused(str(render_words(words, dict(first.values))), field=first.field)
    response_id = store.write_response(
        db,
        door,
        checked,
        state=ResponseState.SUBMITTED,
        now=now,
        started_at=now,
        language=door.language,
        entered_by=viewer.name,
    )
    store.supersede(db, (one.id for one in kept))
    effects.answered(db, door, questionnaire, response_id, checked, source=viewer.name, now=now)
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action="answer entered",
        object_kind="invitation",
        object_id=invitation_id,
        detail={"channel": Channel.PHONE, "score": checked.score},
    )
    return response_id
