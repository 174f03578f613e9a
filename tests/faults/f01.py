"""F1: kill -9 at 18 points of the sender, and anywhere.

Half of the kills find one message on one connection: for them the unknown ones are counted exactly.
The others find three connections with one journal between them, or come from outside at any moment.
"""

import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.builders import NOW
from tests.delivery.world import add_due_wave, install, queue_all
from tests.faults import crew
from tests.faults.databases import Copies, copies
from tests.faults.promise import AT_MOST_ONCE, SENT_IS_A_250, UNKNOWN_IS_LISTED
from tests.faults.sender import LEAVE_UNKNOWN, MAY_LEAVE_UNKNOWN, POINTS, SEND, WARM
from tests.faults.sink import Server, mail_server
from tests.faults.table import Result, Row, on_both
from tests.faults.totals import reckon
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.delivery import rules

PROVES = (AT_MOST_ONCE, UNKNOWN_IS_LISTED, SENT_IS_A_250)

_ROUND = 7  # times that a round comes to each point: a database of its own, some 270 kills
_KILLS_LONG = 5_000
_LINES = 3


@dataclass
class _Count:
    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    delivered: int = 0
    unknown: int = 0
    unknown_delivered: int = 0
    found: list[str] = field(default_factory=list)


def run(*, long: bool) -> Result:
    def trial(engine: str) -> Row:
        key, count = new_key(), _Count()
        started = time.monotonic()
        with copies(engine, lambda database: _lay(database, key, people=700 if long else 100)) as made:
            while True:
                _round(made, key, count, times=_ROUND if long else 1)
                if not long or count.kills.total() >= _KILLS_LONG:
                    break
        taken = time.monotonic() - started
        kills, each = count.kills.total(), min(count.kills[point] for point in POINTS)
        said = (
            f"each point {each} times or more, {kills / taken:.0f} kills a second, {count.missed} missed their point; "
            f"{count.delivered:,} delivered, {count.unknown:,} unknown ({count.unknown_delivered:,} of them delivered)"
        )
        return Row("kill -9 at 18 points of the sender and anywhere", engine, kills, said, tuple(count.found[:10]))

    return on_both("F1", trial)


def _lay(database: Database, key: str, *, people: int) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
    queue_all(database, Vault([key]))


def _round(made: Copies, key: str, count: _Count, *, times: int) -> None:
    """Each point so often on one line and on several, and as often anywhere; then everything is drained and counted."""
    with made.fresh() as database, mail_server() as server:
        life = _Life(database, server, key, count)
        for point in POINTS * times:
            life.kill(point, nth=1, lines=1, limit=1)
        exact = sum(life.killed[point] for point in LEAVE_UNKNOWN)
        unsure = sum(life.killed[point] for point in MAY_LEAVE_UNKNOWN)
        life.drain(1)
        unknown = reckon(database, server.accepted(), over=_ANY).unknown
        if not exact <= unknown <= exact + unsure:
            count.found.append(f"{unknown} unknown on one line: {exact} to {exact + unsure} were killed in the window")
        for number in range(times):
            for place, point in enumerate(POINTS):
                life.kill(point, nth=1 + (number + place) % _LINES, lines=_LINES, limit=2 * _LINES)
            life.kill_anywhere(after_seconds=0.004 * (1 + number * 5 % 12))
        life.drain(10_000)
        totals = reckon(database, server.accepted())
        count.found += totals.found
        count.delivered += totals.delivered
        count.unknown += totals.unknown
        count.unknown_delivered += totals.unknown_delivered
        if totals.unknown > exact + unsure + _LINES * life.killed_together:
            count.found.append(f"{totals.unknown} unknown: more than were in the window")


_ANY = ("queued", "claimed", "handing_over", "sent", "unknown")


class _Life:
    """One database through all its workers, each in the next one's past by a lease."""

    def __init__(self, database: Database, server: Server, key: str, count: _Count) -> None:
        self._order = {"url": database.url, "key": key, "port": server.port}
        self._now: datetime = NOW
        self._count = count
        self.killed: Counter[str] = Counter()
        self.killed_together = 0
        crew.shared().here(WARM, **self._order, now=self._now.isoformat())

    def kill(self, point: str, *, nth: int, lines: int, limit: int) -> bool:
        """Whether it died there. One that ended before it came to the point is counted as missed."""
        died = self._send(point, nth=nth, lines=lines, limit=limit).ended() == -signal.SIGKILL
        self._note(point, died, lines)
        return died

    def kill_anywhere(self, *, after_seconds: float) -> None:
        worker = self._send(None, nth=1, lines=_LINES, limit=8 * _LINES)
        time.sleep(after_seconds)
        if not worker.is_over():
            worker.signal(signal.SIGKILL)
        self._note("anywhere", worker.ended() == -signal.SIGKILL, _LINES)

    def drain(self, limit: int) -> None:
        """A worker that lives."""
        self._send(None, nth=1, lines=_LINES, limit=limit).result()

    def _send(self, point: str | None, *, nth: int, lines: int, limit: int) -> crew.Member:
        self._now += rules.LEASE + timedelta(seconds=1)
        where = {"point": point, "nth": nth, "lines": lines, "limit": limit}
        return crew.shared().send(SEND, **self._order, **where, now=self._now.isoformat())

    def _note(self, point: str, died: bool, lines: int) -> None:
        if not died:
            self._count.missed += 1
            return
        self._count.kills[point] += 1
        self.killed[point] += 1
        self.killed_together += lines > 1
