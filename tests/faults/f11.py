"""F11: the disk is full, really: the database stands on a small tmpfs that somebody else has filled.

Nobody is thanked for what is not kept, everything that was typed comes back, and once there is room
the same processes go on by themselves. Where no file system may be mounted, the web process may write
no file beyond a size (RLIMIT_FSIZE), which refuses SQLite's writes in the same way.
"""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from pathlib import Path

from tests import postgres
from tests.faults import crew
from tests.faults.databases import lay_tables
from tests.faults.page import SERVE, WARM, Person, Seen, ask, mistakes, send_all, until_served, warm_with
from tests.faults.promise import ANSWERS_ARE_KEPT
from tests.faults.table import Result, Row, timed
from tests.postgres import free_port
from voc.base.db import Database

PROVES = (ANSWERS_ARE_KEPT,)

_MB = 1 << 20
_EACH, _MOST = 12, 600
_BACK_WITHIN_SECONDS = 30


def run(*, long: bool) -> Result:
    rounds = 10 if long else 1
    return Result("F11", (timed(lambda: _sqlite(rounds)), timed(lambda: _postgresql(rounds))))


def _sqlite(rounds: int) -> Row:
    with small_disk((24 + 8 * (rounds - 1)) * _MB) as disk, tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{(disk or Path(folder)) / 'voc.db'}")
        lay_tables(database)
        full = _no_larger_files if disk is None else lambda _web: _filled(disk)
        return _played(database, "sqlite", full, rounds)


def _postgresql(rounds: int) -> Row:
    with small_disk(160 * _MB) as disk, ExitStack() as end:
        if disk is None:
            return Row("disk full", "postgresql", 0, "no file system may be mounted here: left out")
        cluster = postgres.Cluster(disk, fsync="off", max_wal_size="48MB", min_wal_size="32MB")
        end.callback(cluster.stop, at_once=True)
        cluster.start()
        cluster.server.execute("CREATE DATABASE voc")
        database = Database(cluster.server.url("voc"))
        lay_tables(database)
        return _played(database, "postgresql", lambda _web: _filled(disk), rounds)


Full = Callable[[crew.Member], AbstractContextManager[None]]


def _played(database: Database, engine: str, full: Full, rounds: int) -> Row:
    found: list[str] = []
    first, *people = ask(database, (_MOST + 2 * _EACH) * rounds + 1)
    left = iter(people)
    crew.shared().here(WARM, url=database.url, **warm_with(first))
    port = free_port()
    web = crew.shared().send(SERVE, url=database.url, port=port, point=None, nth=1)
    until_served(port)
    seen: list[Seen] = []
    refused, slowest = 0, 0.0
    for _round in range(rounds):
        if not all(one.thanked for one in _kept(seen, send_all(port, list(islice(left, _EACH))))):
            found.append("not everybody was thanked before the disk was full")
        with full(web):
            given_back = _refused(port, islice(left, _MOST), seen)
        refused += len(given_back)
        found += [f"neither thanked nor given back: status {one.status}" for one in given_back if not one.kept]
        began = time.monotonic()
        _until_thanked(port, next(left), seen)
        slowest = max(slowest, time.monotonic() - began)
        again = [one.person for one in given_back]
        if not all(one.thanked for one in _kept(seen, send_all(port, [*islice(left, _EACH - 1), *again]))):
            found.append("not everybody was thanked once there was room")
    if refused == 0:
        found.append("the disk was never full enough to refuse anything: nothing was tried")
    if slowest > _BACK_WITHIN_SECONDS:
        found.append(f"back after {slowest:.0f} s only")
    if web.is_over():
        found.append("the web process ended")
    else:
        web.signal(9)
    web.ended()
    found += mistakes(database, seen, [first, *people])
    database.close()
    thanked = sum(one.thanked for one in seen)
    said = f"{thanked} thanked, {refused} given back what they typed and thanked later, back after {slowest:.1f} s"
    return Row("disk full under people who answer", engine, rounds, said, tuple(found[:10]))


def _refused(port: int, people: Iterator[Person], seen: list[Seen]) -> list[Seen]:
    """People press Send until a dozen were given back what they typed: what a database has set apart is used up."""
    refused: list[Seen] = []
    while len(refused) < _EACH and (batch := list(islice(people, _EACH))):
        refused += [one for one in _kept(seen, send_all(port, batch)) if not one.thanked]
    for _rest in people:
        pass
    return refused


def _kept(seen: list[Seen], new: list[Seen]) -> list[Seen]:
    seen += new
    return new


def _until_thanked(port: int, person: Person, seen: list[Seen]) -> None:
    until = time.monotonic() + 2 * _BACK_WITHIN_SECONDS
    while not _kept(seen, send_all(port, [person]))[0].thanked and time.monotonic() < until:
        time.sleep(0.05)


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """Not one block is left for anybody."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 * _MB
        while size >= 512:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _no_larger_files(web: crew.Member) -> Iterator[None]:
    """The web process may write nothing beyond the first byte of a file."""
    _soft, hard = resource.prlimit(web.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(web.pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(web.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def small_disk(size: int) -> Iterator[Path | None]:
    """A file system of that size; None where we may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="voc-small-"))
    mount = shutil.which("mount")
    mounted = (
        os.geteuid() == 0
        and mount is not None
        and subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder], check=False, capture_output=True
        ).returncode
        == 0
    )
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)
        shutil.rmtree(folder, ignore_errors=True)
