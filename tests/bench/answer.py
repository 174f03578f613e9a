"""Answers from many people at once: pages opened and forms stored per second, first byte, size, on SQLite with fsync.

The server is a process of its own, as `voc web` is, and one processor is what it can use; the people are
connections of this one, so on two cores they share. Everybody opens a page first and sends it two seconds
later: a faster one would be asked whether it is a person. Beside it stands what SQLite itself commits on
this disk, one row each, and the server's processor time, which other people's work on the machine disturbs
less than a rate.
"""

import asyncio
import gzip
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import cast
from urllib.parse import urlencode

import uvicorn
import uvloop
from sqlalchemy import func, insert, select

from tests.bench.report import Report
from tests.builders import add_account
from tests.responses.world import add_link, ask_ana
from voc.base import migrate, schema
from voc.base.clock import SystemClock
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens, hash_token
from voc.web.asgi import create
from voc.web.context import App

LONE_LOOKS, RUSH, CALM_PEOPLE = 200, 2_000, 1_600
PEOPLE = LONE_LOOKS + RUSH + CALM_PEOPLE
CLIENTS = 32
CALM = 0.7
WAIT_SECONDS = 2.0


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voc.db"
        tokens = _people(path)
        report.add("bare_commits", _bare_commits(Path(folder) / "bare.db"), "rows/s")
        server = _Server(path)
        try:
            _measure(report, server, tokens)
        finally:
            server.stop()
        database = Database(f"sqlite:///{path}")
        with database.read() as db:
            stored = db.execute(select(func.count()).where(schema.response.c.state == "submitted")).scalar_one()
        database.close()
        report.add("stored", stored, "answers")
        assert stored == RUSH + CALM_PEOPLE


def _measure(report: Report, server: "_Server", tokens: list[str]) -> None:
    """Alone first; then as fast as it goes; then at seven tenths of that, each at a moment of its own."""
    alone, rush, calm = tokens[:LONE_LOOKS], tokens[LONE_LOOKS : LONE_LOOKS + RUSH], tokens[LONE_LOOKS + RUSH :]
    looks = uvloop.run(_alone(server.port, alone))
    report.add("page", len(looks[0].body), "bytes compressed")
    report.add("first_byte_median", statistics.median(one.seconds for one in looks) * 1000, "ms")
    before = server.processor_seconds()
    rate, seconds = uvloop.run(_Crowd(server.port, rush).all_at_once())
    spent = server.processor_seconds() - before
    report.add("opened_and_stored", rate, "per s")
    report.add("processor", spent / len(rush) * 1000, "ms of the server per page opened and answer stored")
    _add_spread(report, "at_the_top", seconds)
    rate, seconds = uvloop.run(_Crowd(server.port, calm).at_rate(rate * CALM))
    report.add("calm_rate", rate, "per s")
    _add_spread(report, "at_seven_tenths", seconds)


def _add_spread(report: Report, when: str, seconds: list[float]) -> None:
    median, slowest = statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.99)]
    report.add(f"median_{when}", median * 1000, "ms")
    report.add(f"p99_{when}", slowest * 1000, "ms")
    report.add(f"p99_to_median_{when}", slowest / median, "times")


@dataclass(frozen=True)
class _Seen:
    status: int
    body: bytes
    seconds: float


async def _alone(port: int, tokens: list[str]) -> list[_Seen]:
    _transport, line = await asyncio.get_running_loop().create_connection(_Line, "127.0.0.1", port)
    return [await line.ask(_look(token)) for token in tokens]


