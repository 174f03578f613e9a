"""What a key may hold. Misconfigured names the key and the mend."""

import re
from urllib.parse import urlsplit

from voc.base.errors import Misconfigured
from voc.base.settings.model import Inbound, Mail, Settings, servers, variable_of

FASTEST = 1_000_000  # mails a second
_NAMESERVER = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?|[0-9a-fA-F:]+")
_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")  # a host without a dot may be a mail server of one's own
_SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_NAME_MEND = 'Write up to 40 letters, digits, dots and hyphens, such as "ses-frankfurt"'
_HOST = re.compile(r"[^@\s<>\",;:/]+|\[[^\]\s]+\]")
_A_YEAR = 365 * 24 * 60  # minutes
_SLOWEST = 0.001  # slower is a mistake, and at some point longer than a machine can wait
_DOMAIN = re.compile(r"[^@\s*]+\.[^@\s*]+")


def check(settings: Settings, place: str) -> None:
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
        variable = variable_of(server.name)
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
