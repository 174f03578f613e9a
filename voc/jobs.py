"""One table: job, how often, what it does. APScheduler is the clock, the database is the queue.

A tick only claims rows that are due by `now`; no moment that matters is left to the scheduler, so
a tick that comes late, twice or in two processes changes nothing. Each job takes a lease.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from voc.accounts import run as accounts
from voc.base import installations, leases, log
from voc.base.clock import SetClock
from voc.base.errors import Refused, VocError
from voc.campaigns import run as campaigns
from voc.delivery import run as delivery
from voc.delivery.model import Relay
from voc.delivery.store import due as outbox
from voc.followup import run as followup
from voc.metrics import run as metrics
from voc.metrics import store as kept
from voc.responses import run as responses
from voc.stakeholders import run as stakeholders
from voc.web.context import App

Counts = dict[str, int]
Report = Callable[[str, int, int | None], None]

NIGHT_HOUR = 3  # UTC
SLOT = timedelta(minutes=10)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_BATCH = 200
_LEASE = timedelta(minutes=5)
_SENDS = timedelta(seconds=30)
"""A killed worker stops the others that long. Each message is claimed by itself: two senders at once do no harm."""


@dataclass(frozen=True)
class Job:
    name: str
    every: timedelta
    work: Callable[[App, Relay, datetime], Counts]
    lease: timedelta = _LEASE


def send(app: App, relay: Relay, now: datetime) -> Counts:
    """Freeze what is due into messages, then hand them over."""
    delivery.recover(app.database, now=now)
    queued = delivery.queue_due(
        app.database, now=now, vault=app.vault, tokens=app.tokens, settings=app.settings, limit=_BATCH
    )
    sent = delivery.send_due(app.database, relay, now=now, vault=app.vault, worker=worker_name(), limit=_BATCH)
    return {"queued": queued, "sent": sent.sent, "later": sent.later, "failed": sent.failed, "unknown": sent.unknown}


def drain(app: App, relay: Relay, now: datetime) -> Counts:
    """`send` until nothing that is due by `now` is left; nothing at all where nothing is due."""
    counts: Counts = {}
    with app.database.read() as db:
        due = outbox.next_due_at(db)
    if due is None or due > now:
        return counts
    while True:
        more = send(app, relay, now)
        counts = {key: counts.get(key, 0) + number for key, number in more.items()}
        if more["queued"] < _BATCH and more["sent"] < _BATCH:
            return counts


def follow_up(app: App, _relay: Relay, now: datetime) -> Counts:
    """Due dates become dispositions, answers become follow-ups, late ones are escalated."""
    with app.database.begin() as db:
        responses.catch_up(db, now)
        closed = sum(campaigns.close_due(db, now=now).decided.values())
    with app.database.begin() as db:
        opened = followup.catch_up(db, now)
        escalated = followup.escalate(db, now)
        told = followup.tell(db, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    late = escalated.to_lead + escalated.to_leader
    return {"closed": closed, "opened": opened, "escalated": late, "told": told}


def sync(app: App, _relay: Relay, now: datetime) -> Counts:
    """Read the CRM that voc.toml names."""
    if app.settings.crm is None:
        return {}
    source = accounts.open_source(app.settings.crm)
    report = accounts.sync(app.database, source, as_of=now.date(), now=now)
    with app.database.begin() as db:
        stakeholders.catch_up(db, now)
    return {"run": report.run_id}


def nightly(app: App, _relay: Relay, now: datetime) -> Counts:
    """Once a day: freeze the figures, open cases for accounts that fell silent."""
    with app.database.read() as db:
        if kept.has_snapshot(db, now.date()):
            return {}
    with app.database.begin() as db:
        stakeholders.catch_up(db, now)
    figures = metrics.snapshot(app.database, now)
    with app.database.begin() as db:
        opened = metrics.catch_up(db, now)
    return {"figures": figures, "opened": opened}


JOBS = (
    Job("send", timedelta(seconds=10), send, _SENDS),
    Job("follow up", timedelta(minutes=1), follow_up),
    Job("sync", timedelta(minutes=60), sync),
    Job("nightly", timedelta(minutes=10), nightly),
)


def worker_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def tick(app: App, relay: Relay, now: datetime) -> dict[str, Counts]:
    """Every job but the sync once, in order: what `voc tick` does. The CRM is read when `voc sync` says so."""
    return {
        "send": drain(app, relay, now),
        "follow up": follow_up(app, relay, now),
        "nightly": nightly(app, relay, now),
    }


def next_beat(app: App, *, after: datetime, slot: timedelta = SLOT) -> datetime:
    """When a worker would next have something to do: a mail is due (rounded up to its slot), or the night's figures."""
    night = after.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    night = night if night > after else night + timedelta(days=1)
    with app.database.read() as db:
        due = outbox.next_due_at(db)
    if due is None:
        return night
    next_slot = _EPOCH + slot * ((after - _EPOCH) // slot + 1)
    rounded = _EPOCH + slot * -(-(due - _EPOCH) // slot)
    return min(night, max(rounded, next_slot))


def travel(app: App, relay: Relay, *, to: datetime, report: Report) -> Counts:
    """Move a rehearsal to that moment through everything that falls due on the way; what was done, added up."""
    assert isinstance(app.clock, SetClock), "only a rehearsal stands still"
    begun = now = app.now()
    if to < begun:
        raise Refused(f"This rehearsal has reached {begun:%Y-%m-%d %H:%M} UTC already and cannot go back.")
    done: Counts = {}
    while True:
        with app.database.begin() as db:
            installations.move(db, to=now)
        app.clock.set(now)
        for counts in tick(app, relay, now).values():
            for name, count in counts.items():
                done[name] = done.get(name, 0) + count
        if now >= to:
            return done
        now = min(next_beat(app, after=now), to)
        report(f"{now:%d %B %Y}", int((now - begun).total_seconds()), int((to - begun).total_seconds()))


def run_leased(app: App, relay: Relay, job: Job) -> None:
    """One tick of one job, unless another process holds its lease. An error is logged and tried again next time."""
    now = app.now()
    with app.database.begin() as db:
        fence = leases.take(db, job.name, holder=worker_name(), now=now, lasts=job.lease)
    if fence is None:
        return
    logger = log.get("jobs")
    try:
        counts = job.work(app, relay, now)
    except VocError as mistake:
        logger.error("job failed", job=job.name, reason=str(mistake))
    except Exception:
        logger.exception("job broke", job=job.name)
    else:
        if any(counts.values()):
            logger.info("job done", job=job.name, **counts)
    finally:
        with app.database.begin() as db:
            leases.release(db, job.name, fence=fence, now=app.now())


def start(app: App, relay: Relay) -> BackgroundScheduler:
    """The worker: every job on its beat in threads of this process."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for job in JOBS:
        every = timedelta(minutes=app.settings.sync_every_minutes) if job.work is sync else job.every
        scheduler.add_job(run_leased, "interval", args=(app, relay, job), seconds=every.total_seconds(), id=job.name)
    scheduler.start()
    return scheduler
