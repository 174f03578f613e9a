"""The connector: what a run, the page Settings > CRM and the write-back ask of Salesforce."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

from voc.accounts import clean
from voc.accounts.connection import Connection, ObjectMap, Secret
from voc.accounts.connector import Known, Outside, Page, Probe, Span, Usage, Windows, Write, Wrote
from voc.accounts.crm import rows
from voc.accounts.crm.http import Limits
from voc.accounts.crm.salesforce import bulk, mapping, probing, records, samples, soql, sweeping, writing
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.mapping import Found, Layout
from voc.accounts.crm.salesforce.reading import Bookmark, Reading, by_id, in_pages
from voc.accounts.model import FileRead, Kind, Problem, ProblemLevel, Reason

WINDOWS = Windows(lag=timedelta(minutes=5), overlap=timedelta(minutes=10), sweep_every=timedelta(days=7))


class Salesforce:
    """One org behind one connection."""

    windows = WINDOWS

    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        outside: Outside,
        *,
        limits: Limits | None = None,
        bulk_above: int = bulk.MANY,
    ) -> None:
        """Nothing is sent yet. Misconfigured when address or credentials cannot be right."""
        self.connection = connection
        self._outside = outside
        self._api = Api(connection, secrets, outside, limits or Limits())
        self._bulk_above = bulk_above
        self._found: Found | None = None
        self._files = {kind: FileRead(kind, None, exported=False) for kind in Kind}
        self._share = 0.0
        self.spellings = clean.spellings(
            {"roles": connection.roles, "segments": connection.segments, "statuses": connection.statuses}
        )

    @property
    def name(self) -> str:
        return f"salesforce:{self._api.host}"

    @property
    def fingerprint(self) -> str:
        """Of the address, the spellings, the mapping, and what of it the org shows: asks for its descriptions.

        A field that appears, or that its user may see from now on, is so read for all rows.
        """
        meant = {kind: mapping.meaning(self.connection, kind) for kind in Kind}
        shown = [self._salt(layout).hex() for kind in Kind for layout in self._layouts(kind)]
        return blake2b(rows.salt([self.name, meant, shown, self._spelled]), digest_size=16).hexdigest()

    @property
    def _spelled(self) -> list[object]:
        return [self.connection.roles, self.connection.segments, self.connection.statuses]

    def _salt(self, layout: Layout) -> bytes:
        """What the org has of the mapping counts too: where a field has appeared, each row is looked at anew."""
        return rows.salt([layout.object, dict(layout.found), self._spelled])

    def open(self) -> list[Problem]:
        self._files = {kind: FileRead(kind, None, exported=False) for kind in Kind}
        found = self._look()
        mapping.refuse(found)
        for kind, layouts in found.layouts.items():
            self._files[kind] = FileRead(kind, ", ".join(one.object for one in layouts))
        return [
            Problem(ProblemLevel.FILE, Reason.MISSING_FILE, kind, text=why)
            for kind, why in found.why_not.items()
            if not self.connection.objects.get(kind, ObjectMap()).off
        ]

    def _look(self) -> Found:
        if self._found is None:
            self._found = mapping.find(self.connection, self._api.describe)
        return self._found

    def _layouts(self, kind: Kind) -> tuple[Layout, ...]:
        return self._look().layouts.get(kind, ())

    # --- reading ----------------------------------------------------------------------------

    def in_full(self, kind: Kind) -> bool:
        return False

    def daily(self, kind: Kind) -> bool:
        return any(one.calculated for one in self._layouts(kind))

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        mark = Bookmark.of(after) if after else None
        self._files[kind].part = span.since is not None
        for layout in self._layouts(kind):
            if mark is not None and mark.object != layout.object:
                continue  # read before the run was stopped
            yield from self._object(layout, span, after=mark, known=known)
            mark = None
        self._share = (list(Kind).index(kind) + 1) / len(Kind)

    def _object(self, layout: Layout, span: Span, *, after: Bookmark | None, known: Known) -> Iterator[Page]:
        reading = Reading(
            self._api,
            layout,
            span,
            self._salt(layout),
            lambda ids: _among(known, layout.kind, ids),
            after.rows if after else 0,
        )
        expected = reading.expected()
        for page in self._either_way(reading, expected, after):
            self._files[layout.kind].rows += len(page.rows)
            self._share = self._share_of(layout.kind, reading.rows, expected)
            yield page
        reading.check(expected)
        alone = len(self._layouts(layout.kind)) == 1
        if alone and not reading.rows and span.since is not None and any(known(layout.kind)):
            reading.require_some()

    def _either_way(self, reading: Reading, expected: int | None, after: Bookmark | None) -> Iterator[Page]:
        many = expected is None or expected > self._bulk_above
        if expected == 0 and after is None and reading.span.since is not None:
            return
        begun_by_id = after is not None and not after.job
        if not begun_by_id and (reading.span.since is None or many):
            try:
                yield from bulk.in_bulk(reading, after=after)
            except bulk.Unsuitable:
                after = None
            else:
                return
        yield from by_id(reading, after=after)

    def _share_of(self, kind: Kind, read: int, expected: int | None) -> float:
        part = min(1.0, read / expected) if expected else 1.0
        return (list(Kind).index(kind) + part) / len(Kind)

    def ids(self, kind: Kind) -> Iterator[Sequence[str]]:
        until = self._outside.now() - WINDOWS.lag
        for layout in self._layouts(kind):
            yield from sweeping.ids(self._api, layout, until=until, bulk_above=self._bulk_above)

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        wanted = [id for id in dict.fromkeys(ids) if soql.is_id(id)]
        for layout in self._layouts(kind):
            read, texts = records.reader(layout, salt=self._salt(layout)), records.texts(layout)
            for select in soql.within_length(layout.select, "Id", wanted):
                for page in in_pages(self._api, select):
                    yield Page([row for record in page if (row := read(texts(record))) is not None])

    # --- looking and writing ----------------------------------------------------------------

    def probe(self) -> Probe:
        return probing.probe(self._api, self.connection, now=self._outside.now())

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        layouts = self._layouts(kind)
        return samples.sample(self._api, layouts[0], limit=limit) if layouts else []

    def spelled(self, kind: Kind, field: str) -> list[str]:
        found = [samples.spelled(self._api, one, one.found[field]) for one in self._layouts(kind) if field in one.found]
        return list(dict.fromkeys(spelling for spellings in found for spelling in spellings))

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        return writing.write(self._api, writes)

    # --- what a run wants to know -----------------------------------------------------------

    def file(self, kind: Kind) -> FileRead:
        return self._files[kind]

    def column(self, kind: Kind, field: str) -> str:
        return self._look().column(kind, field) or field

    def same_id(self, id: str) -> str:
        return clean.salesforce_id(id)

    def share_read(self) -> float:
        return self._share

    def usage(self) -> Usage:
        return self._api.usage()

    def close(self) -> None:
        self._api.close()


def _among(known: Known, kind: Kind, ids: list[str]) -> list[str]:
    asked = set(ids)
    return [id for chunk in known(kind) for id in chunk if id in asked]
