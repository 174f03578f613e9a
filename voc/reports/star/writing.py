"""The star schema as a folder: every table of one moment, read in portions, whole or not at all."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from glob import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.metrics.catalogue import VERSION
from voc.reports.cells import Cell
from voc.reports.star import STAR, dictionary
from voc.reports.star.model import Of, Sort, StarTable
from voc.reports.tables import Format, csvs, parquet, sweep

MANIFEST = "export.json"
FORMATS = (Format.PARQUET, Format.CSV)

Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Written:
    """`rows` by table, in the order of writing, the first row of a dimension counted too."""

    folder: Path
    rows: dict[str, int]
    personal: bool


@dataclass(frozen=True)
class _Target:
    folder: Path
    as_format: Format
    personal: bool


def write_star(
    database: Database,
    folder: Path,
    *,
    vault: Vault,
    now: datetime,
    as_format: Format = Format.PARQUET,
    personal: bool = False,
    viewer: Viewer = TERMINAL,
    report: Report = lambda _what, _done, _total: None,
) -> Written:
    """Written beside the folder and put in its place when it is whole; an earlier export there is replaced.

    `personal` adds names, addresses and comments as tables of their own. Refused where the folder holds anything
    but an export, and to whoever may not see all accounts.
    """
    _check(folder, as_format, viewer)
    unfinished = folder.with_name(f".{folder.name}.part-{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        for ending in ("part", "old"):
            sweep(unfinished, f".{escape(folder.name)}.{ending}-*")
        target = _Target(unfinished, as_format, personal)
        with database.read() as db:
            of = Of(preferences.load(db), blur=vault.blur, now=now)
            rows = _write_tables(db, of, target, report)
        _write_words(target, now=now, rows=rows, by=viewer.name)
        _put_in_place(unfinished, folder)
    except OSError as problem:
        raise Refused(
            f"The export could not be written to {folder}: {problem.strerror or problem}. Name another folder",
            field="out",
        ) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Written(folder, rows, personal)


def _check(folder: Path, as_format: Format, viewer: Viewer) -> None:
    if not viewer.sees_all:
        raise Refused("The whole company is for leaders and programme owners. Take the tables of your own pages")
    if as_format not in FORMATS:
        raise Refused("A star schema has no sheet large enough for its facts: take Parquet or CSV", field="format")
    if as_format == Format.PARQUET:
        parquet.arrow()  # said before anything is written
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(
            f"{folder} holds something else than an export. Name another folder, so that nothing is lost", field="out"
        )


def _write_tables(db: Connection, of: Of, target: _Target, report: Report) -> dict[str, int]:
    chosen = [one for one in STAR if target.personal or not one.personal]
    rows = {}
    for number, table in enumerate(chosen):
        report("tables", number, len(chosen))
        rows[table.name] = _write_table(db, of, table, target.folder, target.as_format)
    report("tables", len(chosen), len(chosen))
    return rows


def _write_table(db: Connection, of: Of, table: StarTable, folder: Path, as_format: Format) -> int:
    if table.parted is not None:
        (folder / table.name).mkdir()
        parted = table.parted
        return sum(
            _write_file(folder / table.name / f"{quarter}.{as_format}", table, _cells(table, of, part), as_format)
            for quarter, part in groupby(table.rows(db, of), key=lambda row: quarter_of(parted(row)))
        )
    rows = _cells(table, of, table.rows(db, of))
    if table.sort == Sort.DIMENSION:
        rows = _with_unknown(table, rows)
    return _write_file(folder / f"{table.name}.{as_format}", table, rows, as_format)


def quarter_of(on: date) -> str:
    return f"{on.year}-Q{(on.month + 2) // 3}"


def _cells(table: StarTable, of: Of, rows: Iterable[Any]) -> Iterator[list[Cell]]:
    takes = [one.take for one in table.fields]
    return ([take(row, of) for take in takes] for row in rows)


def _with_unknown(table: StarTable, rows: Iterable[list[Cell]]) -> Iterator[list[Cell]]:
    """The first row, and a look that no two records have one key: at 53 bits it has not been seen."""
    place = next(number for number, one in enumerate(table.fields) if one.key)
    seen: set[Cell] = set()
    yield table.unknown
    for row in rows:
        if row[place] in seen:
            raise Refused(f"Two records of {table.name} have the key {row[place]}. Nothing was written; tell us")
        seen.add(row[place])
        yield row


def _write_file(path: Path, table: StarTable, rows: Iterable[list[Cell]], as_format: Format) -> int:
    with path.open("wb") as out:
        if as_format == Format.CSV:
            return csvs.write(out, table.columns, rows)
        return parquet.write(out, table.columns, rows)


def _write_words(target: _Target, *, now: datetime, rows: dict[str, int], by: str) -> None:
    """What it is: the dictionary, and who took it when. The files themselves say nothing of the hour."""
    (target.folder / "dictionary.md").write_text(dictionary.markdown(), "utf-8")
    with (target.folder / "dictionary.csv").open("wb") as out:
        csvs.write(out, dictionary.COLUMNS, dictionary.rows())
    told = {
        "as_of": now,
        "format": target.as_format,
        "personal_data": target.personal,
        "definition_version": VERSION,
        "schema_version": dictionary.SCHEMA_VERSION,
        "taken_by": by,
        "rows": rows,
    }
    (target.folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def _put_in_place(unfinished: Path, folder: Path) -> None:
    """One rename; where an earlier export stands it is moved aside first, and back if that fails."""
    if not folder.exists():
        unfinished.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    folder.rename(old)
    try:
        unfinished.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
