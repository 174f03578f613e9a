"""Where a database lives: enough to tell it from a copy of itself.

SQLite: the machine, the folder, and the file's own number on its disk, which a copy does not share.
PostgreSQL: the cluster's own identifier, and the numbers of the database and of one of its tables,
which a dump does not carry. Both: the address of the pages, which two installations never share.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from voc.base.db import Database

# Where a file keeps its number as long as it lives. Others (network shares, FUSE, layers of containers) may give it
# another one at the next start.
_KEEP_NUMBERS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "tmpfs", "jfs"})


@dataclass(frozen=True)
class Place:
    base_url: str
    machine: str | None = None
    file: str | None = None
    number: int | None = None  # of the file on its disk
    disk: int | None = None
    cluster: str | None = None
    table: str | None = None  # numbers of the database and of a table of it

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> "Place | None":
        return None if kept is None else cls(**kept)


def find(db: Connection, database: Database, *, base_url: str) -> Place:
    """Where this database is now, and who uses it."""
    if database.path is None:
        return Place(base_url, cluster=_cluster(db), table=_table(db))
    path = database.path.resolve()
    found = path.stat()
    number, disk = (found.st_ino, found.st_dev) if _filesystem(path) in _KEEP_NUMBERS else (None, None)
    return Place(base_url, machine=_machine(), file=str(path), number=number, disk=disk)


def why_another(before: Place, now: Place) -> str | None:
    """How they differ, in words that go on with "this database was last used ...", or None if it is the same place."""
    if before.base_url != now.base_url:
        return f"for {before.base_url}, and is used for {now.base_url} now"
    if None not in (before.cluster, now.cluster) and before.cluster != now.cluster:
        return "on another PostgreSQL server"
    if None not in (before.table, now.table) and before.table != now.table:
        return "elsewhere: it was put back from a dump"
    if None not in (before.machine, now.machine) and before.machine != now.machine:
        return f"on another machine, as {before.file}"
    if before.file == now.file:
        # The same name: a disk may get another number when the machine starts, a file does not.
        both = None not in (before.number, now.number)
        return "as another file: this one was copied to its place" if both and before.number != now.number else None
    # Another name: the same file on the same disk was only moved.
    moved = before.number is not None and (before.number, before.disk) == (now.number, now.disk)
    return None if moved else f"as {before.file}, and is {now.file} now"


def _cluster(db: Connection) -> str | None:
    """None where the server does not say: some hosted ones do not let everybody ask."""
    try:
        with db.begin_nested():
            return str(db.execute(text("SELECT system_identifier FROM pg_control_system()")).scalar_one())
    except DBAPIError:
        return None


def _table(db: Connection) -> str:
    query = "SELECT oid || '/' || 'installation'::regclass::oid FROM pg_database WHERE datname = current_database()"
    return str(db.execute(text(query)).scalar_one())


def _machine() -> str | None:
    """None in a container: there the number belongs to an image, or to nothing that lasts."""
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists() or "KUBERNETES_SERVICE_HOST" in os.environ:
        return None
    return _text(Path("/etc/machine-id"))


def _filesystem(path: Path) -> str | None:
    """What kind of disk the file is on; None where the system does not tell."""
    best, kind = "", None
    for line in (_text(Path("/proc/self/mounts")) or "").splitlines():
        _device, point, name, *_ = line.split()
        point = point.replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, name
    return kind


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
