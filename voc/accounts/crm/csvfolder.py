"""A folder of CSV and Excel files: a Salesforce Data Export as it comes, HubSpot's exports, our own plain headers, or
anything with a mapping (`folder.mapping`).

Each run is a full snapshot. What a file is (encoding, delimiter, case of its headers) is found out
per file and reported. Rows are read one by one: memory does not grow with the file.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from voc.accounts import clean
from voc.accounts.connection import Connection
from voc.accounts.connector import Known, Page, Probe, Span, Usage, Write, Wrote
from voc.accounts.crm import columns, rows
from voc.accounts.crm.folder import files, hubspot, look, mapping
from voc.accounts.crm.folder.files import Table
from voc.accounts.crm.folder.layout import Finish, Layout, plain
from voc.accounts.crm.folder.owners import Owners
from voc.accounts.model import FileRead, Incoming, Kind, Problem, ProblemLevel, Reason
from voc.base.errors import Misconfigured

_ROWS_PER_PAGE = 4_000


class CsvFolder:
    """One export in one folder. `connection` is what Settings > CRM says about it, where it is set up there."""

    windows = None

    def __init__(self, folder: Path, connection: Connection | None = None) -> None:
        self.folder = folder
        self.spellings = clean.default_spellings()
        self._connection = connection
        self._mapping = mapping.Mapping()
        self._tables: dict[Kind, Table] = {}
        self._layouts: dict[Kind, Layout] = {}
        self._files = {kind: FileRead(kind, None, exported=False) for kind in Kind}
        self._owners = Owners(())
        self._total = 1
        self._read = 0
        self._reading: Table | None = None
        self._salesforce = True
        self._roles_from: Table | None = None

    @property
    def name(self) -> str:
        return f"csv:{self.folder}"

    @property
    def fingerprint(self) -> str:
        return mapping.fingerprint(self.folder, self._connection)

    # --- looking ------------------------------------------------------------------------------------

    def open(self) -> list[Problem]:
        """Find the files and what they are; columns and rows are looked at as they are read.

        Misconfigured, with file and mend: no folder, no accounts, an encoding that cannot be found out.
        """
        if not self.folder.is_dir():
            raise Misconfigured(str(self.folder), "there is no such folder", "Name the folder that holds the export")
        self._mapping = mapping.read(self.folder, self._connection)
        self.spellings = self._mapping.spellings
        paths, aside = files.assign(self.folder, self._mapping)
        self._total = sum(path.stat().st_size for path in paths.values()) or 1
        problems = list(files.about_copies(aside))
        for kind, path in paths.items():
            problems += self._open(kind, path)
        self._salesforce = self._has_salesforce_ids()
        self._take_roles_from_contacts()
        if not self._salesforce:
            self._owners = Owners(self._rows(Kind.CSM, count=False))
        return problems

    def _open(self, kind: Kind, path: Path) -> Iterator[Problem]:
        if not path.stat().st_size:
            self._files[kind] = FileRead(kind, path.name)
            yield Problem(ProblemLevel.FILE, Reason.EMPTY_FILE, kind, file=path.name)
            return
        table = files.opened(path, self._mapping.sheets.get(kind))
        layout = Layout(kind, table.header(), self._mapping.columns.get(kind, {}))
        layout.require(str(path), "id", *(("name",) if kind == Kind.ACCOUNT else ()))
        self._files[kind] = FileRead(kind, table.name, encoding=table.encoding, delimiter=table.delimiter)
        self._tables[kind], self._layouts[kind] = table, layout
        for name in layout.unknown:
            if not hubspot.is_export(table.header()):  # it has hundreds of columns, nearly all of no use to us
                yield Problem(ProblemLevel.FILE, Reason.UNKNOWN_COLUMN, kind, file=table.name, text=name[:200])

    def _has_salesforce_ids(self) -> bool:
        if self._mapping.ids is not None:
            return self._mapping.ids == "salesforce"
        table = self._tables.get(Kind.ACCOUNT)
        return table is None or not {plain(name) for name in table.header()}.isdisjoint(columns.SALESFORCE)

    def _take_roles_from_contacts(self) -> None:
        contacts = self._tables.get(Kind.CONTACT)
        if contacts is None or Kind.RELATION in self._tables or Kind.RELATION in self._mapping.off:
            return
        header = contacts.header()
        if hubspot.is_export(header) and hubspot.tells_roles(header):
            self._roles_from = contacts
            self._layouts[Kind.RELATION] = Layout(Kind.RELATION, hubspot.RELATION_HEADER, {})
            self._files[Kind.RELATION] = FileRead(
                Kind.RELATION, contacts.name, encoding=contacts.encoding, delimiter=contacts.delimiter
            )
            self._total += contacts.size

    # --- reading ------------------------------------------------------------------------------------

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        left = self._rows(kind)
        while page := list(islice(left, _ROWS_PER_PAGE)):
            yield Page(page)

    def _rows(self, kind: Kind, *, count: bool = True) -> Iterator[Incoming]:
        from_contacts = kind == Kind.RELATION and kind not in self._tables
        table = self._roles_from if from_contacts else self._tables.get(kind)
        if table is None:
            return
        layout, found = self._layouts[kind], self._files[kind]
        read_row = layout.reader(
            same_id=self.same_id, make=rows.maker(rows.salt(self._mapping)), finish=self._finish(kind)
        )
        records = table.rows()
        if from_contacts:
            records = hubspot.relations(table.header(), records)
        self._reading, number = table if count else None, 0
        for line, cells in records:
            if cells is None or self._is_wanted(kind, layout, cells):
                number += 1
                found.rows = number if count else 0
                yield read_row(number, line, cells)
        if count:
            self._reading = None
            self._read += table.size

    def _is_wanted(self, kind: Kind, layout: Layout, cells: list[str]) -> bool:
        """Whether a row is one of its kind at all, where the mapping says which are."""
        only = self._mapping.only.get(kind)
        if not only:
            return True
        return all(layout.text(cells, column) in {plain(one) for one in wanted} for column, wanted in only.items())

    def _finish(self, kind: Kind) -> Finish | None:
        table = self._tables.get(kind)
        steps = [self._owners.finish(kind)] if kind != Kind.CSM else []
        if table is not None and hubspot.is_export(table.header()):
            steps.append(hubspot.finish(kind))
        taken = [step for step in steps if step is not None]
        if len(taken) < 2:
            return taken[0] if taken else None
        return lambda cells: taken[1](taken[0](cells))

    # --- what else a run asks -----------------------------------------------------------------------

    def in_full(self, kind: Kind) -> bool:
        return True

    def daily(self, kind: Kind) -> bool:
        return False

    def ids(self, kind: Kind) -> None:
        return None

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        yield from ()

    def file(self, kind: Kind) -> FileRead:
        return self._files[kind]

    def column(self, kind: Kind, field: str) -> str:
        layout = self._layouts.get(kind)
        return layout.headers.get(field, field) if layout else field

    def same_id(self, id: str) -> str:
        return clean.salesforce_id(id) if self._salesforce else id.strip()

    def share_read(self) -> float:
        return min(1.0, (self._read + (self._reading.bytes_read if self._reading else 0)) / self._total)

    def usage(self) -> Usage:
        return Usage()

    def close(self) -> None:
        return

    # --- what Settings > CRM asks -------------------------------------------------------------------

    def probe(self) -> Probe:
        return look.probe(self, self._layouts)

    def sample(self, kind: Kind, *, limit: int) -> list[dict[str, str]]:
        return look.sample(self._tables.get(kind) or self._only_opened(kind), limit=limit)

    def spelled(self, kind: Kind, field: str) -> list[str]:
        table = self._tables.get(kind) or self._only_opened(kind)
        return look.spelled(table, self.column(kind, field))

    def _only_opened(self, kind: Kind) -> Table | None:
        self.open()
        return self._tables.get(kind)

    def write(self, writes: Sequence[Write]) -> list[Wrote]:
        return [Wrote(write.key, done=False, why="A folder of files is only read.") for write in writes]
