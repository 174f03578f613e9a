"""What is wrong with an installation, in plain words, and what to do."""

import smtplib
import socket

from voc.accounts.store import connections, written_back
from voc.base import audit, installations, migrate, preferences, settings, staff
from voc.base.words import StaffRole
from voc.cli import doctor_crm
from voc.cli.findings import Finding
from voc.delivery.store import facts as delivery
from voc.web.context import App


def examine(app: App, *, crm: bool = False) -> list[Finding]:
    """Every check, the good ones too. Nothing is sent; the mail server is only greeted, the CRM only with `crm`."""
    return [
        *_database(app),
        *_people(app),
        *doctor_crm.examine(app, call=crm),
        *_written_back(app),
        *_mail(app),
        _links(app),
    ]


def _database(app: App) -> list[Finding]:
    with app.database.read() as db:
        here = installations.load(db)
        revision, newest = migrate.revision(db), migrate.newest()
        broken = audit.first_broken(db)
    return [
        Finding(revision == newest, f"the database is at revision {revision} of {newest}", "Any command upgrades it."),
        Finding(
            broken is None,
            "the audit log is whole" if broken is None else f"the audit log was tampered with at line {broken}",
            "Compare with a backup; find out who can write to the database.",
        ),
        Finding(
            not here.sending_paused,
            f"sending is paused: {here.paused_because}" if here.sending_paused else "sending is not paused",
            "Resume it on the page Delivery when the reason is settled.",
        ),
    ]


def _people(app: App) -> list[Finding]:
    with app.database.read() as db:
        admins = [one for one in staff.listing(db) if one.role == StaffRole.ADMIN and one.active and one.has_password]
    found = f"{len(admins)} admin can sign in" if len(admins) == 1 else f"{len(admins)} admins can sign in"
    return [Finding(bool(admins), found, "`voc staff invite ADDRESS` prints a link to set a password.")]


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


def _mail(app: App) -> list[Finding]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        health = delivery.health(db, now=app.now())
    found = [_greeted(app)]
    if wanted.test_mode:
        where = wanted.test_address or "nowhere"
        found.append(Finding(wanted.test_address is not None, f"test mode is on: every mail goes to {where}",
                             "Set an address for test mode on the page Settings, or switch it off."))  # fmt: skip
    for count, what in ((health.unknown, "unknown"), (health.held, "held")):
        found.append(Finding(count == 0, f"{count} messages are {what}", "Settle them on the page Delivery."))
    return found


def _greeted(app: App) -> Finding:
    mail = app.settings.mail
    place = f"{mail.host}:{mail.port}"
    try:
        kind = smtplib.SMTP_SSL if mail.security == "tls" else smtplib.SMTP
        with kind(mail.host, mail.port, timeout=5) as server:
            server.ehlo()
            if mail.security == "starttls":
                server.starttls()
                server.ehlo()
            if mail.username is not None:
                server.login(mail.username, settings.mail_password(app.settings) or "")
    except smtplib.SMTPAuthenticationError:
        return Finding(False, f"the mail server {place} refuses the password", "Correct VOC_MAIL_PASSWORD.")
    except (OSError, smtplib.SMTPException, socket.gaierror) as trouble:
        return Finding(False, f"the mail server {place} does not answer: {trouble}", "Correct [mail] in voc.toml.")
    return Finding(True, f"the mail server {place} answers")


def _links(app: App) -> Finding:
    host = app.settings.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    ours = app.settings.mail.from_address.rpartition("@")[2]
    same = host == ours or host.endswith(f".{ours}")
    return Finding(same, f"links in mails lead to {host}, mails come from {ours}",
                   "Use one domain for both: readers and filters distrust links elsewhere.")  # fmt: skip
