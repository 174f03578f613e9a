"""Every table, in the order of the flow; each section names its one writer. Any store may read any table.

Rows that come from the CRM keep the CRM's own id as their primary key (a person added by a CSM
gets one that starts with `voc:`), so an address of a page can be made from it and a frozen row
says what it meant. Moments are UTC (`Instant`), amounts are exact (`Money`), closed vocabularies
are checked by the database (`one_of`). Every foreign key has an index.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    false,
    text,
    true,
)

from voc.base import words
from voc.base.types import Instant, Json, Money

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, words_allowed: type[StrEnum]) -> CheckConstraint:
    """The column holds one of these words (or null)."""
    listed = ", ".join(f"'{word}'" for word in words_allowed)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that the condition names, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class _Numbered(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=True)


# --- base ---------------------------------------------------------------------------------------


class _Installation(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True)  # always 1
    epoch: Named[str] = Column(String(64))  # made anew by init and by restore; sending stops when it is not ours
    rehearsal: Named[bool] = Column(Boolean, server_default=false())
    demo_seed: Named[int | None] = Column(Integer)
    moment: Named[datetime | None] = Column(Instant)  # where a rehearsal database stands in time
    created_at: Named[datetime] = Column(Instant)
    sending_paused: Named[bool] = Column(Boolean, server_default=false())
    paused_because: Named[str | None] = Column(Text)
    generation: Named[int] = Column(Integer, server_default="0")  # grows as it is worked with; see voc.base.copies
    used_at: Named[datetime | None] = Column(Instant)  # when it last grew
    place: Named[Any] = Column(Json, nullable=True)  # where it lived then: voc.base.place
    past_epochs: Named[Any] = Column(Json, nullable=True)  # list: a folder that still knows one of these is ours too
    # A copy: between these moments another may have sent what is due here. Settled when sending is resumed.
    doubt_since: Named[datetime | None] = Column(Instant)
    doubt_until: Named[datetime | None] = Column(Instant)
    paused_at: Named[datetime | None] = Column(Instant)
    paused_by: Named[str | None] = Column(Text)  # null: a brake, no person


installation = Table("installation", metadata, _Installation)


class _InstallationMark(TypedColumns):
    """The last generations with a random word each: the file beside voc.toml knows the newest it has seen."""

    generation: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    word: Named[str] = Column(String(64))


installation_mark = Table("installation_mark", metadata, _InstallationMark)


class _Erased(TypedColumns):
    """Whom we were asked to forget: a keyed digest of an address or of a CRM id, nothing that names anybody."""

    digest: Named[str] = Column(String(64), primary_key=True)
    kind: Named[str] = Column(String(16))  # address, contact
    at: Named[datetime] = Column(Instant)


erased = Table("erased", metadata, _Erased)


class _Setting(TypedColumns):
    key: Named[str] = Column(String(64), primary_key=True)
    value: Named[Any] = Column(Json, nullable=False)
    changed_at: Named[datetime] = Column(Instant)
    changed_by: Named[str] = Column(Text)


setting = Table("setting", metadata, _Setting)


class _Secret(TypedColumns):
    name: Named[str] = Column(String(64), primary_key=True)
    ciphertext: Named[bytes] = Column(LargeBinary)
    changed_at: Named[datetime] = Column(Instant)


secret = Table("secret", metadata, _Secret)


class _Lease(TypedColumns):
    name: Named[str] = Column(String(64), primary_key=True)
    holder: Named[str] = Column(String(64))
    fence: Named[int] = Column(Integer)
    expires_at: Named[datetime] = Column(Instant)


lease = Table("lease", metadata, _Lease)


class _Beat(TypedColumns):
    """When a worker last did a job: a job that began and never ends, or that nobody does, is seen here."""

    job: Named[str] = Column(String(64), primary_key=True)
    worker: Named[str] = Column(String(64), primary_key=True)
    began_at: Named[datetime] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)  # null: at it
    trouble: Named[str | None] = Column(Text)  # why it failed the last time


beat = Table("beat", metadata, _Beat)


class _LastCheck(TypedColumns):
    """What a look at the world outside found, such as the DNS records of our mail: kept until the next look."""

    name: Named[str] = Column(String(64), primary_key=True)
    at: Named[datetime] = Column(Instant)
    found: Named[Any] = Column(Json, nullable=False)


last_check = Table("last_check", metadata, _LastCheck)


class _Staff(_Numbered):
    email: Named[str] = Column(String(320), unique=True)
    name: Named[str] = Column(Text)
    role: Named[str] = Column(String(16))
    csm_id: Named[str | None] = Column(ForeignKey("csm.id"), index=True)  # a CSM's own, a lead's as manager
    password_hash: Named[str | None] = Column(Text)
    invite_hash: Named[str | None] = Column(String(64), unique=True)
    invite_expires_at: Named[datetime | None] = Column(Instant)
    active: Named[bool] = Column(Boolean, server_default=true())
    created_at: Named[datetime] = Column(Instant)
    signed_in_at: Named[datetime | None] = Column(Instant)


staff = Table("staff", metadata, _Staff, one_of("role", words.StaffRole))


class _SecondStep(TypedColumns):
    """The authenticator app of somebody of ours, kept once a first code has proved that it works."""

    staff_id: Named[int] = Column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    secret: Named[bytes] = Column(LargeBinary)
    confirmed_at: Named[datetime] = Column(Instant)
    last_step: Named[int] = Column(Integer)  # of 30 seconds since 1970: a code is not taken twice


second_step = Table("second_step", metadata, _SecondStep)


class _RecoveryCode(_Numbered):
    """For a lost device, each once; `digest` is keyed."""

    staff_id: Named[int] = Column(ForeignKey("staff.id"))
    digest: Named[str] = Column(String(64))
    used_at: Named[datetime | None] = Column(Instant)


recovery_code = Table("recovery_code", metadata, _RecoveryCode, UniqueConstraint("staff_id", "digest"))


class _Identity(_Numbered):
    """Who somebody of ours is at the company's sign-in: issuer and subject, which never pass to another person."""

    staff_id: Named[int] = Column(ForeignKey("staff.id"))
    issuer: Named[str] = Column(String(500))
    subject: Named[str] = Column(String(255))
    linked_at: Named[datetime] = Column(Instant)


