"""One table: job, how often, what it does. APScheduler is the clock, the database is the queue.

A tick only claims rows that are due by `now`; no moment that matters is left to the scheduler, so
a tick that comes late, twice or in two processes changes nothing. Each job takes a lease.
"""

import logging
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from voc.base import beats, copies, installations, leases, log
from voc.base.ending import Ended
from voc.base.errors import VocError
from voc.base.words import ErrandKind
from voc.delivery.model import Relays
from voc.jobs.by_event import event_waits, launch_by_event
from voc.jobs.crm import (
    check_crm,
    crm_source,
    next_reading_at,
    read_crm,
    reading_is_due,
    sync,
    sync_now,
    tell_crm,
    try_crm,
    waits,
    write_back_is_due,
)
from voc.jobs.daily import comments_wait, follow_up, nightly, read_comments, watch
from voc.jobs.mail import alert, check_dns, has_mailbox, listen, read_mailbox, read_webhooks, webhooks_wait
from voc.jobs.model import Counts, Job
from voc.jobs.sending import drain, send_ours, worker_name
from voc.jobs.travelling import NIGHT_HOUR, Report, next_beat, tick, travel
from voc.web.context import App

__all__ = [
    "JOBS",
    "NIGHT_HOUR",
    "Counts",
    "Job",
    "Report",
    "crm_source",
    "drain",
    "follow_up",
    "launch_by_event",
    "next_beat",
    "next_reading_at",
    "nightly",
    "read_crm",
    "read_webhooks",
    "run_leased",
    "start",
    "tick",
    "travel",
    "worker_name",
]

ASKED = timedelta(seconds=2)
"""Somebody waits at a page."""

JOBS = (
    Job("watch", timedelta(minutes=1), watch),
    Job("send", timedelta(seconds=10), send_ours, None),
    Job("webhooks", timedelta(seconds=5), read_webhooks, due=webhooks_wait),
    Job("follow up", timedelta(minutes=1), follow_up),
    Job("by event", timedelta(minutes=10), launch_by_event, due=event_waits),
    Job("themes", timedelta(minutes=1), read_comments, due=comments_wait),
    # Its lease is not named "sync": that one is the run's own.
    Job("crm", timedelta(seconds=30), sync, due=reading_is_due),
    Job("crm now", ASKED, sync_now, due=waits(ErrandKind.SYNC)),
    Job("crm check", ASKED, check_crm, due=waits(ErrandKind.CHECK)),
    Job("crm try", ASKED, try_crm, due=waits(ErrandKind.TRY)),
    Job("inbound", timedelta(seconds=30), read_mailbox, due=has_mailbox, reaches_out=True),
    Job("nightly", timedelta(minutes=10), nightly, timedelta(minutes=20)),  # a million invitations take minutes
    Job("alert", timedelta(minutes=5), alert),
    Job("dns", timedelta(minutes=1), check_dns),
    Job("write back", timedelta(minutes=1), tell_crm, due=write_back_is_due, reaches_out=True),
)


def run_leased(app: App, relays: Relays, job: Job) -> None:
    """One tick of one job, unless another process holds its lease. An error is logged and tried again next time."""
    now = app.now()
    if not job.due(app, now) or (job.reaches_out and _in_doubt(app)):
        return
    with app.database.begin() as db:
        fence = 0 if job.lease is None else leases.take(db, job.name, holder=worker_name(), now=now, lasts=job.lease)
        if fence is not None:
            beats.began(db, job.name, worker=worker_name(), now=now)
    if fence is None:
        return
    logger = log.get("jobs")
    trouble: str | None = None
    try:
        counts = job.work(app, relays, now)
    except VocError as mistake:
        trouble = str(mistake)
        logger.error("job failed", job=job.name, reason=trouble)
    except Ended:
        logger.info("job stopped; it goes on when a worker is there", job=job.name)
    except Exception:
        trouble = "It stopped on a mistake of ours; the log has it."
        logger.exception("job broke", job=job.name)
    else:
        if any(counts.values()):
            logger.info("job done", job=job.name, **counts)
    finally:
        with app.database.begin() as db:
            if job.lease is not None:
                leases.release(db, job.name, fence=fence, now=app.now())
            beats.ended(db, job.name, worker=worker_name(), now=app.now(), trouble=trouble)


def _in_doubt(app: App) -> bool:
    with app.database.read() as db:
        return installations.in_doubt(db)


def start(app: App, relays: Relays) -> BackgroundScheduler:
    """The worker: every job on its beat in threads of this process."""
    copies.watch(app.database, app.settings, now=app.now(), tokens=app.tokens)  # before anything else can run
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a beat missed while its job is at work is no news
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for job in JOBS:
        scheduler.add_job(
            run_leased, "interval", args=(app, relays, job), seconds=job.every.total_seconds(), id=job.name
        )
    listen(app, scheduler)
    scheduler.start()
    return scheduler
