"""What is wrong with an installation, in plain words, and what to do."""

from voc.accounts.store import connections, written_back
from voc.base import audit, installations, migrate, preferences
from voc.base.clock import Clock, SystemClock
from voc.base.preferences import Preferences
from voc.cli import doctor_crm, doctor_machine, doctor_mail, doctor_replies, doctor_sign_in, doctor_waves
from voc.cli.findings import Finding
from voc.delivery.store import facts as delivery
from voc.web.context import App


def examine(app: App, *, crm: bool = False, clock: Clock | None = None) -> list[Finding]:
    """Every check, the good ones too. Nothing is sent; the mail server is only greeted, the CRM only with `crm`.

    `clock` is this machine's: a demo or a rehearsal keeps a time of its own.
    """
    clock = clock or SystemClock()
    return [
        *_database(app),
        *doctor_sign_in.examine(app, now=clock.now()),
        *doctor_crm.examine(app, call=crm),
        *_written_back(app),
        *(mail := _mail(app, clock)),
        *([] if any(one.what.startswith("Links") and not one.good for one in mail) else [_links(app)]),
        *doctor_waves.examine(app),
        *doctor_machine.examine(app, now=clock.now()),
    ]


def _database(app: App) -> list[Finding]:
    with app.database.read() as db:
        here = installations.load(db)
        revision, newest = migrate.revision(db), migrate.newest()
        broken = audit.first_broken(db)
    return [
        Finding(
            revision == newest,
            f"the database is at revision {revision} of {newest}",
            "Any command upgrades it.",
            broken=True,
        ),
        Finding(
            broken is None,
            "the audit log is whole" if broken is None else f"the audit log was tampered with at line {broken}",
            "Compare with a backup; find out who can write to the database.",
            broken=True,
        ),
        Finding(
            not here.sending_paused,
            f"sending is paused: {here.paused_because}" if here.sending_paused else "sending is not paused",
            "When the reason is settled, resume it on the page Delivery or with `voc sending resume`.",
        ),
    ]


def _written_back(app: App) -> list[Finding]:
    """Nothing to say where nothing is written back."""
    with app.database.read() as db:
        connection = connections.load_connection(db)
        refused, oldest = written_back.count_refused(db)
        last = written_back.standing(db).last
    if connection is None or not connection.writes:
        return []
    since = f", the oldest on {oldest:%Y-%m-%d %H:%M} UTC" if oldest else ""
    found = [
        Finding(
            refused == 0,
            f"{'1 write was' if refused == 1 else f'{refused} writes were'} refused by the CRM{since}",
            "See why on the page Settings > CRM > Write back, mend it, and try again there.",
        )
    ]
    if last is not None and last.message:
        told = f"the last write-back stopped: {last.message}"
        found.append(Finding(False, told, "It goes on by itself once that is mended; `voc write-back` tries at once."))
    return found


def _mail(app: App, clock: Clock) -> list[Finding]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        health = delivery.health(db, now=app.now())
    found = [*doctor_mail.examine(app, now=clock.now()), *doctor_replies.examine(app)]
    if wanted.company == Preferences().company:
        said = f"mails to customers call us “{wanted.company}”"
        found.append(Finding(False, said, "Write the company's name on the page Settings, under Company."))
    if wanted.test_mode:
        to = wanted.test_address
        what = (
            f"test mode is on: every mail goes to {to}"
            if to
            else "test mode is on without an address: no mail goes out"
        )
        mend = "Set an address for test mode on the page Settings, or switch it off."
        found.append(Finding(to is not None, what, mend))
    for count, what in ((health.unknown, "unknown"), (health.held, "held")):
        messages = "1 message is" if count == 1 else f"{count} messages are"
        found.append(Finding(count == 0, f"{messages} {what}", "Settle them on the page Delivery."))
    return found


def _links(app: App) -> Finding:
    host = app.settings.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    ours = app.settings.mail.from_address.rpartition("@")[2]
    same = host == ours or host.endswith(f".{ours}")
    return Finding(same, f"links in mails lead to {host}, mails come from {ours}",
                   "Use one domain for both: readers and filters distrust links elsewhere.")  # fmt: skip
