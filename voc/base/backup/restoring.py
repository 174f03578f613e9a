"""Put a backup back: checked before and after, beside what is there and never over it, with sending paused."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, delete
from sqlalchemy.engine import make_url

from voc.base import installations, migrate, settings
from voc.base.backup import archive, postgres, sqlite, toml
from voc.base.backup.archive import Reader
from voc.base.backup.making import QUESTIONNAIRES
from voc.base.backup.manifest import Manifest
from voc.base.db import Database
from voc.base.errors import GiveUp, Refused
from voc.base.schema import session
from voc.base.secrets import KEY_FILE
from voc.base.settings import Settings
from voc.base.tokens import Tokens

Report = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Restored:
    """`wrote` are files that were not there before; `kept` those of the backup's names that were."""

    directory: Path
    database: str
    manifest: Manifest
    wrote: list[str]
    kept: list[str]
    key_there: bool


def restore(
    path: Path,
    folder: Path,
    *,
    now: datetime,
    tokens: Tokens,
    database: str | None = None,
    environ: Mapping[str, str] = os.environ,
    report: Report,
) -> Restored:
    """The installation of that backup, in that folder, with sending paused.

    voc.toml, key and questionnaires that are there already are kept; a database never is overwritten.
    `database` is where it goes, if not where the backup's or the folder's voc.toml says.
    """
    with archive.opened(path) as backup:
        _check_revision(backup)
        text, chosen = _settings(backup, folder, database, environ)
        _check_kind(backup, chosen)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _placed(backup, chosen, now=now, tokens=tokens, report=report):
                wrote, kept = _write_files(backup, folder, text)
        except OSError as mistake:
            raise GiveUp(f"The backup could not be restored to {folder}: {mistake.strerror}.") from None
        key_there = bool(environ.get("VOC_SECRET_KEY")) or Path(chosen.secret_key_file).exists()
        shown = make_url(chosen.database).render_as_string()
        return Restored(folder, shown, backup.manifest, wrote, kept, key_there)


def _check_revision(backup: Reader) -> None:
    made = backup.manifest
    if made.revision > migrate.newest():
        raise Refused(f"This backup was made by a newer voc ({made.version}). Install that version, then restore.")


def _settings(
    backup: Reader, folder: Path, database: str | None, environ: Mapping[str, str]
) -> tuple[str | None, Settings]:
    """The text of a voc.toml to write, None where there is one; and what it says."""
    if (folder / settings.FILE).exists():
        chosen = settings.load(folder, environ)
        if database is not None:
            raise Refused(f"{folder / settings.FILE} is there and names the database: leave --database, or change it.")
        return None, chosen
    text = backup.read(settings.FILE).decode()
    if backup.manifest.database == "sqlite":
        text = toml.with_value(text, "database", database or "sqlite:///voc.db")
    elif database is not None:
        text = toml.with_value(text, "database", database)
    if any(name.startswith(QUESTIONNAIRES) for name in backup.names):
        text = toml.with_value(text, "questionnaires", QUESTIONNAIRES.rstrip("/"))
    if KEY_FILE in backup.names and "secret_key_file" in text:
        text = toml.with_value(text, "secret_key_file", KEY_FILE)
    chosen = settings.parse(text, folder, environ)
    if toml.HIDDEN in chosen.database:
        raise Refused("The backup holds no passwords: name an empty database with --database or VOC_DATABASE.")
    return text, chosen


def _check_kind(backup: Reader, chosen: Settings) -> None:
    kind = make_url(chosen.database).get_backend_name()
    if kind != backup.manifest.database:
        raise Refused(f"This is a backup of a {backup.manifest.database} database: it cannot go into {kind}.")


@contextmanager
def _placed(backup: Reader, chosen: Settings, *, now: datetime, tokens: Tokens, report: Report) -> Iterator[None]:
    """The database is there when what is done inside has gone well; else nothing of it is."""
    if backup.manifest.database == "sqlite":
        with _placed_sqlite(backup, chosen, now=now, tokens=tokens, report=report):
            yield
        return
    database = Database(chosen.database)
    try:
        with database.begin() as db:
            if not postgres.is_empty(db):
                raise Refused("That database is not empty: nothing is overwritten. Name an empty one.")
            migrate.upgrade_within(db, to=backup.manifest.revision)
            postgres.load(db, backup, report=report)
            migrate.upgrade_within(db)
            _pause(db, backup, now=now, tokens=tokens)
            yield
    finally:
        database.close()


@contextmanager
def _placed_sqlite(
    backup: Reader, chosen: Settings, *, now: datetime, tokens: Tokens, report: Report
) -> Iterator[None]:
    target = Database(chosen.database).path
    assert target is not None
    if target.exists():
        raise Refused(f"{target} exists already: nothing is overwritten. Move it away, or name another --directory.")
    if (left := _journal_of(target)) is not None:
        raise Refused(
            f"{left} is there without {target.name}: either voc is running and has the moved file open, or the file "
            "was moved without its journal, which holds the last answers. Stop voc. If the journal is still there "
            "then, move it to where the file is. Then restore."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.unfinished")
    _remove(unfinished)
    try:
        sqlite.unpack(backup, unfinished, step=lambda done, total: report("Writing the database", done, total))
        database = Database(f"sqlite:///{unfinished}")
        migrate.upgrade(database)
        with database.begin() as db:
            _pause(db, backup, now=now, tokens=tokens)
        database.close()
        sqlite.settle(unfinished)
        yield
        archive.appear(unfinished, target)
    finally:
        _remove(unfinished)


def _journal_of(target: Path) -> Path | None:
    """What would be read as part of a file of that name, and belongs to another that had the name before."""
    beside = (target.with_name(target.name + ending) for ending in ("-wal", "-journal"))
    return next((one for one in beside if one.exists()), None)


def _pause(db: Connection, backup: Reader, *, now: datetime, tokens: Tokens) -> None:
    here = installations.load(db)
    made = backup.manifest.made_at
    # Where a rehearsal stands in time is its only time.
    since, until = (made, now) if here.moment is None else (here.moment, here.moment)
    because = f"this is a backup of {made:%d %B %Y, %H:%M} UTC that was put back on {now:%d %B %Y, %H:%M} UTC"
    installations.doubt(db, because=because, since=since, until=until, epoch=tokens.new(), also_past=None)
    db.execute(delete(session))  # whoever was signed in then signs in again


def _write_files(backup: Reader, folder: Path, text: str | None) -> tuple[list[str], list[str]]:
    """What the backup has beside the database; voc.toml last: without it there is no installation."""
    wrote: list[str] = []
    kept: list[str] = []
    for name in backup.names:
        if name != KEY_FILE and not name.startswith(QUESTIONNAIRES):
            continue
        parts = PurePosixPath(name).parts
        if ".." in parts or PurePosixPath(name).is_absolute():
            raise Refused(f"The backup names a file outside its folder: {name}. Do not use it.")
        (wrote if _write_new(folder.joinpath(*parts), backup.read(name)) else kept).append(name)
    if text is None:
        kept.append(settings.FILE)
    else:
        _write_new(folder / settings.FILE, text.encode())
        wrote.append(settings.FILE)
    return wrote, kept


def _write_new(path: Path, content: bytes) -> bool:
    """Whether it was written; what is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return True


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
