"""One database with due messages, one mail server in a process of its own, and a worker between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tests.builders import NOW
from tests.delivery.world import SETTINGS, add_due_wave, install, queue_all, queue_due, relay_to
from tests.faults.databases import fresh
from tests.faults.sink import Server, mail_server
from tests.faults.totals import Totals, reckon
from voc.base.db import Database
from voc.base.schema import message
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.delivery import run
from voc.delivery.model import Sent


@dataclass(frozen=True)
class Lab:
    database: Database
    server: Server
    key: str

    @property
    def vault(self) -> Vault:
        return Vault([self.key])

    def send(self, *, now: datetime, worker: str = "one", limit: int = 10_000, **relay: Any) -> Sent:
        to = relay_to(self.server.port, **{"connections": 3, **relay})
        try:
            return run.send_due(self.database, to, now=now, vault=self.vault, worker=worker, limit=limit)
        finally:
            to.close()

    def queue(self, *, now: datetime, limit: int = 200) -> int:
        tokens = RandomTokens()
        return queue_due(self.database, now=now, vault=self.vault, tokens=tokens, settings=SETTINGS, limit=limit)

    def messages(self) -> list[Any]:
        with self.database.read() as db:
            return list(db.execute(select(message).order_by(message.c.id)))

    def reckon(self, **how: Any) -> Totals:
        return reckon(self.database, self.server.accepted(), **how)


@contextmanager
def lab(engine: str, *, people: int, queued: bool = True) -> Iterator[Lab]:
    key = new_key()
    with fresh(engine) as database, mail_server() as server:
        with database.begin() as db:
            install(db)
            add_due_wave(db, people=people)
        if queued:
            queue_all(database, Vault([key]), now=NOW)
        yield Lab(database, server, key)
