"""F27: the soak. Tens of thousands of invitations fall due minute by minute, a worker is killed every minute,
the mail server flaps. In the end everything is sent once or known to be unknown, and nobody waited long.

Two workers run the job that the service runs, with its leases. One is killed every minute and another
takes its place; the memory of the one that lives is watched. The long form takes half an hour of real
time; in the short one the clock that is passed in runs 200 times as fast.
"""

import signal
import statistics
import time
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from tests.builders import NOW
from tests.delivery.world import SETTINGS, add_due_wave, install, relay_to
from tests.faults import crew
from tests.faults.databases import fresh
from tests.faults.promise import AT_MOST_ONCE, SENT_IS_A_250, UNKNOWN_IS_LISTED
from tests.faults.sink import Server, mail_server
from tests.faults.table import Result, Row, on_both
from tests.faults.totals import reckon
from voc import jobs
from voc.base.db import Database
from voc.base.schema import invitation, message
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.delivery import rules
from voc.web.context import App

PROVES = (AT_MOST_ONCE, UNKNOWN_IS_LISTED, SENT_IS_A_250)

_WARM, _WORK = "tests.faults.f27:warm", "tests.faults.f27:work"
_MINUTE = timedelta(minutes=1)
_SEND = next(job for job in jobs.JOBS if job.name == "send")
_SPREAD_LONG, _SPREAD_SHORT = timedelta(minutes=17), timedelta(minutes=6)
_FLAPS = {2: "closed", 3: "open", 5: "silent", 6: "open"}  # by minute, over and over every seven
_MEDIAN = timedelta(minutes=1)
_MEMORY_GROWS = 1.10


class FastClock:
    """Begins at `moment` when the machine's clock stands at `started`, and runs so many times as fast."""

    def __init__(self, moment: datetime, started: float, factor: float) -> None:
        self._moment, self._started, self._factor = moment, started, factor

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=(time.monotonic() - self._started) * self._factor)


def run(*, long: bool) -> Result:
    people, spread, factor = (50_000, _SPREAD_LONG, 1.0) if long else (120, _SPREAD_SHORT, 200.0)
    return on_both("F27", lambda engine: _trial(engine, people=people, spread=spread, factor=factor, long=long))


def _trial(engine: str, *, people: int, spread: timedelta, factor: float, long: bool) -> Row:
    key = new_key()
    with fresh(engine) as database, mail_server() as server:
        _lay(database, people, spread)
        order: dict[str, Any] = {"url": database.url, "key": key, "port": server.port}
        crew.shared().here(_WARM, **order)
        started = time.monotonic()
        order |= {"started": started, "factor": factor}
        soak = _Soak(database, server, order, FastClock(NOW, started, factor))
        soak.run(until=NOW + spread + rules.LEASE + 3 * _MINUTE)
        totals = reckon(database, server.accepted())
        waits = _waits(database)
    median = statistics.median(waits) if waits else timedelta(days=1)
    found = list(totals.found)
    if totals.sent + totals.unknown != people:
        found.append(f"{totals.sent} sent and {totals.unknown} unknown, of {people}")
    if median > _MEDIAN:
        found.append(f"the median wait was {median}")
    if long and soak.grew > _MEMORY_GROWS:
        found.append(f"memory grew to {soak.grew:.0%}")
    said = (
        f"{totals.sent:,} sent, {totals.unknown} unknown ({totals.unknown_delivered} delivered), {soak.kills} kills, "
        f"{soak.flaps} flaps; median wait {median.total_seconds():.0f} s, memory at {soak.grew:.0%}"
    )
    what = f"{people:,} invitations, a worker killed every minute, mail server flapping"
    return Row(what, engine, people, said, tuple(found[:10]))


