"""A folder of CSV files: a Salesforce Data Export as it comes, our own plain headers, or anything with a mapping.

Each run is a full snapshot. What a file is (encoding, delimiter, case of its headers) is found out
per file and reported. Rows are read one by one: memory does not grow with the file.

A file `mapping.toml` in the folder says what is called otherwise:

    ids = "plain"                        # or "salesforce"
    [files]
    account = "customers.csv"
    [columns.account]
    name = "Company"
    [roles]                              # and [segments], [statuses]
    "technical buyer" = "influencer"
"""

import codecs
import csv
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from voc.accounts import clean, rules
from voc.accounts.connector import Known, Page, Span, Usage
from voc.accounts.crm import columns, rows
from voc.accounts.model import FileRead, Incoming, Kind, Problem, ProblemLevel, Reason, Spellings
from voc.base.errors import Misconfigured

MAPPING = "mapping.toml"
# Beyond this a quote that is never closed has swallowed the rows after it.
_LONGEST_FIELD = 64 << 20
_CHUNK = 1 << 20
_ROWS_PER_PAGE = 4_000


class CsvFolder:
    """One export in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spellings = clean.default_spellings()
        self._mapping: dict[str, Any] = {}
        self._paths: dict[Kind, Path] = {}
        self._files = {kind: FileRead(kind, None, exported=False) for kind in Kind}
        self._headers: dict[Kind, dict[str, str]] = {}
        self._total = 1
        self._read = 0
        self._file: BinaryIO | None = None
        self._salesforce = True

    @property
    def name(self) -> str:
        return f"csv:{self.folder}"

    windows = None

    @property
    def fingerprint(self) -> str:
        return blake2b(self.name.encode(), digest_size=16).hexdigest()

    def open(self) -> list[Problem]:
        """Find the files and what they are; columns and rows are looked at as they are read.

        Misconfigured, with file and mend: no folder, no accounts, an encoding that cannot be found out.
        """
        if not self.folder.is_dir():
            raise Misconfigured(str(self.folder), "there is no such folder", "Name the folder that holds the export")
        self._mapping = _read_mapping(self.folder)
        self.spellings = _spellings(self._mapping)
        self._paths, aside = _assign(self.folder, self._mapping.get("files", {}))
        self._files = {kind: _look_at(kind, self._paths.get(kind)) for kind in Kind}
        self._total = sum(path.stat().st_size for path in self._paths.values()) or 1
        self._salesforce = self._has_salesforce_ids()
        return [*_about_copies(aside), *self._about_files()]

    def _about_files(self) -> Iterator[Problem]:
        for kind, path in self._paths.items():
            if not path.stat().st_size:
                yield Problem(ProblemLevel.FILE, Reason.EMPTY_FILE, kind, file=path.name)
                continue
            layout = _Layout(kind, _header(path, self._files[kind]), self._own_columns(kind))
            layout.require(path, "id", *(("name",) if kind == Kind.ACCOUNT else ()))
            self._headers[kind] = layout.headers
            for name in layout.unknown:
                yield Problem(ProblemLevel.FILE, Reason.UNKNOWN_COLUMN, kind, file=path.name, text=name[:200])

    def file(self, kind: Kind) -> FileRead:
        return self._files[kind]

    def column(self, kind: Kind, field: str) -> str:
        return self._headers.get(kind, {}).get(field, field)

    def same_id(self, id: str) -> str:
        return clean.salesforce_id(id) if self._salesforce else id.strip()

    def share_read(self) -> float:
        return min(1.0, (self._read + (self._file.tell() if self._file else 0)) / self._total)

    def in_full(self, kind: Kind) -> bool:
        return True

    def daily(self, kind: Kind) -> bool:
        return False

    def ids(self, kind: Kind) -> None:
        return None

    def some(self, kind: Kind, ids: Iterable[str]) -> Iterator[Page]:
        yield from ()

    def usage(self) -> Usage:
        return Usage()

    def close(self) -> None:
        return

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        left = self._rows(kind)
        while page := list(islice(left, _ROWS_PER_PAGE)):
            yield Page(page)

    def _rows(self, kind: Kind) -> Iterator[Incoming]:
        path, found = self._paths.get(kind), self._files[kind]
        if path is None or not path.stat().st_size:
            return
        found.rows = 0
        with _opened(path, found) as lines:
            self._file = lines.buffer
            records = _records(lines, path, found)
            header = next(records, (1, []))[1] or []
            layout = _Layout(kind, header, self._own_columns(kind))
            same_id = clean.salesforce_id if self._salesforce else str.strip
            read_row = layout.reader(same_id=same_id, make=rows.maker(rows.salt(self._mapping)))
            for line, cells in records:
                found.rows += 1
                yield read_row(found.rows, line, cells)
        self._file = None
        self._read += path.stat().st_size

    def _own_columns(self, kind: Kind) -> dict[str, str]:
        own: dict[str, str] = self._mapping.get("columns", {}).get(kind, {})
        return own

    def _has_salesforce_ids(self) -> bool:
        if (ids := self._mapping.get("ids")) is not None:
            return bool(ids == "salesforce")
        path = self._paths.get(Kind.ACCOUNT)
        if path is None or not path.stat().st_size:
            return True
        names = {_plain(name) for name in _header(path, self._files[Kind.ACCOUNT])}
        return not names.isdisjoint(columns.SALESFORCE)


# --- which file is what -------------------------------------------------------------------------

_COPY = re.compile(r"(?P<stem>.+?)(?:\s*\(\d+\)|[ _-]*copy(?:\s*\d+)?)", re.IGNORECASE)


def _assign(folder: Path, named: dict[str, str]) -> tuple[dict[Kind, Path], list[tuple[Kind, Path]]]:
    """The file of each object, and the copies that are left alone."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".txt", ".tsv"))
    paths: dict[Kind, Path] = {}
    aside: list[tuple[Kind, Path]] = []
    for kind in Kind:
        if kind in named:
            paths[kind] = _named(folder, named[kind])
            continue
        exact = [p for stem in columns.FILES[kind] for p in files if p.stem.casefold() == stem]
        copies = [p for stem in columns.FILES[kind] for p in files if _is_copy_of(stem, p)]
        # A copy with rows beats the file of the right name when that has only a header.
        candidates = sorted([*exact, *copies], key=_has_no_rows)
        if candidates:
            paths[kind] = candidates[0]
            aside += [(kind, path) for path in candidates[1:]]
    if Kind.ACCOUNT not in paths:
        raise Misconfigured(
            str(folder),
            "there is no Account.csv",
            f"Put the export of the accounts there, or name its file in {MAPPING} under [files]",
        )
    return paths, aside


