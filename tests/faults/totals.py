"""What came of everything, from two sources that know nothing of each other: our database and the server's disk."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from tests.faults.sink import Accepted
from voc.base.db import Database
from voc.base.schema import attempt, contact_quota, invitation, link, message

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
        said_sent = select(attempt.c.message_id, func.count()).where(attempt.c.outcome.in_(("sent", "settled")))
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
    with database.read() as db:
        found += _kept_together(db)
    unknown = [row for row in rows if row.state == "unknown"]
    return Totals(
        delivered=len(times),
        sent=sum(row.state == "sent" for row in rows),
        unknown=len(unknown),
        unknown_delivered=sum(row.return_path in times for row in unknown),
        found=tuple(found),
    )


def _kept_together(db: Connection) -> list[str]:
    """A step is taken, counted by the quarantine and frozen with its links, all of it once, or none of it."""
    chase = message.c.kind == "chase"
    frozen = {
        (row.invitation_id, row.step): row.id
        for row in db.execute(select(message.c.id, message.c.invitation_id, message.c.step).where(chase))
    }
    of_step = (contact_quota.c.invitation_id, contact_quota.c.step)
    counted = {
        (row[0], row[1]): row[2]
        for row in db.execute(select(*of_step, func.count()).where(of_step[1] != "nudge").group_by(*of_step))
    }
    ways_out = {
        row[0]: row[1]
        for row in db.execute(
            select(link.c.message_id, func.count()).where(link.c.purpose == "unsubscribe").group_by(link.c.message_id)
        )
    }
    taken = select(invitation.c.id).where(
        invitation.c.next_step.is_(None),
        invitation.c.stopped.is_(None),
        invitation.c.answered_at.is_(None),
        ~exists().where(message.c.invitation_id == invitation.c.id),
    )
    found = [f"frozen, and counted {counted.get(step, 0)} times: {step}" for step in frozen if counted.get(step) != 1]
    found += [f"counted, and not frozen: {step}" for step in counted if step not in frozen]
    found += [f"{ways_out.get(id, 0)} ways out in message {id}" for id in frozen.values() if ways_out.get(id) != 1]
    return found + [f"its step is taken, and nothing frozen: invitation {id}" for id in db.execute(taken).scalars()]