identity = Table(
    "identity", metadata, _Identity, UniqueConstraint("issuer", "subject"), UniqueConstraint("staff_id", "issuer")
)


class _Audit(_Numbered):
    at: Named[datetime] = Column(Instant, index=True)
    actor: Named[str] = Column(Text)
    action: Named[str] = Column(String(64))
    object_kind: Named[str] = Column(String(32))
    object_id: Named[str] = Column(Text)
    detail: Named[Any] = Column(Json, nullable=False)
    previous_hash: Named[str] = Column(String(64), unique=True)
    hash: Named[str] = Column(String(64))


audit = Table("audit", metadata, _Audit, Index("ix_audit_object", "object_kind", "object_id"))

# --- accounts -----------------------------------------------------------------------------------


class _Csm(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    name: Named[str] = Column(Text)
    email: Named[str | None] = Column(String(320), index=True)
    title: Named[str | None] = Column(Text)
    manager_id: Named[str | None] = Column(String(64), index=True)  # may name somebody who is not in the export
    time_zone: Named[str | None] = Column(String(64))
    active: Named[bool] = Column(Boolean)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


csm = Table("csm", metadata, _Csm, one_of("state", words.RecordState))


class _Account(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    name: Named[str] = Column(Text)
    parent_id: Named[str | None] = Column(String(64), index=True)
    csm_id: Named[str | None] = Column(String(64), index=True)  # as the CRM says; may be inactive or unknown
    owner_id: Named[str | None] = Column(String(64))
    segment: Named[str | None] = Column(String(16), index=True)
    industry: Named[str | None] = Column(Text)
    country: Named[str | None] = Column(Text)
    arr: Named[Decimal | None] = Column(Money)
    currency: Named[str | None] = Column(String(3))
    renewal_on: Named[date | None] = Column(Date)
    customer_since_on: Named[date | None] = Column(Date)
    status: Named[str] = Column(String(16), index=True)
    churned_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))
    first_seen_at: Named[datetime] = Column(Instant)
    changed_at: Named[datetime] = Column(Instant)
    # ours, never touched by a sync
    escalated_until_on: Named[date | None] = Column(Date)


account = Table(
    "account",
    metadata,
    _Account,
    one_of("status", words.AccountStatus),
    one_of("segment", words.Segment),
    one_of("state", words.RecordState),
)


class _AccountCsm(_Numbered):
    """Who owned an account when; `to_at` is null for now. Figures already frozen keep the old owner."""

    account_id: Named[str] = Column(ForeignKey("account.id"))
    csm_id: Named[str | None] = Column(String(64), index=True)
    from_at: Named[datetime] = Column(Instant)
    to_at: Named[datetime | None] = Column(Instant)


account_csm = Table("account_csm", metadata, _AccountCsm, Index("ix_account_csm_account", "account_id", "from_at"))


class _Escalation(_Numbered):
    """An account under escalation: nobody there is chased until a day. `account.escalated_until_on` follows from it."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    until_on: Named[date] = Column(Date)  # the first day on which they may be asked again
    ended_at: Named[datetime | None] = Column(Instant)
    ended_by: Named[str | None] = Column(Text)


escalation = Table("escalation", metadata, _Escalation)


class _Contact(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    first_name: Named[str | None] = Column(Text)
    last_name: Named[str | None] = Column(Text)
    email: Named[str | None] = Column(String(320), index=True)  # cleaned; null is "not reachable"
    email_original: Named[str | None] = Column(Text)
    title: Named[str | None] = Column(Text)
    department: Named[str | None] = Column(Text)
    country: Named[str | None] = Column(Text)
    language: Named[str | None] = Column(String(16))
    time_zone: Named[str | None] = Column(String(64))
    opted_out: Named[bool] = Column(Boolean)  # as the CRM says of this row; `suppression` is by address
    bounced: Named[bool] = Column(Boolean)
    bounced_on: Named[date | None] = Column(Date)
    bounce_reason: Named[str | None] = Column(Text)
    left_company: Named[bool] = Column(Boolean)
    last_activity_on: Named[date | None] = Column(Date)
    created_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))
    ours: Named[bool] = Column(Boolean, server_default=false())  # added by a CSM, not in the CRM yet
    first_seen_at: Named[datetime] = Column(Instant)
    changed_at: Named[datetime] = Column(Instant)
    # ours, never touched by a sync: what a person, a bounce or a reply told us
    left_at: Named[datetime | None] = Column(Instant)
    away_until_on: Named[date | None] = Column(Date)
    consented_on: Named[date | None] = Column(Date)  # as the CRM says; what we were told stands in `consent`


contact = Table("contact", metadata, _Contact, one_of("state", words.RecordState))


class _ContactChange(_Numbered):
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    field: Named[str] = Column(String(32))
    old: Named[str | None] = Column(Text)
    new: Named[str | None] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


contact_change = Table("contact_change", metadata, _ContactChange)


class _Relation(TypedColumns):
    """A contact's place at an account as the CRM has it; `contact_role` is what follows from it today."""

    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    contact_id: Named[str] = Column(String(64), index=True)
    roles: Named[Any] = Column(Json, nullable=False)  # list of words.Role
    active: Named[bool] = Column(Boolean)
    direct: Named[bool] = Column(Boolean)
    start_on: Named[date | None] = Column(Date)
    end_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