class _Crowd:
    """People on so many connections: each opens a page, and sends it two seconds later."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self._port = port
        self._unopened = deque(tokens)
        self._opened: deque[tuple[str, str, float]] = deque()
        self._free: asyncio.LifoQueue[_Line] = asyncio.LifoQueue()
        self._seconds: list[float] = []

    async def all_at_once(self) -> tuple[float, list[float]]:
        """Pairs per second with all connections busy, and how long each request took."""
        await self._start()
        began, pairs = time.perf_counter(), len(self._unopened)
        await asyncio.gather(*(self._go_on() for _ in range(CLIENTS)))
        taken = time.perf_counter() - began
        await self._rest()
        return pairs / taken, self._seconds

    async def at_rate(self, rate: float) -> tuple[float, list[float]]:
        """So many pairs per second; a request that waits for a connection has waited since its own moment."""
        await self._start()
        began, pairs = time.perf_counter(), len(self._unopened)
        tasks = []
        for number in range(2 * pairs):
            due = began + number / (2 * rate)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self._send(due) if number % 2 else self._look(due)))
        await asyncio.gather(*tasks)
        taken = time.perf_counter() - began
        await self._rest()
        return pairs / taken, self._seconds

    async def _start(self) -> None:
        """Half of them have opened their page before it begins: so there is always one to be sent."""
        loop = asyncio.get_running_loop()
        for _ in range(CLIENTS):
            self._free.put_nowait((await loop.create_connection(_Line, "127.0.0.1", self._port))[1])
        for _ in range(len(self._unopened) // 2):
            await self._look(time.perf_counter())
        await asyncio.sleep(WAIT_SECONDS)
        self._seconds.clear()

    async def _rest(self) -> None:
        seconds, self._seconds = self._seconds, []
        await asyncio.sleep(WAIT_SECONDS)
        while self._opened:
            await self._send(time.perf_counter())
        self._seconds = seconds

    async def _go_on(self) -> None:
        while self._unopened:
            await self._look(time.perf_counter())
            await self._send(time.perf_counter())

    async def _look(self, due: float) -> None:
        token = self._unopened.popleft()
        seen = await self._ask(_look(token), due)
        self._opened.append((token, _nonce(gzip.decompress(seen.body)), time.perf_counter()))

    async def _send(self, due: float) -> None:
        token, nonce, opened = self._opened.popleft()
        if (young := opened + WAIT_SECONDS - time.perf_counter()) > 0:
            await asyncio.sleep(young)
            due = max(due, time.perf_counter())
        seen = await self._ask(_answer(token, nonce), due)
        assert seen.status == 303, seen

    async def _ask(self, raw: bytes, due: float) -> _Seen:
        line = await self._free.get()
        try:
            seen = await line.ask(raw)
        finally:
            self._free.put_nowait(line)
        self._seconds.append(time.perf_counter() - due)
        return seen


def _look(token: str) -> bytes:
    return f"GET /q/{token}?score=8 HTTP/1.1\r\n{_HEAD}\r\n".encode()


def _answer(token: str, nonce: str) -> bytes:
    form = urlencode({"nonce": nonce, "fax": "", "recommend": "8", "why": "It works, and people answer."})
    kind = "Content-Type: application/x-www-form-urlencoded"
    return f"POST /q/{token} HTTP/1.1\r\n{_HEAD}{kind}\r\nContent-Length: {len(form)}\r\n\r\n{form}".encode()


_HEAD = "Host: feedback.example\r\nUser-Agent: Mozilla/5.0 (iPhone)\r\nAccept-Encoding: gzip, br\r\n"


class _Line(asyncio.Protocol):
    """A connection that is kept open; as little work as can be, since it shares the machine with the server."""

    def __init__(self) -> None:
        self._bytes = b""
        self._waits: asyncio.Future[_Seen] | None = None
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's own kind is no subclass of it

    def ask(self, raw: bytes) -> asyncio.Future[_Seen]:
        self._began, self._bytes = time.perf_counter(), b""
        self._waits = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return self._waits

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        head, end, body = self._bytes.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if end and length and len(body) >= int(length.group(1)) and self._waits is not None:
            waits, self._waits = self._waits, None
            waits.set_result(_Seen(int(head[9:12]), body, time.perf_counter() - self._began))


class _Server:
    """The web process. It is asked for its processor time by a line."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "tests.bench.answer", str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._line())

    def processor_seconds(self) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return float(self._line())

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _nonce(page: bytes) -> str:
    found = re.search(rb'name="nonce" value="([^"]+)"', page)
    assert found
    return found.group(1).decode()


def _bare_commits(path: Path) -> float:
    line = sqlite3.connect(path, isolation_level=None)
    line.execute("PRAGMA journal_mode=WAL")
    line.execute("PRAGMA synchronous=FULL")
    line.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, said TEXT)")
    began = time.perf_counter()
    for _ in range(PEOPLE):
        line.execute("BEGIN IMMEDIATE")
        line.execute("INSERT INTO t (said) VALUES ('It works, and people answer.')")
        line.execute("COMMIT")
    taken = time.perf_counter() - began
    line.close()
    return PEOPLE / taken


def _people(path: Path) -> list[str]:
    """So many people of a hundred accounts, asked in one wave, each with a link."""
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    tokens = [hash_token(str(number))[:32] for number in range(PEOPLE)]
    with database.begin() as db:
        first = ask_ana(db)
        contact = dict(db.execute(select(schema.contact)).mappings().one())
        asked = dict(db.execute(select(schema.invitation).where(schema.invitation.c.id == first)).mappings().one())
        del asked["id"]
        for number, token in enumerate(tokens):
            account_id = f"account-{number // 20}"
            if number % 20 == 0:
                add_account(db, account_id)
            id, address = f"person-{number}", f"person-{number}@calder.example"
            db.execute(insert(schema.contact).values({**contact, "id": id, "email": address, "account_id": account_id}))
            values = {**asked, "contact_id": id, "address": address, "account_id": account_id}
            statement = insert(schema.invitation).values(values).returning(schema.invitation.c.id)
            add_link(db, db.execute(statement).scalar_one(), token, created_at=SystemClock().now())
    database.close()
    return tokens


def _serve(path: str) -> None:
    database, vault = Database(f"sqlite:///{path}"), Vault([new_key()])
    app = App(Settings(), database, SystemClock(), RandomTokens(), vault, Path("questionnaires"))
    config = uvicorn.Config(create(app), host="127.0.0.1", port=0, log_level="error", access_log=False, ws="none")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen(128)
    print(listening.getsockname()[1], flush=True)
    Thread(target=_tell, daemon=True).start()
    server.run([listening])


def _tell() -> None:
    for _question in sys.stdin:
        print(time.process_time(), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
