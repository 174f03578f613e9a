"""Is this the database that was used here last, or a copy of it? Asked before anything leaves.

    database: epoch, generation (grows every minute of work), a random word for each, where it lived
    file beside voc.toml: the epoch, generation and word that this folder saw last

The database is written first, the file after it, mail leaves after both. So a database whose
generation is behind the file's, or has another word for it, is an older copy; one that lives
elsewhere than it says is a copy of one that may still be at work. Both are paused, once, and say why.
What cannot be told apart is in `decisions/15-a-copy-starts-paused.md`.
"""

import os
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from voc.base import installations, log, place
from voc.base.db import Database
from voc.base.installations import Installation
from voc.base.place import Place
from voc.base.settings import Settings
from voc.base.tokens import Tokens

_log = log.get("copies")


@dataclass(frozen=True)
class Known:
    """What a folder saw last."""

    epoch: str
    generation: int
    word: str


def watch(database: Database, chosen: Settings, *, now: datetime, tokens: Tokens) -> str | None:
    """Mark that it is worked with here, or pause a copy; why it is one that waits for a person, or None.

    Call it where mail leaves: when a worker starts, every minute, and before each round of sending.
    """
    path = Path(chosen.state_file)
    with database.begin() as db:
        installations.lock(db)
        here = installations.load(db)
        if here.rehearsal:  # stands in invented time, is copied at will
            return None
        if here.in_doubt:
            return here.paused_because
        known = read(path)
        now_at = place.find(db, database, base_url=chosen.base_url)
        doubt = _why_doubt(db, here, known, now_at)
        if doubt is not None:
            _pause(db, here, known, doubt, now_at, tokens=tokens, now=now)
            return doubt
        fresh = Known(here.epoch, here.generation + 1, tokens.new())
        installations.mark(db, generation=fresh.generation, word=fresh.word, place=now_at, now=now)
    write(path, fresh)
    return None


def _why_doubt(db: Connection, here: Installation, known: Known | None, now_at: Place) -> str | None:
    another = None if here.place is None else place.why_another(here.place, now_at)
    last = "" if here.used_at is None else f" on {here.used_at:%d %B %Y, %H:%M} UTC"
    if another is not None:
        return f"this database was last used{last} {another}"
    if known is None or known.epoch in here.past_epochs:
        return None
    if known.epoch != here.epoch:
        return "this is another database than the one that this folder knew"
    word = installations.word_of(db, known.generation)
    if known.generation > here.generation or word not in (None, known.word):
        return f"this database is older than the one that this folder knew: it was last used{last or ' before that'}"
    return None


def _pause(
    db: Connection,
    here: Installation,
    known: Known | None,
    because: str,
    now_at: Place,
    *,
    tokens: Tokens,
    now: datetime,
) -> None:
    _log.error("sending is paused: a copy", because=because)
    since = here.used_at or here.created_at
    epoch = None if known is None else known.epoch
    installations.doubt(db, because=because, since=since, until=now, epoch=tokens.new(), also_past=epoch)
    # From here on it lives here: what it is told apart by next time.
    installations.mark(db, generation=here.generation + 1, word=tokens.new(), place=now_at, now=now)


def announce_move(database: Database, chosen: Settings) -> None:
    """Somebody says that the installation was moved and is used nowhere else: the next look does not wonder."""
    with database.begin() as db:
        installations.lock(db)
        here = installations.load(db)
        if here.place is not None:
            now_at = place.find(db, database, base_url=chosen.base_url)
            installations.settle(db, now_at)


def announce_rollback(database: Database, *, now: datetime, tokens: Tokens) -> str:
    """Somebody says that a machine or a disk was put back to an earlier state, which nothing here can see."""
    with database.begin() as db:
        installations.lock(db)
        here = installations.load(db)
        last = here.used_at or here.created_at
        because = f"this machine was put back to how it was on {last:%d %B %Y, %H:%M} UTC"
        installations.doubt(db, because=because, since=last, until=now, epoch=tokens.new(), also_past=None)
    return because


def read(path: Path) -> Known | None:
    """None where there is none, or none that can be read: where the database lives must say enough then."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Known)
    except (OSError, msgspec.MsgspecError):
        return None


def write(path: Path, known: Known) -> None:
    """All of it or nothing. A folder that cannot be written keeps none, which is no reason to stop."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    content: dict[str, Any] = asdict(known)
    try:
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(content) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        return


def forget(chosen: Settings) -> None:
    """A new installation begins in this folder."""
    Path(chosen.state_file).unlink(missing_ok=True)
