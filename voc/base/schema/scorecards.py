"""Scorecards and colleagues' reviews: their files, months, results [metrics]."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

from voc.base import words
from voc.base.schema.declaring import Numbered, metadata, one_of
from voc.base.types import Instant, Json

__all__ = [
    "colleague_review",
    "measure_file",
    "measure_in_use",
    "scorecard_month",
    "scorecard_result",
    "scorecard_rows",
    "scorecard_running",
]


class _MeasureFile(Numbered):
    """A scorecard or a review's template as it was saved once. Never changed: a result names the one it was counted by.

    Written, as the four tables below, by metrics.store.cards and metrics.store.reviews.
    """

    kind: Named[str] = Column(String(16))
    name: Named[str] = Column(String(64))
    number: Named[int] = Column(Integer)  # 1, 2, 3 of that name
    text: Named[str] = Column(Text)  # TOML
    digest: Named[str] = Column(String(64))
    saved_at: Named[datetime] = Column(Instant)
    saved_by: Named[str] = Column(Text)
    note: Named[str | None] = Column(Text)  # why, or what it was copied from


measure_file = Table(
    "measure_file",
    metadata,
    _MeasureFile,
    one_of("kind", words.MeasureFile),
    UniqueConstraint("kind", "name", "number"),
)


class _MeasureInUse(TypedColumns):
    """Which version of a scorecard or template holds; no row, or a null: nobody is measured by it."""

    kind: Named[str] = Column(String(16), primary_key=True)
    name: Named[str] = Column(String(64), primary_key=True)
    file_id: Named[int | None] = Column(ForeignKey("measure_file.id"), index=True)
    since_on: Named[date | None] = Column(Date)  # the first day of the first month it counts
    changed_at: Named[datetime] = Column(Instant)
    changed_by: Named[str] = Column(Text)


measure_in_use = Table("measure_in_use", metadata, _MeasureInUse, one_of("kind", words.MeasureFile))


class _ScorecardMonth(Numbered):
    """One scorecard in one month, frozen as its last night left it; a correction is another revision with a reason."""

    name: Named[str] = Column(String(64))
    month: Named[date] = Column(Date)  # its first day
    revision: Named[int] = Column(Integer)
    file_id: Named[int] = Column(ForeignKey("measure_file.id"), index=True)
    frozen_at: Named[datetime] = Column(Instant)
    frozen_by: Named[str] = Column(Text)
    reason: Named[str | None] = Column(Text)  # null: the night did it
    approved_at: Named[datetime | None] = Column(Instant)
    approved_by: Named[str | None] = Column(Text)


scorecard_month = Table("scorecard_month", metadata, _ScorecardMonth, UniqueConstraint("name", "month", "revision"))


class _ScorecardResult(Numbered):
    """What a month came to for one CSM, one team or all."""

    month_id: Named[int] = Column(ForeignKey("scorecard_month.id"))
    scope: Named[str] = Column(String(16))
    scope_id: Named[str] = Column(String(64))  # "" for all
    name: Named[str] = Column(Text)  # of the person, as it was
    lead_id: Named[str | None] = Column(String(64), index=True)  # a CSM's, as it was
    result: Named[Any] = Column(Json, nullable=False)  # metrics.cards.model.Result


scorecard_result = Table(
    "scorecard_result",
    metadata,
    _ScorecardResult,
    one_of("scope", words.Scope),
    UniqueConstraint("month_id", "scope", "scope_id"),
    # a CSM's own months
    Index("ix_scorecard_result_scope", "scope", "scope_id"),
)


class _ScorecardRows(Numbered):
    """The rows that one figure of a frozen month counted for one CSM, team or all: as they were, whatever comes later.

    `packed` is base.packed of metrics.store.kept_rows; a large company's are in several parts, account by account.
    """

    month_id: Named[int] = Column(ForeignKey("scorecard_month.id"))
    scope: Named[str] = Column(String(16))
    scope_id: Named[str] = Column(String(64))
    figure: Named[str] = Column(String(64))
    days: Named[int] = Column(Integer)
    part: Named[int] = Column(Integer)
    packed: Named[bytes] = Column(LargeBinary)


scorecard_rows = Table(
    "scorecard_rows",
    metadata,
    _ScorecardRows,
    one_of("scope", words.Scope),
    UniqueConstraint("month_id", "scope", "scope_id", "figure", "days", "part"),
)


class _ScorecardRunning(TypedColumns):
    """The month under way as the last night counted it, so that a page need not: one row for each scorecard in use."""

    name: Named[str] = Column(String(64), primary_key=True)
    month: Named[date] = Column(Date)
    file_id: Named[int] = Column(ForeignKey("measure_file.id"), index=True)
    counted_at: Named[datetime] = Column(Instant)
    results: Named[Any] = Column(Json, nullable=False)  # [metrics.cards.model.Result]


scorecard_running = Table("scorecard_running", metadata, _ScorecardRunning)


class _ColleagueReview(Numbered):
    """A call or a hand-over as a colleague saw it, on the template of its day: a fact of call quality."""

    kind: Named[str] = Column(String(16))
    file_id: Named[int] = Column(ForeignKey("measure_file.id"), index=True)
    csm_id: Named[str] = Column(String(64))  # whose call, or who handed over
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    on: Named[date] = Column("on_day", Date)
    by: Named[str] = Column(Text)
    staff_id: Named[int | None] = Column(ForeignKey("staff.id"), index=True)  # who wrote it
    answers: Named[Any] = Column(Json, nullable=False)  # 1 to 5 by the question's key
    mean: Named[float] = Column(Float)
    comment: Named[str | None] = Column(Text)
    written_at: Named[datetime] = Column(Instant)
    withdrawn_at: Named[datetime | None] = Column(Instant)


colleague_review = Table(
    "colleague_review",
    metadata,
    _ColleagueReview,
    one_of("kind", words.ReviewKind),
    # what is counted in a period, and what stands on a CSM's page
    Index("ix_colleague_review_csm", "csm_id", "on"),
)
