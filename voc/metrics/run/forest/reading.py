"""New and changed comments are read by the code book; every one again when the book has changed."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from voc.base.db import Database
from voc.metrics.forest.matching import Matcher
from voc.metrics.run.forest import book
from voc.metrics.store.forest import book as store
from voc.responses.store import themes as verbatims
from voc.responses.store.themes import Found, Unread

PORTION = 1_000  # answers of one transaction


def is_waiting(database: Database) -> bool:
    """A look that costs little."""
    with database.read() as db:
        version = store.version(db)
        return verbatims.has_unread(db, book=version or 1)


def catch_up(database: Database, now: datetime, *, check_ending: Callable[[], None] = lambda: None) -> int:
    """Read what is unread; how many answers. Stopped anywhere, it goes on there; read twice, nothing changes.

    The first time of all the code book that ships is taken into the database.
    """
    with database.begin() as db:
        book.install(db, now=now)
    with database.read() as db:
        version, matcher = store.version(db), Matcher(store.themes(db))
    total = 0
    while True:
        check_ending()
        with database.read() as db:
            some = verbatims.unread(db, book=version, limit=PORTION)
        if not some:
            return total
        found = [one for answer in some for one in _read(matcher, answer)]
        with database.begin() as db:
            total += _keep(db, some, found, version=version, now=now)
            if store.version(db) != version:  # somebody changed it meanwhile: the next beat reads by the new one
                return total


def _read(matcher: Matcher, answer: Unread) -> list[Found]:
    return [
        Found(answer.response_id, question, theme_id, words)
        for question, text in answer.texts
        for theme_id, words in matcher.themes_of(text, language=answer.language).items()
    ]


def _keep(db: Connection, some: list[Unread], found: list[Found], *, version: int, now: datetime) -> int:
    left = verbatims.of_standing_book(db, some, book=version)
    ids = {one.response_id for one in left}
    verbatims.keep(db, left, [one for one in found if one.response_id in ids], book=version, now=now)
    return len(left)
