"""Not for me, or not now; ask somebody else; never again. Each obeys the same rules as an answer."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base.db import Database
from voc.base.tokens import Tokens
from voc.responses import store
from voc.responses.model import Acted, Again, Decline, Doubted, Filled, Purpose, Referral, Visit, Wrong
from voc.responses.run import effects
from voc.responses.run.page import doubt, live_door, refused, shown_again


def decline(
    database: Database,
    *,
    token: str,
    what: Decline,
    filled: Filled,
    nonce: str,
    trap_filled: bool,
    visit: Visit,
    now: datetime,
    tokens: Tokens,
) -> Acted | Again | Doubted | None:
    """End it at the person's wish. An answer given before stays as it is."""

    def act(db: Connection) -> Acted | Again | Doubted | None:
        door = live_door(db, token, Purpose.ANSWER, now)
        if door is None:
            return None
        store.lock(db, door.invitation_id)
        questionnaire = store.questionnaire(db, door)
        page = store.rendering_of(db, door, nonce)
        if page is None:
            stale = [Wrong("", "wrong_stale")]
            return refused(db, door, questionnaire, filled, stale, visit=visit, now=now, tokens=tokens)
        if doubt(db, page, trap_filled=trap_filled, now=now) is not None:
            asked = shown_again(db, door, questionnaire, filled, visit=visit, now=now, tokens=tokens)
            return Doubted(asked, what)
        effects.declined(db, door, what, now=now)
        return Acted(door, questionnaire, what)

    return database.commit(act)


def refer(
    database: Database,
    *,
    token: str,
    filled: Filled,
    nonce: str,
    trap_filled: bool,
    visit: Visit,
    now: datetime,
    tokens: Tokens,
) -> Acted | Again | None:
    """Name a colleague: put before the CSM, sent to nobody. Doubted ones come back to be pressed once more."""

    def act(db: Connection) -> Acted | Again | None:
        door = live_door(db, token, Purpose.ANSWER, now)
        if door is None:
            return None
        store.lock(db, door.invitation_id)
        questionnaire = store.questionnaire(db, door)
        field = effects.contact_field(questionnaire)
        page = store.rendering_of(db, door, nonce)
        referral = effects.referral_in(db, door, questionnaire, filled)
        wrong = []
        if page is None:
            wrong.append(Wrong("", "wrong_stale"))
        elif doubt(db, page, trap_filled=trap_filled, now=now) is not None:
            wrong.append(Wrong("", "wrong_sure"))
        if referral is None:
            wrong.append(Wrong(f"{field}_name", "wrong_required"))
        if isinstance(referral, Wrong):
            wrong.append(referral)
        if wrong or not isinstance(referral, Referral):
            return refused(db, door, questionnaire, filled, wrong, visit=visit, now=now, tokens=tokens)
        effects.refer(db, door, referral, now=now)
        if door.answered_at is None:
            effects.referred_instead(db, door, now=now)
        return Acted(door, questionnaire)

    return database.commit(act)


def unsubscribe(
    database: Database,
    *,
    token: str,
    one_click: bool,
    nonce: str,
    trap_filled: bool,
    visit: Visit,
    now: datetime,
    tokens: Tokens,
) -> Acted | Doubted | None:
    """Never again. A mail program's one-click POST (RFC 8058) acts at once; the page's form shows that it is one."""

    def act(db: Connection) -> Acted | Doubted | None:
        door = live_door(db, token, Purpose.UNSUBSCRIBE, now)
        if door is None:
            return None
        store.lock(db, door.invitation_id)
        questionnaire = store.questionnaire(db, door)
        page = store.rendering_of(db, door, nonce)
        if not one_click and (page is None or doubt(db, page, trap_filled=trap_filled, now=now) is not None):
            asked = shown_again(db, door, questionnaire, {}, visit=visit, now=now, tokens=tokens)
            return Doubted(asked, Decline.NEVER)
        effects.declined(db, door, Decline.NEVER, now=now)
        return Acted(door, questionnaire, Decline.NEVER)

    return database.commit(act)
