"""The CRM: read on schedule or because somebody asked, looked at, written back to."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from voc.accounts import run as accounts
from voc.accounts import schedule
from voc.accounts.connector import Source
from voc.accounts.model import Progress, SyncReport, Watcher
from voc.accounts.run import errands
from voc.accounts.run.writing_back import Busy
from voc.accounts.store import connections, history
from voc.accounts.store import errands as asked
from voc.base.ending import Ended
from voc.base.errors import Misconfigured, VocError
from voc.base.words import ErrandKind
from voc.delivery.model import Relays
from voc.jobs.model import Counts
from voc.reports import write_back
from voc.stakeholders import run as stakeholders
from voc.web.context import App


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


def reading_is_due(app: App, now: datetime) -> bool:
    at = next_reading_at(app, now=now)
    return at is not None and at <= now


def sync(app: App, _relays: Relays, now: datetime) -> Counts:
    """Read the CRM: its moment has come, and nobody is at it."""
    source = crm_source(app)
    return {} if source is None else {"run": read_crm(app, source, now=now).run_id}


def waits(kind: ErrandKind) -> Callable[[App, datetime], bool]:
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


def write_back_is_due(app: App, now: datetime) -> bool:
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
