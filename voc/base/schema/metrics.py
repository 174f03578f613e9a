"""Themes, what a night kept, renewals at their landmark, guesses [metrics]."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
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
    "account_night",
    "confidential_release",
    "figure_snapshot",
    "guess",
    "kept_page",
    "renewal_landmark",
    "theme",
    "theme_version",
]


class _Theme(Numbered):
    """A theme of the code book as it stands. `version` is the book's when this theme was last changed."""

    key: Named[str] = Column(String(64), unique=True)  # never changed
    name: Named[str] = Column(Text)
    department: Named[str] = Column(Text)
    words: Named[Any] = Column(Json, nullable=False)  # {language: [word, phrase, begin*]}
    version: Named[int] = Column(Integer)
    retired: Named[bool] = Column(Boolean, server_default=false())


theme = Table("theme", metadata, _Theme)


class _ThemeVersion(Numbered):
    """Append-only: every theme as each version of the book had it first."""

    theme_id: Named[int] = Column(ForeignKey("theme.id"))
    version: Named[int] = Column(Integer)
    name: Named[str] = Column(Text)
    department: Named[str] = Column(Text)
    words: Named[Any] = Column(Json, nullable=False)
    retired: Named[bool] = Column(Boolean)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)


theme_version = Table("theme_version", metadata, _ThemeVersion, UniqueConstraint("theme_id", "version"))


class _FigureSnapshot(Numbered):
    as_of: Named[date] = Column(Date)
    scope: Named[str] = Column(String(16))
    scope_id: Named[str] = Column(String(64))  # "" for the total
    name: Named[str] = Column(String(64))
    window_days: Named[int] = Column(Integer)
    value: Named[float | None] = Column(Float)
    numerator: Named[float | None] = Column(Float)
    denominator: Named[float | None] = Column(Float)
    low: Named[float | None] = Column(Float)
    high: Named[float | None] = Column(Float)
    level: Named[float | None] = Column(Float)
    interval_kind: Named[str | None] = Column(String(32))
    state: Named[str] = Column(String(16))
    reason: Named[str | None] = Column(Text)
    detail: Named[Any] = Column(Json)  # the parts a page needs beside the value
    definition_version: Named[int] = Column(Integer)


class _ConfidentialRelease(TypedColumns):
    """What a confidential wave may show, counted once after it closed: groups of people, never a person.

    `groups` is a list of metrics.confidential.Group; `withheld` are people asked who are in none of them.
    """

    wave_id: Named[int] = Column(ForeignKey("wave.id"), primary_key=True)
    released_at: Named[datetime] = Column(Instant)
    groups: Named[Any] = Column(Json, nullable=False)
    withheld: Named[int] = Column(Integer)


confidential_release = Table("confidential_release", metadata, _ConfidentialRelease)

figure_snapshot = Table(
    "figure_snapshot",
    metadata,
    _FigureSnapshot,
    one_of("scope", words.Scope),
    one_of("state", words.FigureState),
    UniqueConstraint("scope", "scope_id", "name", "window_days", "as_of"),
    # A page reads one night and one period: some figures of every CSM, all of one scope.
    Index("ix_figure_snapshot_night", "as_of", "window_days", "scope", "name"),
)


class _AccountNight(TypedColumns):
    """Where each account stood when the day `as_of` ended, for lists of very many; the last nights only.

    Written by metrics.store.standings. Name, segment, renewal and owner of today are the account's own.
    """

    as_of: Named[date] = Column(Date, primary_key=True)
    account_id: Named[str] = Column(String(64), primary_key=True)
    csm_id: Named[str | None] = Column(String(64))  # the owner then
    state: Named[str] = Column(String(16))
    arr: Named[float | None] = Column(Float)  # in the reporting currency
    work: Named[float] = Column(Float)  # score x revenue: what a list begins with
    parts: Named[Any] = Column(Json, nullable=True)  # of the silent score, with its total
    people: Named[int] = Column(Integer)
    answered: Named[int] = Column(Integer)
    asked_twice: Named[bool] = Column(Boolean)
    p_silent: Named[float | None] = Column(Float)
    coverage_fresh: Named[float | None] = Column(Float)
    coverage_named: Named[float | None] = Column(Float)
    last_answered_at: Named[datetime | None] = Column(Instant)
    places: Named[int] = Column(Integer)
    gaps: Named[int] = Column(Integer)  # of these, nobody reachable fills
    senior_gaps: Named[int] = Column(Integer)


account_night = Table(
    "account_night",
    metadata,
    _AccountNight,
    one_of("state", words.AccountState),
    # The silent ones in order of work, a page at a time.
    Index("ix_account_night_work", "as_of", "state", "work"),
)


class _KeptPage(TypedColumns):
    """What a night counted for a page beside its figures, such as the price of silence; the last nights only.

    Written by metrics.store.kept_pages.
    """

    as_of: Named[date] = Column(Date, primary_key=True)
    page: Named[str] = Column(String(32), primary_key=True)
    scope: Named[str] = Column(String(16), primary_key=True)
    scope_id: Named[str] = Column(String(64), primary_key=True)
    window_days: Named[int] = Column(Integer, primary_key=True)
    value: Named[Any] = Column(Json, nullable=False)


kept_page = Table("kept_page", metadata, _KeptPage, one_of("scope", words.Scope))


class _RenewalLandmark(Numbered):
    """One renewal decision, read at its landmark (3-metrics 4.4) and kept: what comes later changes nothing of it.

    `key` is renewal:<opportunity> or lost:<account>:<day>. `reason` says why it is in no table; then state may be null.
    """

    key: Named[str] = Column(String(128), unique=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    decided_on: Named[date] = Column(Date)
    landmark_on: Named[date] = Column(Date)
    lost: Named[bool] = Column(Boolean)
    reason: Named[str | None] = Column(String(16))
    state: Named[str | None] = Column(String(16))
    csm_id: Named[str | None] = Column(String(64))  # the owner then
    segment: Named[str | None] = Column(String(16))
    score: Named[float | None] = Column(Float)  # of the last night kept before the landmark
    days_since_answer: Named[float | None] = Column(Float)
    senior_silent: Named[bool | None] = Column(Boolean)  # a decision maker or budget holder was reached, none answered
    treated: Named[bool] = Column(Boolean, server_default=false())  # a call of ours between then and the decision
    kept_at: Named[datetime] = Column(Instant)


renewal_landmark = Table(
    "renewal_landmark",
    metadata,
    _RenewalLandmark,
    one_of("state", words.AccountState),
    one_of("reason", words.OutOfCohort),
)


class _Guess(Numbered):
    """What a CSM expects an account to answer, 0..10, said before it is asked; never part of a figure."""

    account_id: Named[str] = Column(ForeignKey("account.id"))
    csm_id: Named[str] = Column(String(64), index=True)
    score: Named[int] = Column(Integer)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)


guess = Table(
    "guess",
    metadata,
    _Guess,
    CheckConstraint("score BETWEEN 0 AND 10", name="score_range"),
    Index("ix_guess_account", "account_id", "at"),
)
