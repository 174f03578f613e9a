"""Which file of a folder is which object: by its name, or HubSpot's exports by their columns."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from voc.accounts.crm import columns
from voc.accounts.crm.folder import csvtext, excel, hubspot
from voc.accounts.crm.folder.csvtext import CsvFile, Record
from voc.accounts.crm.folder.mapping import NAME, Mapping
from voc.accounts.model import Kind, Problem, ProblemLevel, Reason
from voc.base.errors import Misconfigured

_TEXTS = (".csv", ".txt", ".tsv")
_KINDS = (*_TEXTS, *sorted(excel.SUFFIXES))
_COPY = re.compile(r"(?P<stem>.+?)(?:\s*\(\d+\)|[ _-]*copy(?:\s*\d+)?)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Table(Protocol):
    """A file, or a sheet of one, that holds the rows of an object."""

    path: Path
    name: str
    size: int
    encoding: str
    delimiter: str

    @property
    def bytes_read(self) -> int: ...

    def header(self) -> list[str]: ...

    def rows(self) -> Iterator[Record]: ...


def opened(path: Path, sheet: str | None = None) -> Table:
    return excel.ExcelSheet(path, sheet) if path.suffix.lower() in excel.SUFFIXES else CsvFile(path)


def assign(folder: Path, mapping: Mapping) -> tuple[dict[Kind, Path], list[tuple[Kind, Path]]]:
    """The file of each object, and the copies that are left alone. Misconfigured without one of accounts."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _KINDS)
    files = [path for path in files if not path.name.startswith("~$")]  # Excel's mark of an open workbook
    by_columns = _by_columns(files, mapping)
    paths: dict[Kind, Path] = {}
    aside: list[tuple[Kind, Path]] = []
    for kind in Kind:
        if kind in mapping.off:
            continue
        if kind in mapping.files:
            paths[kind] = _named(folder, mapping.files[kind])
            continue
        candidates = [*_by_name(kind, files), *by_columns.get(kind, [])]
        if candidates:
            paths[kind] = candidates[0]
            aside += [(kind, path) for path in candidates[1:]]
    if Kind.ACCOUNT not in paths:
        raise Misconfigured(
            str(folder),
            "there is no Account.csv",
            f"Put the export of the accounts there, or name its file in {NAME} under [files]",
        )
    return paths, aside


def about_copies(aside: Iterable[tuple[Kind, Path]]) -> Iterator[Problem]:
    for kind, path in aside:
        reason = Reason.HEADER_ONLY_FILE if _has_no_rows(path) else Reason.SECOND_COPY
        yield Problem(ProblemLevel.FILE, reason, kind, file=path.name)


def _by_name(kind: Kind, files: list[Path]) -> list[Path]:
    exact = [p for stem in columns.FILES[kind] for p in files if p.stem.casefold() == stem]
    copies = [p for stem in columns.FILES[kind] for p in files if _is_copy_of(stem, p)]
    # A copy with rows beats the file of the right name when that has only a header.
    return sorted([*exact, *copies], key=_has_no_rows)


def _by_columns(files: list[Path], mapping: Mapping) -> dict[Kind, list[Path]]:
    """HubSpot names an export after the view that somebody exported; the newest of each object comes first."""
    named = {name for names in columns.FILES.values() for name in names}
    found: dict[Kind, list[Path]] = {}
    for path in files:
        if path.stem.casefold() in named or path.name in mapping.files.values() or not path.stat().st_size:
            continue
        if "hubspot" in path.name.casefold() and (kind := hubspot.kind_of(opened(path).header())):
            found.setdefault(kind, []).append(path)
    return {kind: sorted(paths, key=_age) for kind, paths in found.items()}


def _age(path: Path) -> tuple[bool, int, str]:
    """Sorts the newest first; a file without rows stands behind."""
    day = _DAY.search(path.name)
    return _has_no_rows(path), -int(day[0].replace("-", "")) if day else 0, path.name


def _is_copy_of(stem: str, path: Path) -> bool:
    copy = _COPY.fullmatch(path.stem.strip())
    return copy is not None and copy["stem"].strip().casefold() == stem


def _named(folder: Path, name: str) -> Path:
    path = folder / name
    # Whoever may choose folder and file on a page must not get at keys and settings that lie on the machine.
    if path.parent != folder or not path.is_file() or path.suffix.lower() not in _KINDS:
        mend = f"Name a file in the same folder that ends in {', '.join(_KINDS)}"
        raise Misconfigured(str(folder / NAME), f"[files] names {name}", mend)
    return path


def _has_no_rows(path: Path) -> bool:
    if path.suffix.lower() in excel.SUFFIXES and path.stat().st_size:
        return excel.is_empty(path)
    return csvtext.has_no_rows(path)
