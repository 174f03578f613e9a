"""Many rows at once: a job of Bulk API 2.0, its result page by page, each row as it comes over the wire.

The result of a job does not change: a page that breaks off is asked for again, and a run that was
killed goes on at the same locator. Salesforce keeps a result for seven days.
"""

import csv
import io
from collections.abc import Iterator
from itertools import islice

import msgspec

from voc.accounts.connector import Page
from voc.accounts.crm.http import LoopGuard, Streamed
from voc.accounts.crm.salesforce import soql, trouble
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.reading import Bookmark, Reading
from voc.base.errors import GiveUp, TryLater

MANY = 50_000
"""Expected rows above which a window is read by a job, too."""

_ROWS_PER_RESULT = 50_000
_ROWS_PER_PAGE = 4_000
_LONGEST_WAIT_SECONDS = 30.0
_PATIENCE_SECONDS = 2 * 3_600.0
_TRIES = 4
_LONGEST_FIELD = 64 << 20
# What a query may say that no other way of asking would mend.
_OUR_FAULT = ("MALFORMED_QUERY", "INVALID_FIELD", "INVALID_TYPE")
_JOBS = "/jobs/query"


class _Job(msgspec.Struct, rename="camel"):
    id: str
    state: str
    number_records_processed: int | None = None


class Unsuitable(Exception):
    """Salesforce does not read this object in bulk."""


class _Broken(Exception):
    """A page of a result that is not whole; it is asked for again."""


class Job:
    """One query job: created, waited for, read, and deleted."""

    def __init__(self, api: Api, select: soql.Select) -> None:
        self.api = api
        self.select = select
        self.id = ""
        self.total = 0

    def create(self) -> None:
        """Unsuitable when the object cannot be read this way."""
        statement = str(self.select)
        self.api.saw(statement)
        body = {"operation": "queryAll", "query": statement}
        answer = self.api.request("POST", _JOBS, json=body, accept=(400,), reads=_Job)
        if answer.value is None:
            if set(trouble.codes(answer)).isdisjoint(_OUR_FAULT):
                raise Unsuitable
            raise self.api.error(answer)
        self.id = answer.value.id

    def wait(self) -> Iterator[None]:
        """Until it is done, with growing waits; yields before each, so that the run can show that it lives."""
        seconds, waited = 1.0, 0.0
        while not self._done():
            yield
            if waited >= _PATIENCE_SECONDS:
                raise TryLater(
                    f"{self.api.host} is still preparing {self.select.object}; the run goes on with it later"
                )
            self.api.sleep(seconds)
            waited += seconds
            seconds = min(seconds * 2, _LONGEST_WAIT_SECONDS)

    def _done(self) -> bool:
        job: _Job = self.api.get(f"{_JOBS}/{self.id}", reads=_Job).value
        if job.state in ("Failed", "Aborted"):
            raise GiveUp(
                f"{self.api.host} could not finish the bulk query of {self.select.object}; nothing was changed"
            )
        self.total = job.number_records_processed or 0
        return job.state == "JobComplete"

    def is_there(self) -> bool:
        answer = self.api.get(f"{_JOBS}/{self.id}", accept=(400, 404), reads=_Job)
        if answer.status == 200:
            state: str = answer.value.state
            return state not in ("Failed", "Aborted")
        return False

    def drop(self, *, done: bool) -> None:
        """Leave nothing behind. That it cannot be dropped stops nobody: Salesforce does so after a week."""
        try:
            if not done:
                self.api.request("PATCH", f"{_JOBS}/{self.id}", json={"state": "Aborted"}, accept=(400, 404))
            self.api.request("DELETE", f"{_JOBS}/{self.id}", accept=(400, 404))
        except (GiveUp, TryLater):
            return

    def lines(self, locator: str, *, skip: int) -> "_Lines":
        return _Lines(self, locator, skip)


