"""Hits, renderings, visitors, responses and answers; this stage writes them. What a token opens is read here too."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from voc.base.access import Viewer, visible_accounts
from voc.base.schema import (
    account,
    answer,
    contact,
    csm,
    hit,
    invitation,
    link,
    questionnaire_version,
    rendering,
    response,
    suggestion,
    visitor,
    wave,
)
from voc.base.tokens import hash_token
from voc.base.words import Disposition, RecordState, ResponseState, Role, SuggestionKind, WaveState
from voc.campaigns.definition import Questionnaire
from voc.campaigns.questionnaire import load
from voc.responses.model import Channel, Checked, Counted, Door, Draft, Given, Kept, Purpose, Rendering
from voc.responses.scanners import WITHIN

_ADDRESSES = 200  # of one account, enough to know its domains
# Statements that every answer runs are built once: building one takes longer than running it.
_BY_HASH: dict[str, Questionnaire] = {}  # by content: what a hash stands for never changes


_lead = csm.alias("lead")
_DOOR = (
    select(
        invitation.c.id.label("invitation_id"),
        wave.c.state.label("wave_state"),
        questionnaire_version.c.id.label("version_id"),
        questionnaire_version.c.hash.label("version_hash"),
        invitation.c.contact_id,
        contact.c.first_name,
        contact.c.last_name,
        invitation.c.address,
        invitation.c.account_id,
        account.c.name.label("account_name"),
        csm.c.id.label("csm_id"),
        csm.c.name.label("csm_name"),
        csm.c.email.label("csm_email"),
        csm.c.title.label("csm_title"),
        csm.c.time_zone.label("csm_time_zone"),
        _lead.c.name.label("lead_name"),
        invitation.c.roles,
        invitation.c.language,
        invitation.c.time_zone,
        invitation.c.closes_at,
        invitation.c.answered_at,
        invitation.c.disposition,
        invitation.c.confidential,
    )
    .join(wave, wave.c.id == invitation.c.wave_id)
    .join(questionnaire_version, questionnaire_version.c.id == wave.c.questionnaire_version_id)
    .join(contact, contact.c.id == invitation.c.contact_id)
    .join(account, account.c.id == invitation.c.account_id)
    .outerjoin(csm, csm.c.id == invitation.c.csm_id)
    .outerjoin(_lead, _lead.c.id == csm.c.manager_id)
)


# Built once: building it takes longer than running it.
_DOOR_OF_LINK = (
    _DOOR.add_columns(link.c.id.label("link_id"), link.c.created_at)
    .join(link, link.c.invitation_id == invitation.c.id)
    .where(link.c.token_hash == bindparam("token_hash"), link.c.purpose == bindparam("purpose"))
)


def door(db: Connection, token: str, purpose: Purpose) -> Door | None:
    """What the token opens, or None; one look-up by its hash, whatever the token is."""
    row = db.execute(_DOOR_OF_LINK, {"token_hash": hash_token(token), "purpose": purpose}).first()
    return None if row is None else _as_door(dict(row._mapping))


def door_for_phone(db: Connection, invitation_id: int, viewer: Viewer) -> Door | None:
    """The invitation of somebody at an account that the viewer may see; no link leads there."""
    row = db.execute(_DOOR.where(invitation.c.id == invitation_id, visible_accounts(viewer))).first()
    return None if row is None else _as_door({**row._mapping, "link_id": None, "created_at": None})


def _as_door(values: dict[str, Any]) -> Door:
    values["wave_closed"] = values.pop("wave_state") in (WaveState.CLOSED, WaveState.STOPPED)
    values["roles"] = tuple(Role(role) for role in values["roles"])
    values["disposition"] = None if values["disposition"] is None else Disposition(values["disposition"])
    return Door(**values)


def questionnaire(db: Connection, opened: Door | Draft) -> Questionnaire:
    """The definition that the wave was sent with."""
    if opened.version_hash not in _BY_HASH:
        files = db.execute(
            select(questionnaire_version.c.files).where(questionnaire_version.c.id == opened.version_id)
        ).scalar_one()
        _BY_HASH[opened.version_hash] = load(files)
    return _BY_HASH[opened.version_hash]


_ADDRESSES_OF = (
    select(contact.c.email)
    .where(contact.c.account_id == bindparam("account_id"), contact.c.email.is_not(None))
    .where(contact.c.state == RecordState.LIVE)
    .order_by(contact.c.id)
    .limit(_ADDRESSES)
)


def account_addresses(db: Connection, account_id: str) -> list[str]:
    rows = db.execute(_ADDRESSES_OF, {"account_id": account_id})
    return [address for address in rows.scalars() if address is not None]


# --- hits and renderings ------------------------------------------------------------------------


def add_hit(
    db: Connection,
    opened: Door,
    *,
    at: datetime,
    method: str,
    score: int | None,
    agent: str | None,
    source: str | None,
) -> None:
    values = {
        "link_id": opened.link_id,
        "invitation_id": opened.invitation_id,
        "at": at,
        "method": method[:8],
        "score": score,
        "agent": None if agent is None else agent[:200],
        "source": source,
    }
    db.execute(_HIT, values)


def add_rendering(db: Connection, opened: Door, *, nonce: str, at: datetime, source: str | None) -> None:
    values = {
        "nonce_hash": hash_token(nonce),
        "invitation_id": opened.invitation_id,
        "link_id": opened.link_id,
        "at": at,
        "source": source,
    }
    db.execute(_RENDERING, values)


_HIT, _RENDERING = insert(hit), insert(rendering)
_RENDERING_OF = select(
    rendering.c.id,
    rendering.c.invitation_id,
    rendering.c.link_id,
    rendering.c.at,
    rendering.c.source,
    rendering.c.trapped_at,
).where(
    rendering.c.nonce_hash == bindparam("nonce_hash"),
    rendering.c.invitation_id == bindparam("invitation_id"),
)


def rendering_of(db: Connection, opened: Door, nonce: str) -> Rendering | None:
    """The page with that nonce, if it was served for this invitation."""
    row = db.execute(_RENDERING_OF, {"nonce_hash": hash_token(nonce), "invitation_id": opened.invitation_id}).first()
    return None if row is None else Rendering(**row._mapping)


def spring_trap(db: Connection, opened: Door, *, nonce: str, at: datetime) -> None:
    db.execute(
        update(rendering)
        .where(rendering.c.nonce_hash == hash_token(nonce), rendering.c.invitation_id == opened.invitation_id)
        .where(rendering.c.trapped_at.is_(None))
        .values(trapped_at=at)
    )


_SCORES = (
    select(hit.c.at, hit.c.score)
    .where(hit.c.link_id == bindparam("link_id"), hit.c.score.is_not(None))
    .where(hit.c.at.between(bindparam("begins"), bindparam("ends")))
    .where(hit.c.source.is_not_distinct_from(bindparam("source")))
    .order_by(hit.c.at, hit.c.id)
)


def scores_around(db: Connection, page: Rendering) -> list[tuple[datetime, int]]:
    """The score links of the same mail that the page's own source opened within ten seconds of it."""
    rows = db.execute(
        _SCORES,
        {"link_id": page.link_id, "begins": page.at - WITHIN, "ends": page.at + WITHIN, "source": page.source},
    )
    return [(row.at, row.score) for row in rows if row.score is not None]