relation = Table("relation", metadata, _Relation, one_of("state", words.RecordState))


class _ContactRole(_Numbered):
    """Who holds which role at which account today; made anew from `relation` by each sync, plus what a CSM said."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    role: Named[str] = Column(String(32))
    by_csm: Named[bool] = Column(Boolean, server_default=false())  # ours; survives a sync
    ended: Named[bool] = Column(Boolean, server_default=false())  # a CSM said "no longer"; overrules the CRM's row
    direct: Named[bool] = Column(Boolean, server_default=true())


contact_role = Table(
    "contact_role",
    metadata,
    _ContactRole,
    one_of("role", words.Role),
    UniqueConstraint("account_id", "contact_id", "role", "by_csm"),
)


class _Alias(TypedColumns):
    """A merged record's id and the final winner it stands for."""

    kind: Named[str] = Column(String(16), primary_key=True)
    loser_id: Named[str] = Column(String(64), primary_key=True)
    winner_id: Named[str] = Column(String(64), index=True)


alias = Table("alias", metadata, _Alias)


class _Opportunity(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    owner_id: Named[str | None] = Column(String(64))
    name: Named[str] = Column(Text)
    kind: Named[str | None] = Column(String(64))  # as the CRM types it: Renewal, New Business, Upsell ...
    stage: Named[str | None] = Column(Text)
    closed: Named[bool] = Column(Boolean)
    won: Named[bool] = Column(Boolean)
    amount: Named[Decimal | None] = Column(Money)
    currency: Named[str | None] = Column(String(3))
    close_on: Named[date | None] = Column(Date)
    arr_before: Named[Decimal | None] = Column(Money)
    arr_after: Named[Decimal | None] = Column(Money)
    renewal_confirmed_on: Named[date | None] = Column(Date)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


opportunity = Table("opportunity", metadata, _Opportunity, one_of("state", words.RecordState))


class _OpportunityRole(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    opportunity_id: Named[str] = Column(String(64), index=True)
    contact_id: Named[str] = Column(String(64), index=True)
    role: Named[str | None] = Column(Text)
    main: Named[bool] = Column(Boolean)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


opportunity_role = Table("opportunity_role", metadata, _OpportunityRole, one_of("state", words.RecordState))


class _Activity(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    about_id: Named[str | None] = Column(String(64))  # the account or the opportunity that the CRM's row names
    contact_id: Named[str | None] = Column(String(64), index=True)  # as the CRM says; may be a lead
    csm_id: Named[str | None] = Column(String(64))
    subject: Named[str | None] = Column(Text)
    kind: Named[str | None] = Column(String(64))  # EBR, QBR, Training, Call, Meeting ... as the CRM types it
    on: Named[date] = Column("on_day", Date, index=True)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


activity = Table("activity", metadata, _Activity, one_of("state", words.RecordState))


class _Milestone(TypedColumns):
    id: Named[str] = Column(String(64), primary_key=True)
    account_id: Named[str] = Column(String(64), index=True)
    csm_id: Named[str | None] = Column(String(64))
    kind: Named[str] = Column(String(64))
    on: Named[date] = Column("on_day", Date)
    value: Named[Decimal | None] = Column(Money)
    evidence: Named[str | None] = Column(Text)
    state: Named[str] = Column(String(16))
    hash: Named[str] = Column(String(64))


milestone = Table("milestone", metadata, _Milestone, one_of("state", words.RecordState))


class _SyncRun(_Numbered):
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


class _SyncChange(_Numbered):
    """What one run did to one record: created, updated (with fields), deleted, merged, gone, kept."""

    run_id: Named[int] = Column(ForeignKey("sync_run.id"))
    object: Named[str] = Column(String(32))
    record_id: Named[str] = Column(String(64))
    change: Named[str] = Column(String(32))
    fields: Named[Any] = Column(Json, nullable=True)
    winner_id: Named[str | None] = Column(String(64))


sync_change = Table("sync_change", metadata, _SyncChange, Index("ix_sync_change_run", "run_id", "object", "change"))


class _SyncProblem(_Numbered):
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

# --- stakeholders -------------------------------------------------------------------------------


class _RoleRequirement(TypedColumns):
    segment: Named[str] = Column(String(16), primary_key=True)
    role: Named[str] = Column(String(32), primary_key=True)
    weight: Named[int] = Column(Integer)
    required_count: Named[int] = Column(Integer)


role_requirement = Table(
    "role_requirement",
    metadata,
    _RoleRequirement,
    one_of("segment", words.Segment),
    one_of("role", words.Role),
    CheckConstraint("weight > 0", name="weight_positive"),
    CheckConstraint("required_count > 0", name="count_positive"),
)


class _SignOfLife(_Numbered):
    """Append-only: what tells us that somebody is, or is no longer, there."""

    key: Named[str] = Column(String(128), unique=True)  # the same fact is recorded once
    contact_id: Named[str] = Column(ForeignKey("contact.id"))
    kind: Named[str] = Column(String(16))
    at: Named[datetime] = Column(Instant)
    source: Named[str] = Column(Text)  # a person's name, "mail", "page", "CRM": shown beside the freshness
    quote: Named[str | None] = Column(Text)


sign_of_life = Table(
    "sign_of_life",
    metadata,
    _SignOfLife,
    one_of("kind", words.Sign),
    Index("ix_sign_of_life_contact", "contact_id", "at"),
)


class _Suggestion(_Numbered):
    """Something a respondent, a bounce or an auto-reply told us, for the CSM to accept or decline."""

    key: Named[str] = Column(String(128), unique=True)
    kind: Named[str] = Column(String(16))
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    name: Named[str | None] = Column(Text)
    address: Named[str | None] = Column(String(320))
    role: Named[str | None] = Column(String(32))
    quote: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    state: Named[str] = Column(String(16))
    decided_at: Named[datetime | None] = Column(Instant)
    decided_by: Named[str | None] = Column(Text)


suggestion = Table(
    "suggestion",
    metadata,
    _Suggestion,
    one_of("kind", words.SuggestionKind),
    one_of("state", words.SuggestionState),
)


class _Exclusion(_Numbered):
    """Do not ask this account, or this contact, until a day; needs a reason and shows on the leader's page."""

    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)
    expires_on: Named[date] = Column(Date)
    ended_at: Named[datetime | None] = Column(Instant)


exclusion = Table("exclusion", metadata, _Exclusion)


class _Consent(_Numbered):
    """Somebody said that they may be asked by mail: of one address, with where that is written down."""

    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    address: Named[str] = Column(String(320), index=True)
    given_on: Named[date] = Column(Date)
    source: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    withdrawn_at: Named[datetime | None] = Column(Instant)
    withdrawn_by: Named[str | None] = Column(Text)


consent = Table("consent", metadata, _Consent)


class _Suppression(_Numbered):
    """An address that must not be mailed. A lifted one keeps its row; an opt-out is never lifted by a sync."""

    address: Named[str] = Column(String(320))
    reason: Named[str] = Column(String(16))
    at: Named[datetime] = Column(Instant)
    source: Named[str] = Column(Text)
    lifted_at: Named[datetime | None] = Column(Instant)


suppression = Table(
    "suppression",
    metadata,
    _Suppression,
    one_of("reason", words.SuppressionReason),
    # one standing suppression per address and reason; the claim's opt-out test reads it
    partial("uq_suppression_standing", "address", "reason", where="lifted_at IS NULL", unique=True),
)

# --- campaigns ----------------------------------------------------------------------------------


class _QuestionnaireVersion(_Numbered):
    """The definition as a wave was sent with it; the same content is kept once."""

    name: Named[str] = Column(String(64))
    hash: Named[str] = Column(String(64))
    files: Named[Any] = Column(Json, nullable=False)  # {relative path: text}, all that is needed to show it again
    created_at: Named[datetime] = Column(Instant)


questionnaire_version = Table(
    "questionnaire_version", metadata, _QuestionnaireVersion, UniqueConstraint("name", "hash")
)


class _Campaign(_Numbered):
    name: Named[str] = Column(String(64), unique=True)
    questionnaire: Named[str] = Column(String(64))
    priority: Named[int] = Column(Integer)  # lower goes first: onboarding 1, post-review 2, relationship 3, pulse 4
    settings: Named[Any] = Column(Json, nullable=False)  # campaigns.model.CampaignSettings


campaign = Table("campaign", metadata, _Campaign)


class _Wave(_Numbered):
    campaign_id: Named[int] = Column(ForeignKey("campaign.id"), index=True)
    questionnaire_version_id: Named[int] = Column(ForeignKey("questionnaire_version.id"), index=True)
    label: Named[str] = Column(Text)
    state: Named[str] = Column(String(16))
    launched_at: Named[datetime] = Column(Instant)
    launched_by: Named[str] = Column(Text)
    settings: Named[Any] = Column(Json, nullable=False)  # frozen copy of the campaign's
    closes_at: Named[datetime | None] = Column(Instant)  # the latest due moment of its invitations, once sent
    closed_at: Named[datetime | None] = Column(Instant)
    paused_because: Named[str | None] = Column(Text)
    resumed_at: Named[datetime | None] = Column(Instant)  # the time to invite somebody starts anew
    confidential: Named[bool] = Column(Boolean, server_default=false())  # promised before it began


wave = Table("wave", metadata, _Wave, one_of("state", words.WaveState))


class _Occasion(_Numbered):
    """Something that happened at an account and that a campaign by event has taken up: once, whatever came of it."""

    campaign_id: Named[int] = Column(ForeignKey("campaign.id"))
    key: Named[str] = Column(String(128))  # milestone:<id>, activity:<id>, renewal:<account>:<day>
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    on: Named[date] = Column("on_day", Date)
    taken_up_at: Named[datetime] = Column(Instant)
    wave_id: Named[int | None] = Column(ForeignKey("wave.id"), index=True)  # null: nobody could be asked


occasion = Table("occasion", metadata, _Occasion, UniqueConstraint("campaign_id", "key"))


class _CensusMember(_Numbered):
    """Everybody who should be asked in a wave, frozen at launch; `reason` is null for those who are."""

    wave_id: Named[int] = Column(ForeignKey("wave.id"))
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    address: Named[str | None] = Column(String(320))
    roles: Named[Any] = Column(Json, nullable=False)
    reason: Named[str | None] = Column(String(32))
    detail: Named[str | None] = Column(Text)  # until when, by whom


census_member = Table(
    "census_member",
    metadata,
    _CensusMember,
    one_of("reason", words.NotAsked),
    UniqueConstraint("wave_id", "contact_id", "account_id"),
)


class _Invitation(_Numbered):
    """One person in one wave, with everything frozen that a figure may need later (3-metrics 0.3)."""

    wave_id: Named[int] = Column(ForeignKey("wave.id"))
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    address: Named[str] = Column(String(320), index=True)
    # frozen at launch, refreshed when the invitation is sent
    csm_id: Named[str | None] = Column(String(64), index=True)
    inherited: Named[bool] = Column(Boolean)  # handed over under 60 days before: counts for the team, not the CSM
    segment: Named[str | None] = Column(String(16))
    roles: Named[Any] = Column(Json, nullable=False)  # list of words.Role held when sent
    arr: Named[Decimal | None] = Column(Money)
    currency: Named[str | None] = Column(String(3))
    language: Named[str] = Column(String(16))
    time_zone: Named[str] = Column(String(64))
    country: Named[str | None] = Column(String(2))  # ISO code for the calendar
    freshness: Named[float | None] = Column(Float)  # just before sending: estimates e of RR3 and RR4
    heads_up: Named[bool] = Column(Boolean)  # which half of the A/B
    # Promised before the wave and never weakened: nothing that says what or whether this person answered leaves.
    confidential: Named[bool] = Column(Boolean, server_default=false())
    # the next step, and only that
    next_step: Named[str | None] = Column(String(16))
    intended_on: Named[date | None] = Column(Date)  # the local day meant; the moment is computed again when claimed
    due_at: Named[datetime | None] = Column(Instant)
    held_because: Named[str | None] = Column(Text)
    moved_because: Named[str | None] = Column(String(32))  # campaigns.model.Why: the next step was meant for earlier
    away_until_on: Named[date | None] = Column(Date)  # an auto-reply said so
    # what happened
    sent_at: Named[datetime | None] = Column(Instant)  # the invitation itself was accepted
    closes_at: Named[datetime | None] = Column(Instant)  # sent_at + 21 days: its own due date, printed in the mail
    stopped: Named[str | None] = Column(String(16))
    stopped_at: Named[datetime | None] = Column(Instant)
    disposition: Named[str | None] = Column(String(16))  # null while in flight
    disposed_at: Named[datetime | None] = Column(Instant)
    answered_at: Named[datetime | None] = Column(Instant)  # first counted answer, on time or late
    bounced_at: Named[datetime | None] = Column(Instant)


invitation = Table(
    "invitation",
    metadata,
    _Invitation,
    one_of("next_step", words.Step),
    one_of("stopped", words.StopReason),
    one_of("disposition", words.Disposition),
    UniqueConstraint("wave_id", "address"),  # one person has one invitation per wave, whatever rows carry the address
    # the claim reads due rows in this order
    partial("ix_invitation_due", "due_at", "id", where="next_step IS NOT NULL"),
    Index("ix_invitation_closes", "closes_at"),
)


class _ChaseEvent(_Numbered):
    """A step that did not go as planned: moved to a day, dropped, held for a person, released."""

    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    at: Named[datetime] = Column(Instant)
    step: Named[str] = Column(String(16))
    what: Named[str] = Column(String(16))  # moved, dropped, held, released
    why: Named[str | None] = Column(String(32))  # campaigns.model.Why
    on: Named[date | None] = Column("on_day", Date)


chase_event = Table("chase_event", metadata, _ChaseEvent, one_of("step", words.Step))


class _ContactQuota(_Numbered):
    """Every message of a campaign to an address, reserved in the claim; what the quarantine counts."""

    address: Named[str] = Column(String(320))
    account_id: Named[str] = Column(ForeignKey("account.id"))
    invitation_id: Named[int | None] = Column(ForeignKey("invitation.id"), index=True)
    step: Named[str] = Column(String(16))
    priority: Named[int] = Column(Integer)
    on: Named[date] = Column("on_day", Date)  # the contact's local day
    at: Named[datetime] = Column(Instant)


contact_quota = Table(
    "contact_quota",
    metadata,
    _ContactQuota,
    Index("ix_contact_quota_address", "address", "at"),
    Index("ix_contact_quota_account", "account_id", "on"),
)


class _HeadsUp(_Numbered):
    """What a CSM said about the heads-up of one invitation; no row: it goes by itself, in the questionnaire's words."""

    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), unique=True)
    subject: Named[str | None] = Column(Text)  # both or neither: the CSM's own words
    body: Named[str | None] = Column("own_text", Text)
    held: Named[bool] = Column(Boolean, server_default=false())  # it is not sent; the invitation goes when it is due
    planned_on: Named[date | None] = Column(Date)  # the day it was meant for when it was held
    own_mail_at: Named[datetime | None] = Column(Instant)  # sent by hand, from the CSM's own mail
    changed_at: Named[datetime] = Column(Instant)
    changed_by: Named[str] = Column(Text)


