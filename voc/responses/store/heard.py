"""Answers as staff pages show them: who said what, in the words of the question they were asked."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection, Select, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, answer, contact, invitation, questionnaire_version, response, wave
from voc.base.words import ResponseState
from voc.campaigns import questionnaire, templates
from voc.campaigns.definition import Kind, Question, Texts
from voc.campaigns.mistakes import QuestionnaireMistakes


@dataclass(frozen=True)
class Said:
    """One answered question besides the score; `verbatim` tells their own words from a choice."""

    question: Markup
    words: str
    verbatim: bool


@dataclass(frozen=True)
class Heard:
    """One counted response. `twice`: another browser answered too, somebody should ask which holds."""

    response_id: int
    contact_id: str
    contact_name: str
    account_id: str
    wave_id: int
    wave: str
    at: datetime
    score: int | None
    complete: bool
    channel: str
    entered_by: str | None
    twice: bool
    said: tuple[Said, ...]
    others: tuple["Heard", ...] = ()  # what it replaced and somebody else may have given


def heard(
    db: Connection,
    viewer: Viewer,
    *,
    account_id: str | None = None,
    contact_id: str | None = None,
    company: str,
    until: datetime,
    limit: int = 20,
) -> list[Heard]:
    """The counted answers of an account or a contact that the viewer may see, the latest first."""
    query = _counted(viewer).where(response.c.state == ResponseState.SUBMITTED, response.c.submitted_at <= until)
    query = query.order_by(response.c.submitted_at.desc(), response.c.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(invitation.c.account_id == account_id)
    if contact_id is not None:
        query = query.where(invitation.c.contact_id == contact_id)
    rows = db.execute(query).all()
    pairs = [row.invitation_id for row in rows if row.twice]
    others = _replaced(db, viewer, pairs, until=until) if pairs else []
    given = _answers(db, [row.id for row in (*rows, *others)])
    by_invitation: dict[int, list[Heard]] = defaultdict(list)
    for row in others:
        by_invitation[row.invitation_id].append(_heard(row, given[row.id], company))
    return [
        replace(
            _heard(row, given[row.id], company), others=tuple(by_invitation[row.invitation_id]) if row.twice else ()
        )
        for row in rows
    ]


def _replaced(db: Connection, viewer: Viewer, invitation_ids: list[int], *, until: datetime) -> Sequence[Any]:
    """The other versions of answers that came twice, from another browser or from the phone."""
    query = _counted(viewer).where(
        response.c.invitation_id.in_(invitation_ids),
        response.c.state == ResponseState.SUPERSEDED,
        response.c.twice,
        response.c.submitted_at <= until,
    )
    return db.execute(query.order_by(response.c.submitted_at.desc(), response.c.id.desc())).all()


def _counted(viewer: Viewer) -> Select[Any]:
    return (
        select(
            response,
            invitation.c.contact_id,
            invitation.c.account_id,
            invitation.c.wave_id,
            wave.c.label,
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
            questionnaire_version.c.files,
        )
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(account, account.c.id == invitation.c.account_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(questionnaire_version, questionnaire_version.c.id == response.c.questionnaire_version_id)
        .where(visible_accounts(viewer), confidential.named)
    )


def _answers(db: Connection, response_ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    query = (
        select(answer.c.response_id, answer.c.question, answer.c.number, answer.c.choices, answer.c.text.label("words"))
        .where(answer.c.response_id.in_(response_ids))
        .order_by(answer.c.id)
    )
    for row in db.execute(query):
        found[row.response_id].append(row)
    return found


def _heard(row: Any, answers: list[Any], company: str) -> Heard:
    name = " ".join(part for part in (row.first_name, row.last_name) if part) or row.email or ""
    return Heard(
        response_id=row.id,
        contact_id=row.contact_id,
        contact_name=name,
        account_id=row.account_id,
        wave_id=row.wave_id,
        wave=row.label,
        at=row.submitted_at,
        score=row.score,
        complete=row.complete,
        channel=row.channel,
        entered_by=row.entered_by,
        twice=row.twice,
        said=_said(row, answers, company),
    )


def _said(row: Any, answers: list[Any], company: str) -> tuple[Said, ...]:
    """In the order of the questionnaire, as it stood when they were asked."""
    try:
        version = questionnaire.load(row.files)
    except QuestionnaireMistakes:
        # A version that an older release took and this one does not: the words of people come first.
        return tuple(Said(Markup.escape(one.question), one.words, verbatim=True) for one in answers if one.words)
    by_key = {one.question: one for one in answers}
    found = []
    for question in version.questions:
        given = by_key.get(question.key)
        words = _words(question, given, row.language, company) if given is not None else None
        if words is not None and question.key != version.key_question.key:
            asked = _text(question.text, row.language, company)
            found.append(Said(asked, words, verbatim=question.kind == Kind.TEXT))
    return tuple(found)


def _words(question: Question, given: Any, language: str, company: str) -> str | None:
    if question.kind == Kind.TEXT:
        return given.words or None
    if given.choices:
        names = {choice.key: str(_text(choice.text, language, company)) for choice in question.choices}
        return ", ".join(names.get(key, key) for key in given.choices)
    return None if given.number is None else f"{given.number} of {question.highest}"


def _text(texts: Texts, language: str, company: str) -> Markup:
    text = texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
    return templates.render_words(text, {**dict.fromkeys(templates.PAGE, ""), "company": company})
