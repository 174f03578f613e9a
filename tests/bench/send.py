"""Messages a second: the whole path (claim the step, render, freeze, claim, two commits, SMTP, record) of one worker.

Beside it, in the same run: bare smtplib on one connection with the same bytes to the same mail
server, and the share of the path that freezes. The mail server is aiosmtpd in a process of its own,
so that it does not share our interpreter.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from smtplib import SMTP

from sqlalchemy import select

from tests import postgres
from tests.bench.report import Report
from tests.builders import NOW
from tests.delivery.world import add_due_wave, free_port, install, queue_all, relay_to
from voc.base import clock, log, migrate, schema
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.delivery import run as delivery

PEOPLE = 2000
CONNECTIONS = 10

_SERVER = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Takes:
    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 kept"
async def main():
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Takes()), "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def run_on(report: Report, name: str, database: Database, port: int) -> None:
    vault = Vault([new_key()])
    migrate.upgrade(database)
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=PEOPLE)
    started = clock.seconds()
    queue_all(database, vault)
    frozen = clock.seconds() - started
    with database.read() as db:
        rows = db.execute(select(schema.message.c.return_path, schema.message.c.recipient, schema.message.c.body)).all()
    mails = [(row.return_path, row.recipient, vault.decrypt(row.body)) for row in rows]
    relay = relay_to(port, connections=CONNECTIONS, per_second=1e6)
    started, sent = clock.seconds(), 0
    while step := delivery.send_due(database, relay, now=NOW, vault=vault, worker="bench").sent:
        sent += step
    handed = clock.seconds() - started
    relay.close()
    assert sent == PEOPLE, sent
    bare = _bare(port, mails)
    report.add(f"{name}_mail_size", sum(len(mail) for _from, _to, mail in mails) / PEOPLE, "bytes")
    report.add(f"{name}_frozen", PEOPLE / frozen, "messages/s")
    report.add(f"{name}_handed_over", PEOPLE / handed, "messages/s")
    report.add(f"{name}_whole_path", PEOPLE / (frozen + handed), "messages/s")
    report.add(f"{name}_bare_smtplib", PEOPLE / bare, "messages/s")
    report.add(f"{name}_whole_path_of_bare", bare / (frozen + handed), "x")


def _bare(port: int, mails: list[tuple[str, str, bytes]]) -> float:
    started = clock.seconds()
    with SMTP("127.0.0.1", port, "bench") as server:
        for sender, recipient, mail in mails:
            server.sendmail(sender, [recipient], mail)
    return clock.seconds() - started


def run(report: Report) -> None:
    log.configure(json_lines=False, level="ERROR")
    with serving() as port:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{Path(folder) / 'voc.db'}")
            run_on(report, "sqlite", database, port)
            database.close()
        with postgres.running() as server:
            server.execute("CREATE DATABASE voc_bench")
            database = Database(server.url("voc_bench"))
            run_on(report, "postgresql", database, port)
            database.close()


@contextmanager
def serving() -> Iterator[int]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-c", _SERVER, str(port)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        try:
            yield port
        finally:
            child.terminate()
