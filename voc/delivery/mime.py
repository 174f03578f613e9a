"""A mail as bytes: 7-bit clean, CRLF line ends, the same every time from the same values.

Built from joined bytes and not from `EmailMessage`, which stops at some 500 mails a second.
"""

import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime

from voc.delivery import headers
from voc.delivery.model import Party

PART = "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


def border(message_id: str) -> str:
    """`=_` can stand in no quoted-printable text, so no part can hold its own border."""
    return f"=_{message_id.strip('<>').partition('@')[0]}"


def assemble(
    *,
    sender: Party,
    to: Party,
    subject_line: str,
    text: str,
    html: str,
    message_id: str,
    at: datetime,
    reply_to: Party | None = None,
    more: Iterable[tuple[str, str]] = (),
) -> bytes:
    """The whole mail. `message_id` has its angle brackets. Text and HTML have \\n line ends."""
    return head(
        origin=origin(sender, () if reply_to is None else (reply_to,)),
        to=to,
        subject_line=subject_line,
        message_id=message_id,
        date=format_datetime(at),
        more=more,
    ) + body(text, html, border=border(message_id))


def body(text: str, html: str, *, border: str) -> bytes:
    """The empty line below the headers, then both parts."""
    line = b"\r\n--" + border.encode("ascii")
    return b"".join((line, b"\r\n", _part("plain", text), line, b"\r\n", _part("html", html), line, b"--\r\n"))


def origin(sender: Party, reply_to: Sequence[Party]) -> str:
    """The header lines that say whom a mail is from, and whom a reply goes to where that is somebody else or more."""
    people = ",\r\n ".join(map(headers.party, reply_to))
    answers = f"Reply-To: {people}\r\n" if people else ""
    return f"From: {headers.party(sender)}\r\n{answers}"


def head(
    *, origin: str, to: Party, subject_line: str, message_id: str, date: str, more: Iterable[tuple[str, str]]
) -> bytes:
    """All headers up to the body, which begins with an empty line and the first border."""
    others = "".join([f"{name}: {value}\r\n" for name, value in more])
    return (
        f"{origin}To: {headers.party(to)}\r\nSubject: {headers.subject(subject_line)}\r\nDate: {date}\r\n"
        f"Message-ID: {headers.checked('Message-ID', message_id)}\r\n{others}MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{border(message_id)}"\r\n'
    ).encode("ascii")


def _part(kind: str, text: str) -> bytes:
    shown = quoted(text)
    return PART.format(kind=kind).encode("ascii") + shown + (b"" if shown.endswith(b"\n") else b"\r\n")


def quoted(text: str) -> bytes:
    """Quoted-printable, with CRLF line ends and no other: a lone CR is a line end to some servers on the way."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return binascii.b2a_qp(lines.encode("utf-8"), istext=True).replace(b"\n", b"\r\n")


def quoted_part(text: str) -> bytes:
    """A part of a line in quoted-printable: its last line has 75 columns at most, so that a soft end fits behind it."""
    before, end, last = quoted(text).rpartition(b"\r\n")
    if len(last) <= _COLUMNS:
        return before + end + last
    kept, moved = (last[:-3], last[-3:]) if last[-3:-2] == b"=" else (last[:-1], last[-1:])
    return before + end + kept + b"=\r\n" + (b"=2E" if moved == b"." else moved)  # a lone dot ends a mail


_COLUMNS = 75
_TOKEN = re.compile(rb"(/[qu]/)[A-Za-z0-9_-]{20,}")


def masked(mail: bytes) -> bytes:
    """The mail with the secret part of its links struck out, for keeping once it was sent."""
    head, blank, body = mail.partition(b"\r\n\r\n")
    # Quoted-printable breaks long lines with a `=` at the end: a token may be cut in two there.
    whole = body.replace(b"=\r\n", b"")
    return _TOKEN.sub(rb"\1...", head) + blank + _TOKEN.sub(rb"\1...", whole)
