"""What an installation needs to start: voc.toml, overruled by VOC_* variables. Checked at start.

What a programme owner changes from day to day (standards, calendar, limits) is in the database:
`voc.base.preferences`. Secrets come from variables or files, never from voc.toml itself.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from voc.base import toml
from voc.base.errors import Misconfigured
from voc.base.secrets import KEY_FILE, Vault

FILE = "voc.toml"
FASTEST = 1_000_000  # mails a second
_LISTS = frozenset({"crm_private_hosts", "nameservers"})
_NAMESERVER = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?|[0-9a-fA-F:]+")
_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")  # a host without a dot may be a mail server of one's own
_SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_NAME_MEND = 'Write up to 40 letters, digits, dots and hyphens, such as "ses-frankfurt"'
_HOST = re.compile(r"[^@\s<>\",;:/]+|\[[^\]\s]+\]")
_A_YEAR = 365 * 24 * 60  # minutes
_SLOWEST = 0.001  # slower is a mistake, and at some point longer than a machine can wait
_DOMAIN = re.compile(r"[^@\s*]+\.[^@\s*]+")


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


def load(folder: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings of the installation in that folder. Misconfigured names the key and the mend."""
    path = folder / FILE
    # utf-8-sig: some editors put a mark before the first line.
    return parse(_text(path, "utf-8-sig") if path.exists() else "", folder, environ)


def _text(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding)
    except UnicodeDecodeError:
        raise Misconfigured(str(path), f"not readable as {encoding}", "Save it as plain text in UTF-8") from None
    except OSError as mistake:
        raise Misconfigured(str(path), f"it cannot be read: {mistake.strerror}", "Let it be a readable file") from None


