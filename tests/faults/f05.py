"""F5: the database goes away under people who answer and a worker that sends, and comes back.

PostgreSQL is stopped at once, as a power cut would, and started again. The SQLite file is held locked
by somebody else for longer than anybody waits. Nobody who was thanked may lose an answer; pages and
the worker must be back within 30 seconds without being started anew.
"""

import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import postgres
from tests.faults import crew
from tests.faults.databases import fresh, lay_tables
from tests.faults.page import SERVE, WARM, Person, Seen, ask, mistakes, send, until_served, warm_with
from tests.faults.promise import ANSWERS_ARE_KEPT
from tests.faults.table import Result, Row, timed
from tests.postgres import free_port
from voc.base.db import Database

PROVES = (ANSWERS_ARE_KEPT,)

_BACK_WITHIN_SECONDS = 30
_PATIENCE_SECONDS = 45
_TRIES = 500  # somebody who presses Send again every tenth of a second
_CLIENTS = 4
_PEOPLE_A_ROUND = 60


def run(*, long: bool) -> Result:
    rounds = 20 if long else 1
    return Result("F5", (timed(lambda: _postgresql(rounds)), timed(lambda: _sqlite(rounds if long else 1))))


def _postgresql(rounds: int) -> Row:
    with _own_server() as (cluster, url):
        database = Database(url)

        def gone(round: int) -> None:
            cluster.stop(at_once=True)
            time.sleep(0.1 + 0.05 * (round % 5))
            cluster.start()

        try:
            return _played("PostgreSQL stopped at once while people answer", "postgresql", database, rounds, gone)
        finally:
            database.close()


def _sqlite(rounds: int) -> Row:
    with fresh("sqlite") as database:
        path = database.path
        assert path is not None

        def gone(_round: int) -> None:
            holder = sqlite3.connect(path, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            time.sleep(0.4)
            holder.execute("ROLLBACK")
            holder.close()

        return _played("SQLite file locked by somebody else while people answer", "sqlite", database, rounds, gone)


def _played(what: str, engine: str, database: Database, rounds: int, gone: Callable[[int], None]) -> Row:
    first, *people = ask(database, rounds * _PEOPLE_A_ROUND + 1)
    crew.shared().here(WARM, url=database.url, **warm_with(first))
    port = free_port()
    web = crew.shared().send(SERVE, url=database.url, port=port, point=None, nth=1)
    until_served(port)
    found, slowest, queue = [], 0.0, _Queue(people)
    seen = queue.seen
    clients = [threading.Thread(target=queue.work, args=(port,)) for _ in range(_CLIENTS)]
    for client in clients:
        client.start()
    for round in range(rounds):
        queue.wait_until(round * _PEOPLE_A_ROUND + 15)
        gone(round)
        back = time.monotonic()
        taken = queue.thanked_after(back)
        slowest = max(slowest, taken)
        if taken > _BACK_WITHIN_SECONDS:
            found.append(f"not back after {taken:.0f} s")
    for client in clients:
        client.join()
    if web.is_over():
        found.append("the web process ended")
    web.signal(9)
    web.ended()
    found += mistakes(database, seen, [first, *people])
    refused = [one for one in seen if one.status is not None and not one.thanked]
    found += [f"neither thanked nor given back: status {one.status}" for one in refused if not one.kept]
    thanked = sum(one.thanked for one in seen)
    said = f"{thanked} thanked, {len(refused)} times given back what was typed, back after {slowest:.1f} s at most"
    return Row(what, engine, rounds, said, tuple(found[:10]))


class _Queue:
    """People who press Send, several at once, and press it again until they are thanked."""

    def __init__(self, people: list[Person]) -> None:
        self.seen: list[Seen] = []
        self._left: Iterator[Person] = iter(people)
        self._lock = threading.Lock()
        self._thanked: list[float] = []

    def work(self, port: int) -> None:
        while True:
            with self._lock:
                person = next(self._left, None)
            if person is None:
                return
            tries, thanked = 0, False
            while not thanked and tries < _TRIES:
                seen = send(port, person)
                tries, thanked = tries + 1, seen.thanked
                with self._lock:
                    self.seen.append(seen)
                    if thanked:
                        self._thanked.append(time.monotonic())
                time.sleep(0.01 if thanked else 0.1)

    def wait_until(self, count: int) -> None:
        while len(self._thanked) < count:
            time.sleep(0.005)

    def thanked_after(self, moment: float) -> float:
        """Seconds from then until somebody was thanked again."""
        while (not self._thanked or self._thanked[-1] <= moment) and time.monotonic() < moment + _PATIENCE_SECONDS:
            time.sleep(0.005)
        later = [at for at in self._thanked if at > moment]
        return (later[0] if later else time.monotonic()) - moment


@contextmanager
def _own_server() -> Iterator[tuple[postgres.Cluster, str]]:
    """A PostgreSQL of one's own that syncs every commit, with a migrated database."""
    folder = Path(tempfile.mkdtemp(prefix="voc-postgres-"))
    cluster = postgres.Cluster(folder)
    try:
        cluster.start()
        cluster.server.execute("CREATE DATABASE voc")
        database = Database(cluster.server.url("voc"))
        lay_tables(database)
        database.close()
        yield cluster, cluster.server.url("voc")
    finally:
        cluster.stop(at_once=True)
        shutil.rmtree(folder, ignore_errors=True)
