"""F8: a worker sleeps (SIGSTOP) for twice its lease, at the worst moments. Its late commit is refused."""

import signal
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from tests.builders import NOW
from tests.faults import crew
from tests.faults.lab import Lab, lab
from tests.faults.promise import AT_MOST_ONCE, UNKNOWN_IS_LISTED
from tests.faults.sender import SEND, WARM
from tests.faults.table import Result, Row, on_both
from voc.base.schema import attempt
from voc.delivery import rules
from voc.delivery import run as delivery

PROVES = (AT_MOST_ONCE, UNKNOWN_IS_LISTED)

# Asleep before its second commit it has handed nothing over: another sends the message. After it, nobody can know.
_ASLEEP_AT = {
    "freeze_after": "sent",
    "taken": "sent",
    "body_complete": "sent",
    "granted": "unknown",
    "answer_read": "unknown",
}


def run(*, long: bool) -> Result:
    return on_both("F8", lambda engine: _trial(engine, each=50 if long else 2))


def _trial(engine: str, *, each: int) -> Row:
    """Every second time the sleeper has frozen its mail itself; else it found it waiting."""
    people, found = each * len(_ASLEEP_AT) + 1, []
    with lab(engine, people=people, queued=False) as here:
        order = {"url": here.database.url, "key": here.key, "port": here.server.port, "now": NOW.isoformat()}
        crew.shared().here(WARM, **order)
        expected = {"sent": 1, "unknown": 0}
        for number in range(each):
            for point, end in _ASLEEP_AT.items():
                if number % 2 and point != "freeze_after":
                    here.queue(now=NOW, limit=1)
                sleeper = crew.shared().send(SEND, **order, point=point, nth=1, lines=1, limit=1, by=signal.SIGSTOP)
                _until_asleep(sleeper.pid)
                delivery.recover(here.database, now=NOW + 2 * rules.LEASE)
                if end == "sent":
                    here.send(now=NOW, worker="two", limit=1)
                sleeper.signal(signal.SIGCONT)
                if (sent := sleeper.result()["sent"]) and end == "sent":
                    found.append(f"{point}: the sleeper says it sent {sent}")
                expected[end] += 1
        totals = here.reckon()
        found += totals.found
        if (totals.sent, totals.unknown) != (expected["sent"], expected["unknown"]):
            found.append(f"{totals.sent} sent, {totals.unknown} unknown; it should be {expected}")
        late = _late(here)
        if late != 2 * each:
            found.append(f"{late} late commits were refused, not {2 * each}")
    said = f"{late} late commits refused and noted, {totals.sent} sent once, {totals.unknown} left for a person"
    return Row("worker asleep for twice its lease", engine, len(_ASLEEP_AT) * each, said, tuple(found[:10]))


def _until_asleep(pid: int) -> None:
    until = time.monotonic() + timedelta(minutes=1).total_seconds()
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        if time.monotonic() > until:
            raise TimeoutError("the worker did not come to the point")
        time.sleep(0.002)


def _late(here: Lab) -> int:
    with here.database.read() as db:
        outcomes = db.execute(select(attempt.c.outcome).order_by(attempt.c.id)).scalars().all()
    return sum(outcome == "late_sent" for outcome in outcomes)