heads_up = Table("heads_up", metadata, _HeadsUp)


class _Nudge(_Numbered):
    """A CSM wrote to somebody who has not answered: through us (message `nudge:<invitation>:<number>`) or by hand."""

    invitation_id: Named[int] = Column(ForeignKey("invitation.id"))
    number: Named[int] = Column(Integer)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    by_hand: Named[bool] = Column(Boolean)


nudge = Table("nudge", metadata, _Nudge, UniqueConstraint("invitation_id", "number"))

# --- delivery -----------------------------------------------------------------------------------


class _Message(_Numbered):
    """The outbox: a mail frozen byte by byte before its first attempt."""

    key: Named[str] = Column(String(128), unique=True)  # inv:<id>:<step>, followup:<id>:<n>, digest:..., test:...
    kind: Named[str] = Column(String(16))
    invitation_id: Named[int | None] = Column(ForeignKey("invitation.id"), index=True)
    wave_id: Named[int | None] = Column(ForeignKey("wave.id"), index=True)
    step: Named[str | None] = Column(String(16))
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    address: Named[str] = Column(String(320), index=True)  # whom it is for; test mode changes `recipient` only
    recipient: Named[str] = Column(String(320))  # RCPT TO
    return_path: Named[str] = Column(String(320), unique=True)  # VERP, with a random id
    subject: Named[str] = Column(Text)
    message_id: Named[str] = Column(String(255), unique=True)
    created_at: Named[datetime] = Column(Instant)
    due_at: Named[datetime] = Column(Instant)
    state: Named[str] = Column(String(16))
    next_attempt_at: Named[datetime | None] = Column(Instant)
    give_up_at: Named[datetime | None] = Column(Instant)  # when the next step is due: no retry after that
    attempts: Named[int] = Column(Integer, server_default="0")
    worker: Named[str | None] = Column(String(64))
    fence: Named[int] = Column(Integer, server_default="0")
    lease_until: Named[datetime | None] = Column(Instant)
    sent_at: Named[datetime | None] = Column(Instant)  # the server's 250
    reply_code: Named[int | None] = Column(Integer)
    reply_text: Named[str | None] = Column(Text)
    bounced_at: Named[datetime | None] = Column(Instant)
    bounce_code: Named[str | None] = Column(String(16))
    # Last, because SQLite reads a row from its start: a long column in the middle costs every look at the others.
    body: Named[bytes | None] = Column(LargeBinary)  # whole MIME text, encrypted: it holds live links


