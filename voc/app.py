"""The only wiring: a folder with voc.toml becomes an `App`; and how a new installation is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

import voc
from voc.base import audit, copies, guard, installations, migrate, preferences, settings, staff
from voc.base.clock import Clock, SetClock, ShiftedClock, SystemClock
from voc.base.db import Database
from voc.base.erasure import erasing
from voc.base.errors import Misconfigured, Refused
from voc.base.oidc import Issuer
from voc.base.secrets import KEY_FILE, new_key, write_key_file
from voc.base.tokens import RandomTokens, SeededTokens, Tokens
from voc.base.words import StaffRole
from voc.campaigns import run as campaigns
from voc.delivery import dkim
from voc.delivery.smtp import SmtpRelay
from voc.stakeholders import run as stakeholders
from voc.web.context import App

# Beside the package: data that people edit does not hide in site-packages.
_SHIPPED = Path(voc.__file__).parent.parent / "questionnaires"


def shipped_questionnaires() -> Path:
    if not _SHIPPED.is_dir():
        mend = "Run from a checkout, or name yours in voc.toml: questionnaires"
        raise Misconfigured(str(_SHIPPED), "the folder that ships is missing", mend)
    return _SHIPPED


def open_app(folder: Path, *, at: datetime | None = None) -> App:
    """The installation in that folder. `at` moves a rehearsal forward; any other database refuses it."""
    if not (folder / settings.FILE).exists():
        raise Misconfigured(str(folder), f"there is no {settings.FILE} here", "Run `voc init`, or name the --directory")
    chosen = settings.load(folder)
    _check_private_hosts(chosen)
    dkim.signer(chosen)  # a key that cannot sign is told now, not with the first mail
    database = Database(chosen.database)
    with _reachable(database).read() as db:
        if not installations.exists(db):
            raise Misconfigured(chosen.database, "no installation in this database", "Run `voc init`")
    migrate.upgrade(database)
    if at is not None:
        with database.begin() as db:
            installations.move(db, to=at)
    with database.read() as db:
        here = installations.load(db)
        last_at = audit.latest_at(db)
    clock, tokens, vault = _clock(here, last_at), RandomTokens(), settings.vault(chosen)
    # An older copy of the database may know again whom we were asked to forget.
    erasing.replay(database, vault=vault, tokens=tokens, erased_file=Path(chosen.erased_file), now=clock.now())
    return App(
        settings=chosen,
        database=database,
        clock=clock,
        tokens=tokens,
        vault=vault,
        questionnaires=Path(chosen.questionnaires) if chosen.questionnaires else shipped_questionnaires(),
        demo=here.demo_seed is not None,
        issuer=_issuer(chosen),
    )


def _issuer(chosen: settings.Settings) -> Issuer | None:
    if chosen.oidc is None:
        return None
    return Issuer(chosen.oidc, secret=settings.oidc_secret(chosen.oidc), base_url=chosen.base_url)


def _check_private_hosts(chosen: settings.Settings) -> None:
    listed = [("crm_private_hosts", one) for one in chosen.crm_private_hosts]
    listed += [("oidc.private_hosts", one) for one in (chosen.oidc.private_hosts if chosen.oidc else [])]
    for key, entry in listed:
        if (reason := guard.why_no_private_host(entry)) is not None:
            place = f"{settings.FILE}: {key}"
            raise Misconfigured(place, f"{entry!r} {reason}", 'Write ["odoo.intern", "10.1.0.0/16"]')


def _reachable(database: Database) -> Database:
    try:
        with database.read():
            return database
    except DBAPIError as mistake:  # not only an OperationalError: another file than a database is none either
        reason = str(mistake.orig).strip().splitlines()[0]
        raise Misconfigured("database", f"it does not answer: {reason}", "Start it, or correct its address") from None


def _clock(here: installations.Installation, last_at: datetime | None) -> Clock:
    if here.moment is None:
        return SystemClock()
    if here.demo_seed is None:
        return SetClock(here.moment)  # a rehearsal stands still between commands
    # A demo is served and must run on: begun again, what was done the time before is not yet to come.
    return ShiftedClock(max(here.moment, last_at or here.moment))


@dataclass(frozen=True)
class Wishes:
    """What `voc init` was told."""

    company: str
    database: str = "sqlite:///voc.db"
    base_url: str = "http://127.0.0.1:8000"
    from_address: str = "feedback@localhost.localdomain"
    mail_host: str = "127.0.0.1"
    mail_port: int = 25
    port: int = 8000
    authenticated_domains: tuple[str, ...] = ()
    test_address: str | None = None


@dataclass(frozen=True)
class Admin:
    """The first person who may sign in."""

    name: str
    email: str


def make_with_admin(
    folder: Path, wishes: Wishes, admin: Admin, *, now: datetime, moment: datetime | None = None
) -> tuple[App, str]:
    """`make`, and the link with which the first admin sets a password: both or neither."""
    links: list[str] = []

    def let_in(db: Connection, tokens: Tokens) -> None:
        known_at = moment or now
        staff_id = staff.add(db, email=admin.email, name=admin.name, role=StaffRole.ADMIN, by="voc init", now=known_at)
        token = staff.invite(db, staff_id, tokens=tokens, by="voc init", now=known_at)
        links.append(f"{wishes.base_url}/invite/{token}")

    return make(folder, wishes, now=now, moment=moment, also=let_in), links[0]


def make(
    folder: Path,
    wishes: Wishes,
    *,
    now: datetime,
    moment: datetime | None = None,
    demo_seed: int | None = None,
    also: Callable[[Connection, Tokens], None] | None = None,
) -> App:
    """Write voc.toml and the key, create the database with its defaults. Refused where one exists already.

    What `also` writes belongs to it: if that is refused, there is no installation.
    """
    if (folder / settings.FILE).exists():
        raise Refused(f"{folder / settings.FILE} exists already: an installation is never overwritten.")
    folder.mkdir(parents=True, exist_ok=True)
    tokens = RandomTokens() if demo_seed is None else SeededTokens(f"voc-demo-{demo_seed}")
    text = _toml(wishes)
    chosen = settings.parse(text, folder)
    database = Database(chosen.database, durable=demo_seed is None)  # half a year of a demo is made again
    with _reachable(database).read() as db:
        if installations.exists(db):
            raise Refused("That database holds an installation already: name another one.")
    key = folder / KEY_FILE
    if not key.exists():
        write_key_file(folder, new_key())
    vault = settings.vault(chosen)
    copies.forget(chosen)
    migrate.upgrade(database)
    with database.begin() as db:
        installations.create(db, epoch=tokens.new(), now=now, moment=moment, demo_seed=demo_seed)
        asked = moment is None and demo_seed is None  # a rehearsal has no phones
        wanted = {"company": wishes.company, "test_address": wishes.test_address, "require_second_step": asked}
        preferences.change(db, wanted, actor="voc init", now=now)
        stakeholders.install_defaults(db)
        campaigns.install_defaults(db)
        campaigns.install_by_event(db)
        if also is not None:
            also(db, tokens)
    (folder / settings.FILE).write_text(text, "utf-8")  # last: what is half made is no installation
    clock: Clock = SystemClock() if moment is None else SetClock(moment)
    return App(chosen, database, clock, tokens, vault, shipped_questionnaires(), demo=demo_seed is not None)


def _toml(wishes: Wishes) -> str:
    quoted = {name: '"' + _escaped(value) + '"' for name, value in vars(wishes).items() if isinstance(value, str)}
    return f"""# What this installation needs to start. Standards, calendar and limits are on the page Settings.
