"""F4: 451 three times and then accepted; 550 for an address that is gone; 421 in the middle of a session."""

from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select

from tests.builders import NOW
from tests.faults.lab import Lab, lab
from tests.faults.promise import AT_MOST_ONCE
from tests.faults.table import Result, Row, on_both
from voc.base.schema import attempt, invitation, suppression

PROVES = (AT_MOST_ONCE,)

_AN_HOUR = timedelta(hours=1)
_SHORTEST = timedelta(minutes=30)


def run(*, long: bool) -> Result:
    people = 200 if long else 4
    trials = (_put_off, _gone, _goodbye)
    return on_both("F4", *(lambda engine, trial=trial: trial(engine, people) for trial in trials))


def _put_off(engine: str, people: int) -> Row:
    """On one connection, so that the script meets one message after the other."""
    found: list[str] = []
    with lab(engine, people=people) as here:
        now = NOW
        for at in ("rcpt", "dot", "data"):
            here.server.answer(*["451 4.7.1 greylisted, come back later"] * people, at=at)
            sent = here.send(now=now, connections=1)
            if sent.later != people:
                found.append(f"{sent.later} of {people} put off at {at}")
            early = here.send(now=now + _SHORTEST - timedelta(seconds=1), connections=1)
            if early.handed_over:
                found.append(f"{early.handed_over} tried again within half an hour")
            now = max(row.next_attempt_at for row in here.messages())
        if here.send(now=now, connections=1).sent != people:
            found.append("not all were taken at the fourth try")
        totals = here.reckon()
        found += [*totals.found, *_gaps(here)]
        if totals.sent != people:
            found.append(f"{totals.sent} of {people} sent")
    said = f"{totals.sent} of {people} sent at the fourth try, each try later than the one before"
    return Row("451 three times, then accepted", engine, people, said, tuple(found[:10]))


def _gaps(here: Lab) -> list[str]:
    """At least half an hour between two tries, and growing."""
    with here.database.read() as db:
        rows = db.execute(select(attempt.c.message_id, attempt.c.at).order_by(attempt.c.message_id, attempt.c.id)).all()
    tries: dict[int, list[datetime]] = {}
    for id, at in rows:
        tries.setdefault(id, []).append(at)
    gaps = {id: [later - at for at, later in pairwise(all)] for id, all in tries.items()}
    return [f"message {id}: gaps {each}" for id, each in gaps.items() if each != sorted(each) or min(each) < _SHORTEST]


def _gone(engine: str, people: int) -> Row:
    found: list[str] = []
    with lab(engine, people=people) as here:
        here.server.answer(*["550 5.1.1 no such user here"] * people, at="rcpt")
        sent = here.send(now=NOW)
        later = here.send(now=NOW + timedelta(days=2))
        totals = here.reckon()
        found += totals.found
        with here.database.read() as db:
            struck = db.execute(select(func.count()).select_from(suppression)).scalar_one()
            ended = db.execute(select(func.count()).where(invitation.c.stopped == "bounced")).scalar_one()
        if (sent.failed, later.handed_over, totals.delivered) != (people, 0, 0):
            found.append(f"{sent.failed} failed, {later.handed_over} tried again, {totals.delivered} delivered")
        if (struck, ended) != (people, people):
            found.append(f"{struck} addresses struck off, {ended} chases ended, of {people}")
    return Row("550 no such user", engine, people, f"{ended} chases ended, 0 tried again", tuple(found[:10]))


def _goodbye(engine: str, people: int) -> Row:
    """In the middle of a session, at each place of the conversation: the server's state, no message's."""
    found: list[str] = []
    with lab(engine, people=people) as here:
        now = NOW
        for at in ("mail", "rcpt", "data", "dot"):
            here.server.answer("421 4.3.2 shutting down", at=at)
            here.send(now=now, connections=1)
            now += _AN_HOUR
        here.send(now=now, connections=1)
        totals = here.reckon()
        found += totals.found
        with here.database.read() as db:
            unknown = db.execute(select(func.count()).where(attempt.c.outcome == "unknown")).scalar_one()
        if totals.sent != people or unknown:
            found.append(f"{totals.sent} of {people} sent, {unknown} unknown")
    return Row(
        "421 in the middle of a session", engine, 4, f"{totals.sent} of {people} sent, 0 unknown", tuple(found[:10])
    )
