"""F7: two planners and eight workers, each a process of its own, at one wave. Each step claimed exactly once.

The workers freeze too: all ten are after the same steps.
"""

import os
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from tests.builders import NOW
from tests.delivery.world import SETTINGS, add_due_wave, install, queue_due, relay_to
from tests.faults import crew
from tests.faults.databases import fresh
from tests.faults.promise import AT_MOST_ONCE
from tests.faults.sink import mail_server
from tests.faults.table import Result, Row, on_both
from tests.faults.totals import reckon
from voc.base.db import Database
from voc.base.schema import contact_quota, message
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.delivery import run as delivery

PROVES = (AT_MOST_ONCE,)

_WARM, _PLAN, _WORK = (f"tests.faults.f07:{name}" for name in ("warm", "plan", "work"))
_IDLE_SECONDS = 0.1
_PLANNERS, _WORKERS = 2, 8


def run(*, long: bool) -> Result:
    return on_both("F7", lambda engine: _trial(engine, people=10_000 if long else 121))


def _trial(engine: str, *, people: int) -> Row:
    key, batch = new_key(), max(10, people // 100)
    with fresh(engine) as database, mail_server() as server, tempfile.TemporaryDirectory() as folder:
        with database.begin() as db:
            install(db)
            add_due_wave(db, people=people)
        over = Path(folder) / "over"
        crew.shared().here(_WARM, url=database.url, key=key, port=server.port)
        common: dict[str, Any] = {"url": database.url, "key": key, "batch": batch}
        planners = [crew.shared().send(_PLAN, **common) for _ in range(_PLANNERS)]
        workers = [crew.shared().send(_WORK, **common, port=server.port, over=str(over)) for _ in range(_WORKERS)]
        planned = [planner.result(within_seconds=1200) for planner in planners]
        over.touch()
        told = [worker.result(within_seconds=1200) for worker in workers]
        sent, frozen = [one["sent"] for one in told], [one["frozen"] for one in told]
        totals = reckon(database, server.accepted())
        with database.read() as db:
            claims = Counter(db.execute(select(message.c.fence)).scalars())
            reserved = db.execute(select(func.count()).select_from(contact_quota)).scalar_one()
    found = list(totals.found)
    if claims != {1: people}:
        found.append(f"messages by how often they were claimed: {dict(claims)}")
    if (sum(planned) + sum(frozen) + 1, reserved) != (people, people):
        found.append(f"{sum(planned)} planned, {sum(frozen)} frozen by workers, {reserved} reserved, of {people}")
    if (sum(sent) + 1, totals.sent) != (people, people):
        found.append(f"{sum(sent)} sent as the workers say, {totals.sent} as the rows do, of {people}")
    said = f"{people:,} messages each claimed once; planners {planned}, workers froze {frozen}, sent {sent}"
    return Row(f"{_PLANNERS} planners and {_WORKERS} workers", engine, people, said, tuple(found[:10]))


# --- the processes ------------------------------------------------------------------------------


@cache
def _database(url: str) -> Database:
    return Database(url)


def warm(url: str, key: str, port: int) -> None:
    """One message from plan to record, so that every process has its statements compiled."""
    database, relay = _database(url), relay_to(port, connections=1)
    queue_due(database, now=NOW, vault=Vault([key]), tokens=RandomTokens(), settings=SETTINGS, limit=1)
    delivery.send_due(database, relay, now=NOW, vault=Vault([key]), worker="warm", limit=1)
    relay.close()
    database.close()


def plan(url: str, key: str, batch: int) -> int:
    """Freeze due steps until none is left; how many."""
    database, planned, idle = _database(url), 0, 0
    while idle < 3:
        queued = queue_due(database, now=NOW, vault=Vault([key]), tokens=RandomTokens(), settings=SETTINGS, limit=batch)
        planned += queued
        idle = 0 if queued else idle + 1
        if not queued:
            time.sleep(_IDLE_SECONDS)  # the other holds the names it needs
    database.close()
    return planned


def work(url: str, key: str, batch: int, port: int, over: str) -> dict[str, int]:
    """Freeze and send what is there until the planners are done and nothing is left; how many."""
    database, relay = _database(url), relay_to(port, connections=2)
    counts = {"sent": 0, "frozen": 0}
    while True:
        ended = Path(over).exists()
        told = delivery.send_due(
            database,
            relay,
            now=NOW,
            vault=Vault([key]),
            worker=f"worker-{os.getpid()}",
            limit=max(batch // 2, 5),
            settings=SETTINGS,
            freezes=True,
        )
        counts = {"sent": counts["sent"] + told.sent, "frozen": counts["frozen"] + told.frozen}
        if ended and not told.sent:
            break
        if not told.sent:
            time.sleep(_IDLE_SECONDS)
    relay.close()
    database.close()
    return counts
