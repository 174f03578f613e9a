"""Whether mail can go out and come back: servers, certificates, sign-in, mailbox, listener, webhooks, DNS."""

import re
import smtplib
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from voc.base import settings
from voc.base.errors import Misconfigured, Upstream, VocError
from voc.base.settings import Server
from voc.cli.findings import Finding
from voc.delivery.dns_check import DnsFinding, Verdict, why_not_checked
from voc.delivery.imap import ImapMailbox
from voc.delivery.nameserver import Nameserver
from voc.delivery.run import dns
from voc.delivery.store import mailboxes, ways
from voc.web.context import App

_PATIENCE_SECONDS = 5
_SIGN_IN_SECONDS = 15  # servers let those wait who name a wrong password
_CERTIFICATE_NEARS_ITS_END = timedelta(days=21)
_DATE = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}")


def examine(app: App, *, now: datetime) -> list[Finding]:
    """Nothing is sent. `now` is this machine's clock, for certificates and what the servers' clocks say."""
    return [
        *_servers(app, now=now),
        *_mailbox(app),
        *_listener(app),
        *_webhooks(app),
        *dns_findings(app),
    ]


# --- out ----------------------------------------------------------------------------------------


def _servers(app: App, *, now: datetime) -> list[Finding]:
    if app.demo:
        return [Finding(True, "no mail server is asked: a demonstration's mail stays in its own mailbox")]
    return [one for server in settings.servers(app.settings.mail) for one in greet(app, server, now=now)]


def greet(app: App, server: Server, *, now: datetime) -> list[Finding]:
    """Connect, secure, sign in, say goodbye."""
    place = f"{server.host}:{server.port}"
    name = f"the mail server {place}" if server.name == place else f"the mail server {server.name} ({place})"
    where = f"[[mail.relays]] {server.name}" if app.settings.mail.relays else "[mail]"
    variable = settings.password_variable(app.settings, server)
    smtp: smtplib.SMTP | None = None
    found: list[Finding] = []
    try:
        tls = ssl.create_default_context()
        patience = min(server.timeout_seconds, _PATIENCE_SECONDS)
        smtp = (
            smtplib.SMTP_SSL(timeout=patience, context=tls)
            if server.security == "tls"
            else smtplib.SMTP(timeout=patience)
        )
        # smtplib looks for the name to verify in the certificate here, and only its constructor sets it.
        smtp._host = server.host  # type: ignore[attr-defined]  # typeshed names only what is public
        code, greeting = smtp.connect(server.host, server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        smtp.ehlo()
        if server.security == "starttls":
            smtp.starttls(context=tls)
            smtp.ehlo()
        found = [*_certificate(name, smtp, now=now), *_its_clock(name, greeting, now=now)]
        if server.username is not None:
            smtp.timeout = _SIGN_IN_SECONDS
            assert smtp.sock is not None
            smtp.sock.settimeout(_SIGN_IN_SECONDS)
            smtp.login(server.username, settings.mail_password(app.settings, server) or "")
        return [Finding(True, f"{name} answers" + (" and lets us in" if server.username else "")), *found]
    except smtplib.SMTPAuthenticationError as refused:
        said = _words(refused.smtp_error)
        mend = f"Correct the username in {where}, or the password: {variable} or password_file."
        return [Finding(False, f"{name} refuses the password of {server.username}: {said}", mend, broken=True), *found]
    except smtplib.SMTPNotSupportedError as lacking:
        mend = f"Correct security in {where} (none, starttls or tls), or leave the username out."
        return [Finding(False, f"{name} does not offer what we ask of it: {_words(str(lacking))}", mend, broken=True)]
    except ssl.SSLCertVerificationError as distrusted:
        mend = "Renew its certificate, or name it in the settings by a host that its certificate is made out to."
        return [
            Finding(False, f"the certificate of {name} is not valid: {distrusted.verify_message}", mend, broken=True)
        ]
    except Misconfigured as mistake:
        return [Finding(False, str(mistake).partition(". ")[0], mistake.mend, broken=True)]
    except (OSError, smtplib.SMTPException) as trouble:
        said = (trouble.strerror if isinstance(trouble, OSError) else None) or str(trouble)
        told = "it takes too long" if "timed out" in str(trouble) else _words(said)
        mend = f"Start it, open its port, or correct {where} in voc.toml. Mail waits meanwhile; nothing is lost."
        return [Finding(False, f"{name} does not answer: {told}", mend, broken=True)]
    finally:
        if smtp is not None:
            smtp.close()


def _certificate(name: str, smtp: smtplib.SMTP, *, now: datetime) -> list[Finding]:
    if not isinstance(smtp.sock, ssl.SSLSocket):
        return []
    until = (smtp.sock.getpeercert() or {}).get("notAfter")
    return [] if not isinstance(until, str) else [certificate(name, until, now=now)]


def certificate(name: str, until: str, *, now: datetime) -> Finding:
    """`until` as a certificate writes it: Jun  1 12:00:00 2026 GMT."""
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)
    days = (ends - now).days
    what = f"the certificate of {name} ends on {ends:%Y-%m-%d}, in {days} days"
    return Finding(ends - now > _CERTIFICATE_NEARS_ITS_END, what, "Renew it: from that day on no mail goes out.")


def _its_clock(name: str, greeting: bytes, *, now: datetime) -> list[Finding]:
    """Some servers say the time when they greet."""
    found = _DATE.search(_words(greeting))
    if found is None:
        return []
    try:
        theirs = parsedate_to_datetime(found.group())
    except ValueError:
        return []
    return [apart(f"the clock of {name}", theirs, now=now)]


