"""The promise: a sender killed at any moment sends nothing twice, and nothing is marked sent without a 250."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOW
from tests.delivery.killed import POINTS
from tests.delivery.world import Sink, add_due_wave, install, messages, queue_all, serving
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.delivery import rules

Send = Callable[..., int]
ROOT = Path(__file__).parents[2]


@contextmanager
def sender(**fixed: Any) -> Iterator[Send]:
    """Runs one sender after the other in a process of its own; gives how it ended."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.delivery.killed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdin is not None
    assert child.stdout is not None

    def send(point: tuple[str, str] | None, nth: int, now: datetime, limit: int = 500) -> int:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(
            json.dumps({**fixed, "point": point, "nth": nth, "now": now.isoformat(), "limit": limit}) + "\n"
        )
        child.stdin.flush()
        return int(child.stdout.readline())

    try:
        yield send
    finally:
        child.stdin.close()
        child.wait(10)
        child.stdout.close()


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "kills", "together"), [("sqlite", 20, 1), ("postgresql", 5, 3)])
def test_a_killed_sender_sends_nothing_twice(
    engine: str, kills: int, together: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Database = request.getfixturevalue(engine)
    key = new_key()
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=kills * len(POINTS) * 2 * together + together)
    queue_all(database, Vault([key]))
    log = tmp_path / "accepted"
    now = NOW
    with serving(Sink(log)) as port, sender(url=database.url, key=key, port=port, together=together) as send:
        assert send(None, 0, now, limit=together) == 0
        for number in range(kills):
            for point in POINTS:
                nth = 1 if point[0] == "claim" else 1 + number % 3
                assert send(point, nth, now) == -signal.SIGKILL, point
                now += rules.LEASE + timedelta(seconds=1)
        assert send(None, 0, now) == 0
    accepted = Counter(log.read_text().split())
    assert max(accepted.values()) == 1, "a message was delivered twice"
    rows = messages(database)
    assert {row.state for row in rows} == {"sent", "unknown"}
    assert {row.return_path for row in rows if row.state == "sent"} <= set(accepted), "marked sent without a 250"
    assert {row.return_path for row in rows} >= set(accepted)
    unknown = [row for row in rows if row.state == "unknown"]
    # Of each kill at most what was on its lines, and what they had just brought back, is unknown.
    assert 0 < len(unknown) <= kills * len(POINTS) * 2 * together
    assert 0 < sum(row.return_path in accepted for row in unknown) < len(unknown)
