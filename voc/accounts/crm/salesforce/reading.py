"""Rows of one object page by page: by id inside the window, checked against Salesforce's own count of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from voc.accounts.connector import Page, Span
from voc.accounts.crm.http import LoopGuard
from voc.accounts.crm.salesforce import records, soql
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.mapping import Layout
from voc.accounts.model import Incoming
from voc.base.errors import GiveUp


@dataclass(frozen=True)
class Bookmark:
    """Where a run that was killed goes on: after the last id; or in a bulk job, at a locator, past `skip` of its rows.

    `rows` were read before, so that the sum can be checked at the end.
    """

    object: str
    rows: int = 0
    last: str = ""
    job: str = ""
    locator: str = ""
    skip: int = 0

    def __str__(self) -> str:
        return "|".join((self.object, str(self.rows), self.last, self.job, self.locator, str(self.skip)))

    @staticmethod
    def of(text: str) -> "Bookmark":
        object, rows, last, job, locator, skip = text.split("|")
        return Bookmark(object, int(rows), last, job, locator, int(skip))


Leavers = Callable[[list[str]], list[str]]
"""Of these ids, those that we have as records of this kind."""


@dataclass
class Reading:
    """One object in one window, whichever way it is read."""

    api: Api
    layout: Layout
    span: Span
    salt: bytes
    leavers: Leavers
    rows: int = 0  # of Salesforce's, those before a bookmark included
    read: records.Read = field(init=False)

    def __post_init__(self) -> None:
        self.read = records.reader(self.layout, salt=self.salt)

    @property
    def select(self) -> soql.Select:
        """All rows of this kind; or of a window every row, since one that changed may be none of them any more."""
        if self.span.since is None:
            return self.layout.select.only(*self.layout.where)
        return self.layout.select.only(
            soql.compare("SystemModstamp", ">=", self.span.since), soql.compare("SystemModstamp", "<", self.span.until)
        )

    def expected(self) -> int | None:
        """How many rows must be read at least: those of the window, or that stood before the run began. None: many."""
        return self.api.count(self._settled)

    @property
    def _settled(self) -> soql.Select:
        if self.span.since is not None:
            return self.select
        return self.select.only(soql.compare("SystemModstamp", "<", self.span.until))

    def page(self, lines: list[tuple[str, Incoming | None, str]], bookmark: Bookmark) -> Page:
        """`lines` are (id, row or None for one that left, moment of change)."""
        rows = [row for _, row, _ in lines if row is not None]
        if len(rows) < len(lines) and self.span.since is not None:
            modified = {id: at for id, row, at in lines if row is None}
            rows += [Incoming(id, 0, None, modified=modified[id], deleted=True) for id in self.leavers([*modified])]
        return Page(rows, str(bookmark))

    def check(self, expected: int | None) -> None:
        """Fewer rows than Salesforce counts, twice: GiveUp, since some of them would be missed for good."""
        if expected is not None and self.rows < expected:
            again = self.expected()
            if again is not None and self.rows < again:
                raise GiveUp(
                    f"{self.api.host} counts {again:,} rows of {self.layout.object} and gave {self.rows:,}; "
                    "nothing was changed, the next run reads them again"
                )

    def require_some(self) -> None:
        """A window without rows is a quiet hour; no row at all, where we have some, is a lost right: GiveUp."""
        some = soql.Select(("Id",), self.layout.object, limit=1)
        if not self.api.rows(some).records:
            raise GiveUp(
                f"{self.api.host} shows no {self.layout.object} any more; nothing was changed. "
                "Check which records its user may see"
            )


def by_id(reading: Reading, *, after: Bookmark | None) -> Iterator[Page]:
    """Pages that a run can go on after."""
    texts = records.texts(reading.layout)
    for page in in_pages(reading.api, reading.select, after=after.last if after else None):
        cells = [texts(record) for record in page]
        reading.rows += len(cells)
        mark = Bookmark(reading.layout.object, reading.rows, cells[-1][0])
        yield reading.page([(one[0], reading.read(one), one[1]) for one in cells], mark)


def in_pages(api: Api, select: soql.Select, *, after: str | None = None) -> Iterator[list[dict[str, Any]]]:
    """Pages of 2,000 at most, each asked for by the last id of the one before: no locator that dies with its session.

    Salesforce may give fewer than asked for, when rows are wide, and then says that it is not done.
    """
    circle = LoopGuard(f"{api.host}, {select.object}")
    last = after
    while True:
        found = api.rows(select.page_after(last))
        if found.records:
            last = str(found.records[-1].get("Id"))
            circle.saw(last)
            yield found.records
        if not found.records or (found.done and len(found.records) < soql.PAGE):
            return
