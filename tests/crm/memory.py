"""A CRM in memory: pages of three rows, bookmarks, windows, ids. The core's own stand-in, without HTTP."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from hashlib import blake2b
from typing import Any

from tests.crm.company import Company, Row
from tests.crm.server import Fault, Server
from voc.accounts import clean, rules
from voc.accounts.connection import Connection, Crm, Secret
from voc.accounts.connector import Known, Page, Probe, Span, Usage, Windows, Write, Wrote
from voc.accounts.model import FileRead, Incoming, Kind, Problem
from voc.base.errors import GiveUp, TryLater

WINDOWS = Windows(lag=timedelta(minutes=5), overlap=timedelta(minutes=10), sweep_every=timedelta(days=7))
ROWS_PER_PAGE = 3


def id_of(kind: Kind, key: str) -> str:
    return f"{kind[:2]}-{key}"


@dataclass
class Memory:
    """The peer. `fault` and `usage` bend what the next answers are; `asked` is what was asked of it."""

    company: Company
    server: Server | None = None
    windows: Windows | None = WINDOWS
    mapping: str = "1"
    fault: Fault | None = None
    usage: Usage = field(default_factory=Usage)
    every_run: frozenset[Kind] = frozenset({Kind.CSM})
    every_day: frozenset[Kind] = frozenset()
    asked: list[tuple[str, Kind]] = field(default_factory=list)

    def fields(self, kind: Kind) -> tuple[str, ...]:
        return rules.TEXTS[kind]

    def id_of(self, kind: Kind, key: str) -> str:
        return id_of(kind, key)

    def connection(self) -> tuple[Connection, Mapping[Secret, str]]:
        return Connection(Crm.CSV, "memory"), {}

    def source(self) -> "MemorySource":
        return MemorySource(self)


class MemorySource:
    name = "memory:test"
    spellings = clean.default_spellings()

    def __init__(self, peer: Memory) -> None:
        self.peer = peer
        self.requests = 0
        self.files = {kind: FileRead(kind, None) for kind in Kind}

    @property
    def windows(self) -> Windows | None:
        return self.peer.windows

    @property
    def fingerprint(self) -> str:
        return f"memory-{self.peer.mapping}"

    def open(self) -> list[Problem]:
        return []

    def in_full(self, kind: Kind) -> bool:
        return kind in self.peer.every_run

    def daily(self, kind: Kind) -> bool:
        return kind in self.peer.every_day

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        rows = [row for row in self._shown("pages", kind) if _inside(row, span)]
        rows = [row for row in rows if after is None or id_of(kind, row.key) > after]
        for page in _by_page(rows):
            self._break(kind)
            yield Page([self._row(row) for row in page], bookmark=id_of(kind, page[-1].key))

    def ids(self, kind: Kind) -> Iterator[Sequence[str]] | None:
        return self._ids(kind) if kind not in self.peer.every_run else None

    def _ids(self, kind: Kind) -> Iterator[Sequence[str]]:
        live = [row for row in self._shown("ids", kind) if row.live]
        for chunk in _by_page(live):
            self._break(kind)
            yield [id_of(kind, row.key) for row in chunk]

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        wanted = set(ids)
        found = [row for row in self._shown("some", kind) if id_of(kind, row.key) in wanted]
        for page in _by_page(found):
            self._break(kind)
            yield Page([self._row(row) for row in page])

    def file(self, kind: Kind) -> FileRead:
        return self.files[kind]

    def column(self, kind: Kind, field: str) -> str:
        return f"{field}__c"

    def same_id(self, id: str) -> str:
        return id.strip()

    def share_read(self) -> float:
        return 0.5

    def usage(self) -> Usage:
        usage = self.peer.usage
        return Usage(self.requests, usage.allowance, usage.used)

    def close(self) -> None: ...

    def probe(self) -> Probe:
        return Probe(None, None, [])

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        return []

    def spelled(self, kind: Kind, field: str) -> list[str]:
        return []

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        return [Wrote(write.key, done=True) for write in writes]

    # --- answers --------------------------------------------------------------------------------

    def _shown(self, what: str, kind: Kind) -> list[Row]:
        """Its rows by id, as the CRM would answer now."""
        self.peer.asked.append((what, kind))
        rows = [row for row in self.peer.company.rows[kind].values() if not row.erased]
        rows.sort(key=lambda row: id_of(kind, row.key))
        if self.peer.fault == Fault.EMPTY:
            return []
        return rows[::10] if self.peer.fault == Fault.FEWER else rows

    def _break(self, kind: Kind) -> None:
        self.requests += 1
        match self.peer.fault:
            case None | Fault.EMPTY | Fault.FEWER:
                return
            case Fault.LOOP | Fault.UNAUTHORISED:
                raise GiveUp("Its pages lead back to where they began")
            case _:
                raise TryLater("The CRM wants to be left alone for now")

    def _row(self, row: Row) -> Incoming:
        found = Incoming(id_of(row.kind, row.key), 0, None, modified=row.modified_at.isoformat())
        if row.merged_into is not None:
            found.deleted, found.winner_id = True, id_of(row.kind, row.merged_into)
        elif row.deleted:
            found.deleted = True
        else:
            found.cells = tuple(self._text(row, name) for name in rules.TEXTS[row.kind])
            said = "\x1f".join((self.peer.mapping, *found.cells))
            found.digest = blake2b(said.encode(), digest_size=16).hexdigest()
        return found

    def _text(self, row: Row, name: str) -> str:
        value = row.values.get(name)
        named = rules.REFERENCES[row.kind].get(name)
        if named is not None and value is not None:
            is_deal = name == "about_id" and value in self.peer.company.rows[Kind.OPPORTUNITY]
            return id_of(Kind.OPPORTUNITY if is_deal else named, value)
        return text_of(value)


def _inside(row: Row, span: Span) -> bool:
    return span.since is None or span.since <= row.modified_at < span.until


def _by_page(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), ROWS_PER_PAGE):
        yield rows[start : start + ROWS_PER_PAGE]


def text_of(value: Any) -> str:
    """A typed value as a CRM would write it."""
    match value:
        case None | False:
            return ""
        case True:
            return "1"
        case tuple():
            return ";".join(text_of(one) for one in value)
        case Enum():
            return str(value.value)
        case date():
            return value.isoformat()
    return str(value)


@contextmanager
def memory(company: Company) -> Iterator[Memory]:
    yield Memory(company)
