"""Messages a second: the whole path (claim the step, render, freeze, claim, two commits, SMTP, record) of one worker.

In the same run, with the same bytes to the same mail server: bare smtplib on one connection, aiosmtplib
on ten, a raw pipelined client that checks nothing; our two halves on both databases, the whole path of
one worker process and, on PostgreSQL, of two. Both databases sync every commit to the disk. Beside the
clock's rate stand the worker's own processor time for a message and the machine's load. The mail
server is Postfix's smtp-sink where it is installed, else aiosmtpd, in a process of its own.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from smtplib import SMTP
from time import process_time

import aiosmtplib
from sqlalchemy import select

from tests import postgres
from tests.bench.report import Report
from tests.builders import NOW
from tests.delivery.world import SETTINGS, add_due_wave, free_port, install, queue_all, relay_to
from voc.base import clock, collector, log, migrate, schema, stencils
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.delivery import run as delivery

PEOPLE = 4000
CONNECTIONS = 10  # of the bare clients
LINES = 40  # of ours: more of them share a commit
BATCH = 2000
Mails = Sequence[tuple[str, str, bytes]]

_AIOSMTPD = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Takes:
    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 kept"
async def main():
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Takes()), "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""


def run(report: Report) -> None:
    log.configure(json_lines=False, level="ERROR")
    people = report.rows or PEOPLE
    with serving(report) as port:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{Path(folder) / 'voc.db'}")
            mails = _halves(report, "sqlite", database, port, people)
            _clients(report, mails, port)
            database.close()
        with tempfile.TemporaryDirectory() as folder:
            _whole(report, "sqlite", f"sqlite:///{Path(folder) / 'voc.db'}", port, people, workers=1)
        with postgres.running(durable=True) as server:
            with server.database() as url:
                database = Database(url)
                _halves(report, "postgresql", database, port, people)
                database.close()
            one = two = 0.0
            with server.database() as url:
                one = _whole(report, "postgresql", url, port, people, workers=1)
            with server.database() as url:
                two = _whole(report, "postgresql", url, port, people, workers=2)
            report.add("postgresql_two_workers_of_one", two / one, "x")


def _prepared(database: Database, people: int) -> None:
    migrate.upgrade(database)
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
        if not database.sqlite:
            db.exec_driver_sql("ANALYZE")


def _halves(report: Report, name: str, database: Database, port: int, people: int) -> Mails:
    """Freezing and handing over, one after the other; the mails."""
    vault = Vault([new_key()])
    _prepared(database, people)
    started = clock.seconds()
    queue_all(database, vault)
    report.add(f"{name}_frozen", people / (clock.seconds() - started), "messages/s")
    with database.read() as db:
        rows = db.execute(select(schema.message.c.return_path, schema.message.c.recipient, schema.message.c.body)).all()
        mails = [(row.return_path, row.recipient, stencils.opened(db, row.body, vault=vault)) for row in rows]
    relay = relay_to(port, connections=LINES, per_second=1e6)
    started = clock.seconds()
    sent = delivery.send_due(database, relay, now=NOW, vault=vault, worker="bench", limit=people).sent
    report.add(f"{name}_handed_over", people / (clock.seconds() - started), "messages/s")
    relay.close()
    assert sent == people, sent
    return mails


def _whole(report: Report, name: str, url: str, port: int, people: int, *, workers: int) -> float:
    """Processes that freeze and hand over until nothing is left: from the first claim to the last commit."""
    database = Database(url)
    _prepared(database, people)
    key = new_key()
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.send", url, key, str(port), f"worker-{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(workers)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    started = clock.seconds()
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
    for child in children:
        assert child.wait() == 0
    rate = people / (clock.seconds() - started)
    spent = sum(float(child.stdout.read()) for child in children if child.stdout is not None)
    for child in children:
        assert child.stdout is not None
        child.stdout.close()
    with database.read() as db:
        states = db.execute(select(schema.message.c.state)).scalars().all()
    assert states == ["sent"] * people, set(states)
    database.close()
    report.add(f"{name}_whole_path_of_{workers}", rate, "messages/s")
    report.add(f"{name}_processor_of_{workers}", 1_000 * spent / people, "ms/message")
    report.add(f"{name}_load_of_{workers}", os.getloadavg()[0], "at work")
    return rate


def work(url: str, key: str, port: int, name: str) -> None:
    """One worker process: freezes and hands over in turn until nothing is left."""
    log.configure(json_lines=False, level="ERROR")
    database, vault, tokens = Database(url), Vault([key]), RandomTokens()
    relay = relay_to(port, connections=LINES, per_second=1e6)
    with database.read() as db:
        db.execute(select(schema.message.c.id).limit(1)).all()
    print("ready", flush=True)
    sys.stdin.read()
    collector.settle()
    began = process_time()
    while True:
        sent = delivery.send_due(
            database,
            relay,
            now=NOW,
            vault=vault,
            worker=name,
            limit=BATCH,
            tokens=tokens,
            settings=SETTINGS,
            freezes=True,
        )
        if not sent.frozen and not sent.sent:
            break
    relay.close()
    database.close()
    print(process_time() - began)


# --- bare clients -------------------------------------------------------------------------------


def _clients(report: Report, mails: Mails, port: int) -> None:
    report.add("mail_size", sum(len(mail) for _from, _to, mail in mails) / len(mails), "bytes")
    for name, client in (
        ("bare_smtplib_1_connection", _smtplib),
        (f"bare_aiosmtplib_{CONNECTIONS}_connections", _aiosmtplib),
        (f"bare_pipelined_{CONNECTIONS}_connections", _pipelined),
    ):
        started = clock.seconds()
        client(port, mails)
        report.add(name, len(mails) / (clock.seconds() - started), "messages/s")


def _smtplib(port: int, mails: Mails) -> None:
    with SMTP("127.0.0.1", port, "bench") as server:
        for sender, recipient, mail in mails:
            server.sendmail(sender, [recipient], mail)


def _aiosmtplib(port: int, mails: Mails) -> None:
    async def send(share: Mails) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, local_hostname="bench") as server:
            for sender, recipient, mail in share:
                await server.sendmail(sender, [recipient], mail)

    async def main() -> None:
        await asyncio.gather(*(send(mails[place::CONNECTIONS]) for place in range(CONNECTIONS)))

    asyncio.run(main())


def _pipelined(port: int, mails: Mails) -> None:
    """The dot of each mail and the envelope of the next in one write: as fast as Python writes to sockets."""

    def send(share: Mails) -> None:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = line.makefile("rb")
            answers.readline()
            line.sendall(b"EHLO bench\r\n")
            while answers.readline()[3:4] == b"-":
                pass
            before = b""
            for sender, recipient, mail in share:
                line.sendall(f"{before.decode()}MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
                for _answer in range(4 if before else 3):
                    answers.readline()
                line.sendall(mail)
                before = b".\r\n"
            line.sendall(before + b"QUIT\r\n")
            answers.read()

    threads = [threading.Thread(target=send, args=(mails[place::CONNECTIONS],)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def serving(report: Report) -> Iterator[int]:
    port = free_port()
    sink = shutil.which("smtp-sink") or shutil.which("/usr/sbin/smtp-sink")
    if sink is None:
        report.note("smtp-sink (Debian's postfix) is not installed: aiosmtpd takes the mail, and is the slower of both")
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [sink, *user, "-c", f"127.0.0.1:{port}", "256"] if sink else [sys.executable, "-c", _AIOSMTPD, str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _wait_for(port)
        try:
            yield port
        finally:
            child.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            clock.pause(0.1)
        else:
            return
    raise RuntimeError("the mail server did not start")


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
