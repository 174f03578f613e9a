"""What came of everything, from two sources that know nothing of each other: our database and the server's disk."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from tests.faults.sink import Accepted
from voc.base.db import Database
from voc.base.schema import attempt, message

_OVER = ("sent", "unknown", "failed", "cancelled")


@dataclass(frozen=True)
class Totals:
    delivered: int
    sent: int
    unknown: int
    unknown_delivered: int  # of the unknown, those that the server kept
    found: tuple[str, ...]


def reckon(database: Database, accepted: Sequence[Accepted], *, over: Collection[str] = _OVER) -> Totals:
    """Nothing twice, nothing sent without the server's word, nothing lost: each message in one of the `over` states."""
    times = Counter(one.return_path for one in accepted)
    with database.read() as db:
        rows = db.execute(select(message.c.id, message.c.return_path, message.c.state).order_by(message.c.id)).all()
        said_sent = select(attempt.c.message_id, func.count()).where(attempt.c.outcome == "sent")
        noted = {row[0]: row[1] for row in db.execute(said_sent.group_by(attempt.c.message_id))}
    known = {row.return_path: row for row in rows}
    found = [f"delivered {count} times: message {known[path].id}" for path, count in times.items() if count > 1]
    found += [f"delivered and not ours: {path}" for path in times if path not in known]
    for row in rows:
        if row.state == "sent" and row.return_path not in times:
            found.append(f"sent without a record of the server: message {row.id}")
        if row.state == "sent" and noted.get(row.id) != 1:
            found.append(f"sent, and noted {noted.get(row.id, 0)} times: message {row.id}")
        if row.state not in over:
            found.append(f"left behind as {row.state}: message {row.id}")
        if row.return_path in times and row.state not in ("sent", "unknown"):
            found.append(f"delivered, and we say {row.state}: message {row.id}")
    unknown = [row for row in rows if row.state == "unknown"]
    return Totals(
        delivered=len(times),
        sent=sum(row.state == "sent" for row in rows),
        unknown=len(unknown),
        unknown_delivered=sum(row.return_path in times for row in unknown),
        found=tuple(found),
    )
