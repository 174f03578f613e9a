"""The keys of voc.toml, section by section, with what holds where nothing is written."""

import re
from typing import Literal

import msgspec

from voc.base.secrets import KEY_FILE


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several mail servers, `[[mail.relays]]`: each with limits of its own."""

    name: str  # ours, for pages and logs
    host: str
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password_file: str | None = None  # or the variable VOC_MAIL_PASSWORD_<NAME>
    per_second: float = 20.0
    connections: int = 4
    timeout_seconds: float = 30.0


class Dkim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[mail.dkim]`: sign here, where the mail server does not."""

    selector: str
    key_file: str  # the private key, PEM
    domain: str | None = None  # the from address's if not set


class Imap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[inbound.imap]`: the mailbox that bounces and replies come to."""

    host: str
    username: str
    port: int = 993
    security: Literal["none", "starttls", "tls"] = "tls"
    password_file: str | None = None  # or the variable VOC_IMAP_PASSWORD
    folder: str = "INBOX"
    handled_folder: str = "voc/handled"  # what was taken goes there; "" leaves it where it is, marked as handled
    timeout_seconds: float = 30.0


class Listener(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[inbound.listener]`: a mail server of our own hands them over to us."""

    protocol: Literal["lmtp", "smtp"] = "lmtp"
    host: str = "127.0.0.1"
    port: int = 2424


class Inbound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How mail comes back. Webhooks need no line: their keys are set on a page."""

    imap: Imap | None = None
    listener: Listener | None = None


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server that takes our mail, and who it comes from. `relays`, where there are any, stand instead of `host`."""

    host: str = "127.0.0.1"
    port: int = 25
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password_file: str | None = None  # or the variable VOC_MAIL_PASSWORD
    from_address: str = "feedback@localhost.localdomain"
    authenticated_domains: list[str] = []  # a CSM of these domains is the sender; others are in Reply-To
    bounce_domain: str | None = None  # of the return path; the from address's domain if not set
    # Who gets what people reply: the CSM and us, or the CSM alone; auto is both where mail that comes back is read.
    reply_to: Literal["auto", "both", "csm"] = "auto"
    per_second: float = 20.0
    connections: int = 4  # at the same time to the mail server, from each worker
    timeout_seconds: float = 30.0
    relays: list[Server] = []
    per_domain: dict[str, float] = {}  # messages a minute to one recipient domain; "*" is every other
    dkim: Dkim | None = None


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[oidc]`: signing in with the company's own accounts (OpenID Connect)."""

    issuer: str  # exactly as the issuer writes it, such as https://login.example.com/realms/staff
    client_id: str
    client_secret_file: str | None = None  # or the variable VOC_OIDC_SECRET
    name: str = "your company account"  # as in "Sign in with ..."
    other_hosts: list[str] = []  # of its token and key endpoints, where they are not on the issuer's own host
    private_hosts: list[str] = []  # names, addresses or ranges on your own network that may be called
    timeout_seconds: float = 10.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    database: str = "sqlite:///voc.db"
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    questionnaires: str | None = None  # a folder; the ones that ship if not set
    crm: str | None = None  # what `voc sync` reads on schedule, such as csv:/srv/export
    nameservers: list[str] = []  # asked about SPF, DKIM and DMARC, such as 9.9.9.9; the machine's own if none
    crm_private_hosts: list[str] = []  # names, addresses or ranges on your own network, spoken to even without TLS
    sync_every_minutes: int = 60
    log: Literal["json", "text"] = "text"
    secret_key_file: str = KEY_FILE  # or the variable VOC_SECRET_KEY
    state_file: str = "voc.state"  # what this folder last knew of its database: tells a copy from it
    erased_file: str = "erased.list"  # whom we were asked to forget, as keyed digests: outlives an older backup
    trusted_proxies: int = 0
    mail: Mail = Mail()
    inbound: Inbound = Inbound()
    oidc: Oidc | None = None


def sees_replies(settings: Settings) -> bool:
    """Whether what a person replies to a mail comes to us too, beside the CSM."""
    reads = settings.inbound.imap is not None or settings.inbound.listener is not None
    return settings.mail.reply_to == "both" or (settings.mail.reply_to == "auto" and reads)


def servers(mail: Mail) -> list[Server]:
    """The mail servers to send by: those named, or else the plain `[mail]` host as the only one."""
    return mail.relays or [
        Server(
            name=f"{mail.host}:{mail.port}",
            host=mail.host,
            port=mail.port,
            security=mail.security,
            username=mail.username,
            password_file=mail.password_file,
            per_second=mail.per_second,
            connections=mail.connections,
            timeout_seconds=mail.timeout_seconds,
        )
    ]


def password_variable(settings: Settings, server: Server) -> str:
    """The variable that may hold that server's password."""
    return variable_of(server.name) if settings.mail.relays else "VOC_MAIL_PASSWORD"


def variable_of(name: str) -> str:
    return "VOC_MAIL_PASSWORD_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
