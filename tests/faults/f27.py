"""F27: the soak. Tens of thousands of invitations fall due minute by minute, a worker is killed every minute,
the mail server flaps. In the end everything is sent once or known to be unknown, and nobody waited long.

Two workers run the job that the service runs, with its leases. One is killed every minute and another
takes its place; the memory of the one that lives is watched. The long form takes half an hour of real
time; in the short one the clock that is passed in runs 30 times as fast. At the end the clock is moved past
the leases of the dead, and one more worker takes up what they left.
"""

import signal
import statistics
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

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

_WARM, _WORK, _FINISH = (f"tests.faults.f27:{name}" for name in ("warm", "work", "finish"))
_MINUTE = timedelta(minutes=1)
_SEND = next(job for job in jobs.JOBS if job.name == "send")
_SPREAD_LONG, _SPREAD_SHORT = timedelta(minutes=26), timedelta(minutes=4)
_SHUT_SECONDS = 10  # of two minutes in three: refusing, then silent
_MEDIAN = timedelta(minutes=1)
_MEMORY_GROWS = 1.10


class FastClock:
    """Begins at `moment` when the machine's clock stands at `started`, and runs so many times as fast."""

    def __init__(self, moment: datetime, started: float, factor: float) -> None:
        self._moment, self._started, self._factor = moment, started, factor

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=(time.monotonic() - self._started) * self._factor)


def run(*, long: bool) -> Result:
    people, spread, factor = (50_000, _SPREAD_LONG, 1.0) if long else (120, _SPREAD_SHORT, 30.0)
    return on_both("F27", lambda engine: _trial(engine, people=people, spread=spread, factor=factor, long=long))


def _trial(engine: str, *, people: int, spread: timedelta, factor: float, long: bool) -> Row:
    key = new_key()
    with fresh(engine) as database, mail_server() as server, tempfile.TemporaryDirectory() as folder:
        _lay(database, people, spread)
        order: dict[str, Any] = {"url": database.url, "key": key, "port": server.port, "folder": folder}
        crew.shared().here(_WARM, **order)
        started = time.monotonic()
        order |= {"started": started, "factor": factor}
        soak = _Soak(database, server, order, FastClock(NOW, started, factor))
        soak.run(until=NOW + spread + _MINUTE)
        soak.drain()
        totals = reckon(database, server.accepted())
        waits = _waits(database)
    median = timedelta(seconds=statistics.median(waits)) if waits else timedelta(days=1)
    found = list(totals.found)
    if totals.sent + totals.unknown != people:
        found.append(f"{totals.sent} sent and {totals.unknown} unknown, of {people}")
    if long and median > _MEDIAN:  # on a clock that runs 30 times as fast every busy second is half a minute
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


def _waits(database: Database) -> list[float]:
    with database.read() as db:
        rows = db.execute(select(message.c.due_at, message.c.sent_at).where(message.c.sent_at.is_not(None))).all()
    return [(row.sent_at - row.due_at).total_seconds() for row in rows]


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
        """Minute by minute of the clock; in the end the server is there."""
        minute, shut_until = 0, until
        while (now := self._clock.now()) < until:
            if now >= shut_until:
                self._server.open_door()
                shut_until = until
            if now >= NOW + (minute + 1) * _MINUTE:
                minute = int((now - NOW) / _MINUTE)
                self._kill_one()
                if self._flap(minute):
                    shut_until = now + timedelta(seconds=_SHUT_SECONDS)
                self._weigh()
            time.sleep(0.02)
        self._server.open_door()
        self._dies.signal(signal.SIGKILL)
        self.kills += self._dies.ended() == -signal.SIGKILL
        self._lives.signal(signal.SIGTERM)
        self._lives.ended()

    def drain(self) -> None:
        """One more worker, after the leases of the dead: whatever is not unknown goes out."""
        for number in range(1, 10):
            started = self._order["started"] - number * (rules.LEASE.total_seconds() + 60) / self._order["factor"]
            crew.shared().send(_FINISH, **{**self._order, "started": started}).result()
            if self._is_over():
                return

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

    def _flap(self, minute: int) -> bool:
        """Whether the door was shut."""
        if minute % 3 == 0:
            return False
        if minute % 3 == 1:
            self._server.close_door()
        else:
            self._server.fall_silent()
        self.flaps += 1
        return True

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


def warm(url: str, key: str, port: int, folder: str) -> None:
    """The first round, so that every process has its statements compiled."""
    database, relay = _database(url), relay_to(port, connections=1)
    jobs.run_leased(_app(database, key, folder, FastClock(NOW, time.monotonic(), 1.0)), relay, _SEND)
    relay.close()
    database.close()


def work(url: str, key: str, port: int, folder: str, started: float, factor: float) -> None:
    """The job that sends, on its beat, until it is told to end."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: ended.append(number))
    database = _database(url)
    relay = relay_to(port, connections=4, timeout_seconds=max(5 / factor, 0.2), per_second=1_000.0)
    app = _app(database, key, folder, FastClock(NOW, started, factor))
    while not ended:
        with suppress(OperationalError):  # a busy machine: the service's scheduler comes again with the next beat too
            jobs.run_leased(app, relay, _SEND)
        time.sleep(max(_SEND.every.total_seconds() / factor, 0.05))
    relay.close()
    database.close()


def finish(url: str, key: str, port: int, folder: str, started: float, factor: float) -> None:
    """What is left and due."""
    database, relay = _database(url), relay_to(port, connections=4)
    app = _app(database, key, folder, FastClock(NOW, started, factor))
    jobs.drain(app, relay, app.now())
    relay.close()
    database.close()


def _app(database: Database, key: str, folder: str, clock: FastClock) -> App:
    questionnaires = Path(__file__).parents[2] / "questionnaires"
    settings = msgspec.structs.replace(SETTINGS, state_file=str(Path(folder) / "voc.state"))
    return App(settings, database, clock, RandomTokens(), Vault([key]), questionnaires)
