"""A mail as bytes: 7-bit clean, CRLF line ends, the same every time from the same values.

Built from joined bytes and not from `EmailMessage`, which stops at some 500 mails a second.
"""

import binascii
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from voc.base.errors import Refused
from voc.delivery.addresses import on_the_wire
from voc.delivery.model import Party

Headers = Sequence[tuple[str, str]]

AUTOMATIC: Headers = (
    ("Auto-Submitted", "auto-generated"),
    ("Precedence", "bulk"),
    ("X-Auto-Response-Suppress", "All"),
)
"""For mail to our own people. Never on an invitation: they would silence "I am no longer with the company"."""


def subject(text: str) -> str:
    return _safe("Subject", text) if text.isascii() else Header(
        _safe("Subject", text), "utf-8", header_name="Subject"
    ).encode(linesep="\r\n")  # fmt: skip


def party(who: Party) -> str:
    """`Ana Ruiz <ana@...>`, quoted or encoded as the name needs it. Refused with a control character in either."""
    address = on_the_wire(_safe("address", who.address))
    if not address.isascii() or re.search(r"[\s<>,;:\"()\[\]\\]", address) or address.count("@") != 1:
        raise Refused(f"{address!r} cannot stand in a mail header: correct the address")
    name = _safe("name", who.name)
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', header_name='Reply-To').encode(linesep=chr(13) + chr(10))} <{address}>"


def list_unsubscribe(link: str) -> Headers:
    """RFC 8058: one click, a POST that acts at once and needs no login."""
    return (
        ("List-Unsubscribe", f"<{_safe('link', link)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def original_to(address: str) -> Headers:
    """Whom a mail in test mode was for."""
    shown = on_the_wire(_safe("address", address))
    return (("X-Original-To", shown if shown.isascii() else Header(shown, "utf-8").encode()),)


def threaded(references: Sequence[str]) -> Headers:
    """So that mail programs show the mail below the earlier ones of the same chase."""
    if not references:
        return ()
    return (("In-Reply-To", references[-1]), ("References", "\r\n ".join(references)))


def assemble(
    *,
    sender: Party,
    to: Party,
    subject_line: str,
    text: str,
    html: str | None,
    message_id: str,
    at: datetime,
    reply_to: Party | None = None,
    more: Iterable[tuple[str, str]] = (),
) -> bytes:
    """The whole mail. `message_id` has its angle brackets. Text and HTML have \\n line ends."""
    headers = [
        ("From", party(sender)),
        *([("Reply-To", party(reply_to))] if reply_to is not None else []),
        ("To", party(to)),
        ("Subject", subject(subject_line)),
        ("Date", format_datetime(at)),
        ("Message-ID", _safe("Message-ID", message_id)),
        *more,
        ("MIME-Version", "1.0"),
    ]
    body = _part("plain", text)
    if html is not None:
        # `=_` can stand in no quoted-printable text, so no part can hold its own border.
        border = f"=_{message_id.strip('<>').partition('@')[0]}"
        headers.append(("Content-Type", f'multipart/alternative; boundary="{border}"'))
        line = b"--" + border.encode("ascii")
        parts = (line, b"\r\n", body, b"\r\n", line, b"\r\n", _part("html", html), b"\r\n", line, b"--\r\n")
        body = b"\r\n" + b"".join(parts)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + body


def _part(kind: str, text: str) -> bytes:
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    quoted = binascii.b2a_qp(text.encode("utf-8"), istext=True)
    return head.encode("ascii") + quoted.replace(b"\n", b"\r\n") + (b"" if quoted.endswith(b"\n") else b"\r\n")


def _safe(where: str, value: str) -> str:
    """A line end in a header would start another header of the writer's choice."""
    for character in value:
        if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs"):
            raise Refused(f"The {where} {value!r} holds a control character: correct it where it comes from")
    return value


_TOKEN = re.compile(rb"(/[qu]/)[A-Za-z0-9_-]{20,}")


def masked(mail: bytes) -> bytes:
    """The mail with the secret part of its links struck out, for keeping once it was sent."""
    head, blank, body = mail.partition(b"\r\n\r\n")
    # Quoted-printable breaks long lines with a `=` at the end: a token may be cut in two there.
    whole = body.replace(b"=\r\n", b"")
    return _TOKEN.sub(rb"\1...", head) + blank + _TOKEN.sub(rb"\1...", whole)
