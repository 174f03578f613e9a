"""What time does to answers: those typed and never sent count as partial, those sent are looked at once more."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.words import ResponseState, Sign, StopReason
from voc.campaigns import run as campaigns
from voc.delivery import run as delivery
from voc.responses import scanners, store
from voc.responses.model import Draft
from voc.responses.run import effects
from voc.stakeholders import run as stakeholders

UNTOUCHED = timedelta(hours=1)
_BATCH = 500


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
        if draft.confidential:
            continue
        key = f"partial:{draft.response_id}"
        stakeholders.record(
            db, key=key, contact_id=draft.contact_id, kind=Sign.ANSWERED, at=draft.saved_at, source="page"
        )
    return len(found)


def judge_again(db: Connection, now: datetime) -> int:
    """Look once more at answers that are a minute old: how many were no person's after all. Idempotent.

    A gateway may submit one link before it opens the others. What is found out is kept as doubted, the
    chase goes on as if nobody had answered, and an answer that it had replaced counts again. Run it
    before follow-ups are opened.
    """
    found = 0
    # An answer that counts again because the one after it was doubted is looked at in the next round.
    while answers := store.unjudged(db, before=now - scanners.SETTLED, limit=_BATCH):
        for response, page in answers:
            scores = store.scores_around(db, page)
            doubtful = page.trapped_at is not None or scanners.in_a_burst(page.at, scores)
            store.mark_judged(db, response.id, at=now, state=ResponseState.SUSPECT if doubtful else None)
            if doubtful:
                found += 1
                effects.taken_back(db, response, now=now)
    return found


def _keyed(db: Connection, draft: Draft) -> bool:
    return store.questionnaire(db, draft).key_question.key in store.answers_of(db, draft.response_id)
