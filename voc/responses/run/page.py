"""Opening a page: looking never answers. A GET leaves a hit and a rendering with its nonce, a HEAD a hit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from voc.base.tokens import Tokens, hash_token
from voc.base.words import ResponseState
from voc.campaigns.definition import Questionnaire
from voc.responses import rules, scanners, store
from voc.responses.model import (
    Again,
    Door,
    Filled,
    Kept,
    Opened,
    Posted,
    Purpose,
    Rendering,
    Suspicion,
    Thanks,
    Visit,
    Wrong,
)

LINK_LIVES = timedelta(days=400)


def open_page(
    db: Connection, *, token: str, method: str, score: str | None, visit: Visit, now: datetime, tokens: Tokens
) -> Opened | Thanks | None:
    """The page of a link; the thanks when it was answered and its wave is over; None when it opens nothing.

    Unknown, malformed and expired tokens take the same path: one hash, one look-up, None.
    """
    door = live_door(db, token, Purpose.ANSWER, now)
    if door is None:
        return None
    questionnaire = store.questionnaire(db, door)
    point = rules.score_in_link(questionnaire, score)
    store.add_hit(db, door, at=now, method=method, score=point, agent=visit.agent, source=visit.source)
    if door.wave_closed and door.answered_at is not None:
        return thanks_of(db, door, questionnaire, visit)
    filled = dict(_own_filled(db, door, visit))
    own = bool(filled)
    if point is not None:
        filled[questionnaire.key_question.key] = [str(point)]
    if method == "HEAD":
        return Opened(door, questionnaire, "", filled, _domains(db, door), own)
    return shown_again(db, door, questionnaire, filled, visit=visit, now=now, tokens=tokens, own=own)


def open_unsubscribe(
    db: Connection, *, token: str, method: str, visit: Visit, now: datetime, tokens: Tokens
) -> Opened | None:
    """The page that asks whether to stop for good; looking at it changes nothing."""
    door = live_door(db, token, Purpose.UNSUBSCRIBE, now)
    if door is None:
        return None
    questionnaire = store.questionnaire(db, door)
    store.add_hit(db, door, at=now, method=method, score=None, agent=visit.agent, source=visit.source)
    if method == "HEAD":
        return Opened(door, questionnaire, "", {}, ())
    return shown_again(db, door, questionnaire, {}, visit=visit, now=now, tokens=tokens)


def trap(db: Connection, *, token: str, nonce: str, now: datetime) -> None:
    """The link nobody sees was followed: whoever holds that page is asked to confirm."""
    for purpose in Purpose:
        door = live_door(db, token, purpose, now)
        if door is not None:
            store.spring_trap(db, door, nonce=nonce, at=now)


def thanks(db: Connection, *, token: str, visit: Visit, now: datetime) -> Thanks | None:
    """The thanks of an answered invitation; None when there is none to thank for."""
    door = live_door(db, token, Purpose.ANSWER, now)
    if door is None or door.answered_at is None:
        return None
    return thanks_of(db, door, store.questionnaire(db, door), visit)


def thanks_of(db: Connection, door: Door, questionnaire: Questionnaire, visit: Visit) -> Thanks:
    """Only the browser that answered sees what it gave; everybody with the link sees when."""
    submitted = [kept for kept in store.responses_of(db, door.invitation_id) if kept.state == ResponseState.SUBMITTED]
    visitor = store.visitor_of(db, door, visit.cookies.get(cookie_name(door)))
    own = next((kept for kept in submitted if visitor is not None and kept.visitor_id == visitor), None)
    given = {} if own is None else store.answers_of(db, own.id)
    at = max((kept.submitted_at for kept in submitted if kept.submitted_at), default=door.answered_at)
    assert at is not None
    follow_ups = questionnaire.follow_ups
    # Who answered in confidence is rung only if they said that they may be.
    known = not door.confidential or rules.consents(questionnaire, given)
    return Thanks(
        door=door,
        questionnaire=questionnaire,
        at=at,
        score=None if own is None else own.score,
        call=known and (rules.opens(follow_ups.detractor, given) or rules.opens(follow_ups.passive_request, given)),
        hear=known and rules.opens(follow_ups.promoter_offer, given),
    )


def live_door(db: Connection, token: str, purpose: Purpose, now: datetime) -> Door | None:
    door = store.door(db, token, purpose)
    return None if door is None or _expired(door, now) else door


def posted_door(
    db: Connection, posted: Posted, purpose: Purpose, now: datetime
) -> tuple[Door, Rendering | None] | tuple[None, None]:
    """What the token opens, and the page of it that is posted; none if its nonce is of no page we served."""
    door, page = store.door_and_rendering(db, posted.token, purpose, posted.nonce)
    return (None, None) if door is None or _expired(door, now) else (door, page)


class Entered(NamedTuple):
    door: Door
    page: Rendering | None
    questionnaire: Questionnaire


def entered(db: Connection, posted: Posted, purpose: Purpose, now: datetime) -> Entered | None:
    """The same with its questionnaire, the invitation locked until the transaction ends. None: nothing is opened."""
    door, page = posted_door(db, posted, purpose, now)
    if door is None:
        return None
    store.lock(db, door.invitation_id)
    return Entered(door, page, store.questionnaire(db, door))


def _expired(door: Door, now: datetime) -> bool:
    return door.created_at is not None and now - door.created_at > LINK_LIVES


def cookie_name(door: Door) -> str:
    """One cookie per invitation, so that two open questionnaires do not hide each other's answers."""
    return f"voc_{hash_token(f'invitation:{door.invitation_id}')[:12]}"


def shown_again(
    db: Connection,
    door: Door,
    questionnaire: Questionnaire,
    filled: Filled,
    *,
    visit: Visit,
    now: datetime,
    tokens: Tokens,
    own: bool = False,
) -> Opened:
    """A page with a nonce of its own and these fields filled in."""
    nonce = tokens.new()
    store.add_rendering(db, door, nonce=nonce, at=now, source=visit.source)
    return Opened(door, questionnaire, nonce, filled, _domains(db, door), own)


def refused(
    db: Connection,
    door: Door,
    questionnaire: Questionnaire,
    filled: Filled,
    wrong: Sequence[Wrong],
    *,
    visit: Visit,
    now: datetime,
    tokens: Tokens,
) -> Again:
    """The page again, with everything typed and what is wrong."""
    return Again(shown_again(db, door, questionnaire, filled, visit=visit, now=now, tokens=tokens), tuple(wrong))


def doubt(db: Connection, page: Rendering, posted: Posted, *, now: datetime) -> Suspicion | None:
    return scanners.suspicion(page, now=now, trap_filled=posted.trap_filled, scores=store.scores_around(db, page))


def own_responses(kept: Sequence[Kept], *, visitor_id: int | None, rendering_id: int | None) -> list[Kept]:
    """Those of this browser: by its cookie, or sent from the very same page (a double click, a lost cookie)."""
    return [
        one
        for one in kept
        if (visitor_id is not None and one.visitor_id == visitor_id)
        or (rendering_id is not None and one.rendering_id == rendering_id)
    ]


def _own_filled(db: Connection, door: Door, visit: Visit) -> Filled:
    visitor = store.visitor_of(db, door, visit.cookies.get(cookie_name(door)))
    kept = store.responses_of(db, door.invitation_id) if visitor is not None else []
    own = own_responses(kept, visitor_id=visitor, rendering_id=None)
    return rules.as_filled(store.answers_of(db, own[0].id)) if own else {}


def _domains(db: Connection, door: Door) -> tuple[str, ...]:
    return rules.own_domains(store.account_addresses(db, door.account_id))
