"""Answers from many people at once: pages opened and forms stored per second, first byte, size, on SQLite with fsync.

The server is a process of its own, as `voc web` is; the people are threads of this one, so on two
cores they share. Everybody opens a page first and sends it two seconds later: a faster one would be
asked whether it is a person. Beside it stands what SQLite itself commits on this disk, one row each.
"""

import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import local
from urllib.parse import urlencode

import uvicorn
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

PEOPLE = 2_000
CLIENTS = 16
LONE_LOOKS = 200
WAIT_SECONDS = 2.0


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voc.db"
        tokens = _people(path)
        report.add("bare_commits", _bare_commits(Path(folder) / "bare.db"), "rows/s")
        with subprocess.Popen(
            [sys.executable, "-m", "tests.bench.answer", str(path)], stdout=subprocess.PIPE
        ) as server:
            assert server.stdout is not None
            try:
                _measure(report, int(server.stdout.readline()), tokens)
            finally:
                server.terminate()
        database = Database(f"sqlite:///{path}")
        with database.read() as db:
            stored = db.execute(select(func.count()).where(schema.response.c.state == "submitted")).scalar_one()
        database.close()
        report.add("stored", stored, "answers")
        assert stored == PEOPLE


def _measure(report: Report, port: int, tokens: list[str]) -> None:
    browser = _Browser(port)
    lone = [browser.timed("GET", f"/q/{tokens[0]}?score=8") for _ in range(LONE_LOOKS)]
    report.add("page", len(lone[0].body), "bytes compressed")
    report.add("first_byte_median", statistics.median(one.seconds for one in lone) * 1000, "ms")
    report.add("first_byte_p99", _p99([one.seconds for one in lone]) * 1000, "ms")
    nonces: dict[str, str] = {}

    def look(token: str) -> float:
        seen = browser.timed("GET", f"/q/{token}?score=8", plain=True)
        nonces[token] = _nonce(seen.body)
        return seen.seconds

    def send(token: str) -> float:
        typed = urlencode({"nonce": nonces[token], "fax": "", "recommend": "8", "why": "It works, and people answer."})
        sent = browser.timed("POST", f"/q/{token}", typed)
        assert sent.status == 303, sent
        return sent.seconds

    opened, looks = _all(look, tokens)
    time.sleep(WAIT_SECONDS)
    answered, sends = _all(send, tokens)
    report.add("pages_opened", PEOPLE / opened, "per s")
    report.add("answers_stored", PEOPLE / answered, "per s")
    report.add("opened_and_stored", PEOPLE / (opened + answered), "per s")
    for name, seconds in (("open", looks), ("send", sends)):
        report.add(f"{name}_median_with_{CLIENTS}_at_once", statistics.median(seconds) * 1000, "ms")
        report.add(f"{name}_p99_with_{CLIENTS}_at_once", _p99(seconds) * 1000, "ms")


def _all(act: Callable[[str], float], tokens: list[str]) -> tuple[float, list[float]]:
    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as people:
        seconds = list(people.map(act, tokens))
    return time.perf_counter() - began, seconds


class _Seen:
    def __init__(self, status: int, body: bytes, seconds: float) -> None:
        self.status, self.body, self.seconds = status, body, seconds


class _Browser:
    """A connection for each thread, kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._mine = local()

    def timed(self, method: str, path: str, body: str | None = None, *, plain: bool = False) -> _Seen:
        if not hasattr(self._mine, "line"):
            self._mine.line = HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {} if plain else {"Accept-Encoding": "gzip"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._mine.line.request(method, path, body, headers)
        answer = self._mine.line.getresponse()
        seconds = time.perf_counter() - began
        return _Seen(answer.status, answer.read(), seconds)


def _nonce(page: bytes) -> str:
    found = re.search(rb'name="nonce" value="([^"]+)"', page)
    assert found
    return found.group(1).decode()


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


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
    server.run([listening])


if __name__ == "__main__":
    _serve(sys.argv[1])
