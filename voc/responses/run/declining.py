"""Not for me, or not now; ask somebody else; never again. Each obeys the same rules as an answer."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base.tokens import Tokens
from voc.responses.model import Acted, Again, Decline, Doubted, Filled, Posted, Purpose, Referral, Wrong
from voc.responses.run import effects
from voc.responses.run.page import doubt, entered, refused, shown_again


def decline(
    db: Connection,
    posted: Posted,
    *,
    what: Decline,
    filled: Filled,
    now: datetime,
    tokens: Tokens,
) -> Acted | Again | Doubted | None:
    """End it at the person's wish. An answer given before stays as it is."""
    found = entered(db, posted, Purpose.ANSWER, now)
    if found is None:
        return None
    door, page, questionnaire = found
    if page is None:
        stale = [Wrong("", "wrong_stale")]
        return refused(db, door, questionnaire, filled, stale, visit=posted.visit, now=now, tokens=tokens)
    if doubt(db, page, posted, now=now) is not None:
        asked = shown_again(db, door, questionnaire, filled, visit=posted.visit, now=now, tokens=tokens)
        return Doubted(asked, what)
    effects.declined(db, door, what, now=now)
    return Acted(door, questionnaire, what)


def refer(
    db: Connection,
    posted: Posted,
    *,
    filled: Filled,
    now: datetime,
    tokens: Tokens,
) -> Acted | Again | None:
    """Name a colleague: put before the CSM, sent to nobody. Doubted ones come back to be pressed once more."""
    found = entered(db, posted, Purpose.ANSWER, now)
    if found is None:
        return None
    door, page, questionnaire = found
    field = effects.contact_field(questionnaire)
    referral = effects.referral_in(db, door, questionnaire, filled)
    wrong = []
    if page is None:
        wrong.append(Wrong("", "wrong_stale"))
    elif doubt(db, page, posted, now=now) is not None:
        wrong.append(Wrong("", "wrong_sure"))
    if referral is None:
        wrong.append(Wrong(f"{field}_name", "wrong_required"))
    if isinstance(referral, Wrong):
        wrong.append(referral)
    if wrong or not isinstance(referral, Referral):
        return refused(db, door, questionnaire, filled, wrong, visit=posted.visit, now=now, tokens=tokens)
    effects.refer(db, door, referral, now=now)
    if door.answered_at is None:
        effects.referred_instead(db, door, now=now)
    return Acted(door, questionnaire)


def unsubscribe(
    db: Connection,
    posted: Posted,
    *,
    one_click: bool,
    now: datetime,
    tokens: Tokens,
) -> Acted | Doubted | None:
    """Never again. A mail program's one-click POST (RFC 8058) acts at once; the page's form shows that it is one."""
    found = entered(db, posted, Purpose.UNSUBSCRIBE, now)
    if found is None:
        return None
    door, page, questionnaire = found
    if not one_click and (page is None or doubt(db, page, posted, now=now) is not None):
        asked = shown_again(db, door, questionnaire, {}, visit=posted.visit, now=now, tokens=tokens)
        return Doubted(asked, Decline.NEVER)
    effects.declined(db, door, Decline.NEVER, now=now)
    return Acted(door, questionnaire, Decline.NEVER)
