"""What a webhook call is, why it is not taken, and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voc.delivery.addresses import same

MIB = 1 << 20


class WhyNot(StrEnum):
    """Why a call is not taken. Counted and shown to admins; whoever calls is told the same for all of them."""

    NO_KEY = "no_key"
    WRONG_TYPE = "wrong_type"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    OLD = "old"
    WRONG_TOPIC = "wrong_topic"
    WRONG_HOST = "wrong_host"
    NO_CERTIFICATE = "no_certificate"  # AWS did not give it: the call may be theirs, and is asked for again


class EventKind(StrEnum):
    ACCEPTED = "accepted"  # the provider has it: nothing more is known
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"  # by the provider's own link
    MAIL = "mail"  # a whole mail that came in
    CONFIRM = "confirm"  # AWS asks whether it may call us
    IGNORED = "ignored"  # opens, clicks, and what we do not know


PROOF = (
    EventKind.ACCEPTED,
    EventKind.DELIVERED,
    EventKind.DEFERRED,
    EventKind.BOUNCED,
    EventKind.COMPLAINED,
    EventKind.UNSUBSCRIBED,
)
"""Nobody can say any of these of a mail that was not handed over."""


class Says(StrEnum):
    """What the provider itself makes of a bounce, where it does."""

    GONE = "gone"  # nobody is behind the address
    PASSING = "passing"
    REPUTATION = "reputation"  # it is about the sender


@dataclass(frozen=True)
class Call:
    """A request as it came: header names in small letters, `rest` is what follows the provider in the path."""

    headers: Mapping[str, str]
    body: bytes
    rest: str = ""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Keys:
    """What a provider's calls are checked with: the newest first, the one before it as long as it is kept.

    For SES these are topic ARNs. `path_hashes`: SHA-256 of the secret in the path, where a provider
    signs nothing. `certificate` gives a PEM by its address, or raises OSError.
    """

    keys: tuple[str, ...]
    path_hashes: tuple[str, ...] = ()
    certificate: Callable[[str], bytes] | None = None


@dataclass(frozen=True)
class Piece:
    """One event as it is kept. `event` is the provider's id of it, at most 128 characters; `kind` where it shows."""

    event: str
    raw: bytes
    kind: EventKind | None = None


@dataclass(frozen=True)
class Report:
    """What is said of one recipient. `code` is an enhanced status such as 5.1.1, `text` a server's words."""

    recipient: str
    code: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Event:
    """A piece, read. `message_ids` with their angle brackets; `at` is the provider's own moment."""

    kind: EventKind
    message_ids: tuple[str, ...] = ()
    return_path: str | None = None
    reports: tuple[Report, ...] = ()
    says: Says | None = None
    at: datetime | None = None

    def about(self, recipient: str) -> Report | None:
        """What it says of this recipient, or None: of others nothing is learned."""
        return next((one for one in self.reports if same(one.recipient, recipient)), None)


@dataclass(frozen=True)
class Provider:
    """`types` are the content types it sends; `glance` refuses what the headers alone give away."""

    name: str
    verify: Callable[[Call, Keys, datetime], WhyNot | None]
    pieces: Callable[[Call], list[Piece]]
    read: Callable[[bytes], Event]
    types: frozenset[str]
    largest: int
    glance: Callable[[Call, Keys], WhyNot | None]