class _Lines:
    """The rows of one page of the result behind `skip`. Once all are read, `next` locates the page after it."""

    def __init__(self, job: Job, locator: str, skip: int) -> None:
        self._job = job
        self._locator = locator
        self._done = skip
        self.next = ""

    def __iter__(self) -> Iterator[list[str]]:
        for attempt in range(1, _TRIES + 1):
            try:
                yield from self._once()
            except (_Broken, TryLater) as broken:
                if attempt == _TRIES:
                    said = f"{self._job.api.host}: a page of {self._job.select.object} does not arrive whole"
                    raise TryLater(said, at=getattr(broken, "at", None)) from None
                self._job.api.sleep(2.0**attempt)
            else:
                return

    def _once(self) -> Iterator[list[str]]:
        params = {"maxRecords": str(_ROWS_PER_RESULT)} | ({"locator": self._locator} if self._locator else {})
        with self._job.api.stream(f"{_JOBS}/{self._job.id}/results", params) as body:
            said = body.headers.get("sforce-numberofrecords", "")
            if body.status != 200 or not said.isdigit():
                raise _Broken
            seen = 0
            for row in self._rows(body):
                seen += 1
                if seen > self._done:
                    self._done = seen
                    yield row
            if seen != int(said):
                raise _Broken
            locator = body.headers.get("sforce-locator", "null")
            self.next = "" if locator in ("null", "") else locator

    def _rows(self, body: Streamed) -> Iterator[list[str]]:
        csv.field_size_limit(_LONGEST_FIELD)
        rows = csv.reader(io.TextIOWrapper(io.BufferedReader(_Pieces(body.pieces)), "utf-8", "replace", newline=""))
        columns = self._job.select.fields
        header = [name.casefold() for name in next(rows, [])]
        if sorted(header) != sorted(name.casefold() for name in columns):
            raise _Broken
        places = [header.index(name.casefold()) for name in columns]
        in_order = places == sorted(places)
        try:
            for row in rows:
                if len(row) != len(places):
                    raise _Broken
                yield row if in_order else [row[place] for place in places]
        except csv.Error:
            raise _Broken from None


class _Pieces(io.RawIOBase):
    """Pieces of a body as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # BufferedReader hands over no other buffer
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken


def in_bulk(reading: Reading, *, after: Bookmark | None) -> Iterator[Page]:
    """Every row of a job. Its first page is empty and says which job it is, for a run that is killed while it waits.

    Unsuitable before anything was read; GiveUp when the rows are not as many as the job says.
    """
    job = Job(reading.api, reading.select)
    mark = after
    if after is not None:
        job.id = after.job
        if not job.is_there():
            mark = None
    if mark is None:
        reading.rows = 0
        job.create()
        mark = Bookmark(reading.layout.object, job=job.id)
    try:
        for _ in job.wait():
            yield Page([], str(mark))
        yield from _result(reading, job, mark)
    except GiveUp:
        job.drop(done=False)
        raise
    job.drop(done=True)


def _result(reading: Reading, job: Job, mark: Bookmark) -> Iterator[Page]:
    circle = LoopGuard(f"{reading.api.host}, {reading.layout.object}")
    locator, skip = mark.locator, mark.skip
    while True:
        circle.saw(locator)
        found = job.lines(locator, skip=skip)
        lines = iter(found)
        while page := list(islice(lines, _ROWS_PER_PAGE)):
            skip += len(page)
            yield _page(reading, page, job, locator, skip)
        locator, skip = found.next, 0
        if not locator:
            break
    if reading.rows != job.total:
        raise GiveUp(
            f"{reading.api.host} says that its job has {job.total:,} rows of {reading.layout.object}, "
            f"and gave {reading.rows:,}; nothing was changed, the next run reads them again"
        )


def _page(reading: Reading, page: list[list[str]], job: Job, locator: str, skip: int) -> Page:
    reading.rows += len(page)
    mark = Bookmark(reading.layout.object, reading.rows, "", job.id, locator, skip)
    return reading.page([(row[0], reading.read(row), row[1]) for row in page], mark)


def ids(api: Api, select: soql.Select) -> Iterator[list[str]]:
    """The first column of every row of a job, in chunks. Unsuitable, GiveUp as above."""
    job = Job(api, select)
    job.create()
    rows, locator = 0, ""
    circle = LoopGuard(f"{api.host}, {select.object}")
    try:
        for _ in job.wait():
            pass
        while True:
            circle.saw(locator)
            found = job.lines(locator, skip=0)
            lines = iter(found)
            while chunk := [row[0] for row in islice(lines, _ROWS_PER_PAGE)]:
                rows += len(chunk)
                yield chunk
            if not (locator := found.next):
                break
        if rows != job.total:
            raise GiveUp(f"{api.host} says that its job has {job.total:,} ids of {select.object}, and gave {rows:,}")
    finally:
        job.drop(done=True)
