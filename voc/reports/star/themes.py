"""What customers write about, by comment, person and account; and what is done about it.

A theme of a comment counts as on the page Forest: a person's word goes before the rule's, a theme that is used no more
and what was asked in confidence are in none.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, func, select

from voc.base import confidential
from voc.base.schema import answer, improvement, improvement_line, invitation, response, theme, verbatim_theme, you_said
from voc.base.words import ImprovementState, ResponseState, ThemeSource
from voc.metrics.units import group_of
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
from voc.responses.store.themes import standing


def _themes(db: Connection, _of: Of) -> Iterator[Any]:
    return stream(db, select(theme).order_by(theme.c.id))


THEME = StarTable(
    "dim_theme",
    Sort.DIMENSION,
    "Themes of the code book as it stands. Its own key never changes, its name and words may.",
    (
        own_key("theme_key", "Theme", lambda row, _of: row.id, "theme.id"),
        Field("theme", TEXT, "Its stable key", lambda row, _of: row.key, "theme.key", nulls="in the first row"),
        plain("name", TEXT, "What a page calls it", "theme.name", label=True),
        plain("department", TEXT, "Which department it is for", "theme.department", nulls="in the first row"),
        plain("retired", YES, "Used no more: then no comment has it", "theme.retired", nulls="in the first row"),
        plain("version", WHOLE, "Of the code book, when this theme was last changed", "theme.version",
              nulls="in the first row"),
    ),
    _themes,
    "one theme",
)  # fmt: skip


def _comments(db: Connection, _of: Of) -> Iterator[Any]:
    held = standing().subquery()
    said = and_(verbatim_theme.c.response_id == held.c.response_id, verbatim_theme.c.question == held.c.question)
    by_person = select(verbatim_theme.c.id).where(
        said, verbatim_theme.c.theme_id == held.c.theme_id, verbatim_theme.c.source == ThemeSource.PERSON
    )
    rows = held.join(theme, and_(theme.c.id == held.c.theme_id, ~theme.c.retired))
    rows = rows.join(response, response.c.id == held.c.response_id)
    rows = rows.join(
        answer,
        and_(answer.c.response_id == response.c.id, answer.c.question == held.c.question, answer.c.text != ""),
    ).join(invitation, invitation.c.id == response.c.invitation_id)
    rows = with_contact(with_account(rows, invitation.c.account_id), invitation.c.contact_id)
    query = select(
        answer.c.id.label("answer_id"),
        held.c.theme_id,
        by_person.exists().label("by_person"),
        response.c.score,
        response.c.submitted_at,
        invitation.c.id.label("invitation_id"),
        invitation.c.csm_id,
        invitation.c.segment,
        ACCOUNT_ID,
        CONTACT_ID,
    ).select_from(rows)
    named = response.c.state == ResponseState.SUBMITTED, confidential.named
    return stream(db, query.where(*named).order_by(answer.c.id, held.c.theme_id))


COMMENT_THEME = StarTable(
    "fact_comment_theme",
    Sort.FACT,
    "What each comment is about: as many rows as it has themes, none where it has none. The forest counts a theme by "
    "different account_key, and its people by different contact_key and account_key together. Show no cut of under "
    "five people or three accounts.",
    (
        refers("answer_key", "fact_answer", "The comment", lambda row, _of: row.answer_id, "answer.id"),
        refers("theme_key", "dim_theme", "Theme", lambda row, _of: row.theme_id, "verbatim_theme.theme_id"),
        refers("invitation_key", "fact_invitation", "Invitation: revenue, roles and wave of then",
               lambda row, _of: row.invitation_id, "response.invitation_id"),
        of_account("invitation.account_id"),
        of_contact("invitation.contact_id"),
        refers("csm_key", "dim_csm", "Owner when it was sent", lambda row, of: of.key("csm", row.csm_id),
               "invitation.csm_id"),
        refers("segment_key", "dim_segment", "Segment when it was sent", lambda row, of: of.key("segment", row.segment),
               "invitation.segment"),
        day_key("submitted_date_key", "Submitted", lambda row: row.submitted_at, "response.submitted_at"),
        Field("score_group", TEXT, "promoter (9, 10), passive (7, 8) or detractor: the score of the same answer",
              lambda row, _of: None if row.score is None else group_of(row.score), "response.score",
              nulls="none was given"),
        flag("by_person", "1 where a person says so, 0 where the code book's rule does alone",
             lambda row, _of: row.by_person, "verbatim_theme.source"),
    ),
    _comments,
    "one theme of one comment",
)  # fmt: skip


def _improvements(db: Connection, _of: Of) -> Iterator[Any]:
    drafted = select(func.count()).where(improvement_line.c.improvement_id == improvement.c.id).scalar_subquery()
    return stream(db, select(improvement, drafted.label("drafted")).order_by(improvement.c.id))


_OPEN = (ImprovementState.PLANNED, ImprovementState.UNDER_WAY)

IMPROVEMENT = StarTable(
    "fact_improvement",
    Sort.FACT,
    "What a department does about a theme, for every account that raised it, as it stands today.",
    (
        own_key("improvement_key", "Improvement", lambda row, _of: row.id, "improvement.id"),
        refers("theme_key", "dim_theme", "Theme", lambda row, _of: row.theme_id, "improvement.theme_id"),
        plain("title", TEXT, "What it is called", "improvement.title"),
        plain("department", TEXT, "Who does it", "improvement.department"),
        plain("owner", TEXT, "Who answers for it, a name of ours", "improvement.owner"),
        plain("state", TEXT, "planned, under_way, done or dropped", "improvement.state"),
        day_key("since_date_key", "Comments from this day on are what it answers", lambda row: row.since_on,
                "improvement.since_on"),
        day_key("opened_date_key", "Opened", lambda row: row.opened_at, "improvement.opened_at"),
        day_key("due_date_key", "Due", lambda row: row.due_on, "improvement.due_on"),
        day_key("closed_date_key", "Done or dropped", lambda row: row.closed_at, "improvement.closed_at"),
        plain("opened_at", MOMENT, "Opened", "improvement.opened_at"),
        plain("closed_at", MOMENT, "Done or dropped", "improvement.closed_at", nulls="it is open"),
        flag("overdue", "1 where it is open past its day, at the moment of the export",
             lambda row, of: row.state in _OPEN and row.due_on < of.now.date(), "improvement.due_on"),
        plain("drafted", WHOLE, "Lines for customers that closing it drafted", "improvement_line"),
    ),
    _improvements,
    "one improvement",
)  # fmt: skip


def _lines(db: Connection, _of: Of) -> Iterator[Any]:
    lines = improvement_line.c
    rows = improvement_line.join(you_said, you_said.c.id == lines.you_said_id)
    rows = with_contact(with_account(rows, lines.account_id), lines.contact_id)
    columns = (lines.id, lines.improvement_id, you_said.c.written_at, you_said.c.withdrawn_at, ACCOUNT_ID, CONTACT_ID)
    return stream(db, select(*columns).select_from(rows).order_by(lines.id))


IMPROVEMENT_LINE = StarTable(
    "bridge_improvement_person",
    Sort.BRIDGE,
    "Who is told of an improvement: a line for each person who raised its theme, drafted when it was closed.",
    (
        own_key("line_key", "Line", lambda row, _of: row.id, "improvement_line.id"),
        refers("improvement_key", "fact_improvement", "Improvement", lambda row, _of: row.improvement_id,
               "improvement_line.improvement_id"),
        of_account("improvement_line.account_id"),
        of_contact("improvement_line.contact_id"),
        day_key("drafted_date_key", "Drafted", lambda row: row.written_at, "you_said.written_at"),
        flag("withdrawn", "1 where it was taken back", lambda row, _of: row.withdrawn_at, "you_said.withdrawn_at"),
    ),
    _lines,
    "one line for one person",
)  # fmt: skip
