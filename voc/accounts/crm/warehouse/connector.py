"""A SQL warehouse: any database SQLAlchemy speaks to, and one SELECT per kind whose columns have our names.

A query's columns are `id`, the fields of the kind (`rules.TEXTS`), and where there are such things
`modified_at`, `deleted` and `merged_into`. With `modified_at` a run reads what changed, without it
everything. It may be a timestamp with a zone, one without (the connection then names its zone), or
a day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Executable

from voc.accounts import clean
from voc.accounts.connection import Connection, Secret
from voc.accounts.connector import Known, Outside, Page, Probe, Span, Usage, Windows, Write, Wrote
from voc.accounts.crm import rows
from voc.accounts.crm.warehouse import look, values
from voc.accounts.crm.warehouse.asking import Asking, Learned, place
from voc.accounts.crm.warehouse.session import shown
from voc.accounts.model import FileRead, Kind, Problem, ProblemLevel, Reason, Spellings
from voc.base.errors import Misconfigured

_IDS_AT_ONCE = 500


class Warehouse:
    """One database, opened for one run. Misconfigured for an address that is none."""

    windows = Windows(lag=timedelta(minutes=5), overlap=timedelta(minutes=15), sweep_every=timedelta(days=1))

    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        outside: Outside,
        *,
        longest_statement: timedelta = timedelta(minutes=10),
        longest_lock: timedelta = timedelta(seconds=30),
    ) -> None:
        self.connection = connection
        self.spellings = _spellings(connection)
        self._asking = Asking(connection, secrets, outside, longest=longest_statement, longest_lock=longest_lock)
        self._queries: dict[Kind, Learned] = {}
        self._files = {kind: FileRead(kind, None, exported=False) for kind in Kind}
        self._done = 0

    @property
    def name(self) -> str:
        return f"warehouse:{shown(self._asking.session.url)}"

    @property
    def fingerprint(self) -> str:
        return rows.salt([self.connection.place, *self._asking.meaning]).hex()

    def open(self) -> list[Problem]:
        """Connect, and look at the columns of every query."""
        problems: list[Problem] = []
        for kind in self._asking.kinds():
            problems += self._open(kind)
        if Kind.ACCOUNT not in self._queries:
            raise Misconfigured(
                place(Kind.ACCOUNT), "there is none", "Write the SELECT that lists your accounts, with id and name"
            )
        return problems

    def _open(self, kind: Kind) -> Iterator[Problem]:
        learned = self._asking.learned(kind)
        if learned.naive and self._asking.zone is None:
            raise Misconfigured(
                f"{place(kind)}, column {learned.query.modified}",
                "its timestamps name no zone",
                "Say in the connection which zone they are in, such as Europe/Berlin or UTC",
            )
        self._queries[kind] = learned
        self._files[kind] = FileRead(kind, place(kind))
        for name in learned.layout.unknown:
            yield Problem(ProblemLevel.FILE, Reason.UNKNOWN_COLUMN, kind, file=place(kind), text=name[:200])

    def in_full(self, kind: Kind) -> bool:
        learned = self._queries.get(kind)
        return learned is None or learned.query.modified is None

    def daily(self, kind: Kind) -> bool:
        return False

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        learned = self._queries.get(kind)
        if learned is None:
            return
        query, layout, file = learned.query, learned.layout, self._files[kind]
        file.part = span.since is not None and query.modified is not None
        limits = values.reach(span, query.stamp, self._asking.zone) if file.part else None

        def ask(last: Any) -> Executable:
            return query.all(after=last) if limits is None else query.changed(limits, after=last)

        for chunk in self._asking.steadily(kind, ask, layout.at_id, values.id_of(after) if after else None):
            file.rows += len(chunk)
            yield Page(layout.rows(chunk), values.bookmark_of(chunk[-1][layout.at_id]))
        self._done += 1

    def ids(self, kind: Kind) -> Iterator[Sequence[str]] | None:
        return None if self.in_full(kind) else self._ids(kind, self._queries[kind])

    def _ids(self, kind: Kind, learned: Learned) -> Iterator[Sequence[str]]:
        layout = learned.layout
        columns = layout.columns_of_life
        for chunk in self._asking.steadily(kind, lambda last: learned.query.all(*columns, after=last), 0):
            yield [values.id_text(row[0]) for row in chunk if row[0] is not None and layout.alive(row[1:])]

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        learned = self._queries.get(kind)
        if learned is None:
            return
        for few in _in_parts(ids, _IDS_AT_ONCE):
            asked = [id for text in few if (id := values.like(learned.query.id_example, text)) is not None]
            yield from self._some(kind, learned, asked) if asked else ()

    def _some(self, kind: Kind, learned: Learned, asked: list[Any]) -> Iterator[Page]:
        for chunk in self._asking.steadily(kind, lambda _: learned.query.among(asked), learned.layout.at_id):
            self._files[kind].rows += len(chunk)
            yield Page(learned.layout.rows(chunk))

    def file(self, kind: Kind) -> FileRead:
        return self._files[kind]

    def column(self, kind: Kind, field: str) -> str:
        return self._asking.mapped(kind).fields.get(field) or field

    def same_id(self, id: str) -> str:
        return id.strip()

    def share_read(self) -> float:
        return self._done / (len(self._queries) or 1)

    def usage(self) -> Usage:
        return Usage(requests=self._asking.asked)

    def close(self) -> None:
        self._asking.session.close()

    def probe(self) -> Probe:
        return look.probe(self._asking)

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        return look.sample(self._asking, kind, limit=limit)

    def spelled(self, kind: Kind, field: str) -> list[str]:
        return look.spelled(self._asking, kind, field)

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        return [Wrote(write.key, done=False, why="A warehouse is only read.") for write in writes]


def _spellings(own: Connection) -> Spellings:
    return clean.spellings({"roles": own.roles, "segments": own.segments, "statuses": own.statuses})


def _in_parts(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    part: list[str] = []
    for id in ids:
        part.append(id)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
