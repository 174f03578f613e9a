"""The DNS, asked one record at a time: whatever comes back, or does not, becomes an `Answer`."""

import re
from collections.abc import Sequence

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver

from voc.base import clock
from voc.delivery.dns_check import Sending, still_to_ask
from voc.delivery.spf import Answer, Known, Question, Seen

_MOST_QUESTIONS = 80  # a hostile record may lead to any number of others
_MOST_SECONDS = 45.0  # and each of them to a server that answers late
_MOST_VALUES = 30
_LONGEST = 4096
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\x80-\U0010ffff]")


class Nameserver:
    """`servers`: `9.9.9.9` or `127.0.0.1:5353`; without any, those of the machine. `seconds` bounds each question."""

    def __init__(self, servers: Sequence[str] = (), *, seconds: float = 4.0) -> None:
        self._trouble = ""
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.exception.DNSException as mistake:
            self._resolver = dns.resolver.Resolver(configure=False)
            self._trouble = _words(mistake)
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*_place(one)) for one in servers]
        self._resolver.timeout = seconds / 2  # a lost packet is asked for once more
        self._resolver.lifetime = seconds

    def ask(self, name: str, type: str) -> Answer:
        """Never raises for what the DNS does."""
        if self._trouble:
            return Answer(Seen.FAILED, trouble=self._trouble)
        try:
            found = self._resolver.resolve(name, type, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return Answer(Seen.NONE)
        except dns.resolver.LifetimeTimeout:
            return Answer(Seen.FAILED, trouble=f"it did not answer within {self._resolver.lifetime:g} seconds")
        except dns.resolver.NoNameservers as mistake:
            return Answer(Seen.FAILED, trouble=_refusals(mistake))
        except (dns.exception.DNSException, OSError, ValueError) as mistake:
            return Answer(Seen.FAILED, trouble=_words(mistake))
        values = tuple(_text(record, type) for record in list(found)[:_MOST_VALUES]) if found.rrset is not None else ()
        return Answer(Seen.FOUND, values) if values else Answer(Seen.NONE)


def look(sending: Sending, nameserver: Nameserver, *, seconds: float = _MOST_SECONDS) -> Known:
    """Ask until nothing more must be known, too much was asked, or it took that long: somebody waits for the page."""
    known: dict[Question, Answer] = {}
    until = clock.seconds() + seconds
    while wanted := still_to_ask(sending, known):
        for question in wanted:
            if len(known) >= _MOST_QUESTIONS or clock.seconds() > until:
                return known
            known[question] = nameserver.ask(*question)
    return known


def _place(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    return (host.strip("[]"), int(port)) if colon and ("." in host or "]" in host) else (server, 53)


def _text(record: object, type: str) -> str:
    strings: tuple[bytes, ...] | None = getattr(record, "strings", None) if type == "TXT" else None
    words = str(record) if strings is None else b"".join(strings).decode("utf-8", "replace")
    return _UNPRINTABLE.sub("�", words)[:_LONGEST]


def _refusals(mistake: dns.resolver.NoNameservers) -> str:
    told = {str(error[3]).split(" at ")[0] for error in mistake.kwargs.get("errors", ()) if len(error) > 3}
    return _UNPRINTABLE.sub(" ", f"it answered {', '.join(sorted(told))}"[:200]) if told else "no server answered"


def _words(mistake: Exception) -> str:
    return _UNPRINTABLE.sub(" ", (str(mistake) or type(mistake).__name__)[:200]).rstrip(".")