def parse(text: str, folder: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The same from the text of a voc.toml that stands, or will stand, in that folder."""
    path = folder / FILE
    try:
        raw: dict[str, Any] = toml.read(text)
    except toml.NotToml as mistake:
        raise Misconfigured(str(path), f"not readable as TOML: {mistake}", "Correct that line") from None
    for name, value in environ.items():
        if name.startswith("VOC_MAIL_PASSWORD") and name != "VOC_MAIL_PASSWORD_FILE":
            continue
        if name.startswith("VOC_MAIL_"):
            section = raw.setdefault("mail", {})
            if not isinstance(section, dict):
                raise Misconfigured(f"{path}: mail", "it is one value", "Write [mail], and each key on a line below")
            section[name.removeprefix("VOC_MAIL_").lower()] = value
        elif name.startswith("VOC_") and name.removeprefix("VOC_").lower() in Settings.__struct_fields__:
            key = name.removeprefix("VOC_").lower()
            raw[key] = [one.strip() for one in value.split(",") if one.strip()] if key in _LISTS else value
    try:
        settings = msgspec.convert(raw, Settings, strict=False)
    except msgspec.ValidationError as mistake:
        raise Misconfigured(
            str(path), str(mistake), "The README lists the keys, under “Settings of the machine”"
        ) from None
    _check(settings, str(path))
    return _anchored(settings, folder)


def _check(settings: Settings, place: str) -> None:
    if not _is_site(settings.base_url):
        told = f"{settings.base_url!r} is not the address of a site alone, without path or slash at its end"
        mend = "Write https://feedback.example.com: pages and their cookies live at the root of a host of their own"
        raise Misconfigured(f"{place}: base_url", told, mend)
    if not _ADDRESS.fullmatch(settings.mail.from_address):
        raise Misconfigured(f"{place}: mail.from_address", "not an address", "Write feedback@example.com")
    for server in settings.nameservers:
        if not _NAMESERVER.fullmatch(server):
            raise Misconfigured(f"{place}: nameservers", f"{server!r} is no address", 'Write ["9.9.9.9"]')
    if not 0 < settings.port < 65536:
        raise Misconfigured(f"{place}: port", f"{settings.port} is not a port", "Write a number from 1 to 65535")
    if not 1 <= settings.sync_every_minutes <= _A_YEAR:
        told = "must be 1 or more, and no longer than a year"
        raise Misconfigured(f"{place}: sync_every_minutes", told, "Write 60 for once an hour")
    if not 0 <= settings.trusted_proxies <= 20:
        mend = "Write how many proxies of yours a request goes through, 0 for none"
        raise Misconfigured(f"{place}: trusted_proxies", "must be 0 to 20", mend)
    for key in ("host", "secret_key_file", "state_file", "erased_file"):
        if not getattr(settings, key).strip():
            raise Misconfigured(f"{place}: {key}", "it is empty", "Take the line out, or name one")
    bounces = settings.mail.bounce_domain
    if bounces is not None and not _HOST.fullmatch(bounces):
        raise Misconfigured(f"{place}: mail.bounce_domain", "not a domain", "Write bounce.example.com")
    _check_inbound(settings.inbound, place)
    _check_oidc(settings, f"{place}: oidc")
    _check_servers(settings.mail, f"{place}: mail")


def _is_site(address: str) -> bool:
    """http(s), a host and perhaps a port. Links, forms and cookies name paths from the root."""
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        return False
    site = f"{parts.scheme}://{parts.netloc}"
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and address == site
        and re.fullmatch(r"[!-~]+", address) is not None
        and "@" not in parts.netloc
    )


def _check_servers(mail: Mail, place: str) -> None:
    names: set[str] = set()
    for server in servers(mail):
        here = f"{place}.relays {server.name}:" if mail.relays else place
        key = f"{here} " if mail.relays else f"{place}."
        if mail.relays and (not _SERVER_NAME.fullmatch(server.name) or server.name.lower() == "file"):
            raise Misconfigured(f"{place}.relays", f"{server.name!r} is no name for a mail server", _NAME_MEND)
        variable = _password_variable(server.name)
        if variable in names:
            raise Misconfigured(f"{place}.relays", f"{server.name!r} is there twice", "Give each a name of its own")
        names.add(variable)
        if not server.host.strip():
            raise Misconfigured(f"{key}host", "it is empty", "Write smtp.example.com")
        if not 0 < server.port < 65536:
            raise Misconfigured(f"{key}port", f"{server.port} is not a port", "Write a number from 1 to 65535")
        if not 1 <= server.connections <= 50:
            raise Misconfigured(f"{key}connections", "must be 1 to 50", "Write 4")
        if not _SLOWEST <= server.per_second <= FASTEST:  # not a number is neither
            raise Misconfigured(f"{key}per_second", f"must be {_SLOWEST} to {FASTEST:_}", "Write 20")
        if not 0 < server.timeout_seconds <= 600:
            raise Misconfigured(f"{key}timeout_seconds", "must be above 0, to 600", "Write 30")
    for domain, limit in mail.per_domain.items():
        if domain != "*" and not _DOMAIN.fullmatch(domain):
            raise Misconfigured(f"{place}.per_domain", f"{domain!r} is not a domain", 'Write "gmail.com", or "*"')
        if not _SLOWEST <= limit <= FASTEST:
            told = f"must be {_SLOWEST} to {FASTEST:_}"
            raise Misconfigured(f"{place}.per_domain {domain}", told, "Write the messages a minute")


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _check_inbound(inbound: Inbound, place: str) -> None:
    for key, way in (("imap", inbound.imap), ("listener", inbound.listener)):
        if way is not None and not 0 < way.port < 65536:
            raise Misconfigured(f"{place}: inbound.{key}.port", f"{way.port} is not a port", "Write 1 to 65535")
    if inbound.listener is not None and not inbound.listener.host.strip():
        raise Misconfigured(f"{place}: inbound.listener.host", "it is empty", "Write 127.0.0.1, or 0.0.0.0 for all")
    imap = inbound.imap
    if imap is None:
        return
    if imap.security == "none" and imap.host not in _LOOPBACK:
        told = "the password would cross the network readable"
        raise Misconfigured(f"{place}: inbound.imap.security", told, 'Write "tls" (port 993) or "starttls" (143)')
    if not 0 < imap.timeout_seconds <= 600:
        raise Misconfigured(f"{place}: inbound.imap.timeout_seconds", "must be above 0, to 600", "Write 30")
    if not imap.folder or any(ord(letter) < 32 for letter in imap.folder + imap.handled_folder):
        raise Misconfigured(f"{place}: inbound.imap.folder", "that is no name of a folder", 'Write "INBOX"')
    if imap.folder.lower() == imap.handled_folder.lower():
        told = "what is handled would stay among what is to be read"
        raise Misconfigured(f"{place}: inbound.imap.handled_folder", told, 'Write "voc/handled", or "" to leave it')


def _check_oidc(settings: Settings, place: str) -> None:
    oidc = settings.oidc
    if oidc is None:
        return
    issuer = urlsplit(oidc.issuer)
    if issuer.scheme != "https" or not issuer.hostname or issuer.query or issuer.fragment:
        told = f"{oidc.issuer!r} is not the https address of an issuer"
        raise Misconfigured(f"{place}.issuer", told, "Copy “issuer” from its /.well-known/openid-configuration")
    ours = urlsplit(settings.base_url)
    if ours.scheme != "https" and ours.hostname not in _LOOPBACK:
        told = "an issuer must not send people back without TLS"
        raise Misconfigured(f"{place}: base_url", told, "Write base_url with https://")
    if not oidc.client_id.strip():
        raise Misconfigured(f"{place}.client_id", "it is empty", "Write the id the issuer gave this application")
    if not oidc.name.strip() or len(oidc.name) > 40:
        raise Misconfigured(f"{place}.name", "must have 1 to 40 letters", 'Write what people call it: "Okta"')
    if not 0 < oidc.timeout_seconds <= 60:
        raise Misconfigured(f"{place}.timeout_seconds", "must be above 0, to 60", "Write 10")


def _anchored(settings: Settings, folder: Path) -> Settings:
    """Relative paths are meant from the folder of voc.toml, not from wherever the command runs."""
    prefix = "sqlite:///"
    database = settings.database
    if database.startswith(prefix) and not database.startswith(prefix + "/"):
        database = prefix + str((folder / database.removeprefix(prefix)).resolve())
    return msgspec.structs.replace(
        settings,
        database=database,
        secret_key_file=str((folder / settings.secret_key_file).resolve()),
        mail=_anchored_mail(settings.mail, folder),
        state_file=str((folder / settings.state_file).resolve()),
        erased_file=str((folder / settings.erased_file).resolve()),
        inbound=_anchored_inbound(settings.inbound, folder),
        oidc=settings.oidc and _anchored_oidc(settings.oidc, folder),
        questionnaires=None if settings.questionnaires is None else str((folder / settings.questionnaires).resolve()),
    )


def _anchored_mail(mail: Mail, folder: Path) -> Mail:
    def anchored(file: str | None) -> str | None:
        return None if file is None else str((folder / file).resolve())

    return msgspec.structs.replace(
        mail,
        password_file=anchored(mail.password_file),
        dkim=mail.dkim and msgspec.structs.replace(mail.dkim, key_file=str((folder / mail.dkim.key_file).resolve())),
        relays=[msgspec.structs.replace(one, password_file=anchored(one.password_file)) for one in mail.relays],
    )


def _anchored_inbound(inbound: Inbound, folder: Path) -> Inbound:
    if inbound.imap is None or inbound.imap.password_file is None:
        return inbound
    path = str((folder / inbound.imap.password_file).resolve())
    return msgspec.structs.replace(inbound, imap=msgspec.structs.replace(inbound.imap, password_file=path))


def _anchored_oidc(oidc: Oidc, folder: Path) -> Oidc:
    if oidc.client_secret_file is None:
        return oidc
    return msgspec.structs.replace(oidc, client_secret_file=str((folder / oidc.client_secret_file).resolve()))


def vault(settings: Settings, environ: Mapping[str, str] = os.environ) -> Vault:
    """The keys, newest first: VOC_SECRET_KEY (comma-separated) or the key file (a line each)."""
    if given := environ.get("VOC_SECRET_KEY"):
        return Vault([key.strip() for key in given.split(",")])
    path = Path(settings.secret_key_file)
    if not path.exists():
        mend = (
            f"Put the {path.name} of this installation back there, or its keys into VOC_SECRET_KEY."
            " A new key cannot read what is stored"
        )
        raise Misconfigured(str(path), "the key file is missing", mend)
    return Vault(key_entries(settings), read_again=lambda: key_entries(settings), stamp=lambda: _stamp(path))


def _stamp(path: Path) -> tuple[int, int] | None:
    """Another one for another file in that place; a file that is gone for a moment changes nothing."""
    try:
        here = path.stat()
    except OSError:
        return None
    return here.st_ino, here.st_mtime_ns


def key_entries(settings: Settings) -> list[str]:
    """What the key file holds, newest key first."""
    return _text(Path(settings.secret_key_file), "ascii").split()


def mail_password(
    settings: Settings, server: Server | None = None, environ: Mapping[str, str] = os.environ
) -> str | None:
    """Of that server of `servers`; of the first if none is named. None where there is none to give."""
    server = server or servers(settings.mail)[0]
    variable = password_variable(settings, server)
    if given := environ.get(variable):
        return given
    if server.password_file is None:
        return None
    path = Path(server.password_file)
    if not path.exists():
        place = f"mail.relays {server.name}: password_file" if settings.mail.relays else "mail.password_file"
        raise Misconfigured(place, f"{path} does not exist", f"Correct the path or set {variable}")
    return _text(path, "utf-8").strip()


def password_variable(settings: Settings, server: Server) -> str:
    """The variable that may hold that server's password."""
    return _password_variable(server.name) if settings.mail.relays else "VOC_MAIL_PASSWORD"


def imap_password(imap: Imap, environ: Mapping[str, str] = os.environ) -> str:
    """VOC_IMAP_PASSWORD, or what the file holds. Misconfigured where there is neither."""
    if given := environ.get("VOC_IMAP_PASSWORD"):
        return given
    key = "inbound.imap.password_file"
    if imap.password_file is None:
        raise Misconfigured(key, "there is no password", "Name a file with it there, or set VOC_IMAP_PASSWORD")
    path = Path(imap.password_file)
    if not path.exists():
        raise Misconfigured(key, f"{path} does not exist", "Correct the path, or set VOC_IMAP_PASSWORD")
    return _text(path, "utf-8").strip()


def _password_variable(name: str) -> str:
    return "VOC_MAIL_PASSWORD_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def oidc_secret(oidc: Oidc, environ: Mapping[str, str] = os.environ) -> str | None:
    """What we prove ourselves to the issuer with; None for a client that has none."""
    if given := environ.get("VOC_OIDC_SECRET"):
        return given
    if oidc.client_secret_file is None:
        return None
    path = Path(oidc.client_secret_file)
    if not path.exists():
        mend = "Correct the path or set VOC_OIDC_SECRET"
        raise Misconfigured("oidc.client_secret_file", f"{path} does not exist", mend)
    return _text(path, "utf-8").strip()
