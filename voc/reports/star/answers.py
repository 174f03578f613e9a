"""Answers that were submitted, and their words."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base import confidential
from voc.base.schema import answer, invitation, response
from voc.base.words import ResponseState
from voc.reports.star.asked import question_key
from voc.reports.star.joined import ACCOUNT_ID, CONTACT_ID, of_account, of_contact, stream, with_account, with_contact
from voc.reports.star.model import (
    MOMENT,
    TEXT,
    WHOLE,
    YES,
    Field,
    Of,
    Sort,
    StarTable,
    day_key,
    flag,
    own_key,
    plain,
    refers,
)


def _answers(db: Connection, _of: Of) -> Iterator[Any]:
    rows = answer.join(response, response.c.id == answer.c.response_id)
    rows = rows.join(invitation, invitation.c.id == response.c.invitation_id)
    rows = with_contact(with_account(rows, invitation.c.account_id), invitation.c.contact_id)
    query = (
        select(
            answer.c.id,
            answer.c.question,
            answer.c.number,
            answer.c.choices,
            answer.c.text,
            response.c.id.label("response_id"),
            response.c.questionnaire_version_id,
            response.c.submitted_at,
            response.c.channel,
            response.c.complete,
            response.c.language,
            invitation.c.id.label("invitation_id"),
            invitation.c.wave_id,
            invitation.c.csm_id,
            ACCOUNT_ID,
            CONTACT_ID,
        )
        .select_from(rows)
        .where(response.c.state == ResponseState.SUBMITTED, confidential.named)
        .order_by(answer.c.id)
    )
    return stream(db, query)


ANSWER = StarTable(
    "fact_answer",
    Sort.FACT,
    "Answers that were submitted, one row a question. None of a wave that asked in confidence. Words are in "
    "fact_verbatim.",
    (
        own_key("answer_key", "Answer", lambda row, _of: row.id, "answer.id"),
        plain("response_id", WHOLE, "Answers of one submission share it", "response.id"),
        refers("invitation_key", "fact_invitation", "Invitation", lambda row, _of: row.invitation_id,
               "response.invitation_id"),
        refers("question_key", "dim_question", "Question",
               lambda row, of: question_key(of, row.questionnaire_version_id, row.question), "answer.question"),
        refers("wave_key", "dim_wave", "Wave", lambda row, _of: row.wave_id, "invitation.wave_id"),
        of_account("invitation.account_id"),
        of_contact("invitation.contact_id"),
        refers("csm_key", "dim_csm", "Owner when it was sent", lambda row, of: of.key("csm", row.csm_id),
               "invitation.csm_id"),
        day_key("submitted_date_key", "Submitted", lambda row: row.submitted_at, "response.submitted_at"),
        plain("submitted_at", MOMENT, "Submitted", "response.submitted_at"),
        plain("channel", TEXT, "page, or phone: typed in by a CSM", "response.channel"),
        plain("complete", YES, "All required questions answered", "response.complete"),
        plain("language", TEXT, "Language code of the page", "response.language"),
        plain("number", WHOLE, "Point of a scale", "answer.number", nulls="no scale, or does not apply"),
        Field("choices", TEXT, "Keys of what was picked, apart by a space",
              lambda row, _of: " ".join(row.choices or ()) or None, "answer.choices", nulls="nothing to pick"),
        flag("has_words", "1 where something was written", lambda row, _of: row.text, "answer.verbatim"),
    ),
    _answers,
    "one answered question",
)  # fmt: skip


def _verbatims(db: Connection, of: Of) -> Iterator[Any]:
    return (row for row in _answers(db, of) if row.text)


VERBATIM = StarTable(
    "fact_verbatim",
    Sort.FACT,
    "What people wrote, word for word: it names people. Written only when personal data is asked for.",
    (
        own_key("answer_key", "As in fact_answer", lambda row, _of: row.id, "answer.id"),
        plain("text", TEXT, "Their words", "answer.verbatim"),
    ),
    _verbatims,
    "one comment",
    personal=True,
)