# --- visitors -----------------------------------------------------------------------------------


def visitor_of(db: Connection, opened: Door, cookie: str | None) -> int | None:
    """The browser that posted for this invitation before, by its cookie."""
    if not cookie:
        return None
    return db.execute(
        select(visitor.c.id)
        .where(visitor.c.cookie_hash == hash_token(cookie))
        .where(visitor.c.invitation_id == opened.invitation_id)
    ).scalar()


def add_visitor(db: Connection, opened: Door, *, cookie: str, at: datetime) -> int:
    values = {"cookie_hash": hash_token(cookie), "invitation_id": opened.invitation_id, "at": at}
    return int(db.execute(_VISITOR, values).scalar_one())


_VISITOR = insert(visitor).returning(visitor.c.id)


# --- responses ----------------------------------------------------------------------------------


def lock(db: Connection, invitation_id: int) -> None:
    """Two answers to one invitation wait for each other; SQLite has one writer anyway."""
    if db.dialect.name != "sqlite":
        db.execute(select(invitation.c.id).where(invitation.c.id == invitation_id).with_for_update())


_RESPONSES = (
    select(
        response.c.id,
        response.c.state,
        response.c.visitor_id,
        response.c.rendering_id,
        response.c.submitted_at,
        response.c.score,
        response.c.channel,
    )
    .where(response.c.invitation_id == bindparam("invitation_id"))
    .order_by(response.c.id.desc())
)