def apart(whose: str, theirs: datetime, *, now: datetime) -> Finding:
    """How far another clock is from this machine's."""
    seconds = int((now - theirs).total_seconds())
    if abs(seconds) < 60:
        return Finding(True, f"{whose} and ours agree to the minute")
    size = abs(seconds)
    words = f"{size // 86400} days" if size >= 172800 else f"{size // 3600} h" if size >= 7200 else f"{size // 60} min"
    what = f"our clock is {words} {'ahead of' if seconds > 0 else 'behind'} {whose}"
    mend = "Let this machine keep time by NTP (`timedatectl`): due moments and links are judged by its clock."
    return Finding(False, what, mend, broken=size >= 300)


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300].rstrip(".")


# --- back ---------------------------------------------------------------------------------------


def _mailbox(app: App) -> list[Finding]:
    wanted = app.settings.inbound.imap
    if wanted is None:
        return []
    place = f"the mailbox {wanted.username} on {wanted.host}:{wanted.port}"
    box: ImapMailbox | None = None
    try:
        box = ImapMailbox(wanted, password=settings.imap_password(wanted))
        box.open()
        return [Finding(True, f"{place} lets us in"), *_set_aside(app, box.name)]
    except Misconfigured as mistake:
        return [Finding(False, f"{place}: {mistake.problem}", mistake.mend, broken=True)]
    except Upstream as trouble:
        what, _, mend = str(trouble).partition(". ")
        what = what.rstrip(".").replace("The ", "the ", 1) if what.startswith("The ") else what.rstrip(".")
        return [Finding(False, what, mend or "Correct [inbound.imap] in voc.toml.", broken=True)]
    finally:
        if box is not None:
            box.close()


def _set_aside(app: App, name: str) -> list[Finding]:
    with app.database.read() as db:
        aside = [mail for one in mailboxes.standing(db) if one.name == name for mail in one.set_aside]
    if not aside:
        return []
    numbers = ", ".join(str(mail.uid) for mail in aside)
    mend = "Read them there and do what they ask; moved to another folder and back they are read again."
    return [Finding(False, f"mails could not be read and were left in the mailbox: number {numbers}", mend)]


def _listener(app: App) -> list[Finding]:
    """Our own worker holds its port; anybody else on it keeps mail from us."""
    wanted = app.settings.inbound.listener
    if wanted is None:
        return []
    place = f"{wanted.host}:{wanted.port}"
    with app.database.read() as db:
        standing = next((one for one in mailboxes.standing(db) if one.name == "listener"), None)
    trouble = standing.trouble if standing is not None else None
    mend = (
        f"Find out who holds it (`ss -ltnp 'sport = :{wanted.port}'`), or name another port under [inbound.listener]."
    )
    if trouble is not None:
        return [Finding(False, f"the listener on {place} does not listen: {trouble.rstrip('.')}", mend, broken=True)]
    if _is_free(wanted.host, wanted.port):
        what = f"nobody listens on {place}, where mail should come back"
        return [Finding(False, what, "Start a worker: `voc serve` or `voc worker`.", broken=True)]
    if standing is None:
        what = f"{place}, where mail should come back, is taken by another program"
        return [Finding(False, what, mend, broken=True)]
    return [Finding(True, f"the listener on {place} takes mail that comes back")]


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return False
    except OSError:
        return True


def _webhooks(app: App) -> list[Finding]:
    with app.database.read() as db:
        found = ways.providers(db, now=app.now())
    return [
        _webhook(one.name, has_key=one.has_key, refused=sum(one.refused.values()), why=list(one.refused))
        for one in found
    ]


def _webhook(name: str, *, has_key: bool, refused: int, why: Sequence[str]) -> Finding:
    if not refused:
        return Finding(True, f"the webhook of {name} takes events" if has_key else f"no webhook calls of {name}")
    calls = "1 call was" if refused == 1 else f"{refused} calls were"
    if not has_key:
        what = f"{calls} refused in 7 days: {name} sends events, and no key of it is set"
        return Finding(
            False, what, f"Enter its key under Settings > Webhooks, or take the hook out at {name}.", broken=True
        )
    what = f"{calls} of {name} refused in 7 days: {', '.join(one.replace('_', ' ') for one in why)}"
    return Finding(False, what, "See Settings > Webhooks: an old key, or somebody who is not the provider.")


# --- the DNS ------------------------------------------------------------------------------------


def dns_findings(app: App) -> list[Finding]:
    """Looked up now, and kept for the pages."""
    sending = dns.sending_of(app.settings)
    not_checked = "a demonstration's company is invented" if app.demo else why_not_checked(sending)
    if not_checked is not None:
        return [Finding(True, f"SPF, DKIM and DMARC are not looked up: {not_checked}")]
    try:
        found = dns.check_dns(app.database, sending, Nameserver(app.settings.nameservers), now=app.now())
    except VocError as mistake:
        return [Finding(False, f"SPF, DKIM and DMARC cannot be looked up: {mistake}")]
    return [_dns(one) for one in found]


def _dns(one: DnsFinding) -> Finding:
    good = one.verdict in (Verdict.WELL, Verdict.TOLD)
    record = f" Publish: {one.record.name} {one.record.type} {one.record.value}" if one.record is not None else ""
    what = one.what.rstrip(".")
    return Finding(good, what if what.startswith(one.about) else f"{one.about}: {what}", f"{one.why}{record}")
