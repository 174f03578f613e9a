"""Mail besides sending it: what comes back, what providers say, what the DNS says, what admins must hear."""

from datetime import datetime, timedelta

from apscheduler.events import EVENT_SCHEDULER_SHUTDOWN
from apscheduler.schedulers.background import BackgroundScheduler

from voc.base import disk
from voc.base.settings import imap_password
from voc.delivery import run as delivery
from voc.delivery.dns_check import amiss, why_not_checked
from voc.delivery.imap import ImapMailbox, name_of
from voc.delivery.model import Relays
from voc.delivery.nameserver import Nameserver
from voc.delivery.run import alerts, dns, events
from voc.delivery.store import events as provider_events
from voc.jobs.model import Counts
from voc.web.context import App

_DAY = timedelta(days=1)


def webhooks_wait(app: App, _now: datetime) -> bool:
    with app.database.read() as db:
        return provider_events.is_waiting(db) or bool(provider_events.proven(db))


def read_webhooks(app: App, _relays: Relays, now: datetime) -> Counts:
    """Act on what mail providers said."""
    return events.catch_up(app.database, _desk(app), outgoing=app.outgoing, now=now)


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


def has_mailbox(app: App, _now: datetime) -> bool:
    return app.settings.inbound.imap is not None


def listen(app: App, scheduler: BackgroundScheduler) -> None:
    """Take mail that a server hands over, until the scheduler ends. A taken port is tried again."""
    if app.settings.inbound.listener is None:
        return
    server = delivery.listening(app.settings.inbound.listener, app.database, _desk(app), now=app.now)
    server.start()
    scheduler.add_job(server.start, "interval", seconds=30, id="listener")
    scheduler.add_listener(lambda _event: server.stop(), EVENT_SCHEDULER_SHUTDOWN)


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


def alert(app: App, _relays: Relays, now: datetime) -> Counts:
    """Admins hear of what stopped, once a day."""
    folders = {} if app.demo else disk.places(app.database.path, app.settings.secret_key_file)
    rooms = {name: disk.room_of(folder) for name, folder in folders.items()}
    with app.database.begin() as db:
        found = alerts.concerns(db, now=now, rooms=rooms)
        alerts.tell(db, found, now=now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    return {"concerns": len(found)}
