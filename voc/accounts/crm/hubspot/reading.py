"""Rows of contacts, companies, deals and activities: all of them from the list, what changed from search.

Search shows at most 10,000 results and pages by offset, so that a row that changes while we read
moves the rows behind it past us. Neither matters when every page is a slice of its own: sorted by
the date of change, the newest millisecond of a full page is held back (it may go on) and the next
page begins there; a millisecond that fills a whole page is drained by id. Each step must get on,
or the run ends.

Deleted records are in a list of their own, which has no order of time.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from voc.accounts.connector import Page, Span
from voc.accounts.crm.http import LoopGuard
from voc.accounts.crm.hubspot.answers import Record, Records
from voc.accounts.crm.hubspot.api import Api, Sizes
from voc.accounts.crm.hubspot.mapping import Layout, merged_ids, moment, text
from voc.accounts.model import Incoming
from voc.base.errors import GiveUp

ToRows = Callable[[Sequence[Record]], list[Incoming]]
Tell = Callable[[float], None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MERGED = "merged"  # sorts behind every date: a merge outlives whatever else is said of the loser


class Mark(msgspec.Struct, omit_defaults=True):
    """Where reading stands: the step of the kind, the list's cursor, or the millisecond and id of a search."""

    step: int = 0
    after: str | None = None
    since: int | None = None
    id: int | None = None

    @staticmethod
    def of(bookmark: str | None) -> "Mark":
        return msgspec.json.decode(bookmark, type=Mark) if bookmark else Mark()

    @property
    def bookmark(self) -> str:
        return msgspec.json.encode(self).decode()


Piece = tuple[list[Incoming], Mark]


def milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