message = Table(
    "message",
    metadata,
    _Message,
    one_of("kind", words.MessageKind),
    one_of("step", words.Step),
    one_of("state", words.MessageState),
    # The worker's queue and what a person must look at. Whole, not partial: SQLite takes a partial index only for
    # the very condition it was made with, and a scan of this table reads every body.
    Index("ix_message_state", "state", "next_attempt_at", "id"),
    # What the Delivery page counts over a month, read from the index alone: by hour, by wave, by domain, the wait.
    partial("ix_message_sent", "sent_at", "id", "due_at", "wave_id", "recipient", where="sent_at IS NOT NULL"),
)


class _Stencil(TypedColumns):
    """What many frozen mails have in common, kept once: see `frozen`."""

    id: Named[str] = Column(String(64), primary_key=True)  # SHA-256 of the pieces
    pieces: Named[bytes] = Column(LargeBinary)  # encrypted
    used_until: Named[datetime] = Column(Instant)  # no mail that needs it was frozen later


stencil = Table("stencil", metadata, _Stencil)


class _Attempt(_Numbered):
    message_id: Named[int] = Column(ForeignKey("message.id"), index=True)
    at: Named[datetime] = Column(Instant)
    worker: Named[str] = Column(String(64))
    outcome: Named[str] = Column(String(16))  # claimed, handing_over, sent, later, failed, unknown, released, settled
    code: Named[int | None] = Column(Integer)
    text: Named[str | None] = Column("reply", Text)
    relay: Named[str | None] = Column(String(64))  # the mail server's name in our settings


