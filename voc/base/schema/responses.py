"""What was opened, answered and said [responses]."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
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
    "answer",
    "coding",
    "hit",
    "rendering",
    "response",
    "verbatim_read",
    "verbatim_theme",
    "visitor",
]


class _Hit(Numbered):
    """A GET or HEAD of a link: says nothing about a person until something is posted."""

    link_id: Named[int] = Column(ForeignKey("link.id"), index=True)
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    at: Named[datetime] = Column(Instant)
    method: Named[str] = Column(String(8))
    score: Named[int | None] = Column(Integer)
    agent: Named[str | None] = Column(String(200))
    source: Named[str | None] = Column(String(64))  # HMAC of network address and browser: who crawls, without who it is


hit = Table("hit", metadata, _Hit)


class _Rendering(Numbered):
    """One page as it was served; a POST carries its nonce, and suspicion belongs to it alone."""

    nonce_hash: Named[str] = Column(String(64), unique=True)
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    link_id: Named[int] = Column(ForeignKey("link.id"), index=True)
    at: Named[datetime] = Column(Instant)
    source: Named[str | None] = Column(String(64))  # as in `hit`
    trapped_at: Named[datetime | None] = Column(Instant)  # its honeypot link was followed


rendering = Table("rendering", metadata, _Rendering)


class _Visitor(Numbered):
    """A browser that posted: the cookie that alone may see what was typed."""

    cookie_hash: Named[str] = Column(String(64), unique=True)
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    at: Named[datetime] = Column(Instant)


visitor = Table("visitor", metadata, _Visitor)


class _Response(Numbered):
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    questionnaire_version_id: Named[int] = Column(ForeignKey("questionnaire_version.id"), index=True)
    visitor_id: Named[int | None] = Column(ForeignKey("visitor.id"), index=True)
    rendering_id: Named[int | None] = Column(ForeignKey("rendering.id"), index=True)  # the page it was sent from
    state: Named[str] = Column(String(16))
    channel: Named[str] = Column(String(16))  # page, phone (typed in by the CSM)
    entered_by: Named[str | None] = Column(Text)
    language: Named[str] = Column(String(16))
    started_at: Named[datetime] = Column(Instant)
    saved_at: Named[datetime] = Column(Instant)
    submitted_at: Named[datetime | None] = Column(Instant, index=True)
    complete: Named[bool] = Column(Boolean)  # all required questions answered
    score: Named[int | None] = Column(Integer)  # the recommend answer, 0..10
    twice: Named[bool] = Column(Boolean, server_default=false())  # another browser answered too: shown to the CSM
    judged_at: Named[datetime | None] = Column(Instant)  # the second look at its page: no follow-up opens before


response = Table(
    "response",
    metadata,
    _Response,
    one_of("state", words.ResponseState),
    CheckConstraint("score BETWEEN 0 AND 10", name="score_range"),
)


class _Answer(Numbered):
    response_id: Named[int] = Column(ForeignKey("response.id"))
    question: Named[str] = Column(String(64))  # the question's key
    number: Named[int | None] = Column(Integer)
    choices: Named[Any] = Column(Json)  # list of choice keys
    text: Named[str | None] = Column("verbatim", Text)


answer = Table("answer", metadata, _Answer, UniqueConstraint("response_id", "question"))


class _VerbatimRead(TypedColumns):
    """Which answers were read for themes, as of when and by which version of the code book."""

    response_id: Named[int] = Column(ForeignKey("response.id"), primary_key=True, autoincrement=False)
    submitted_at: Named[datetime] = Column(Instant)
    book: Named[int] = Column(Integer, index=True)


verbatim_read = Table("verbatim_read", metadata, _VerbatimRead)


class _VerbatimTheme(Numbered):
    """A comment is about a theme, or (a person's word) is not. By question: an answer's own row may be written anew."""

    response_id: Named[int] = Column(ForeignKey("response.id"))
    question: Named[str] = Column(String(64))
    theme_id: Named[int] = Column(ForeignKey("theme.id"), index=True)
    source: Named[str] = Column(String(8))
    holds: Named[bool] = Column(Boolean)  # false is a person's only: the rule is wrong here
    words: Named[str | None] = Column(Text)  # of the code book, that were found
    by: Named[str | None] = Column(Text)
    at: Named[datetime] = Column(Instant)


verbatim_theme = Table(
    "verbatim_theme",
    metadata,
    _VerbatimTheme,
    one_of("source", words.ThemeSource),
    UniqueConstraint("response_id", "question", "theme_id", "source"),
)


class _Coding(Numbered):
    """A comment that a person sorted without seeing what the rule found: what agreement is counted from."""

    response_id: Named[int] = Column(ForeignKey("response.id"))
    question: Named[str] = Column(String(64))
    themes: Named[Any] = Column(Json, nullable=False)  # list of theme ids; empty: about none of them
    offered: Named[Any] = Column(Json, nullable=False)  # list of theme ids that there were to choose from
    book: Named[int] = Column(Integer)  # version of the code book
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


coding = Table("coding", metadata, _Coding, UniqueConstraint("response_id", "question"))
