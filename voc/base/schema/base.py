"""The installation, its settings and locks, who signs in, who changed what [base]."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
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
    false,
    true,
)

from voc.base import words
from voc.base.schema.declaring import Numbered, metadata, one_of
from voc.base.types import Instant, Json

__all__ = [
    "audit",
    "beat",
    "erased",
    "identity",
    "installation",
    "installation_mark",
    "last_check",
    "lease",
    "recovery_code",
    "second_step",
    "secret",
    "setting",
    "staff",
]


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


class _Staff(Numbered):
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


class _RecoveryCode(Numbered):
    """For a lost device, each once; `digest` is keyed."""

    staff_id: Named[int] = Column(ForeignKey("staff.id"))
    digest: Named[str] = Column(String(64))
    used_at: Named[datetime | None] = Column(Instant)


recovery_code = Table("recovery_code", metadata, _RecoveryCode, UniqueConstraint("staff_id", "digest"))


class _Identity(Numbered):
    """Who somebody of ours is at the company's sign-in: issuer and subject, which never pass to another person."""

    staff_id: Named[int] = Column(ForeignKey("staff.id"))
    issuer: Named[str] = Column(String(500))
    subject: Named[str] = Column(String(255))
    linked_at: Named[datetime] = Column(Instant)


identity = Table(
    "identity", metadata, _Identity, UniqueConstraint("issuer", "subject"), UniqueConstraint("staff_id", "issuer")
)


class _Audit(Numbered):
    at: Named[datetime] = Column(Instant, index=True)
    actor: Named[str] = Column(Text)
    action: Named[str] = Column(String(64))
    object_kind: Named[str] = Column(String(32))
    object_id: Named[str] = Column(Text)
    detail: Named[Any] = Column(Json, nullable=False)
    previous_hash: Named[str] = Column(String(64), unique=True)
    hash: Named[str] = Column(String(64))


audit = Table("audit", metadata, _Audit, Index("ix_audit_object", "object_kind", "object_id"))
