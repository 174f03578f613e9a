"""What people answered on scales of 1 to 5, and whom they named; nothing given in confidence."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from voc.base.among import among
from voc.base.confidential import named
from voc.base.schema import answer, invitation, questionnaire_version, response, suggestion
from voc.base.words import ResponseState, SuggestionKind, SuggestionState
from voc.campaigns import questionnaire
from voc.campaigns.definition import Kind, Measure, Question
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.metrics.money.facts import Owned, Told

_ABOUT = {"csm": "csm", "account_team": "csm", "training": "training"}  # themes of the onboarding questionnaire


def told_by_account(
    db: Connection,
    winners: Mapping[str, str],
    *,
    after: datetime,
    moment: datetime,
    account_ids: Collection[str] | None = None,
) -> dict[str, list[Told]]:
    """Answers submitted in (after, moment], under the owner frozen when each was asked; of these accounts or all."""
    submitted = and_(response.c.state == ResponseState.SUBMITTED, response.c.submitted_at <= moment)
    of_these = () if account_ids is None else (among(invitation.c.account_id, account_ids),)
    said = (named, submitted, response.c.submitted_at > after, *of_these)
    columns = (response.c.id, response.c.invitation_id, response.c.submitted_at, response.c.questionnaire_version_id)
    asked = (invitation.c.account_id, invitation.c.contact_id, invitation.c.csm_id, invitation.c.inherited)
    query = select(*columns, *asked).join(invitation, invitation.c.id == response.c.invitation_id).where(*said)
    rows = db.execute(query.order_by(response.c.id)).all()
    if not rows:
        return {}
    meanings = scales(db)
    numbers: dict[int, list[tuple[str, int]]] = defaultdict(list)
    answers = (
        select(answer.c.response_id, answer.c.question, answer.c.number)
        .join(response, response.c.id == answer.c.response_id)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(*said, answer.c.number.is_not(None))
        .order_by(answer.c.response_id, answer.c.id)
    )
    for one in db.execute(answers):
        if one.number is not None:
            numbers[one.response_id].append((one.question, one.number))
    named_people = referrals(db, moment=moment)
    found: dict[str, list[Told]] = defaultdict(list)
    for row in rows:
        account_id = winners.get(row.account_id, row.account_id)
        found[account_id].append(
            _told(row, meanings, numbers.get(row.id, []), named_people.get(row.invitation_id, (0, 0)))
        )
    return found


def _told(
    row: Any,
    scales: Mapping[int, tuple[str, Mapping[str, str]]],
    numbers: list[tuple[str, int]],
    referrals: tuple[int, int],
) -> Told:
    name, scale = scales.get(row.questionnaire_version_id, ("", {}))
    return Told(
        id=str(row.id),
        questionnaire=name,
        on=row.submitted_at.date(),
        owner=Owned(row.csm_id, row.inherited),
        contact_id=row.contact_id,
        ratings=tuple((scale[question], float(number)) for question, number in numbers if question in scale),
        named=referrals[0],
        taken_up=referrals[1],
    )


def scales(db: Connection) -> dict[int, tuple[str, Mapping[str, str]]]:
    """Of each version: its questionnaire, and what its scales of 1 to 5 are about, by question."""
    rows = db.execute(select(questionnaire_version).order_by(questionnaire_version.c.id)).all()
    return {row.id: (row.name, _about(row.files)) for row in rows}


def _about(files: Mapping[str, str]) -> dict[str, str]:
    try:
        questions = questionnaire.load(files).questions
    except QuestionnaireMistakes:
        return {}  # an old version that today's rules refuse: its answers stay, their meaning is not known
    return {one.key: _measured(one) for one in questions if _is_rating(one)}


def _is_rating(question: Question) -> bool:
    return question.kind is Kind.SCALE and (question.lowest, question.highest) == (1, 5)


def _measured(question: Question) -> str:
    if question.measures is Measure.CSM:
        return "csm"
    return str(question.measures) if question.measures else _ABOUT.get(question.theme or "", "rating")


def referrals(db: Connection, *, moment: datetime) -> dict[int, tuple[int, int]]:
    """By invitation: how many people were named, and how many of them became contacts."""
    query = select(suggestion.c.key, suggestion.c.state, suggestion.c.decided_at).where(
        suggestion.c.kind == SuggestionKind.REFERRAL, suggestion.c.created_at <= moment
    )
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in db.execute(query.order_by(suggestion.c.id)):
        parts = row.key.split(":")
        if len(parts) < 2 or not parts[1].isdigit():
            continue
        named_so_far, taken = found[int(parts[1])]
        accepted = row.state == SuggestionState.ACCEPTED and row.decided_at is not None and row.decided_at <= moment
        found[int(parts[1])] = (named_so_far + 1, taken + accepted)
    return dict(found)