def _about_copies(aside: list[tuple[Kind, Path]]) -> Iterator[Problem]:
    for kind, path in aside:
        reason = Reason.HEADER_ONLY_FILE if _has_no_rows(path) else Reason.SECOND_COPY
        yield Problem(ProblemLevel.FILE, reason, kind, file=path.name)


def _is_copy_of(stem: str, path: Path) -> bool:
    copy = _COPY.fullmatch(path.stem.strip())
    return copy is not None and copy["stem"].strip().casefold() == stem


def _named(folder: Path, name: str) -> Path:
    path = folder / name
    if path.parent != folder or not path.is_file():
        raise Misconfigured(str(folder / MAPPING), f"[files] names {name}", "Name a file in the same folder")
    return path


def _has_no_rows(path: Path) -> bool:
    if path.stat().st_size > _CHUNK:
        return False
    text = path.read_bytes().replace(b"\x00", b"").strip()
    return b"\n" not in text and b"\r" not in text


def _read_mapping(folder: Path) -> dict[str, Any]:
    path = folder / MAPPING
    if not path.is_file():
        return {}
    try:
        mapping = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as mistake:
        raise Misconfigured(str(path), f"it cannot be read: {mistake}", "Correct it") from None
    for kind, own in mapping.get("columns", {}).items():
        known = {*columns.COLUMNS.get(kind, {}), "id", "deleted", "winner", "modified"}
        for field in own:
            if field not in known:
                raise Misconfigured(str(path), f"{kind} has no field {field}", f"Use {', '.join(sorted(known))}")
    return mapping


def _spellings(mapping: dict[str, Any]) -> Spellings:
    try:
        return clean.spellings(mapping)
    except ValueError as mistake:
        raise Misconfigured(MAPPING, str(mistake), "Write one of our own words on the right side") from None


# --- encoding and delimiter ---------------------------------------------------------------------


def _look_at(kind: Kind, path: Path | None) -> FileRead:
    if path is None:
        return FileRead(kind, None, exported=False)
    encoding = _encoding(path)
    found = FileRead(kind, path.name, encoding=encoding)
    with _opened(path, found) as lines:
        found.delimiter = _delimiter(lines.readline(_CHUNK))
    return found


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if start.count(0) > len(start) // 4:
            raise _unreadable(path)
        file.seek(0)
        if _decodes(file, "utf-8"):
            return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
        file.seek(0)
        if _decodes(file, "cp1252"):
            return "cp1252"
    raise _unreadable(path)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(path: Path) -> Misconfigured:
    return Misconfigured(str(path), "its encoding cannot be found out", "Export or save it again as CSV UTF-8")