attempt = Table(
    "attempt",
    metadata,
    _Attempt,
    # What failed, by hour. Those that were sent are in ix_message_sent, and their number is what costs.
    partial("ix_attempt_not_sent", "at", "outcome", "message_id", where="outcome <> 'sent'"),
)


class _RelayState(TypedColumns):
    """How our mail server does: closed to us until when, and failures in a row. No row is all well."""

    relay: Named[str] = Column(String(255), primary_key=True)  # host:port
    open_until: Named[datetime | None] = Column(Instant)  # the circuit: nothing is tried before
    outages: Named[int] = Column(Integer, server_default="0")  # times in a row that it could not be reached
    refusals: Named[int] = Column(Integer, server_default="0")  # messages in a row that it refused for good
    reason: Named[str | None] = Column(Text)
    changed_at: Named[datetime] = Column(Instant)


relay_state = Table("relay_state", metadata, _RelayState)


class _DomainState(TypedColumns):
    """What a recipient domain has had, where the settings limit it or its server asked us to slow down."""

    domain: Named[str] = Column(String(255), primary_key=True)
    began_at: Named[datetime | None] = Column(Instant)  # the stretch of time that `taken` counts
    taken: Named[int] = Column(Integer, server_default="0")
    booked_at: Named[datetime | None] = Column(Instant)  # the latest stretch that messages wait for, and how many do
    booked: Named[int] = Column(Integer, server_default="0")
    rests_until: Named[datetime | None] = Column(Instant)  # it put us off: nothing is tried before
    rests: Named[int] = Column(Integer, server_default="0")  # in a row
    reason: Named[str | None] = Column(Text)


domain_state = Table("domain_state", metadata, _DomainState)


