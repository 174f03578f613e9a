"""A mail that came back, as its envelope and headers have it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage

from voc.delivery.addresses import same
from voc.delivery.plain import of_a_stranger
from voc.delivery.struck import struck_out
from voc.delivery.taking_apart import LONGEST, addresses, header, taken_apart, text_of

# Who the server delivered it to stands under many names; the headers of the mail itself come last.
_TO = (
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Forwarded-To",
    "X-Rcpt-To",
    "Apparently-To",
    "Resent-To",
    "To",
    "Cc",
)


@dataclass(frozen=True)
class Mail:
    """What the envelope and headers of a returned mail say. Addresses in small letters."""

    key: str  # its Message-ID, or nothing
    sent_to: tuple[str, ...]
    answers: tuple[str, ...]  # message ids of In-Reply-To and References, newest first
    sender: str
    subject: str
    text: str
    parsed: EmailMessage
    raw: bytes

    @property
    def essence(self) -> str:
        """What tells it from others where it has no Message-ID: not the lines that each server adds on its way."""
        _head, _empty, body = self.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        return "\n".join((header(self.parsed, "Date"), self.sender, self.subject, body.decode("latin-1").strip()))

    @property
    def attachments(self) -> int:
        return sum(part.is_attachment() for part in self.parsed.walk() if isinstance(part, EmailMessage))

    def went_to(self, address: str) -> bool:
        """Whether its writer sent it to that address too, as To and Cc say."""
        return any(same(address, one.lower()) for _name, one in addresses(self.parsed, "To", "Cc"))

    def is_from(self, address: str) -> bool:
        return same(self.sender, address)


def parse(raw: bytes, *, envelope_to: Iterable[str] = ()) -> Mail:
    """Never fails: what cannot be read is empty. `envelope_to` are the RCPT addresses, where they are known."""
    raw = raw[:LONGEST]
    parsed = taken_apart(raw)
    _name, address = next(iter(addresses(parsed, "From")), ("", ""))
    addressed = addresses(parsed, *_TO)
    answered = re.findall(r"<[^<>\s]+>", f"{header(parsed, 'References')} {header(parsed, 'In-Reply-To')}")
    return Mail(
        key=header(parsed, "Message-ID").strip(),
        sent_to=tuple(dict.fromkeys(to.lower() for to in [*envelope_to, *(to for _name, to in addressed)] if to)),
        answers=tuple(reversed(answered)),
        sender=address.lower(),
        subject=struck_out(of_a_stranger(header(parsed, "Subject"))),
        text=struck_out(text_of(parsed)),
        parsed=parsed,
        raw=raw,
    )
