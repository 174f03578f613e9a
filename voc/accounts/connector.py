"""The one shape of every connector: look, read a window or everything, list ids, write a little back.

A connector is one file in `crm/` with its mapping. It turns what its CRM says into `Incoming` rows
of our eight kinds and decides nothing: `run.syncing` reads it page by page, stages, compares and writes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from voc.accounts.model import FileRead, Incoming, Kind, Problem, Spellings


class Windows(msgspec.Struct, frozen=True):
    """How a CRM that can tell what changed is read.

    A run reads [watermark - overlap, start - lag): `lag` leaves time for transactions that commit
    late, `overlap` reads the end of the last window again. Every `sweep_every` all ids are listed,
    to find what vanished without a trace.
    """

    lag: timedelta
    overlap: timedelta
    sweep_every: timedelta


class Span(msgspec.Struct, frozen=True):
    """The half-open window [since, until) of one object; `since` None means every row."""

    since: datetime | None
    until: datetime


class Page(msgspec.Struct):
    """Some rows, and from where another process would go on reading after them (None: only from the start)."""

    rows: list[Incoming]
    bookmark: str | None = None


class Usage(msgspec.Struct, frozen=True):
    """What a connector asked of its CRM so far, and how much of the day's allowance is used by everybody."""

    requests: int = 0
    allowance: int | None = None  # requests a day; None where the CRM has no such limit or does not say
    used: int | None = None  # of it, by all clients


class FieldState(StrEnum):
    FOUND = "found"
    MISSING = "missing"  # the object has no such field, or this credential may not see it
    UNREADABLE = "unreadable"  # it exists, and the credential may not read it
    CALCULATED = "calculated"  # read, but its changes do not show as changes of the record
    NOT_MAPPED = "not_mapped"


class FieldFound(msgspec.Struct, frozen=True):
    field: str  # ours
    column: str | None  # the CRM's
    state: FieldState
    note: str | None = None


class ObjectFound(msgspec.Struct):
    """One of our kinds as the CRM has it."""

    kind: Kind
    object: str | None  # the CRM's name of it; None: nothing is read for this kind
    readable: bool
    why: str | None = None  # why it cannot be read, in plain words
    fields: list[FieldFound] = msgspec.field(default_factory=list)
    columns: list[str] = msgspec.field(default_factory=list)  # all the CRM has, to choose from
    rows: int | None = None
    changed_30_days: int | None = None


class Probe(msgspec.Struct):
    """What *Check* shows. `missing_grants` say which right to give, in the CRM's own words."""

    signed_in_as: str | None
    version: str | None
    objects: list[ObjectFound]
    missing_grants: list[str] = msgspec.field(default_factory=list)
    warnings: list[str] = msgspec.field(default_factory=list)
    usage: Usage = Usage()


class WriteWhat(StrEnum):
    TASK = "task"  # for the CSM: get back to a person
    CONTACT = "contact"  # last asked, last answered, score
    ACCOUNT = "account"  # coverage


class Write(msgspec.Struct, frozen=True):
    """One thing to bring into the CRM. `key` is stable: writing it twice leaves one record.

    TASK: `values` has subject, body, due_on, owner_id, contact_id, account_id, closed ("1" or "");
    reopened is "1" beside them when a task that we closed must be open again. A task that is open
    here keeps what people made of it there. `record_id` is the CRM's id of the task once known.
    With `only_if_there` none is made: a key that the CRM does not know is done without a record.
    CONTACT and ACCOUNT: `record_id` is the record's, `values` maps the CRM's column to the text to
    write there ("" empties it).
    """

    key: str
    what: WriteWhat
    record_id: str | None
    values: Mapping[str, str]
    only_if_there: bool = False


class Wrote(msgspec.Struct, frozen=True):
    """What became of one `Write`. Without `done` it may work later (`again`) or needs a person (`why`)."""

    key: str
    done: bool
    record_id: str | None = None
    again: bool = False
    why: str | None = None


Known = Callable[[Kind], Iterator[Sequence[str]]]
"""Ids of the records we have or have just read, in chunks: for CRMs whose roles must be asked per contact."""


class Outside(msgspec.Struct, frozen=True):
    """What a connector needs from where it runs. `private_hosts` may stand on a private network and be
    spoken to without TLS; only who runs the installation names them (voc.toml)."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    private_hosts: tuple[str, ...] = ()


class Source(Protocol):
    """A connector, opened for one run."""

    @property
    def name(self) -> str:
        """How a person knows it: `salesforce:acme.my.salesforce.com`, `csv:/srv/export`."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever rows would be read or meant differently: another CRM, mapping or table of spellings.
        Watermarks hold for one fingerprint."""

    spellings: Spellings  # complete once `open` was called

    @property
    def windows(self) -> Windows | None:
        """None: every run reads everything."""

    def open(self) -> list[Problem]:
        """Sign in and look at what is there; what is wrong with the source as a whole.

        Misconfigured, with place and mend, when it cannot be read at all or its opt-out is not readable.
        """

    def in_full(self, kind: Kind) -> bool:
        """Whether every run reads all rows of an object because its changes cannot be told by time."""

    def daily(self, kind: Kind) -> bool:
        """Whether all rows are read once a day: a mapped column is calculated and moves no date of change."""

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        """The rows changed in the window (deleted and merged ones flagged), or all; `after` is a bookmark.

        Raises TryLater (with `at` when the CRM says so), GiveUp, Misconfigured. Memory does not grow.
        """

    def ids(self, kind: Kind) -> Iterator[Sequence[str]] | None:
        """Every id the CRM shows today, in chunks; None where `pages` over everything is the sweep."""

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        """Those records as they are now; ids that are not there are left out."""

    def file(self, kind: Kind) -> FileRead:
        """How an object was read; complete once its pages have ended."""

    def column(self, kind: Kind, field: str) -> str:
        """What the CRM calls a field of ours, so that a person finds it there."""

    def same_id(self, id: str) -> str:
        """One form for all spellings of a record's id."""

    def share_read(self) -> float:
        """How much of the whole is read, 0 to 1."""

    def usage(self) -> Usage: ...

    def close(self) -> None: ...


class Connector(Source, Protocol):
    """A source behind a connection that people set up on the page Settings > CRM, and that takes writes."""

    def probe(self) -> Probe:
        """Look at everything a person should know before switching it on. Never raises for what is only missing."""

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        """Some rows as the CRM has them, by its own column names: the examples beside each mapped field."""

    def spelled(self, kind: Kind, field: str) -> list[str]:
        """The spellings in use or on offer for one of our fields (roles, segment, status), to map each."""

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        """Bring each into the CRM; one that fails does not stop the others. Order and length as given."""
