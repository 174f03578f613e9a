"""A source of which only the first rows are read: for a try that must end soon."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

import msgspec

from voc.accounts.connector import Known, Page, Source, Span, Usage, Windows
from voc.accounts.model import FileRead, Kind, Problem, Spellings

# Few rows, and everything else names them.
_WHOLE = frozenset({Kind.CSM})


class FirstRows:
    """Reads each object until `rows` of it are read, and nothing any more `within` that time of its opening.

    `cut` are the objects that have more.
    """

    def __init__(self, source: Source, *, rows: int, within: timedelta, seconds: Callable[[], float]) -> None:
        self._source = source
        self._rows = rows
        self._within = within.total_seconds()
        self._seconds = seconds
        self._opened_at = 0.0
        self.cut: list[Kind] = []

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def fingerprint(self) -> str:
        return f"try:{self._source.fingerprint}"[:64]

    @property
    def spellings(self) -> Spellings:
        return self._source.spellings

    @spellings.setter
    def spellings(self, spellings: Spellings) -> None:
        self._source.spellings = spellings

    @property
    def windows(self) -> Windows | None:
        return self._source.windows

    def open(self) -> list[Problem]:
        self._opened_at = self._seconds()
        return self._source.open()

    def in_full(self, kind: Kind) -> bool:
        return True

    def daily(self, kind: Kind) -> bool:
        return False

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        read = 0
        for page in self._source.pages(kind, span, after=after, known=known):
            read += len(page.rows)
            yield page
            if kind not in _WHOLE and (read >= self._rows or self._is_over()):
                self.cut.append(kind)
                return

    def _is_over(self) -> bool:
        return self._seconds() - self._opened_at > self._within

    def ids(self, kind: Kind) -> Iterator[Sequence[str]] | None:
        return None

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        return iter(()) if self.cut else self._source.some(kind, ids)

    def file(self, kind: Kind) -> FileRead:
        """Of one that was cut, what was not read is not missing."""
        found = self._source.file(kind)
        return msgspec.structs.replace(found, part=True) if kind in self.cut else found

    def column(self, kind: Kind, field: str) -> str:
        return self._source.column(kind, field)

    def same_id(self, id: str) -> str:
        return self._source.same_id(id)

    def share_read(self) -> float:
        return self._source.share_read()

    def usage(self) -> Usage:
        return self._source.usage()

    def close(self) -> None:
        self._source.close()
