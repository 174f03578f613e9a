"""F10: a backup of the middle of a wave, restored after the wave went on: paused; released, it repeats nothing."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests import postgres
from tests.base.kept import silent
from tests.builders import NOW
from tests.delivery.world import SETTINGS, queue_due
from tests.faults.lab import Lab, lab
from tests.faults.promise import AT_MOST_ONCE
from tests.faults.table import Result, Row, on_both
from voc.base import installations
from voc.base.backup import making, restoring
from voc.base.db import Database
from voc.base.secrets import write_key_file
from voc.base.tokens import RandomTokens
from voc.delivery import run as delivery

PROVES = (AT_MOST_ONCE,)

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def run(*, long: bool) -> Result:
    return on_both("F10", lambda engine: _trial(engine, third=1_000 if long else 4))


def _trial(engine: str, *, third: int) -> Row:
    """At the backup a third is sent, a third is frozen and waits, a third is not planned yet."""
    people, found = 3 * third, []
    with lab(engine, people=people, queued=False) as here, tempfile.TemporaryDirectory() as folder:
        frozen = _queue(here, 2 * third)
        here.send(now=NOW, limit=third)
        backup = _backed_up(here, Path(folder))
        _queue(here, people - frozen)
        here.send(now=NOW)
        if len(here.server.accepted()) != people:
            found.append(f"{len(here.server.accepted())} of {people} were sent before the loss")
        with _restored(backup, Path(folder) / "new", engine) as database:
            new = replace(here, database=database)
            found += _paused(new, people)
            with database.begin() as db:
                delivery.resume_sending(db, by="Clara Wendt", now=NOW + 2 * _HOUR)
            for hours in (2, 3, 21, 24):
                new.queue(now=NOW + hours * _HOUR)
                new.send(now=NOW + hours * _HOUR)
            repeated = [
                one for one, times in Counter(one.recipient for one in here.server.accepted()).items() if times > 1
            ]
            found += [f"sent again after the release: {one}" for one in repeated]
            states = Counter(row.state for row in new.messages())
            if states != {"sent": third, "unknown": 2 * third}:
                found.append(f"after the release they are {dict(states)}")
            _on_with_the_chase(new, found)
    said = f"paused; released, {len(repeated)} repeats, {states['unknown']} listed as unknown, the reminders go on"
    return Row("backup restored after the wave went on", engine, people, said, tuple(found[:10]))


def _queue(here: Lab, wanted: int) -> int:
    queued = 0
    while queued < wanted:
        queued += queue_due(
            here.database,
            now=NOW,
            vault=here.vault,
            tokens=RandomTokens(),
            settings=SETTINGS,
            limit=min(200, wanted - queued),
        )
    return queued


def _backed_up(here: Lab, folder: Path) -> Path:
    write_key_file(folder, here.key)
    (folder / "voc.toml").write_text(f'database = "{here.database.url}"\n[mail]\nhost = "127.0.0.1"\n')
    return making.make(folder, folder / "backup.zip", now=NOW, with_key=True, report=silent).path


@contextmanager
def _restored(backup: Path, folder: Path, engine: str) -> Iterator[Database]:
    if engine == "sqlite":
        done = restoring.restore(backup, folder, now=NOW + _HOUR, tokens=RandomTokens(), environ={}, report=silent)
        yield from _opened(done.database)
        return
    with postgres.shared().database() as url:
        restoring.restore(
            backup, folder, now=NOW + _HOUR, tokens=RandomTokens(), database=url, environ={}, report=silent
        )
        yield from _opened(url)


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def _paused(new: Lab, people: int) -> list[str]:
    with new.database.read() as db:
        said = installations.load(db)
    new.queue(now=NOW + _HOUR)
    tried = new.send(now=NOW + _HOUR)
    found = [] if said.sending_paused and said.paused_because else ["the restored database is not paused"]
    if tried.handed_over or len(new.server.accepted()) != people:
        found.append("it sent mail while it was paused")
    return found


def _on_with_the_chase(new: Lab, found: list[str]) -> None:
    """The reminders of those days go out, one at a time."""
    before = len(new.server.accepted())
    for day in range(3, 10):
        for minutes in range(-60, 120, 30):
            now = NOW + day * _DAY + timedelta(minutes=minutes)
            new.queue(now=now)
            new.send(now=now)
    later = Counter(one.recipient for one in new.server.accepted()[before:])
    if not later:
        found.append("the chase does not go on after the release")
    found += [f"{times} mails to {one} within a week" for one, times in later.items() if times > 1]
