"""One table: job, how often, what it does. APScheduler is the clock, the database is the queue.

A tick only claims rows that are due by `now`; no moment that matters is left to the scheduler, so
a tick that comes late, twice or in two processes changes nothing. Each job takes a lease.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from apscheduler.events import EVENT_SCHEDULER_SHUTDOWN
from apscheduler.schedulers.background import BackgroundScheduler

from voc.accounts import run as accounts
from voc.accounts import schedule
from voc.accounts.connector import Source
from voc.accounts.model import Progress, SyncReport, Watcher
from voc.accounts.run import errands
from voc.accounts.run.writing_back import Busy
from voc.accounts.store import connections, history
from voc.accounts.store import errands as asked
from voc.base import audit, beats, copies, disk, installations, leases, log, retention
from voc.base.clock import SetClock
from voc.base.ending import Ended
from voc.base.errors import Misconfigured, Refused, VocError
from voc.base.settings import imap_password
from voc.base.words import ErrandKind
from voc.campaigns import run as campaigns
from voc.delivery import run as delivery
from voc.delivery.dns_check import amiss, why_not_checked
from voc.delivery.imap import ImapMailbox, name_of
from voc.delivery.model import Relays
from voc.delivery.nameserver import Nameserver
from voc.delivery.run import alerts, dns, events
from voc.delivery.store import due as outbox
from voc.delivery.store import events as provider_events
from voc.followup import run as followup
from voc.jobs.sending import Counts, send_ours
from voc.jobs.sending import drain as drain
from voc.jobs.sending import worker_name as worker_name
from voc.metrics import run as metrics
from voc.metrics.run import cards as scorecards
from voc.metrics.run import cost, falls
from voc.metrics.run.forest import reading as comments
from voc.reports import write_back
from voc.responses import run as responses
from voc.stakeholders import run as stakeholders
from voc.web.context import App

Report = Callable[[str, int, int | None], None]

NIGHT_HOUR = 3  # UTC
SLOT = timedelta(minutes=10)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_LEASE = timedelta(minutes=5)


def _always(_app: App, _now: datetime) -> bool:
    return True


@dataclass(frozen=True)
class Job:
    """`due` is a look that costs little; only where it says so a lease is taken and the work is done."""

    name: str
    every: timedelta
    work: Callable[[App, Relays, datetime], Counts]
    lease: timedelta | None = _LEASE  # None: all workers at once, what they do is claimed piece by piece
    due: Callable[[App, datetime], bool] = _always
    reaches_out: bool = False  # to systems of others, who would take a copy of us for us


def watch(app: App, _relays: Relays, now: datetime) -> Counts:
    """Mark that this database is worked with here; one that was copied is paused."""
    return {"paused": copies.watch(app.database, app.settings, now=now, tokens=app.tokens) is not None}


def _webhooks_wait(app: App, _now: datetime) -> bool:
    with app.database.read() as db:
        return provider_events.is_waiting(db) or bool(provider_events.proven(db))


def read_webhooks(app: App, _relays: Relays, now: datetime) -> Counts:
    """Act on what mail providers said."""
    return events.catch_up(app.database, _desk(app), outgoing=app.outgoing, now=now)


def follow_up(app: App, _relays: Relays, now: datetime) -> Counts:
    """Due dates become dispositions, answers become follow-ups, late ones are escalated; dead launches end."""
    taken_back = campaigns.take_back_left(app.database, clock=app.clock, holder=worker_name())
    with app.database.begin() as db:
        responses.catch_up(db, now)
        responses.judge_again(db, now)
        closed = sum(campaigns.close_due(db, now=now).decided.values())
    with app.database.begin() as db:
        opened = followup.catch_up(db, now)
        metrics.release(db, now)
        escalated = followup.escalate(db, now)
        told = followup.tell(db, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    thanked = followup.thank(app.database, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    late = escalated.to_lead + escalated.to_leader
    counts = {"closed": closed, "opened": opened, "escalated": late, "told": told, "thanked": thanked}
    return {**counts, "taken back": taken_back} if taken_back else counts


def _comments_wait(app: App, _now: datetime) -> bool:
    return comments.is_waiting(app.database)


def read_comments(app: App, _relays: Relays | None, now: datetime) -> Counts:
    """New comments get their themes; all of them anew when the code book has changed."""
    return {"read": comments.catch_up(app.database, now, check_ending=app.ending.check)}


# --- the CRM ------------------------------------------------------------------------------------

_CRM = "crm"
_ASKED = timedelta(seconds=2)
"""Somebody waits at a page."""


def crm_source(app: App) -> Source | None:
    """What is read: the stored connection, or else what voc.toml names; None where there is neither."""
    with app.database.read() as db:
        stored = connections.load_connection(db)
    if stored is not None:
        return accounts.open_source(accounts.STORED, database=app.database, vault=app.vault, outside=app.outside())
    return None if app.settings.crm is None else accounts.open_source(app.settings.crm)


def read_crm(
    app: App, source: Source, *, now: datetime, as_of: date | None = None, progress: Watcher | None = None
) -> SyncReport:
    """One reading, or the rest of one that was stopped; and what follows from it for the stakeholders."""

    def watch(step: Progress) -> None:
        app.ending.check()
        if progress is not None:
            progress(step)

    try:
        report = accounts.sync(
            app.database, source, as_of=as_of or now.date(), now=now, progress=watch, vault=app.vault
        )
    finally:
        source.close()
    with app.database.begin() as db:
        stakeholders.catch_up(db, now)
    return report


def next_reading_at(app: App, *, now: datetime) -> datetime | None:
    """When the CRM is read next on schedule; None where it is not."""
    with app.database.read() as db:
        stored = connections.load_connection(db)
        newest = history.newest(db)
    if stored is not None:
        every = timedelta(minutes=stored.every_minutes) if stored.on else None
    else:
        every = timedelta(minutes=app.settings.sync_every_minutes) if app.settings.crm else None
    return None if every is None else schedule.next_at(newest, every=every, now=now)


def _reading_is_due(app: App, now: datetime) -> bool:
    at = next_reading_at(app, now=now)
    return at is not None and at <= now


def sync(app: App, _relays: Relays, now: datetime) -> Counts:
    """Read the CRM: its moment has come, and nobody is at it."""
    source = crm_source(app)
    return {} if source is None else {"run": read_crm(app, source, now=now).run_id}


def _waits(kind: ErrandKind) -> Callable[[App, datetime], bool]:
    def due(app: App, _now: datetime) -> bool:
        with app.database.read() as db:
            return asked.waits(db, kind)

    return due


def sync_now(app: App, _relays: Relays, now: datetime) -> Counts:
    """Read the CRM because an admin asked for it on a page; why it was not read is kept for the page."""
    with app.database.begin() as db:
        mine = asked.take(db, ErrandKind.SYNC, now=now)
    if mine is None:
        return {}
    trouble: str | None = "It stopped on a mistake of ours; the log has it."
    try:
        source = crm_source(app)
        if source is None:
            raise Misconfigured("Settings > CRM", "no CRM is connected", "Set it up there, or name crm in voc.toml")
        run_id = read_crm(app, source, now=now).run_id
        trouble = None
    except Ended:
        trouble = "The worker was ended; the reading goes on with the next one."
        raise
    except VocError as mistake:
        trouble = str(mistake)
        raise
    finally:
        with app.database.begin() as db:
            asked.end(db, mine, trouble=trouble, ciphertext=None, now=app.now())
    return {"run": run_id}


def check_crm(app: App, _relays: Relays, _now: datetime) -> Counts:
    return {"checked": _look(app, ErrandKind.CHECK)}


def try_crm(app: App, _relays: Relays, _now: datetime) -> Counts:
    return {"tried": _look(app, ErrandKind.TRY)}


def _look(app: App, kind: ErrandKind) -> bool:
    return errands.look(app.database, kind, vault=app.vault, outside=app.outside(), check_ending=app.ending.check)


def nightly(app: App, _relays: Relays, now: datetime) -> Counts:
    """Once a day: freeze the figures, open cases for accounts that fell silent."""
    with app.database.read() as db:
        if metrics.is_counted(db, now):
            return {}
    with app.database.begin() as db:
        stakeholders.catch_up(db, now)
    figures = metrics.snapshot(app.database, now)
    frozen = scorecards.catch_up(app.database, now)
    landmarks = cost.catch_up(app.database, now)
    with app.database.begin() as db:
        asked.forget(db, before=now - _DAY)
        beats.forget(db, before=now - _DAY)
        events.forget(db, now=now)
        opened = metrics.catch_up(db, now)
        fell = falls.tell(db, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    with app.database.read() as db:
        newest = audit.last(db)
    if newest is not None:
        log.get("jobs").info(
            "audit log", last=str(newest)
        )  # logs are kept elsewhere: lines cut off its end are told by this
    gone = retention.keep(app.database, now=now, tokens=app.tokens, check_ending=app.ending.check)
    return {
        "figures": figures,
        "renewals": landmarks,
        "scorecards": frozen,
        "opened": opened,
        "falls told": fell,
        "let go": sum(gone.values()),
    }


def alert(app: App, _relays: Relays, now: datetime) -> Counts:
    """Admins hear of what stopped, once a day."""
    folders = {} if app.demo else disk.places(app.database.path, app.settings.secret_key_file)
    rooms = {name: disk.room_of(folder) for name, folder in folders.items()}
    with app.database.begin() as db:
        found = alerts.concerns(db, now=now, rooms=rooms)
        alerts.tell(db, found, now=now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    return {"concerns": len(found)}


def check_dns(app: App, _relays: Relays, now: datetime) -> Counts:
    """SPF, DKIM and DMARC once a day, so that a page never waits for them; nobody's where a company is invented."""
    sending = dns.sending_of(app.settings)
    if app.demo or why_not_checked(sending) is not None:
        return {}
    with app.database.read() as db:
        last = dns.last_dns_check(db)
    if last is not None and now - last.at < _DAY:
        return {}
    found = dns.check_dns(app.database, sending, Nameserver(app.settings.nameservers), now=now)
    return {"looked up": len(found), "amiss": len(amiss(found))}


