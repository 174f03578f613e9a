"""Mails that come back to the demo: bounces, auto-replies, a human word. Written as real servers write them."""

from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from voc.demo.company import Person


def bounce(person: Person, *, return_path: str, message_id: str, at: datetime) -> bytes:
    """A delivery status notification: there is no such mailbox any more (RFC 3464)."""
    status = (
        f"Reporting-MTA: dns; mx.{person.account.domain}\n\n"
        f"Final-Recipient: rfc822; {person.email}\n"
        "Action: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{person.email}>: user unknown\n"
    )
    parts = (
        ("text/plain; charset=utf-8", f"Your message to {person.email} could not be delivered: user unknown.\n"),
        ("message/delivery-status", status),
        ("text/rfc822-headers", f"Message-ID: {message_id}\nTo: {person.email}\n"),
    )
    boundary = "=_delivery_report"
    body = "".join(f"--{boundary}\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts) + f"--{boundary}--\n"
    heads = (
        f"From: Mail Delivery System <mailer-daemon@{person.account.domain}>\n"
        f"To: {return_path}\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        f"Date: {format_datetime(at)}\n"
        f"Message-ID: {make_msgid_of(person, at)}\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\n\n'
    )
    return (heads + body).replace("\n", "\r\n").encode()


def says_left(person: Person, *, return_path: str, message_id: str, at: datetime) -> bytes:
    """The auto-reply of a mailbox whose owner is gone, with the successor if there is one."""
    text = f"Thank you for your message. {person.first} {person.last} is no longer with the company."
    if person.successor is not None:
        heir = person.successor
        text += f" Please contact {heir.first} {heir.last} ({heir.email}) instead."
    return _automatic(person, text, return_path=return_path, message_id=message_id, at=at)


def away(person: Person, until: date, *, return_path: str, message_id: str, at: datetime) -> bytes:
    text = f"I am out of the office until {until:%-d %B %Y} with limited access to mail. I will answer after that."
    return _automatic(person, text, return_path=return_path, message_id=message_id, at=at)


def writes_back(person: Person, *, to: str, subject: str, message_id: str, at: datetime) -> bytes:
    """A person answers in their own words."""
    text = "Thanks for asking. Could we speak on Thursday instead? There are two things I would rather say than type."
    mail = _mail(person, text, to=to, message_id=message_id, at=at)
    mail["Subject"] = f"Re: {subject}"
    return mail.as_bytes()


def _automatic(person: Person, text: str, *, return_path: str, message_id: str, at: datetime) -> bytes:
    mail = _mail(person, text, to=return_path, message_id=message_id, at=at)
    mail["Subject"] = "Automatic reply"
    mail["Auto-Submitted"] = "auto-replied"
    return mail.as_bytes()


def _mail(person: Person, text: str, *, to: str, message_id: str, at: datetime) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{person.first} {person.last} <{person.email}>"
    mail["To"] = to
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid_of(person, at)
    mail["In-Reply-To"] = message_id
    mail.set_content(text + "\n")
    return mail


def make_msgid_of(person: Person, at: datetime) -> str:
    """The same for the same person and moment; the standard library's would differ each time."""
    return f"<{person.id}.{int(at.timestamp())}@{person.account.domain}>"
