"""Mail on its way out, and what came back [delivery]."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
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
from voc.base.schema.declaring import Numbered, metadata, one_of, partial
from voc.base.types import Instant

__all__ = [
    "attempt",
    "domain_state",
    "inbound",
    "link",
    "mailbox",
    "mailbox_mail",
    "message",
    "provider_event",
    "provider_refusal",
    "relay_state",
    "stencil",
    "wave_trouble",
]


class _Message(Numbered):
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


class _Attempt(Numbered):
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


class _Link(Numbered):
    """One token per message and purpose; only its hash is kept."""

    token_hash: Named[str] = Column(String(64), unique=True)
    purpose: Named[str] = Column(String(16))  # answer, unsubscribe
    invitation_id: Named[int] = Column(ForeignKey("invitation.id"), index=True)
    message_id: Named[int | None] = Column(ForeignKey("message.id"), index=True)
    created_at: Named[datetime] = Column(Instant)


link = Table("link", metadata, _Link)


class _Inbound(Numbered):
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


class _MailboxMail(Numbered):
    """A mail of a mailbox with something left to do: put it away at the server, or look why it was set aside."""

    mailbox: Named[str] = Column(String(255))
    uid_validity: Named[int] = Column(BigInteger)
    uid: Named[int] = Column(BigInteger)
    at: Named[datetime] = Column(Instant)
    reason: Named[str | None] = Column(Text)  # why it was set aside; null: taken, and to be put away


mailbox_mail = Table("mailbox_mail", metadata, _MailboxMail, UniqueConstraint("mailbox", "uid_validity", "uid"))


class _ProviderEvent(Numbered):
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


class _ProviderRefusal(Numbered):
    """Webhook calls that were not taken, counted: what a forger sends is never kept."""

    provider: Named[str] = Column(String(16))
    reason: Named[str] = Column(String(32))
    on_day: Named[date] = Column(Date)
    number: Named[int] = Column(Integer)
    last_at: Named[datetime] = Column(Instant)


provider_refusal = Table(
    "provider_refusal", metadata, _ProviderRefusal, UniqueConstraint("provider", "reason", "on_day")
)