def _desk(app: App) -> delivery.Desk:
    return delivery.Desk(app.vault, app.tokens, app.settings)


def read_mailbox(app: App, _relays: Relays, now: datetime) -> Counts:
    """Bounces and replies that wait in the mailbox."""
    imap = app.settings.inbound.imap
    if imap is None:
        return {}
    taken = delivery.read_mailbox(
        app.database,
        lambda: ImapMailbox(imap, password=imap_password(imap)),
        name=name_of(imap),
        desk=_desk(app),
        now=now,
        check_ending=app.ending.check,
    )
    return {"came back": taken}


def _has_mailbox(app: App, _now: datetime) -> bool:
    return app.settings.inbound.imap is not None


def listen(app: App, scheduler: BackgroundScheduler) -> None:
    """Take mail that a server hands over, until the scheduler ends. A taken port is tried again."""
    if app.settings.inbound.listener is None:
        return
    server = delivery.listening(app.settings.inbound.listener, app.database, _desk(app), now=app.now)
    server.start()
    scheduler.add_job(server.start, "interval", seconds=30, id="listener")
    scheduler.add_listener(lambda _event: server.stop(), EVENT_SCHEDULER_SHUTDOWN)


def _write_back_is_due(app: App, now: datetime) -> bool:
    return write_back.is_due(app.database, now=now)