def _line_end(path: Path, encoding: str) -> str:
    """LF, whatever stands before it; CR alone only where there is no LF at all."""
    if encoding == "utf-16":
        return "\n"
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    return "\r" if b"\r" in start and b"\n" not in start else "\n"


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t|", key=bare.count)


def _header(path: Path, found: FileRead) -> list[str]:
    with _opened(path, found) as lines:
        return next(_records(lines, path, found), (1, []))[1] or []


def _opened(path: Path, found: FileRead) -> TextIO:
    return path.open(encoding=found.encoding, newline=_line_end(path, found.encoding))


def _records(lines: TextIO, path: Path, found: FileRead) -> Iterator[tuple[int, list[str] | None]]:
    """(physical line where it begins, cells) of each record, the header first; None for one that cannot be read."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(lines, delimiter=found.delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as mistake:
            if "field limit" in str(mistake):
                raise Misconfigured(
                    f"{path}, line {line}",
                    "a quote is opened there and never closed",
                    "Correct the line or export the file again",
                ) from None
            yield line, None
            continue
        if cells:
            yield line, cells


# --- columns ------------------------------------------------------------------------------------


def _plain(name: str) -> str:
    return name.strip().strip("\ufeff").casefold()


class _Layout:
    """Where each field of an object stands in one file."""

    def __init__(self, kind: Kind, header: list[str], own: dict[str, str]) -> None:
        self.kind = kind
        self.width = len(header)
        places: dict[str, int] = {}
        for place, name in enumerate(header):
            places.setdefault(_plain(name), place)

        def find(field: str, names: tuple[str, ...]) -> int | None:
            wanted = (own[field],) if field in own else names
            return next((places[_plain(name)] for name in wanted if _plain(name) in places), None)

        self.id = find("id", columns.ID)
        self.deleted = find("deleted", columns.DELETED)
        self.winner = find("winner", columns.WINNER)
        self.modified = find("modified", columns.MODIFIED)
        self.fields = {field: find(field, names) for field, names in columns.COLUMNS[kind].items()}
        used = {self.id, self.deleted, self.winner, self.modified, *self.fields.values()}
        self.unknown = [
            name
            for place, name in enumerate(header)
            if place not in used and _plain(name) not in columns.IGNORED and name.strip()
        ]
        self.headers = {field: header[place] for field, place in self.fields.items() if place is not None}
        self.headers |= {"id": header[self.id]} if self.id is not None else {}

    def require(self, path: Path, *fields: str) -> None:
        for field in fields:
            if (self.id if field == "id" else self.fields[field]) is None:
                raise Misconfigured(
                    str(path),
                    f"no column holds the {field} of each {self.kind}",
                    f'Name it in {MAPPING}: [columns.{self.kind}] {field} = "..."',
                )

    def reader(
        self, *, same_id: Callable[[str], str], make: rows.MakeRow
    ) -> Callable[[int, int, list[str] | None], Incoming]:
        """From one record to one row, with as little work per record as can be."""
        width, at_id, at_deleted, at_winner, at_modified = (
            self.width,
            self.id or 0,
            self.deleted,
            self.winner,
            self.modified,
        )
        names = rules.TEXTS[self.kind]
        # Fields that the file lacks are read from the defaults put behind its own columns.
        defaults = [rules.DEFAULTS.get(name, "") for name in names]
        found = [self.fields[name] for name in names]
        places = [width + n if place is None else place for n, place in enumerate(found)]
        pick = itemgetter(*places)

        def read_row(row: int, line: int, record: list[str] | None) -> Incoming:
            if record is None or len(record) != width:
                return self._refused(row, line, record, same_id)
            id = same_id(record[at_id].replace("\x00", ""))
            if not id:
                return Incoming(id="", row=row, line=line, reason=Reason.MISSING_ID)
            winner = same_id(record[at_winner]) if at_winner is not None and record[at_winner] else ""
            modified = record[at_modified] if at_modified is not None else ""
            if winner or (at_deleted is not None and clean.flag(record[at_deleted])):
                return Incoming(id, row, line, modified=modified, deleted=True, winner_id=winner or None)
            return make(id, row, line, pick(record + defaults), modified)

        return read_row

    def _refused(self, row: int, line: int, record: list[str] | None, same_id: Callable[[str], str]) -> Incoming:
        if record is None:
            return Incoming(id="", row=row, line=line, reason=Reason.UNREADABLE_ROW)
        id = same_id(record[self.id]) if self.id is not None and self.id < len(record) else ""
        return Incoming(id, row, line, reason=Reason.SHORT_ROW if len(record) < self.width else Reason.LONG_ROW)
