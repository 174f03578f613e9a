"""Responses and their answers; this stage writes them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from voc.base.schema import answer, invitation, response, suggestion
from voc.base.words import ResponseState, SuggestionKind
from voc.responses.model import Channel, Checked, Door, Given, Kept


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
    submitted_at: datetime | None = None,
) -> int:
    """Write a response with its answers, over the draft or suspect one it `replaces`; returns its id.

    `submitted_at` is when it was given, if that was not now: `entered_by` typed it in.
    """
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
        "submitted_at": (submitted_at or now) if state == ResponseState.SUBMITTED else None,
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
