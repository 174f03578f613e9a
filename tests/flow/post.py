"""The mail server of the story: it keeps every mail with the moment at which it came, and mails come back from it."""

import email
import email.policy
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from aiosmtpd.smtp import SMTP, Envelope, Session

from voc.base.clock import Clock


@dataclass(frozen=True)
class Mail:
    """One mail as the sink took it. The address is the one it was for."""

    at: datetime
    return_path: str
    recipient: str
    letter: EmailMessage

    @property
    def sender(self) -> str:
        return parseaddr(str(self.letter["From"]))[1]

    @property
    def subject(self) -> str:
        return str(self.letter["Subject"])

    @property
    def message_id(self) -> str:
        return str(self.letter["Message-ID"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def links(self) -> list[str]:
        """Every address in the HTML part, as a gateway reads it."""
        return [link.replace("&amp;", "&") for link in re.findall(r'href="(http[^"]+)"', self._part("html"))]

    @property
    def asks(self) -> bool:
        """It holds the links of the scores: an invitation or a reminder."""
        return any("/q/" in link for link in self.links)

    def link(self, score: int) -> str:
        return next(link for link in self.links if link.endswith(f"?score={score}"))

    def _part(self, kind: str) -> str:
        part = self.letter.get_body((kind,))
        assert part is not None, f"no {kind} part"
        found: str = part.get_content()
        return found


class Post:
    """A handler for aiosmtpd. `clock` is the story's: a mail comes when it was set to."""

    def __init__(self) -> None:
        self.clock: Clock | None = None
        self.mails: list[Mail] = []
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        assert self.clock is not None
        letter = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        with self._lock:
            for recipient in envelope.rcpt_tos:
                self.mails.append(Mail(self.clock.now(), envelope.mail_from or "", recipient, letter))
        return "250 2.0.0 kept"

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.recipient == address]


def bounced(mail: Mail, *, at: datetime) -> bytes:
    """There is no such mailbox (RFC 3464)."""
    return (
        "From: Mail Delivery System <mailer-daemon@mx.example>\r\n"
        f"To: {mail.return_path}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Date: {format_datetime(at)}\r\nMessage-ID: <bounce.1@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {mail.recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{mail.recipient}>: user unknown\r\n"
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {mail.message_id}\r\n\r\n--b--\r\n"
    ).encode()


def gone(mail: Mail, *, successor: str, successor_address: str, at: datetime) -> bytes:
    """The automatic reply of a mailbox whose owner has left."""
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = mail.recipient, mail.return_path, "Automatic reply"
    reply["Date"], reply["Message-ID"] = format_datetime(at), "<reply.1@mx.example>"
    reply["In-Reply-To"], reply["Auto-Submitted"] = mail.message_id, "auto-replied"
    reply.set_content(
        "Thank you for your message. I am no longer with the company. "
        f"Please contact {successor} ({successor_address}) instead.\n"
    )
    return reply.as_bytes()
