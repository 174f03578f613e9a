"""Tables of pages as files: what stands on the page with its filters, all of it, in the format that the path ends with.

A page names its table once (`PageTable`): the page's links, the file, `voc export table` and the audit log go by it.
Who may have which rows is a condition in the table's own query, the same one as of its page.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import StaffRole
from voc.metrics.catalogue import VERSION
from voc.metrics.model import Window
from voc.reports import tables
from voc.reports.cells import Cell, in_utf8
from voc.reports.tables import About, Column, Format, Kind
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.visit import EVERYBODY, roles

__all__ = [
    "Asked",
    "Cell",
    "Column",
    "Found",
    "Kind",
    "PageTable",
    "file_handlers",
    "period",
    "pieces",
    "waiting",
    "write",
]

_IN_MEMORY = 8_000_000  # bytes of a file that waits to be sent; a larger one waits on disk
_PIECE = 1 << 16


@dataclass(frozen=True)
class Asked:
    """Who asks, when, and with which filters: the page's own query, and what its path names."""

    app: App
    viewer: Viewer
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.query.get(name, "")

    @property
    def today(self) -> date:
        return self.now.date()


class Given(Mapping[str, str]):
    """What came with an address, and which of it a table looked at: the rest is no filter of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def filters(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in sorted(self._values.items()) if value and name in self.read]

    @property
    def unknown(self) -> list[str]:
        return sorted(set(self._values) - self.read)


@dataclass(frozen=True)
class Found:
    """`facts` stand beside the rows (period, as of); `name` and `columns` if they depend on what was asked."""

    rows: Iterable[Sequence[Cell]]
    facts: Sequence[tuple[str, str]] = ()
    name: str | None = None
    columns: Sequence[Column] | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)  # what the audit log says beside


@dataclass(frozen=True)
class PageTable:
    """`path` without its ending; a part in braces is given by the path, or to the command by --where."""

    name: str
    title: str
    path: str
    columns: Sequence[Column]
    rows: Callable[[Connection, Asked], Found]
    meaning: str = ""
    roles: tuple[StaffRole, ...] = EVERYBODY
    formats: tuple[Format, ...] = tuple(Format)


def period(window: Window) -> list[tuple[str, str]]:
    """What a file says of the period its rows count."""
    due = f"due after {window.after_on.isoformat()} up to and with {window.to_on.isoformat()}"
    return [("Period", f"{window.days} days: {due}"), ("As of", window.to_on.isoformat())]


def file_handlers(*tables: PageTable) -> list[HTTPRouteHandler]:
    """GET of each table as a file, in each format; a line in the audit log says who took what."""
    # One handler a path: Litestar 2.25 wraps a sync handler of several paths more than once.
    return [_file_handler(table, one) for table in tables for one in table.formats]


def _file_handler(table: PageTable, as_format: Format) -> HTTPRouteHandler:
    @get(f"{table.path}.{as_format}", sync_to_thread=True, opt={**roles(*table.roles), "table": table.name})
    def file(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[Any]:
        given = {name: str(value) for name, value in {**request.query_params, **request.path_params}.items()}
        with waiting() as out:
            name, _ = write(app, visit.viewer, table, given, as_format=as_format, out=out, asked_for=visit.path)
        return _response(out, name, as_format)

    return file


@contextmanager
def waiting() -> Iterator[BinaryIO]:
    """A file without a name that waits to be sent; what sends it closes it. Closed here if it could not be made."""
    out = cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 -- as it says
    try:
        yield out
    except BaseException:
        out.close()
        raise


def write(
    app: App,
    viewer: Viewer,
    table: PageTable,
    query: Mapping[str, str],
    *,
    as_format: Format,
    out: BinaryIO,
    asked_for: str,
    strict: bool = False,
) -> tuple[str, int]:
    """What the file is called, without its ending, and how many rows it took. `strict` refuses what is no filter."""
    now, given = app.now(), Given(query)
    with app.database.read() as db:
        found = table.rows(db, Asked(app, viewer, now, given))
        rows = iter(found.rows)
        first = list(islice(rows, 1))  # so that a table which reads row by row has looked at its filters
        if strict and given.unknown:
            raise Refused(_no_filter(table, given))
        about = _about(table, found, given, by=viewer.name, now=now)
        count = tables.write(out, found.columns or table.columns, chain(first, rows), as_format=as_format, about=about)
    with app.database.begin() as db:
        detail = {"rows": count, "as": as_format, "asked for": in_utf8(asked_for[:500]), **found.detail}
        audit.exported(db, what=table.name, detail=detail, by=viewer.name, now=now)
    return found.name or table.name, count


def _no_filter(table: PageTable, given: Given) -> str:
    has = f"It has: {', '.join(sorted(given.read))}" if given.read else "It has none"
    return f"{table.name} has no filter {', '.join(given.unknown)}. {has}"


def _about(table: PageTable, found: Found, given: Given, *, by: str, now: datetime) -> About:
    filters = [(f"Filter: {name}", value) for name, value in given.filters]
    taken = [
        ("Definitions", f"version {VERSION}"),
        ("Taken by", by),
        ("Taken at", now.isoformat(timespec="seconds")),
    ]
    return About(table.title, table.meaning, [*found.facts, *filters, *taken])


def _response(out: BinaryIO, name: str, as_format: Format) -> Response[Any]:
    headers = {"Content-Disposition": f'attachment; filename="{_safe(name)}.{as_format}"'}
    size = out.tell()
    out.seek(0)
    if size > _IN_MEMORY:
        return Stream(pieces(out), media_type=tables.MEDIA[as_format], headers=headers)
    with out:
        return Response(out.read(), media_type=tables.MEDIA[as_format], headers=headers)


def _safe(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)


def pieces(out: BinaryIO) -> Iterator[bytes]:
    """What is left of a file, and then it is closed."""
    with out:
        while piece := out.read(_PIECE):
            yield piece