def _lay(database: Database, people: int, spread: timedelta) -> None:
    """Due one after the other."""
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
        ids = list(db.execute(select(invitation.c.id).order_by(invitation.c.id)).scalars())
        for minute in range(int(spread / _MINUTE)):
            of_minute = ids[minute :: int(spread / _MINUTE)]
            for start in range(0, len(of_minute), 500):
                some = of_minute[start : start + 500]
                db.execute(update(invitation).where(invitation.c.id.in_(some)).values(due_at=NOW + minute * _MINUTE))


def _waits(database: Database) -> list[timedelta]:
    with database.read() as db:
        rows = db.execute(select(message.c.due_at, message.c.sent_at).where(message.c.sent_at.is_not(None))).all()
    return [row.sent_at - row.due_at for row in rows]


class _Soak:
    def __init__(self, database: Database, server: Server, order: dict[str, Any], clock: FastClock) -> None:
        self._database = database
        self._server = server
        self._order = order
        self._clock = clock
        self._lives = self._start()
        self._dies = self._start()
        self._early_memory = 0
        self.kills = self.flaps = 0
        self.grew = 1.0

    def run(self, *, until: datetime) -> None:
        """Minute by minute of the clock; in the end the server is there and one worker finishes."""
        minute = 0
        while (now := self._clock.now()) < until and not (minute > 3 and self._is_over()):
            if now >= NOW + (minute + 1) * _MINUTE:
                minute = int((now - NOW) / _MINUTE)
                self._kill_one()
                self._flap(minute)
                self._weigh()
            time.sleep(0.02)
        self._server.open_door()
        self._dies.signal(signal.SIGKILL)
        self._lives.signal(signal.SIGTERM)
        self._dies.ended()
        self._lives.ended()

    def _start(self) -> crew.Member:
        return crew.shared().send(_WORK, **self._order)

    def _is_over(self) -> bool:
        with self._database.read() as db:
            going = select(message.c.id).where(message.c.state.in_(("queued", "claimed", "handing_over"))).limit(1)
            planned = select(invitation.c.id).where(invitation.c.next_step == "invite").limit(1)
            return db.execute(going).first() is None and db.execute(planned).first() is None

    def _kill_one(self) -> None:
        self._dies.signal(signal.SIGKILL)
        self.kills += self._dies.ended() == -signal.SIGKILL
        self._dies = self._start()

    def _flap(self, minute: int) -> None:
        door = _FLAPS.get(minute % 7)
        if door == "closed":
            self._server.close_door()
        elif door == "silent":
            self._server.fall_silent()
        elif door == "open":
            self._server.open_door()
        self.flaps += door in ("closed", "silent")

    def _weigh(self) -> None:
        """Resident memory of the worker that lives, beside what it was once it had seen everything."""
        pages = int(Path(f"/proc/{self._lives.pid}/statm").read_text().split()[1])
        if self._clock.now() < NOW + 4 * _MINUTE or not self._early_memory:
            self._early_memory = pages
        self.grew = pages / self._early_memory


# --- the processes ------------------------------------------------------------------------------


@cache
def _database(url: str) -> Database:
    return Database(url)


def warm(url: str, key: str, port: int) -> None:
    database, relay = _database(url), relay_to(port, connections=1)
    jobs.send(_app(database, key, FastClock(NOW, time.monotonic(), 1.0)), relay, NOW - timedelta(minutes=1))
    relay.close()
    database.close()


def work(url: str, key: str, port: int, started: float, factor: float) -> None:
    """The job that sends, on its beat, until it is told to end."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    database = _database(url)
    relay = relay_to(port, connections=4, timeout_seconds=max(5 / factor, 0.2), per_second=1_000.0)
    app = _app(database, key, FastClock(NOW, started, factor))
    while not ended:
        jobs.run_leased(app, relay, _SEND)
        time.sleep(max(_SEND.every.total_seconds() / factor, 0.05))
    relay.close()
    database.close()


def _app(database: Database, key: str, clock: FastClock) -> App:
    questionnaires = Path(__file__).parents[2] / "questionnaires"
    return App(SETTINGS, database, clock, RandomTokens(), Vault([key]), questionnaires)
