"""Make a backup: one look at the database while everybody works on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from voc.base import installations, migrate, settings
from voc.base.backup import archive, postgres, sqlite, toml
from voc.base.backup.archive import Writer
from voc.base.backup.manifest import FORMAT, Manifest
from voc.base.db import Database
from voc.base.errors import GiveUp, Misconfigured, Refused
from voc.base.secrets import KEY_FILE
from voc.base.settings import Settings

QUESTIONNAIRES = "questionnaires/"
Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Made:
    path: Path
    size: int
    manifest: Manifest


def make(folder: Path, target: Path, *, now: datetime, with_key: bool = False, report: Report) -> Made:
    """Write the installation of that folder into `target`, a new file, or a file named by the moment in that folder.

    The database is copied as of one moment and changes nothing about it: not even its revision.
    Refused if the file exists, or the folder does not; GiveUp if the disk does not take it.
    """
    if not (folder / settings.FILE).exists():
        raise Misconfigured(str(folder), f"there is no {settings.FILE} here", "Name the --directory with it")
    chosen = settings.load(folder)
    key = _key(chosen) if with_key else None
    if target.is_dir():
        target = target / f"voc-{now:%Y-%m-%d-%H%M%S}.zip"
    elif target.suffix != ".zip":
        # Taken for a file it would be the first night's backup, and every later one would be refused.
        raise Refused(f"There is no folder {target}: make it, or name a file that ends in .zip.")
    database = Database(chosen.database)
    try:
        with archive.written(target) as writer:
            manifest = _write(writer, database, target, now=now, with_key=with_key, report=report)
            writer.add(settings.FILE, toml.without_passwords((folder / settings.FILE).read_text("utf-8-sig")).encode())
            _add_questionnaires(writer, chosen)
            if key is not None:
                writer.add(KEY_FILE, key)
            manifest = msgspec.structs.replace(manifest, entries=dict(writer.entries))
            archive.finish(writer, manifest)
    except OSError as mistake:
        raise GiveUp(f"The backup could not be written to {target}: {mistake.strerror}. Nothing was left.") from None
    finally:
        database.close()
    return Made(target, target.stat().st_size, manifest)


def _write(
    writer: Writer, database: Database, target: Path, *, now: datetime, with_key: bool, report: Report
) -> Manifest:
    if database.path is not None:
        return _write_sqlite(writer, database.path, target, now=now, with_key=with_key, report=report)
    with database.read() as db:
        _check_there(db, database)
        return Manifest(
            format=FORMAT,
            version=_version(),
            revision=migrate.revision(db) or "",
            database="postgresql",
            epoch=installations.epoch(db),
            made_at=now,
            with_key=with_key,
            counts=postgres.dump(db, writer, report=report),
            entries={},
        )


def _write_sqlite(
    writer: Writer, source: Path, target: Path, *, now: datetime, with_key: bool, report: Report
) -> Manifest:
    if not source.exists():
        raise Misconfigured(str(source), "there is no database here", "Run `voc init`")
    copy = target.with_name(f".{target.name}.database")
    copy.unlink(missing_ok=True)
    try:
        sqlite.copy(source, copy, step=lambda done, total: report("Copying the database", done, total))
        with writer.entry(sqlite.ENTRY) as sink:
            sqlite.pack(copy, sink, step=lambda done, total: report("Packing it", done, total))
        return Manifest(
            format=FORMAT,
            version=_version(),
            revision=sqlite.one(copy, "SELECT version_num FROM alembic_version") or "",
            database="sqlite",
            epoch=sqlite.one(copy, "SELECT epoch FROM installation") or "",
            made_at=now,
            with_key=with_key,
            counts=sqlite.counts(copy),
            entries={},
        )
    finally:
        for left in (copy, copy.with_name(copy.name + "-journal"), copy.with_name(copy.name + "-wal")):
            left.unlink(missing_ok=True)


def _check_there(db: Connection, database: Database) -> None:
    if not installations.exists(db):
        raise Misconfigured(database.url, "no installation in this database", "Run `voc init`")


def _add_questionnaires(writer: Writer, chosen: Settings) -> None:
    """Those of this installation; the ones that ship come with the program."""
    if chosen.questionnaires is None:
        return
    root = Path(chosen.questionnaires)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            writer.add(QUESTIONNAIRES + path.relative_to(root).as_posix(), path.read_bytes())


def _key(chosen: Settings) -> bytes:
    path = Path(chosen.secret_key_file)
    if not path.exists():
        raise Refused(f"There is no key file {path}: the keys come from VOC_SECRET_KEY. Keep a copy of that instead.")
    return path.read_bytes()


def _version() -> str:
    try:
        return version("voc")
    except PackageNotFoundError:  # run from a checkout
        return "of a checkout"
