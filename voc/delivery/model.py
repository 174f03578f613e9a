"""What travels between the outbox, the mail server and the inbox."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from voc.base.frozen import Own
from voc.base.words import InboundKind, MessageKind, MessageState, Step
from voc.delivery.struck import struck_out


class Outcome(StrEnum):
    SENT = "sent"  # the server's 250 after the final dot
    LATER = "later"  # certainly not accepted; may be tried again
    FAILED = "failed"  # certainly not accepted, for good
    UNKNOWN = "unknown"  # the dot went out and no answer came back


class Stage(StrEnum):
    """How far the conversation with the server came."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """`mime` is the whole mail with CRLF line ends, not yet dot-stuffed."""

    return_path: str
    recipient: str
    mime: bytes


@dataclass(frozen=True)
class Handed:
    """What became of handing one message over. `relay_down`: the server is at fault, not this message."""

    outcome: Outcome
    stage: Stage
    code: int | None = None
    text: str = ""
    relay_down: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", struck_out(self.text))


class Line(Protocol):
    """One connection to a mail server; one thread uses it at a time.

    `before_final_dot` is called after the body and immediately before the final dot; it commits, and
    says whether the dot may go out. If not, the connection is dropped: the server has nothing to
    accept, and the answer is None. `hand_over` never raises for what the server does.
    """

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None: ...


class Relay(Protocol):
    """A mail server, with its own limits. `lines` are opened when they are first used, and stay open."""

    @property
    def name(self) -> str: ...

    @property
    def per_second(self) -> float: ...

    @property
    def lines(self) -> Sequence[Line]: ...

    def close(self) -> None: ...


Relays = Relay | Sequence[Relay]
"""One mail server, or several that share the messages."""


@dataclass(frozen=True)
class Party:
    """A name and an address, as a header shows them."""

    name: str
    address: str


class Unsealed(msgspec.Struct, frozen=True, gc=False):
    """A frozen mail to hand over: all its bytes, and its own part if the rest of it is kept as a stencil."""

    mail: bytes
    own: Own | None = None


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """A message a worker holds; `fence` must still be the row's when it commits."""

    id: int
    kind: MessageKind
    invitation_id: int | None
    wave_id: int | None
    step: Step | None
    contact_id: str | None
    address: str
    recipient: str
    return_path: str
    body: bytes  # encrypted
    attempts: int  # finished ones
    fence: int
    next_attempt_at: datetime
    give_up_at: datetime | None
    opened: Unsealed | None = None  # where it was frozen just now, and need not be decrypted

    def __repr__(self) -> str:
        return f"Claimed(id={self.id}, fence={self.fence})"  # its bytes hold live links

    @property
    def asks(self) -> bool:
        """It asks its addressee for an answer: not inside a conversation, no test."""
        return self.kind in (MessageKind.CHASE, MessageKind.NUDGE) and not self.is_test

    @property
    def is_test(self) -> bool:
        """It went to the test address: nothing was learned about the person it is about."""
        return self.recipient != self.address


@dataclass(frozen=True)
class Sent:
    """What one `send_due` did. `stopped_because` says why it did not go on, for the log and the page."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    frozen: int = 0
    stopped_because: str | None = None

    @property
    def handed_over(self) -> int:
        return self.sent + self.later + self.failed + self.unknown


@dataclass(frozen=True)
class OwnMessage:
    """The row behind a return path: whom the mail was for and what it was part of."""

    id: int
    kind: MessageKind
    state: MessageState
    invitation_id: int | None
    wave_id: int | None
    step: Step | None
    contact_id: str | None
    account_id: str | None
    address: str
    recipient: str
    message_id: str
    subject: str
    sent_at: datetime | None
    bounced_at: datetime | None
    attempts: int = 1

    @property
    def is_test(self) -> bool:
        return self.recipient != self.address


@dataclass(frozen=True)
class Incoming:
    """What a mail that came back says, before anything is done about it."""

    kind: InboundKind
    code: str | None = None  # enhanced status of a bounce, such as 5.1.1
    quote: str | None = None  # the sentence that says so
    until_on: date | None = None
    successor_name: str | None = None
    successor_address: str | None = None

    def __post_init__(self) -> None:
        if self.quote is not None:
            object.__setattr__(self, "quote", struck_out(self.quote))


@dataclass(frozen=True)
class Health:
    """How delivery stands now, for the page, the doctor and the alerts."""

    waiting: int
    overdue_since: datetime | None  # the due moment of the oldest that could go now
    sent: int
    unknown: int
    failed: int
    held: int
    cancelled: int
    bounced: dict[InboundKind, int]
    paused_because: str | None
    test_address: str | None
    waiting_for_test_address: bool


@dataclass(frozen=True)
class Opened:
    """A folder that is selected. Another `uid_validity` than before: all numbers begin anew."""

    uid_validity: int
    uid_next: int  # 0 where the server does not tell


@dataclass(frozen=True)
class Peeked:
    """A mail of a folder of which only the header was read."""

    uid: int
    size: int
    head: bytes


class Mailbox(Protocol):
    """A folder that mail comes back to. Mails have numbers that only rise. Trouble is an Upstream error."""

    @property
    def name(self) -> str: ...

    def open(self) -> Opened: ...

    def numbers(self, *, after: int, before: int) -> Iterator[int]: ...

    def heads(self, numbers: list[int]) -> Iterator[Peeked]: ...

    def whole(self, uid: int, *, at_most: int) -> bytes | None: ...

    def put_away(self, uid: int) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class SetAside:
    """A mail in a mailbox that could not be taken, for a person to look at there."""

    uid: int
    at: datetime
    reason: str


@dataclass(frozen=True)
class Standing:
    """How one way in for returned mail does. `name`: of the mailbox, or "listener"."""

    name: str
    read_at: datetime | None  # when it was last read to its end; of the listener, when it last took a mail
    trouble: str | None
    trouble_since: datetime | None
    set_aside: tuple[SetAside, ...]  # the latest ten
