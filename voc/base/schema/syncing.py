"""How a CRM is read and written to: runs, rows kept apart until they are decided, errands [accounts]."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
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
    false,
)

from voc.base import words
from voc.base.schema.accounts import account, activity, contact, csm, milestone, opportunity, opportunity_role, relation
from voc.base.schema.declaring import Numbered, metadata, one_of
from voc.base.types import Instant, Json

__all__ = [
    "crm_errand",
    "settlement",
    "staged_account",
    "staged_activity",
    "staged_alias",
    "staged_contact",
    "staged_csm",
    "staged_id",
    "staged_milestone",
    "staged_opportunity",
    "staged_opportunity_role",
    "staged_relation",
    "sync_change",
    "sync_problem",
    "sync_run",
    "waiting",
    "watermark",
    "written_back",
]


class _SyncRun(Numbered):
    source: Named[str] = Column(Text)
    as_of: Named[date] = Column(Date)
    started_at: Named[datetime] = Column(Instant, index=True)
    finished_at: Named[datetime | None] = Column(Instant)
    state: Named[str] = Column(String(16))
    message: Named[str | None] = Column(Text)
    # per object: rows, loaded, created, updated, unchanged, deleted, merged, gone, kept, rejected
    counts: Named[Any] = Column(Json, nullable=False)
    seconds: Named[float | None] = Column(Float)
    files: Named[Any] = Column(Json, nullable=True)  # what was read: file, object, encoding, delimiter, rows
    # All rows are read and decided; a run that is stopped from here on is finished by the next one.
    staged_at: Named[datetime | None] = Column(Instant)
    fingerprint: Named[str | None] = Column(String(64))  # of the source: a stopped run is resumed by the same one only
    reading: Named[Any] = Column(Json, nullable=True)  # per object: window, bookmark, rows so far, done, swept
    progress: Named[Any] = Column(Json, nullable=True)  # phase, object, rows, share, at: for the page while it runs
    usage: Named[Any] = Column(Json, nullable=True)  # requests, the day's allowance and how much of it is used
    resume_at: Named[datetime | None] = Column(Instant)  # of a paused run, where the CRM said when


sync_run = Table("sync_run", metadata, _SyncRun, one_of("state", words.RunState))


class _SyncChange(Numbered):
    """What one run did to one record: created, updated (with fields), deleted, merged, gone, kept."""

    run_id: Named[int] = Column(ForeignKey("sync_run.id"))
    object: Named[str] = Column(String(32))
    record_id: Named[str] = Column(String(64))
    change: Named[str] = Column(String(32))
    fields: Named[Any] = Column(Json, nullable=True)
    winner_id: Named[str | None] = Column(String(64))


sync_change = Table("sync_change", metadata, _SyncChange, Index("ix_sync_change_run", "run_id", "object", "change"))


class _SyncProblem(Numbered):
    run_id: Named[int] = Column(ForeignKey("sync_run.id"))
    level: Named[str] = Column(String(16))
    object: Named[str] = Column(String(32))
    file: Named[str | None] = Column(Text)
    row: Named[int | None] = Column("row_number", Integer)
    line: Named[int | None] = Column(Integer)
    record_id: Named[str | None] = Column(Text)
    reason: Named[str] = Column(String(64))
    field: Named[str | None] = Column(Text)
    text: Named[str | None] = Column(Text)  # the value as it stood in the file, cut to 200 characters
    account_id: Named[str | None] = Column(String(64), index=True)  # so that a CSM sees the problems of own accounts
    # About a record that this run did not read again: kept for the newest complete run only.
    carried: Named[bool] = Column(Boolean, server_default=false())


sync_problem = Table(
    "sync_problem",
    metadata,
    _SyncProblem,
    one_of("level", words.ProblemLevel),
    Index("ix_sync_problem_run", "run_id", "level", "reason"),
)


class _Settlement(TypedColumns):
    """A person said that a record which the CRM no longer shows is still there; ends when the CRM shows it."""

    kind: Named[str] = Column(String(32), primary_key=True)
    record_id: Named[str] = Column(String(64), primary_key=True)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


settlement = Table("settlement", metadata, _Settlement)


_NOT_STAGED = {"state", "ours", "first_seen_at", "changed_at", "left_at", "away_until_on", "escalated_until_on"}


def _staged(target: Table[Any]) -> Table[Any]:
    """Where a sync keeps the rows of one object apart until all are read and decided.

    The columns that come from the CRM, empty for a row that did not change, and what is decided
    about each row. Belongs to the newest run alone and is emptied by the next.
    """
    values = [
        Column(column.name, column.type, key=column.key, nullable=True)
        for column in target.columns
        if column.key not in _NOT_STAGED
    ]
    return Table(
        f"staged_{target.name}",
        metadata,
        Column("position", Integer, primary_key=True, autoincrement=False),  # the row's number in its file
        *values,
        Column("line", Integer),
        Column("fate", String(16), nullable=False),  # accounts.model.Fate
        Column("reason", String(64)),  # why the row is not loaded, as far as its own text tells
        Column("late_reason", String(64)),  # the same, but asked after the records it names
        Column("fields", Text),  # JSON list of what changed
        Column("winner_id", String(64)),
        Column("modified", String(40)),
        Index(f"ix_staged_{target.name}_id", "id"),
    )


staged_csm = _staged(csm)
staged_account = _staged(account)
staged_contact = _staged(contact)
staged_relation = _staged(relation)
staged_opportunity = _staged(opportunity)
staged_opportunity_role = _staged(opportunity_role)
staged_activity = _staged(activity)
staged_milestone = _staged(milestone)


class _StagedAlias(TypedColumns):
    """Merges that a run will make known when it is applied."""

    kind: Named[str] = Column(String(16), primary_key=True)
    loser_id: Named[str] = Column(String(64), primary_key=True)
    winner_id: Named[str] = Column(String(64), index=True)


staged_alias = Table("staged_alias", metadata, _StagedAlias)


class _StagedId(TypedColumns):
    """The ids a sweep saw in this run."""

    kind: Named[str] = Column(String(32), primary_key=True)
    id: Named[str] = Column(String(64), primary_key=True)


staged_id = Table("staged_id", metadata, _StagedId)


class _Watermark(TypedColumns):
    """Up to when an object was read completely from one source; moved last, by complete runs only."""

    fingerprint: Named[str] = Column(String(64), primary_key=True)
    kind: Named[str] = Column(String(32), primary_key=True)
    read_until: Named[datetime] = Column(Instant)
    swept_at: Named[datetime | None] = Column(Instant)
    all_read_at: Named[datetime | None] = Column(Instant)


watermark = Table("watermark", metadata, _Watermark)


class _Waiting(TypedColumns):
    """A row refused for what it names; asked again by its id in the next run, which may know better."""

    kind: Named[str] = Column(String(32), primary_key=True)
    id: Named[str] = Column(String(64), primary_key=True)
    reason: Named[str] = Column(String(64))
    since: Named[datetime] = Column(Instant)
    named: Named[str | None] = Column(String(64))  # the id it names: asked again once we know that one


waiting = Table("waiting", metadata, _Waiting)


class _WrittenBack(TypedColumns):
    """What the CRM was told, by its stable key: the same values are not written twice."""

    key: Named[str] = Column(String(128), primary_key=True)
    what: Named[str] = Column(String(16))  # connector.WriteWhat
    record_id: Named[str | None] = Column(String(64))  # the CRM's
    digest: Named[str] = Column(String(64))  # of the values last handed over, accepted or not
    at: Named[datetime] = Column(Instant, index=True)
    tries: Named[int] = Column(Integer, server_default="0")
    again_at: Named[datetime | None] = Column(Instant)  # not before: failed for now, or handed over and no word since
    why: Named[str | None] = Column(Text)  # the last failure, in words
    written: Named[Any] = Column(Json, nullable=True)  # what the CRM accepted last, without names: null for nothing yet


written_back = Table("written_back", metadata, _WrittenBack)


class _CrmErrand(TypedColumns):
    """The last check, try and reading that somebody asked for on a page: one row each, done by a worker."""

    kind: Named[str] = Column(String(16), primary_key=True)
    of: Named[str] = Column(String(64))  # digest of the connection it was asked for: what is found holds for that one
    asked_at: Named[datetime] = Column(Instant)
    asked_by: Named[str] = Column(Text)
    begun_at: Named[datetime | None] = Column(Instant)
    seen_at: Named[datetime | None] = Column(Instant)  # a worker was at it; long ago: that worker is gone
    ended_at: Named[datetime | None] = Column(Instant)
    progress: Named[Any] = Column(Json, nullable=True)  # phase, object, rows, share
    trouble: Named[str | None] = Column(Text)  # why nothing was found, in words
    ciphertext: Named[bytes | None] = Column(LargeBinary)  # what was found; it shows rows of the CRM


crm_errand = Table("crm_errand", metadata, _CrmErrand, one_of("kind", words.ErrandKind))
