"""An answer: typed, kept as one types, sent, doubted and confirmed. Only a POST with a page's nonce gets here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from voc.base.tokens import Tokens
from voc.base.words import ResponseState
from voc.campaigns.definition import Questionnaire
from voc.responses import rules, store
from voc.responses.model import (
    Again,
    Checked,
    Door,
    Doubted,
    Filled,
    Kept,
    Posted,
    Purpose,
    Referral,
    Rendering,
    Saved,
    Visit,
    Wrong,
)
from voc.responses.run import effects
from voc.responses.run.page import cookie_name, doubt, entered, own_responses, posted_door, refused, shown_again


def submit(
    db: Connection,
    posted: Posted,
    *,
    filled: Filled,
    now: datetime,
    tokens: Tokens,
) -> Saved | Again | Doubted | None:
    """Record an answer, or say why not with everything typed still there. None: the link opens nothing."""
    found = entered(db, posted, Purpose.ANSWER, now)
    if found is None:
        return None
    door, page, questionnaire = found
    checked = rules.check(questionnaire, filled, door.roles)
    referral = effects.referral_in(db, door, questionnaire, filled)
    wrong = _wrong(door, page, checked, referral)
    if page is None or wrong:
        return refused(db, door, questionnaire, filled, wrong, visit=posted.visit, now=now, tokens=tokens)
    if doubt(db, page, posted, now=now) is not None:
        cookie = _keep(db, door, page, checked, ResponseState.SUSPECT, visit=posted.visit, now=now, tokens=tokens)
        asked = shown_again(db, door, questionnaire, filled, visit=posted.visit, now=now, tokens=tokens)
        return Doubted(asked, of=posted.nonce, cookie=cookie)
    if isinstance(referral, Referral):
        effects.refer(db, door, referral, now=now)
    visitor_id, cookie = _visitor(db, door, visit=posted.visit, now=now, tokens=tokens)
    response_id = _record(db, door, questionnaire, checked, page, visitor_id=visitor_id, visit=posted.visit, now=now)
    return Saved(door, cookie, response_id)


def confirm(
    db: Connection,
    posted: Posted,
    *,
    of: str,
    now: datetime,
    tokens: Tokens,
) -> Saved | Again | Doubted | None:
    """ "It is me" was pressed: what was kept from the page `of` counts now."""
    found = entered(db, posted, Purpose.ANSWER, now)
    if found is None:
        return None
    door, page, questionnaire = found
    first = store.rendering_of(db, door, of)
    kept = _of_page(db, door, first)
    if kept is None or first is None:
        stale = [Wrong("", "wrong_stale")]
        return refused(db, door, questionnaire, {}, stale, visit=posted.visit, now=now, tokens=tokens)
    given = store.answers_of(db, kept.id)
    filled = rules.as_filled(given)
    if page is None or doubt(db, page, posted, now=now) is not None:
        asked = shown_again(db, door, questionnaire, filled, visit=posted.visit, now=now, tokens=tokens)
        return Doubted(asked, of=of)
    visitor_id, cookie = _visitor(db, door, visit=posted.visit, now=now, tokens=tokens)
    if kept.state == ResponseState.SUSPECT:
        checked = rules.check(questionnaire, filled, door.roles)
        _record(db, door, questionnaire, checked, first, visitor_id=visitor_id, visit=posted.visit, now=now)
        store.mark_judged(db, kept.id, at=now)  # a person pressed for it: it is not doubted again
    return Saved(door, cookie, kept.id)


def autosave(
    db: Connection,
    posted: Posted,
    *,
    filled: Filled,
    now: datetime,
    tokens: Tokens,
) -> tuple[str, str] | None:
    """Keep what is typed so far as a draft; gives the cookie. None: nothing was kept (a scanner, an old page)."""
    door, page = posted_door(db, posted, Purpose.ANSWER, now)
    if door is None or page is None or doubt(db, page, posted, now=now) is not None:
        return None
    store.lock(db, door.invitation_id)
    checked = rules.check(store.questionnaire(db, door), filled, door.roles)
    if not checked.given:
        return None
    return _keep(db, door, page, checked, ResponseState.DRAFT, visit=posted.visit, now=now, tokens=tokens)


def _wrong(door: Door, page: Rendering | None, checked: Checked, referral: Referral | Wrong | None) -> list[Wrong]:
    wrong = [*checked.wrong, *([referral] if isinstance(referral, Wrong) else [])]
    if door.wave_closed and door.answered_at is not None:
        return [Wrong("", "wrong_closed"), *wrong]
    return [Wrong("", "wrong_stale"), *wrong] if page is None else wrong


def _visitor(db: Connection, door: Door, *, visit: Visit, now: datetime, tokens: Tokens) -> tuple[int, tuple[str, str]]:
    """The browser that posts, known by its cookie or new, and the cookie it is to keep."""
    name = cookie_name(door)
    value = visit.cookies.get(name)
    visitor_id = store.visitor_of(db, door, value)
    if value is None or visitor_id is None:
        value = tokens.new()
        visitor_id = store.add_visitor(db, door, cookie=value, at=now)
    return visitor_id, (name, value)


def _keep(
    db: Connection,
    door: Door,
    page: Rendering,
    checked: Checked,
    state: ResponseState,
    *,
    visit: Visit,
    now: datetime,
    tokens: Tokens,
) -> tuple[str, str]:
    """Write what does not count yet, over what this browser kept before."""
    visitor_id, cookie = _visitor(db, door, visit=visit, now=now, tokens=tokens)
    own = own_responses(store.responses_of(db, door.invitation_id), visitor_id=visitor_id, rendering_id=page.id)
    store.write_response(
        db,
        door,
        checked,
        state=state,
        now=now,
        language=visit.language or door.language,
        started_at=page.at,
        visitor_id=visitor_id,
        rendering_id=page.id,
        replaces=_open(own),
    )
    return cookie


def _record(
    db: Connection,
    door: Door,
    questionnaire: Questionnaire,
    checked: Checked,
    page: Rendering,
    *,
    visitor_id: int,
    visit: Visit,
    now: datetime,
) -> int:
    """Write the answer that counts from now on, with all its effects."""
    kept = store.responses_of(db, door.invitation_id)
    own = own_responses(kept, visitor_id=visitor_id, rendering_id=page.id)
    others = [one.id for one in kept if one.submitted_at is not None and one not in own]
    response_id = store.write_response(
        db,
        door,
        checked,
        state=ResponseState.SUBMITTED,
        now=now,
        language=visit.language or door.language,
        started_at=page.at,
        visitor_id=visitor_id,
        rendering_id=page.id,
        replaces=_open(own),
        twice=bool(others),
    )
    store.supersede(db, (one.id for one in kept if one.state == ResponseState.SUBMITTED and one.id != response_id))
    if others:
        store.flag_twice(db, others)
    effects.answered(db, door, questionnaire, response_id, checked, source="page", now=now)
    return response_id


def _open(own: Sequence[Kept]) -> int | None:
    """The draft or doubted row of this browser that the new one is written over."""
    unsent = (ResponseState.DRAFT, ResponseState.SUSPECT)
    return next((one.id for one in own if one.state in unsent), None)


def _of_page(db: Connection, door: Door, page: Rendering | None) -> Kept | None:
    if page is None:
        return None
    kept = store.responses_of(db, door.invitation_id)
    return next((one for one in kept if one.rendering_id == page.id and one.state != ResponseState.SUPERSEDED), None)
