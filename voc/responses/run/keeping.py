"""Answers that were typed and never sent count as partial once their time is over."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.words import Sign, StopReason
from voc.campaigns import run as campaigns
from voc.delivery import run as delivery
from voc.responses import store
from voc.responses.model import Draft
from voc.stakeholders import run as stakeholders

UNTOUCHED = timedelta(hours=1)


def catch_up(db: Connection, now: datetime) -> int:
    """Keep what was left as a draft with its key question answered; how many. Idempotent; run it before `close_due`.

    A refused, left or answered invitation keeps its own ending.
    """
    found = [draft for draft in store.abandoned(db, now=now, untouched=UNTOUCHED) if _keyed(db, draft)]
    for draft in found:
        store.keep_partial(db, draft.response_id, saved_at=draft.saved_at)
        stopped = campaigns.record_answer(db, draft.invitation_id, complete=False, at=draft.saved_at)
        for invitation_id in sorted({draft.invitation_id, *stopped}):
            delivery.cancel(db, invitation_id, reason=StopReason.ANSWERED)
        key = f"partial:{draft.response_id}"
        stakeholders.record(
            db, key=key, contact_id=draft.contact_id, kind=Sign.ANSWERED, at=draft.saved_at, source="page"
        )
    return len(found)


def _keyed(db: Connection, draft: Draft) -> bool:
    return store.questionnaire(db, draft).key_question.key in store.answers_of(db, draft.response_id)
