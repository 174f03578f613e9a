"""F1: kill -9 at 24 points of the sender, and anywhere.

Half of the kills find one message on one connection: for them the unknown ones are counted exactly.
The others find three connections with one journal between them, or come from outside at any moment.
What is killed has frozen its mail itself, or finds what an earlier one left; both come to every point.
"""

import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.builders import NOW
from tests.delivery.world import add_due_wave, install
from tests.faults import crew
from tests.faults.databases import Copies, copies
from tests.faults.promise import AT_MOST_ONCE, SENT_IS_A_250, UNKNOWN_IS_LISTED
from tests.faults.sender import BEFORE_THE_DOT, FREEZING, LEAVE_UNKNOWN, MAY_LEAVE_UNKNOWN, OVER, POINTS, SEND, WARM
from tests.faults.sink import Server, mail_server
from tests.faults.table import Result, Row, on_both
from tests.faults.totals import reckon
from voc.base.db import Database
from voc.base.secrets import new_key
from voc.delivery import rules

PROVES = (AT_MOST_ONCE, UNKNOWN_IS_LISTED, SENT_IS_A_250)

_ROUND_LONG, _ROUND_SHORT = 6, 5  # times that a round comes to each point, on one line and on several
_KILLS_LONG = 5_000
_LINES = 3
# In the short form these get 20 kills over both databases, the others four.
_OFTEN = {"steps_taken", "freeze_before", "freeze_after", "claim_after", "mail", "rcpt", "data", "in_body"} | {
    "journal_before",
    "journal_after",
    "dot",
    "answered",
    "record_before",
}
_TRIES = 3  # a killed connection of PostgreSQL may hold its rows for a moment: the next worker finds nothing
_AT_WORK = 2 * rules.CLAIM  # so many that the second batch is frozen while the lines are at work on the first


@dataclass
class _Count:
    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    delivered: int = 0
    unknown: int = 0
    unknown_delivered: int = 0
    found: list[str] = field(default_factory=list)


def run(*, long: bool) -> Result:
    times = _ROUND_LONG if long else _ROUND_SHORT

    def trial(engine: str) -> Row:
        key, count = new_key(), _Count()
        started = time.monotonic()
        with copies(engine, lambda database: _lay(database, people=_people(long=long))) as made:
            while count.kills.total() < (_KILLS_LONG if long else 1):
                _round(made, key, count, times=times, long=long)
        kills, taken = count.kills.total(), time.monotonic() - started
        found = count.found + [f"never killed at {point}" for point in POINTS if not count.kills[point]]
        by_point = ", ".join(f"{point} {number}" for point, number in count.kills.items())
        said = (
            f"{kills / taken:.0f} a second, {count.missed} missed their point; {count.delivered:,} delivered, "
            f"{count.unknown:,} unknown ({count.unknown_delivered:,} of them delivered); {by_point}"
        )
        return Row(f"kill -9 at {len(POINTS)} points and anywhere", engine, kills, said, tuple(found[:10]))

    return on_both("F1", trial)


def _people(*, long: bool) -> int:
    """Enough for whatever the kills of one round send or leave unknown."""
    at_all_points = len(OVER) * (1 + 2 * _LINES) + 8 * _LINES
    return _ROUND_LONG * at_all_points + len(FREEZING) * _AT_WORK if long else 2 * at_all_points


def _lay(database: Database, *, people: int) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)


def _round(made: Copies, key: str, count: _Count, *, times: int, long: bool) -> None:
    """Each point so often on one line and on several, and as often anywhere; then everything is drained and counted."""
    with made.fresh() as database, mail_server() as server:
        life = _Life(database, server, key, count, durable=long)
        for number in range(times):
            for point in _in_turn(number, long=long):
                life.kill(point, nth=1, lines=1, limit=2 if point in _FREEZES else 1)
        exact = sum(life.killed[point] for point in LEAVE_UNKNOWN)
        unsure = sum(life.killed[point] for point in MAY_LEAVE_UNKNOWN)
        life.drain(1)
        unknown = reckon(database, server.accepted(), over=_ANY).unknown
        if not exact <= unknown <= exact + unsure:
            count.found.append(f"{unknown} unknown on one line: {exact} to {exact + unsure} were killed in the window")
        for number in range(times):
            for place, point in enumerate(_in_turn(number, long=long)):
                nth = 1 if point in _ONCE else 1 + (number + place) % _LINES
                life.kill(point, nth=nth, lines=_LINES, limit=4 * _LINES if point in _FREEZES else 2 * _LINES)
            life.kill_anywhere(after_seconds=0.004 * (1 + number * 5 % 12))
        in_the_window = exact + unsure + _LINES * life.killed_together
        if long:
            for point in FREEZING:
                in_the_window += _AT_WORK * life.kill(point, nth=2, lines=_LINES, limit=_AT_WORK)
        life.drain(10_000)
        totals = reckon(database, server.accepted())
        count.found += totals.found
        count.delivered += totals.delivered
        count.unknown += totals.unknown
        count.unknown_delivered += totals.unknown_delivered
        if totals.unknown > in_the_window:
            count.found.append(f"{totals.unknown} unknown: more than were in the window")


_FREEZES = (*FREEZING, "freeze_after")
_ONCE = (
    "freeze_opened",
    *(f"{commit}_{when}" for commit in ("freeze", "claim", "record") for when in ("before", "after")),
)
_ANY = ("queued", "claimed", "handing_over", "sent", "unknown")


def _in_turn(number: int, *, long: bool) -> list[str]:
    """At even times what dies before the dot finds what waits, and after it what it freezes; at odd times reversed."""
    more = len(BEFORE_THE_DOT) - len(OVER)
    mixed = [point for pair in zip(BEFORE_THE_DOT[more:], OVER, strict=True) for point in reversed(pair)]
    points = [*FREEZING, *BEFORE_THE_DOT[:more], *mixed] if number % 2 else POINTS
    return [point for point in points if long or number == 0 or point in _OFTEN]


class _Life:
    """One database through all its workers, each after the lease of the one before."""

    def __init__(self, database: Database, server: Server, key: str, count: _Count, *, durable: bool) -> None:
        self._order = {"url": database.url, "key": key, "port": server.port, "durable": durable}
        self._count = count
        self.killed: Counter[str] = Counter()
        self.killed_together = 0
        crew.shared().here(WARM, **self._order, now=NOW.isoformat())

    def kill(self, point: str, *, nth: int, lines: int, limit: int) -> bool:
        """Whether it died there. One that ended before it came to the point is counted as missed."""
        for _try in range(_TRIES):
            died = self._send(point, nth=nth, lines=lines, limit=limit).ended() == -signal.SIGKILL
            self._note(point, died, lines)
            if died:
                return True
        return False

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
        where = {"point": point, "nth": nth, "lines": lines, "limit": limit}
        return crew.shared().send(SEND, **self._order, **where, now=NOW.isoformat())

    def _note(self, point: str, died: bool, lines: int) -> None:
        if not died:
            self._count.missed += 1
            return
        self._count.kills[point] += 1
        self.killed[point] += 1
        self.killed_together += lines > 1