class Reader:
    """One object in one run. `to_rows` turns a page of records into rows, `tell` hears how far it is."""

    def __init__(self, api: Api, sizes: Sizes, layout: Layout, to_rows: ToRows, tell: Tell = lambda _: None) -> None:
        self._api, self._sizes, self._layout, self._to_rows, self._tell = api, sizes, layout, to_rows, tell
        self._losers: set[str] = set()
        self._most = 0

    def rows(self, span: Span, mark: Mark) -> Iterator[Piece]:
        return self._all(mark) if span.since is None else self._changed(span, mark)

    def _all(self, mark: Mark) -> Iterator[Piece]:
        """What the list shows and the mapping wants."""
        guard = LoopGuard(f"HubSpot's list of {self._layout.object}")
        after = mark.after
        while True:
            page = self._list(after, archived=False)
            assert page is not None
            wanted = [record for record in page.results if self._layout.wants(record)]
            if page.after is None:
                yield self._rows(wanted), Mark(mark.step + 1)
                return
            yield self._rows(wanted), Mark(mark.step, after=page.after)
            guard.saw(page.after)
            after = page.after

    def _changed(self, span: Span, mark: Mark) -> Iterator[Piece]:
        """What changed in the window. What the mapping no longer wants is told as deleted: it may have been ours."""
        assert span.since is not None
        end = milliseconds(span.until)
        since = mark.since if mark.since is not None else milliseconds(span.since)
        drained = mark.id
        while True:
            if drained is None:
                page = self._search(since, end)
                records, since_next = self._without_newest(page, since)
                if since_next is None:
                    yield self._changed_rows(records), Mark(mark.step + 1)
                    return
                yield self._changed_rows(records), Mark(mark.step, since=since_next)
                drained = -1 if since_next == since else None
                since = since_next
            else:
                page = self._drain(since, drained)
                last = max((int(record.id) for record in page.results), default=drained)
                if page.after is None:
                    since, drained = since + 1, None
                elif last <= drained:
                    raise self._stuck()
                else:
                    drained = last
                yield self._changed_rows(page.results), Mark(mark.step, since=since, id=drained)

    def deleted(self, span: Span, mark: Mark) -> Iterator[Piece]:
        """Records in the list of deleted ones since the window began.

        The list has no order of time and keeps ninety days: a short one is read whole in every run,
        a long one once a day, in the run whose window crosses midnight, and then a day and an hour back.
        """
        whole = span.since is None or span.since.date() != span.until.date()
        since = span.since - timedelta(hours=25) if span.since and whole else span.since
        guard = LoopGuard(f"HubSpot's list of deleted {self._layout.object}")
        after, pages = mark.after, 0
        while True:
            page = self._list(after, archived=True)
            if page is None:  # HubSpot keeps none for this object: the sweep finds them
                yield [], Mark(mark.step + 1)
                return
            gone = [r for r in page.results if r.id not in self._losers and _archived_since(r, since)]
            rows = [self._gone(record.id, modified=record.archived_at or record.updated_at) for record in gone]
            pages += 1
            if page.after is None or (not whole and pages >= self._sizes.archived_pages):
                yield rows, Mark(mark.step + 1)
                return
            guard.saw(page.after)
            after = page.after
            yield rows, Mark(mark.step, after=after)

    def ids(self) -> Iterator[list[str]]:
        guard, after = LoopGuard(f"HubSpot's list of {self._layout.object}"), None
        only = sorted(self._layout.only)
        while True:
            page = self._api.listed(
                self._layout.object, only or ["hs_object_id"], after=after, limit=self._sizes.listed
            )
            assert page is not None
            yield [self._layout.id(record.id) for record in page.results if self._layout.wants(record)]
            if page.after is None:
                return
            guard.saw(page.after)
            after = page.after

    def some(self, ids: Sequence[str]) -> list[Incoming]:
        """At most a batch of them."""
        records = self._api.some(self._layout.object, ids, self._layout.properties)
        return self._rows([record for record in records if self._layout.wants(record)])

    # --- pages ------------------------------------------------------------------------------

    def _list(self, after: str | None, *, archived: bool) -> Records | None:
        properties = [self._layout.changed_at] if archived else self._layout.properties
        return self._api.listed(
            self._layout.object, properties, after=after, limit=self._sizes.listed, archived=archived
        )

    def _search(self, since: int, end: int) -> Records:
        """Rows of [since, end) milliseconds, the ones that changed first."""
        date = self._layout.changed_at
        page = self._api.found(
            self._layout.object,
            [(date, "GTE", str(since)), (date, "LT", str(end))],
            sort=date,
            properties=self._layout.properties,
            limit=self._sizes.found,
        )
        self._most = max(self._most, page.total)
        self._tell(1 - page.total / self._most if self._most else 1.0)
        return page

    def _drain(self, at: int, after: int) -> Records:
        """Rows of one millisecond, by id."""
        return self._api.found(
            self._layout.object,
            [(self._layout.changed_at, "EQ", str(at)), ("hs_object_id", "GT", str(after))],
            sort="hs_object_id",
            properties=self._layout.properties,
            limit=self._sizes.found,
        )

    def _without_newest(self, page: Records, since: int) -> tuple[list[Record], int | None]:
        """The rows that surely have no sibling behind the page, and where to go on (None: that was all)."""
        if page.after is None:
            # This page is the whole slice, so the total is its own.
            if len(page.results) * 2 < page.total:
                promised = f"{len(page.results)} of the {page.total} {self._layout.object} it found"
                raise GiveUp(f"HubSpot's search shows {promised}; what was read before stands")
            return page.results, None
        times = [self._moment(record) for record in page.results]
        newest = max(times, default=-1)
        if not times or min(times) < since:
            raise self._stuck()
        if newest == since:  # one millisecond fills the page
            return [], since
        return [record for record, at in zip(page.results, times, strict=True) if at < newest], newest

    def _moment(self, record: Record) -> int:
        at = moment(text(record.properties.get(self._layout.changed_at)) or record.updated_at)
        return milliseconds(at or _EPOCH)

    def _stuck(self) -> GiveUp:
        return GiveUp(f"HubSpot's search for {self._layout.object} does not get on; what was read before stands")

    # --- rows -------------------------------------------------------------------------------

    def _rows(self, records: Sequence[Record]) -> list[Incoming]:
        rows = self._to_rows(records)
        for record in records:
            for loser in merged_ids(record):
                self._losers.add(loser)
                rows.append(self._gone(loser, modified=_MERGED, winner=self._layout.id(record.id)))
        return rows

    def _changed_rows(self, records: Sequence[Record]) -> list[Incoming]:
        wanted = [record for record in records if self._layout.wants(record)]
        unwanted = [record for record in records if not self._layout.wants(record)]
        return self._rows(wanted) + [self._gone(record.id, modified=record.updated_at) for record in unwanted]

    def _gone(self, id: str, *, modified: str, winner: str | None = None) -> Incoming:
        return Incoming(self._layout.id(id), 0, None, modified=modified, deleted=True, winner_id=winner)


def _archived_since(record: Record, since: datetime | None) -> bool:
    if since is None or not record.archived_at:
        return True
    return datetime.fromisoformat(record.archived_at) >= since


def together(pieces: Iterator[Piece], rows: int) -> Iterator[Page]:
    """Small pages as larger ones: each is a transaction of whoever keeps them."""
    waiting: list[Incoming] = []
    bookmark = None
    for found, mark in pieces:
        waiting += found
        bookmark = mark.bookmark
        if len(waiting) >= rows:
            yield Page(waiting, bookmark)
            waiting = []
    if waiting:
        yield Page(waiting, bookmark)