def responses_of(db: Connection, invitation_id: int) -> list[Kept]:
    """Every response of the invitation, newest first."""
    rows = db.execute(_RESPONSES, {"invitation_id": invitation_id})
    return [
        Kept(**{**row._mapping, "state": ResponseState(row.state), "channel": Channel(row.channel)}) for row in rows
    ]


def write_response(
    db: Connection,
    opened: Door,
    checked: Checked,
    *,
    state: ResponseState,
    now: datetime,
    language: str,
    started_at: datetime,
    visitor_id: int | None = None,
    rendering_id: int | None = None,
    replaces: int | None = None,
    twice: bool = False,
    entered_by: str | None = None,
) -> int:
    """Write a response with its answers, over the draft or suspect one it `replaces`; returns its id."""
    values = {
        "invitation_id": opened.invitation_id,
        "questionnaire_version_id": opened.version_id,
        "visitor_id": visitor_id,
        "rendering_id": rendering_id,
        "state": state,
        "channel": Channel.PAGE if entered_by is None else Channel.PHONE,
        "entered_by": entered_by,
        "language": language,
        "saved_at": now,
        "submitted_at": now if state == ResponseState.SUBMITTED else None,
        "complete": checked.complete,
        "score": checked.score,
        "twice": twice,
    }
    if replaces is None:
        response_id = int(db.execute(_RESPONSE, {**values, "started_at": started_at}).scalar_one())
    else:
        response_id = replaces
        db.execute(update(response).where(response.c.id == response_id).values(**values))
        db.execute(delete(answer).where(answer.c.response_id == response_id))
    rows = [
        {
            "response_id": response_id,
            "question": key,
            "number": given.number,
            "choices": list(given.choices),
            "text": given.text,
        }
        for key, given in checked.given.items()
    ]
    if rows:
        db.execute(_ANSWER, rows)
    return response_id


_RESPONSE, _ANSWER = insert(response).returning(response.c.id), insert(answer)


def supersede(db: Connection, response_ids: Iterable[int]) -> None:
    """Answers that a newer one replaces; they are kept."""
    ids = list(response_ids)
    if ids:
        db.execute(update(response).where(response.c.id.in_(ids)).values(state=ResponseState.SUPERSEDED))


def flag_twice(db: Connection, response_ids: Iterable[int]) -> None:
    """Answers to the same invitation from another browser: a person should look."""
    db.execute(update(response).where(response.c.id.in_(list(response_ids))).values(twice=True))


_UNJUDGED = (
    select(
        response.c.id.label("response_id"),
        response.c.submitted_at,
        rendering.c.id,
        rendering.c.invitation_id,
        rendering.c.link_id,
        rendering.c.at,
        rendering.c.source,
        rendering.c.trapped_at,
    )
    .join(rendering, rendering.c.id == response.c.rendering_id)
    # Within ten days: what an older release took is not judged by what it did not keep.
    .where(response.c.submitted_at.between(bindparam("since"), bindparam("before")))
    .where(response.c.state == ResponseState.SUBMITTED, response.c.judged_at.is_(None))
    .order_by(response.c.submitted_at, response.c.id)
    .limit(bindparam("most"))
)