database = {quoted["database"]}
base_url = {quoted["base_url"]}          # what the links in mails begin with
port = {wishes.port}
# crm = "csv:/srv/export"                # what is read on schedule
# sync_every_minutes = 60
# nameservers = ["9.9.9.9"]              # asked about SPF, DKIM and DMARC; the machine's own may know other answers
# crm_private_hosts = ["odoo.intern"]    # CRMs on your own network: no other private address is ever called

[mail]
host = {quoted["mail_host"]}
port = {wishes.mail_port}
security = "none"                        # none, starttls or tls
# username = "voc"                       # the password: variable VOC_MAIL_PASSWORD, or password_file
from_address = {quoted["from_address"]}
authenticated_domains = {list(wishes.authenticated_domains)}  # CSMs of these are the senders, others in Reply-To
per_second = 20

# [oidc]                                 # the company's own accounts: voc/web/SIGNIN.md
# issuer = "https://login.example.com"
# client_id = "voc"
# client_secret_file = "oidc.secret"

# [mail.dkim]                            # sign here; `voc doctor` says which DNS record to publish
# selector = "voc1"
# key_file = "dkim.pem"                  # openssl genrsa -out dkim.pem 2048; or an Ed25519 key

# [inbound.imap]                         # bounces and replies: voc/delivery/INBOUND.md says how they get there
# host = "imap.example.com"
# username = "voc"                       # the password: variable VOC_IMAP_PASSWORD, or password_file
# handled_folder = "voc/handled"         # what was taken; "" leaves it where it is, marked

# [inbound.listener]                     # or your mail server hands them over
# protocol = "lmtp"                      # or smtp
# port = 2424
# [mail.per_domain]                      # messages a minute to one recipient domain; "*" is every other
# "gmail.com" = 60

# [[mail.relays]]                        # several mail servers instead of host above, each with its own limits
# name = "frankfurt"                     # its password: variable VOC_MAIL_PASSWORD_FRANKFURT, or password_file
# host = "smtp.example.com"
# per_second = 50
"""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def relays(app: App) -> list[SmtpRelay]:
    """The mail servers that the settings name."""
    mail = app.settings.mail
    # How we greet them: the domain that our return paths are of.
    us = (mail.bounce_domain or mail.from_address.rpartition("@")[2]).strip("[]")
    return [
        SmtpRelay(server, us=us, password=settings.mail_password(app.settings, server))
        for server in settings.servers(mail)
    ]
