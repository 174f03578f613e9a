"""The code book in the database: as it stands, and as every version had it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from voc.base.errors import NotFound
from voc.base.schema import theme, theme_version
from voc.metrics.forest.book import Draft, Theme

_LOCK = 0x7468656D  # any number, the same in every process


def version(db: Connection) -> int:
    """Of the book as it stands; 0 before there is one."""
    return db.execute(select(func.coalesce(func.max(theme.c.version), 0))).scalar_one()


def themes(db: Connection, *, retired: bool = False) -> list[Theme]:
    """By name. With `retired` those too that are used no more."""
    query = select(theme).order_by(func.lower(theme.c.name), theme.c.id)
    if not retired:
        query = query.where(~theme.c.retired)
    return [_theme(row) for row in db.execute(query)]


def one(db: Connection, theme_id: int) -> Theme:
    row = db.execute(select(theme).where(theme.c.id == theme_id)).first()
    if row is None:
        raise NotFound("There is no such theme.")
    return _theme(row)


def _theme(row: Any) -> Theme:
    return Theme(row.id, row.key, row.name, row.department, row.words, row.version, row.retired)


def lock(db: Connection) -> None:
    """Two people who change the book at once get two versions; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def add(db: Connection, drafts: Sequence[Draft], *, version: int, by: str, now: datetime) -> list[int]:
    """New themes, all of one version of the book."""
    ids = []
    for draft in drafts:
        values = {"name": draft.name, "department": draft.department, "words": _plain(draft.words)}
        made = insert(theme).values(key=draft.key, version=version, retired=False, **values).returning(theme.c.id)
        ids.append(db.execute(made).scalar_one())
        _remember(db, ids[-1], version=version, by=by, now=now, retired=False, **values)
    return ids


def change(db: Connection, theme_id: int, draft: Draft, *, retired: bool, version: int, by: str, now: datetime) -> None:
    values = {"name": draft.name, "department": draft.department, "words": _plain(draft.words), "retired": retired}
    db.execute(update(theme).where(theme.c.id == theme_id).values(version=version, **values))
    _remember(db, theme_id, version=version, by=by, now=now, **values)


def _plain(words: Any) -> dict[str, list[str]]:
    return {language: list(some) for language, some in words.items()}


def _remember(db: Connection, theme_id: int, *, version: int, by: str, now: datetime, **values: Any) -> None:
    db.execute(insert(theme_version).values(theme_id=theme_id, version=version, at=now, by=by, **values))


@dataclass(frozen=True)
class Version:
    """A theme as one version of the book had it first."""

    version: int
    name: str
    department: str
    words: dict[str, list[str]]
    retired: bool
    at: datetime
    by: str


def history(db: Connection, theme_id: int) -> list[Version]:
    """The newest first."""
    columns = theme_version.c
    query = select(
        columns.version, columns.name, columns.department, columns.words, columns.retired, columns.at, columns.by
    ).where(columns.theme_id == theme_id)
    return [Version(**row._mapping) for row in db.execute(query.order_by(columns.version.desc()))]