def unjudged(db: Connection, *, before: datetime, limit: int) -> list[tuple[Counted, Rendering]]:
    """Answers of the page that nobody has looked at again, oldest first, each with its page."""
    rows = db.execute(_UNJUDGED, {"since": before - timedelta(days=10), "before": before, "most": limit}).all()
    return [
        (
            Counted(row.response_id, row.invitation_id, row.submitted_at),
            Rendering(row.id, row.invitation_id, row.link_id, row.at, row.source, row.trapped_at),
        )
        for row in rows
    ]


def mark_judged(db: Connection, response_id: int, *, at: datetime, state: ResponseState | None = None) -> None:
    values = {"judged_at": at} | ({} if state is None else {"state": state})
    db.execute(update(response).where(response.c.id == response_id).values(values))


def restore_latest(db: Connection, invitation_id: int) -> bool:
    """Of the answers that a newer one replaced, the newest counts again; False if there is none."""
    others = (response.c.invitation_id == invitation_id, response.c.state != ResponseState.SUSPECT)
    sent = select(response.c.id, response.c.state).where(*others, response.c.submitted_at.is_not(None))
    latest = db.execute(sent.order_by(response.c.submitted_at.desc(), response.c.id.desc()).limit(1)).first()
    if latest is not None and latest.state == ResponseState.SUPERSEDED:
        db.execute(update(response).where(response.c.id == latest.id).values(state=ResponseState.SUBMITTED))
    return latest is not None


def answers_of(db: Connection, response_id: int) -> dict[str, Given]:
    return answers_of_all(db, [response_id]).get(response_id, {})


def answers_of_all(db: Connection, response_ids: Iterable[int]) -> dict[int, dict[str, Given]]:
    rows = db.execute(
        select(answer.c.response_id, answer.c.question, answer.c.number, answer.c.choices, answer.c.text)
        .where(answer.c.response_id.in_(list(response_ids)))
        .order_by(answer.c.id)
    )
    found: dict[int, dict[str, Given]] = {}
    for row in rows:
        given = Given(number=row.number, choices=tuple(row.choices or ()), text=row.text)
        found.setdefault(row.response_id, {})[row.question] = given
    return found


def referrals(db: Connection, invitation_id: int) -> int:
    """How many colleagues this invitation named."""
    count = db.execute(
        select(func.count())
        .select_from(suggestion)
        .where(suggestion.c.kind == SuggestionKind.REFERRAL)
        .where(suggestion.c.key.startswith(f"referral:{invitation_id}:", autoescape=True))
    ).scalar_one()
    return int(count)


def abandoned(db: Connection, *, now: datetime, untouched: timedelta) -> list[Draft]:
    """The newest draft of each invitation that is due, if it was left alone and nothing else ended the invitation."""
    rows = db.execute(
        select(
            response.c.id.label("response_id"),
            response.c.invitation_id,
            invitation.c.contact_id,
            response.c.questionnaire_version_id.label("version_id"),
            questionnaire_version.c.hash.label("version_hash"),
            response.c.saved_at,
            invitation.c.confidential,
        )
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(questionnaire_version, questionnaire_version.c.id == response.c.questionnaire_version_id)
        .where(response.c.state == ResponseState.DRAFT, response.c.saved_at <= now - untouched)
        .where(invitation.c.closes_at <= now, invitation.c.answered_at.is_(None))
        .where(invitation.c.disposition.is_(None) | (invitation.c.disposition == Disposition.SILENT))
        .order_by(response.c.invitation_id, response.c.saved_at.desc(), response.c.id.desc())
    )
    newest: dict[int, Draft] = {}
    for row in rows:
        newest.setdefault(row.invitation_id, Draft(**row._mapping))
    return list(newest.values())


def keep_partial(db: Connection, response_id: int, *, saved_at: datetime) -> None:
    db.execute(
        update(response)
        .where(response.c.id == response_id)
        .values(state=ResponseState.SUBMITTED, submitted_at=saved_at, complete=False)
    )