class _WaveTrouble(TypedColumns):
    """Failures in a row of a wave's messages, over all workers. No row is none."""

    wave_id: Named[int] = Column(ForeignKey("wave.id"), primary_key=True)
    failures: Named[int] = Column(Integer)
    reason: Named[str | None] = Column(Text)


wave_trouble = Table("wave_trouble", metadata, _WaveTrouble)


class _Link(_Numbered):
    """One token per message and purpose; only its hash is kept."""

    token_hash: Named[str] = Column(String(64), unique=True)
    purpose: Named[str] = Column(String(16))  # answer, unsubscribe
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    message_id: Named[int | None] = Column(ForeignKey("message.id"), index=True)
    created_at: Named[datetime] = Column(Instant)


link = Table("link", metadata, _Link)


class _Inbound(_Numbered):
    key: Named[str] = Column(String(128), unique=True)  # Message-ID or digest: the same mail counts once
    kind: Named[str] = Column(String(16))
    message_id: Named[int | None] = Column(ForeignKey("message.id"), index=True)
    contact_id: Named[str | None] = Column(ForeignKey("contact.id"), index=True)
    at: Named[datetime] = Column(Instant)
    code: Named[str | None] = Column(String(16))
    quote: Named[str | None] = Column(Text)
    until_on: Named[date | None] = Column(Date)
    successor_name: Named[str | None] = Column(Text)
    successor_address: Named[str | None] = Column(String(320))
    source: Named[str] = Column(String(32), server_default="")  # imap, listener, or the provider of a webhook
    raw: Named[bytes | None] = Column(LargeBinary)  # the whole mail, encrypted, for as long as it is kept


inbound = Table(
    "inbound",
    metadata,
    _Inbound,
    one_of("kind", words.InboundKind),
    # What came back since when, by class: its rows hold whole mails.
    Index("ix_inbound_at", "at", "kind", "message_id"),
)


class _Mailbox(TypedColumns):
    """A way in for mail that comes back: how far it is read, and what is wrong with it."""

    name: Named[str] = Column(String(255), primary_key=True)  # user@host/folder, or listener
    uid_validity: Named[int | None] = Column(BigInteger)  # the server's: another one and its numbers begin anew
    last_uid: Named[int] = Column(BigInteger, server_default="0")  # read up to here
    read_at: Named[datetime | None] = Column(Instant)  # when it was last read to its end
    trouble: Named[str | None] = Column(Text)
    trouble_since: Named[datetime | None] = Column(Instant)
    stuck_uid: Named[int | None] = Column(BigInteger)  # the mail that reading stopped at, and how often in a row
    stuck_times: Named[int] = Column(Integer, server_default="0")


mailbox = Table("mailbox", metadata, _Mailbox)


class _MailboxMail(_Numbered):
    """A mail of a mailbox with something left to do: put it away at the server, or look why it was set aside."""

    mailbox: Named[str] = Column(String(255))
    uid_validity: Named[int] = Column(BigInteger)
    uid: Named[int] = Column(BigInteger)
    at: Named[datetime] = Column(Instant)
    reason: Named[str | None] = Column(Text)  # why it was set aside; null: taken, and to be put away


mailbox_mail = Table("mailbox_mail", metadata, _MailboxMail, UniqueConstraint("mailbox", "uid_validity", "uid"))


class _ProviderEvent(_Numbered):
    """What a mail provider's webhook said, kept before anything is done about it."""

    provider: Named[str] = Column(String(16))
    event: Named[str] = Column(String(128))  # the provider's own id of it, or a digest: a replay counts once
    received_at: Named[datetime] = Column(Instant)
    raw: Named[bytes | None] = Column(LargeBinary)  # encrypted, for as long as it is kept
    kind: Named[str | None] = Column(String(16))  # delivered, bounced, complained, ...; null until it was read
    message_id: Named[int | None] = Column(ForeignKey("message.id"), index=True)  # null: none of ours
    handled_at: Named[datetime | None] = Column(Instant)
    trouble: Named[str | None] = Column(Text)


provider_event = Table(
    "provider_event",
    metadata,
    _ProviderEvent,
    UniqueConstraint("provider", "event"),
    # What waits to be read, oldest first.
    Index("ix_provider_event_handled", "handled_at", "id"),
    # How many of each provider came today, and when the last one did.
    Index("ix_provider_event_received", "provider", "received_at"),
)


class _ProviderRefusal(_Numbered):
    """Webhook calls that were not taken, counted: what a forger sends is never kept."""

    provider: Named[str] = Column(String(16))
    reason: Named[str] = Column(String(32))
    on_day: Named[date] = Column(Date)
    number: Named[int] = Column(Integer)
    last_at: Named[datetime] = Column(Instant)


provider_refusal = Table(
    "provider_refusal", metadata, _ProviderRefusal, UniqueConstraint("provider", "reason", "on_day")
)

# --- responses ----------------------------------------------------------------------------------


class _Hit(_Numbered):
    """A GET or HEAD of a link: says nothing about a person until something is posted."""

    link_id: Named[int] = Column(ForeignKey("link.id"), index=True)
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    at: Named[datetime] = Column(Instant)
    method: Named[str] = Column(String(8))
    score: Named[int | None] = Column(Integer)
    agent: Named[str | None] = Column(String(200))
    source: Named[str | None] = Column(String(64))  # HMAC of network address and browser: who crawls, without who it is


hit = Table("hit", metadata, _Hit)


