"""Who calls whom by when, and what came of an answer [followup]."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
)

from voc.base import words
from voc.base.schema.declaring import Numbered, metadata, one_of
from voc.base.types import Instant, Json

__all__ = [
    "answer_seen",
    "deputy",
    "follow_up",
    "follow_up_event",
    "improvement",
    "improvement_event",
    "improvement_line",
    "you_said",
]


class _FollowUp(Numbered):
    key: Named[str] = Column(String(128), unique=True)  # kind:invitation id, or silent_account:account:spell
    kind: Named[str] = Column(String(16))
    state: Named[str] = Column(String(16), index=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    wave_id: Named[int | None] = Column(ForeignKey("wave.id"), index=True)
    response_id: Named[int | None] = Column(ForeignKey("response.id"), index=True)
    score: Named[int | None] = Column(Integer)
    owner_csm_id: Named[str | None] = Column(String(64), index=True)
    opened_at: Named[datetime] = Column(Instant, index=True)  # when the answer was recorded: the clock's start
    acknowledge_by: Named[datetime | None] = Column(Instant)
    contact_by: Named[datetime] = Column(Instant)
    resolve_by: Named[datetime | None] = Column(Instant)
    acknowledged_at: Named[datetime | None] = Column(Instant)
    contacted_at: Named[datetime | None] = Column(Instant)
    resolved_at: Named[datetime | None] = Column(Instant)
    confirmed_at: Named[datetime | None] = Column(Instant)
    cause: Named[str | None] = Column(String(16))
    outcome: Named[str | None] = Column(Text)
    lead_told_at: Named[datetime | None] = Column(Instant)
    leader_told_at: Named[datetime | None] = Column(Instant)


follow_up = Table(
    "follow_up",
    metadata,
    _FollowUp,
    one_of("kind", words.FollowUpKind),
    one_of("state", words.FollowUpState),
    one_of("cause", words.Cause),
)


class _FollowUpEvent(Numbered):
    follow_up_id: Named[int] = Column(ForeignKey("follow_up.id"), index=True)
    at: Named[datetime] = Column(Instant)
    what: Named[str] = Column(String(32))  # opened, acknowledged, contacted, resolved, confirmed, reopened, escalated
    by: Named[str] = Column(Text)
    note: Named[str | None] = Column(Text)


follow_up_event = Table("follow_up_event", metadata, _FollowUpEvent)


class _Deputy(Numbered):
    """Who looks after a CSM's follow-ups while that CSM is away. The clocks run on, and the owner stays the owner."""

    csm_id: Named[str] = Column(ForeignKey("csm.id"), index=True)
    deputy_csm_id: Named[str] = Column(ForeignKey("csm.id"), index=True)
    from_on: Named[date] = Column(Date)
    to_on: Named[date] = Column(Date)  # the last day; ended early, the day before
    said_at: Named[datetime] = Column(Instant)
    said_by: Named[str] = Column(Text)
    ended_at: Named[datetime | None] = Column(Instant)
    ended_by: Named[str | None] = Column(Text)


deputy = Table("deputy", metadata, _Deputy)


class _AnswerSeen(TypedColumns):
    """Which answers were looked at for a follow-up, as of when; a corrected one is looked at again."""

    response_id: Named[int] = Column(ForeignKey("response.id"), primary_key=True)
    submitted_at: Named[datetime] = Column(Instant)


answer_seen = Table("answer_seen", metadata, _AnswerSeen)


class _YouSaid(Numbered):
    """What came of an answer, in a line for the customer; told once, in the next invitation."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)  # whose answer it was
    follow_up_id: Named[int | None] = Column(ForeignKey("follow_up.id"), index=True)
    line: Named[str] = Column(Text)
    colleagues: Named[bool] = Column(Boolean, server_default=false())  # others of the account may read it too
    written_at: Named[datetime] = Column(Instant)
    written_by: Named[str] = Column(Text)
    changed_at: Named[datetime | None] = Column(Instant)
    withdrawn_at: Named[datetime | None] = Column(Instant)


you_said = Table("you_said", metadata, _YouSaid)


class _Improvement(Numbered):
    """What a department does about a theme, for all accounts that raised it."""

    theme_id: Named[int] = Column(ForeignKey("theme.id"), index=True)
    title: Named[str] = Column(Text)
    department: Named[str] = Column(Text)
    owner: Named[str] = Column(Text)  # a name: departments do not sign in here
    due_on: Named[date] = Column(Date)
    since_on: Named[date] = Column(Date)  # comments from this day on are what it answers
    state: Named[str] = Column(String(16))
    opened_at: Named[datetime] = Column(Instant)
    opened_by: Named[str] = Column(Text)
    closed_at: Named[datetime | None] = Column(Instant)
    done: Named[str | None] = Column(Text)  # what was done
    lines: Named[Any] = Column(Json, nullable=True)  # {language: line for customers}


improvement = Table("improvement", metadata, _Improvement, one_of("state", words.ImprovementState))


class _ImprovementEvent(Numbered):
    improvement_id: Named[int] = Column(ForeignKey("improvement.id"), index=True)
    at: Named[datetime] = Column(Instant)
    what: Named[str] = Column(String(16))  # opened, changed, begun, done, dropped, reopened, drafted
    by: Named[str] = Column(Text)
    note: Named[str | None] = Column(Text)


improvement_event = Table("improvement_event", metadata, _ImprovementEvent)


class _ImprovementLine(Numbered):
    """The line that one person is told of an improvement: one a person, however often it is closed."""

    improvement_id: Named[int] = Column(ForeignKey("improvement.id"))
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    you_said_id: Named[int] = Column(ForeignKey("you_said.id"), unique=True)


improvement_line = Table(
    "improvement_line", metadata, _ImprovementLine, UniqueConstraint("improvement_id", "account_id", "contact_id")
)
