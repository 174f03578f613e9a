"""Resume a copied database so that nobody is mailed twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base import installations
from voc.campaigns import run as campaigns
from voc.campaigns.store import copied as steps
from voc.delivery.store import copied


@dataclass(frozen=True)
class Doubt:
    """Why it waits for a person, and what resuming will do."""

    because: str
    since: datetime
    until: datetime
    perhaps_sent: int  # steps and mails that were due before it was paused
    overdue: int  # steps that fell due while it was paused: nobody can have sent them


@dataclass(frozen=True)
class Settled:
    unknown: int
    planned_anew: int


def doubt(db: Connection, *, now: datetime) -> Doubt | None:
    """None for a database that is no copy, or one that somebody has looked at."""
    if not installations.in_doubt(db):
        return None
    here = installations.load(db)
    if here.doubt_since is None or here.doubt_until is None:
        return None
    until = here.doubt_until
    perhaps = steps.count_due(db, after=None, until=until) + copied.count_waiting(db, until=until)
    overdue = steps.count_due(db, after=until, until=now)
    return Doubt(here.paused_because or "it was copied", here.doubt_since, until, perhaps, overdue)


def settle(db: Connection, *, nothing_was_sent: bool, now: datetime) -> Settled | None:
    """What may have been sent elsewhere is unknown, what is overdue is planned anew. None where there is no doubt.

    `nothing_was_sent` is a person's word that no other copy was at work: then all of it is planned anew.
    """
    found = doubt(db, now=now)
    if found is None:
        return None
    unknown = 0 if nothing_was_sent else _pass_over(db, found, now=now)
    anew = campaigns.plan_overdue_anew(db, now=now)
    installations.believe(db)
    return Settled(unknown, anew)


def _pass_over(db: Connection, found: Doubt, *, now: datetime) -> int:
    because = (
        f"It was due before {found.until:%d %B %Y, %H:%M} UTC, when this copy was paused: "
        "the installation that it is a copy of may have sent it."
    )
    waiting = copied.doubt_waiting(db, until=found.until, because=because)
    for one in waiting:
        if one.invitation_id is not None and one.step is not None:
            campaigns.record_not_sent(db, one.invitation_id, step=one.step, at=one.due_at)
    passed = campaigns.pass_over(db, until=found.until)
    copied.add_passed_over(db, passed, because=because, now=now)
    return len(waiting) + len(passed)