def tell_crm(app: App, _relays: Relays, now: datetime) -> Counts:
    """Write back what is switched on: after each reading of the CRM, and once an hour."""
    try:
        report = write_back.bring_back(
            app.database,
            vault=app.vault,
            outside=app.outside(),
            base_url=app.settings.base_url,
            now=now,
            holder=app.tokens.new(),
        )
    except Busy:  # one that takes longer than this job's lease
        return {}
    if report is None:
        return {}
    return {"written": report.written, "later": report.later, "refused": report.refused, "left": report.left}


JOBS = (
    Job("watch", timedelta(minutes=1), watch),
    Job("send", timedelta(seconds=10), send_ours, None),
    Job("webhooks", timedelta(seconds=5), read_webhooks, due=_webhooks_wait),
    Job("follow up", timedelta(minutes=1), follow_up),
    Job("themes", timedelta(minutes=1), read_comments, due=_comments_wait),
    # Its lease is not named "sync": that one is the run's own.
    Job(_CRM, timedelta(seconds=30), sync, due=_reading_is_due),
    Job("crm now", _ASKED, sync_now, due=_waits(ErrandKind.SYNC)),
    Job("crm check", _ASKED, check_crm, due=_waits(ErrandKind.CHECK)),
    Job("crm try", _ASKED, try_crm, due=_waits(ErrandKind.TRY)),
    Job("inbound", timedelta(seconds=30), read_mailbox, due=_has_mailbox, reaches_out=True),
    Job("nightly", timedelta(minutes=10), nightly),
    Job("alert", timedelta(minutes=5), alert),
    Job("dns", timedelta(minutes=1), check_dns),
    Job("write back", timedelta(minutes=1), tell_crm, due=_write_back_is_due, reaches_out=True),
)


def tick(app: App, relays: Relays, now: datetime) -> dict[str, Counts]:
    """Every job but the sync once, in order: what `voc tick` does. The CRM is read when `voc sync` says so."""
    return {
        "send": drain(app, relays, now),
        "follow up": follow_up(app, relays, now),
        "themes": read_comments(app, relays, now),
        "nightly": nightly(app, relays, now),
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


def travel(app: App, relays: Relays, *, to: datetime, report: Report) -> Counts:
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
        for counts in tick(app, relays, now).values():
            for name, count in counts.items():
                done[name] = done.get(name, 0) + count
        if now >= to:
            return done
        now = min(next_beat(app, after=now), to)
        report(f"{now:%d %B %Y}", int((now - begun).total_seconds()), int((to - begun).total_seconds()))


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