class _Rendering(_Numbered):
    """One page as it was served; a POST carries its nonce, and suspicion belongs to it alone."""

    nonce_hash: Named[str] = Column(String(64), unique=True)
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    link_id: Named[int] = Column(ForeignKey("link.id"), index=True)
    at: Named[datetime] = Column(Instant)
    source: Named[str | None] = Column(String(64))  # as in `hit`
    trapped_at: Named[datetime | None] = Column(Instant)  # its honeypot link was followed


rendering = Table("rendering", metadata, _Rendering)


class _Visitor(_Numbered):
    """A browser that posted: the cookie that alone may see what was typed."""

    cookie_hash: Named[str] = Column(String(64), unique=True)
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    at: Named[datetime] = Column(Instant)


visitor = Table("visitor", metadata, _Visitor)


class _Response(_Numbered):
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


class _Answer(_Numbered):
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


class _VerbatimTheme(_Numbered):
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


class _Coding(_Numbered):
    """A comment that a person sorted without seeing what the rule found: what agreement is counted from."""

    response_id: Named[int] = Column(ForeignKey("response.id"))
    question: Named[str] = Column(String(64))
    themes: Named[Any] = Column(Json, nullable=False)  # list of theme ids; empty: about none of them
    offered: Named[Any] = Column(Json, nullable=False)  # list of theme ids that there were to choose from
    book: Named[int] = Column(Integer)  # version of the code book
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


coding = Table("coding", metadata, _Coding, UniqueConstraint("response_id", "question"))

# --- followup -----------------------------------------------------------------------------------


class _FollowUp(_Numbered):
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


class _FollowUpEvent(_Numbered):
    follow_up_id: Named[int] = Column(ForeignKey("follow_up.id"), index=True)
    at: Named[datetime] = Column(Instant)
    what: Named[str] = Column(String(32))  # opened, acknowledged, contacted, resolved, confirmed, reopened, escalated
    by: Named[str] = Column(Text)
    note: Named[str | None] = Column(Text)


follow_up_event = Table("follow_up_event", metadata, _FollowUpEvent)


class _AnswerSeen(TypedColumns):
    """Which answers were looked at for a follow-up, as of when; a corrected one is looked at again."""

    response_id: Named[int] = Column(ForeignKey("response.id"), primary_key=True)
    submitted_at: Named[datetime] = Column(Instant)


answer_seen = Table("answer_seen", metadata, _AnswerSeen)


class _YouSaid(_Numbered):
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


class _Improvement(_Numbered):
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


class _ImprovementEvent(_Numbered):
    improvement_id: Named[int] = Column(ForeignKey("improvement.id"), index=True)
    at: Named[datetime] = Column(Instant)
    what: Named[str] = Column(String(16))  # opened, changed, begun, done, dropped, reopened, drafted
    by: Named[str] = Column(Text)
    note: Named[str | None] = Column(Text)


improvement_event = Table("improvement_event", metadata, _ImprovementEvent)


class _ImprovementLine(_Numbered):
    """The line that one person is told of an improvement: one a person, however often it is closed."""

    improvement_id: Named[int] = Column(ForeignKey("improvement.id"))
    account_id: Named[str] = Column(ForeignKey("account.id"), index=True)
    contact_id: Named[str] = Column(ForeignKey("contact.id"), index=True)
    you_said_id: Named[int] = Column(ForeignKey("you_said.id"), unique=True)


improvement_line = Table(
    "improvement_line", metadata, _ImprovementLine, UniqueConstraint("improvement_id", "account_id", "contact_id")
)

# --- metrics ------------------------------------------------------------------------------------


class _Theme(_Numbered):
    """A theme of the code book as it stands. `version` is the book's when this theme was last changed."""

    key: Named[str] = Column(String(64), unique=True)  # never changed
    name: Named[str] = Column(Text)
    department: Named[str] = Column(Text)
    words: Named[Any] = Column(Json, nullable=False)  # {language: [word, phrase, begin*]}
    version: Named[int] = Column(Integer)
    retired: Named[bool] = Column(Boolean, server_default=false())


theme = Table("theme", metadata, _Theme)


class _ThemeVersion(_Numbered):
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


class _FigureSnapshot(_Numbered):
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


class _MeasureFile(_Numbered):
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


class _ScorecardMonth(_Numbered):
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


class _ScorecardResult(_Numbered):
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


class _ScorecardRows(_Numbered):
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


class _ColleagueReview(_Numbered):
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


class _RenewalLandmark(_Numbered):
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


class _Guess(_Numbered):
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

# --- web ----------------------------------------------------------------------------------------


class _Session(TypedColumns):
    token_hash: Named[str] = Column(String(64), primary_key=True)
    staff_id: Named[int] = Column(ForeignKey("staff.id"), index=True)
    csrf: Named[str] = Column(String(64))
    created_at: Named[datetime] = Column(Instant)
    seen_at: Named[datetime] = Column(Instant)
    expires_at: Named[datetime] = Column(Instant)
    flash: Named[Any] = Column(Json, nullable=True)  # what the last act did, and its undo: shown once


session = Table("session", metadata, _Session)


class _Knock(_Numbered):
    """A failed sign-in or an unknown token, for the rate limits; `source` is an HMAC of address or e-mail."""

    kind: Named[str] = Column(String(16))
    source: Named[str] = Column(String(64))
    at: Named[datetime] = Column(Instant)


knock = Table("knock", metadata, _Knock, Index("ix_knock_source", "kind", "source", "at"))
