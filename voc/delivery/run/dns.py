"""Look at the DNS records of our mail, and keep what was found for the pages."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection

from voc.base.db import Database
from voc.base.errors import Misconfigured
from voc.base.settings import Settings
from voc.delivery import dkim
from voc.delivery.dns_check import DnsFinding, Sending, findings, why_not_checked
from voc.delivery.nameserver import Nameserver, look
from voc.delivery.store import checks

_NAME = "dns"


@dataclass(frozen=True)
class Checked:
    at: datetime
    found: list[DnsFinding]


def sending_of(settings: Settings) -> Sending:
    mail = settings.mail
    ours = mail.from_address.rpartition("@")[2].lower()
    domains = dict.fromkeys((ours, *(one.lower() for one in mail.authenticated_domains)))
    return Sending(
        from_domains=tuple(domains),
        return_domain=(mail.bounce_domain or ours).lower(),
        relay_hosts=tuple(dict.fromkeys([one.host.lower() for one in mail.relays] or [mail.host.lower()])),
        link_host=(urlsplit(settings.base_url).hostname or "").lower(),
        from_address=mail.from_address,
        signing=dkim.signing(settings),
    )


def not_checked(settings: Settings) -> str | None:
    """Why nothing can be looked up, or None. A page is shown where a key file is missing too."""
    try:
        return why_not_checked(sending_of(settings))
    except Misconfigured as mistake:
        return str(mistake).rstrip(".")


def look_up(sending: Sending, nameserver: Nameserver) -> list[DnsFinding]:
    """Empty where nobody's DNS could be asked. Takes seconds where the DNS is slow."""
    return [] if why_not_checked(sending) is not None else findings(sending, look(sending, nameserver))


def check_dns(database: Database, sending: Sending, nameserver: Nameserver, *, now: datetime) -> list[DnsFinding]:
    """The same, kept. No transaction is open while the DNS is asked."""
    found = look_up(sending, nameserver)
    with database.begin() as db:
        checks.keep(db, _NAME, msgspec.to_builtins(found), now=now)
    return found


def last_dns_check(db: Connection) -> Checked | None:
    kept = checks.last(db, _NAME)
    return None if kept is None else Checked(kept[0], msgspec.convert(kept[1], list[DnsFinding]))
