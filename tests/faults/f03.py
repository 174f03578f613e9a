"""F3: the mail server is down: refusing, then silent. Nothing lost, nothing twice, no flood when it is back.

An outage of an hour, minute by minute of a clock that is passed in; and one of six days, over which
reminders fall due: nobody may get an invitation and its reminder together.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from tests.builders import NOW
from tests.faults.lab import Lab, lab
from tests.faults.table import Result, Row, on_both
from voc.base.schema import message
from voc.delivery.store.due import next_due_at

_PER_SECOND = 100
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


def run(*, long: bool) -> Result:
    people = 2_000 if long else 30
    return on_both("F3", lambda engine: _an_hour(engine, people), lambda engine: _six_days(engine, 200 if long else 5))


def _an_hour(engine: str, people: int) -> Row:
    found, tried = [], 0
    with lab(engine, people=people) as here:
        for minute in range(60):
            if minute in (0, 30):
                here.server.close_door() if minute == 0 else here.server.fall_silent()
            tried += here.send(now=NOW + minute * _MINUTE, timeout_seconds=0.05).handed_over
        if waiting := Counter(row.state for row in here.messages()) - Counter({"queued": people}):
            found.append(f"not all waited: {dict(waiting)}")
        here.server.open_door()
        now = NOW + _HOUR
        while (sent := here.send(now=now, per_second=_PER_SECOND).sent) < people and now < NOW + 2 * _HOUR:
            now += _MINUTE
        accepted = here.server.accepted()
        totals = here.reckon()
        found += totals.found
        found += _once(Counter(one.recipient for one in accepted))
        taken = accepted[-1].at - accepted[0].at if len(accepted) > 1 else 0.0
        rate = (len(accepted) - 1) / taken if taken else 0.0
        if totals.sent != people or sent != people:
            found.append(f"{totals.sent} of {people} were sent when it was back")
        if rate > 1.1 * _PER_SECOND:
            found.append(f"drained at {rate:.0f} a second; the limit is {_PER_SECOND}")
    said = f"{tried} knocks at the door meanwhile, {totals.sent} sent after it, {rate:.0f} a second of {_PER_SECOND}"
    return Row("mail server down for an hour, refusing then silent", engine, people, said, tuple(found[:10]))


def _six_days(engine: str, people: int) -> Row:
    found: list[str] = []
    with lab(engine, people=people, queued=False) as here:
        here.server.close_door()
        back, end = NOW + timedelta(days=6, hours=3), NOW + timedelta(days=24)
        opened, now = False, NOW
        while now < end:
            if now >= back and not opened:
                here.server.open_door()
                opened = True
            before = len(here.server.accepted()) if opened else 0
            here.queue(now=now)
            here.send(now=now)
            if opened:
                new = here.server.accepted()[before:]
                found += _once(Counter(one.recipient for one in new))
            now = _next_beat(here, now)
        days = _sent_days(here)
        found += [f"{times} mails on one day: {key}" for key, times in days.items() if times > 1]
        totals = here.reckon()
        found += totals.found
        failed = sum(row.state == "failed" for row in here.messages())
        reached = {row.address for row in here.messages() if row.state == "sent"}
        if len(reached) != people:
            found.append(f"{len(reached)} of {people} people got anything after it")
    said = f"{totals.sent} sent after it, {failed} steps given up for the next one, none on one day with another"
    return Row("mail server down for six days, over the reminders", engine, people, said, tuple(found[:10]))


def _next_beat(here: Lab, now: datetime) -> datetime:
    """The next moment at which something falls due, in ten minutes at the earliest and six hours at the latest."""
    with here.database.read() as db:
        due = next_due_at(db)
    if due is None or due <= now:
        return now + timedelta(hours=6)
    epoch, beat = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=10)
    return max(now + beat, min(epoch + beat * -(-(due - epoch) // beat), now + timedelta(hours=6)))


def _once(times: Counter[str]) -> list[str]:
    return [f"{count} mails at once to {recipient}" for recipient, count in times.items() if count > 1]


def _sent_days(here: Lab) -> Counter[tuple[str, date]]:
    with here.database.read() as db:
        rows = db.execute(select(message.c.address, message.c.sent_at).where(message.c.sent_at.is_not(None))).all()
    return Counter((row.address, row.sent_at.date()) for row in rows)
