"""The stand-in for everybody's mailbox: takes every mail, delivers none. Kept beside the database.

It speaks the same protocol as the real mail server (`delivery.model.Relay`), so that nothing in the
product knows about it.
"""

import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    insert,
    or_,
    select,
)

from voc.base.clock import Clock
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.types import Instant
from voc.delivery.model import Envelope, Handed, Line, Outcome, Stage

FILE = "mailbox.db"
_TOGETHER = 50
_metadata = MetaData()


class _Mail(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=True)
    at: Named[datetime] = Column(Instant)
    recipient: Named[str] = Column(String(320))
    sender: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    raw: Named[bytes] = Column(LargeBinary)


_mail = Table("mail", _metadata, _Mail, Index("ix_mail_recipient", "recipient", "id"))


@dataclass(frozen=True)
class Mail:
    """`id` counts up in the order of arrival; `mime` is None in listings."""

    id: int
    at: datetime
    recipient: str
    sender: str
    subject: str
    mime: EmailMessage | None = None


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self._database = Database(f"sqlite:///{folder / FILE}")
        with self._database.begin() as db:
            _metadata.create_all(db)
        self._waiting: list[dict[str, object]] = []
        self._lock = threading.Lock()

    def keep(self, *, at: datetime, recipient: str, raw: bytes) -> None:
        """Take one mail; it is written with those that come soon after it, and before anybody looks."""
        head = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
        row = {
            "at": at,
            "recipient": recipient,
            "sender": _readable(head["From"]),
            "subject": _readable(head["Subject"]),
            "raw": zlib.compress(raw, 6),
        }
        with self._lock:
            self._waiting.append(row)
            enough = len(self._waiting) >= _TOGETHER
        if enough:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            rows, self._waiting = self._waiting, []
        if rows:
            with self._database.begin() as db:
                db.execute(insert(_mail), rows)

    def listing(self, *, about: str = "", before: int | None = None, limit: int = 50) -> list[Mail]:
        """Newest first; `about` is part of an address or a subject, `before` the id to go on from."""
        self.flush()
        columns = _mail.c
        query = select(columns.id, columns.at, columns.recipient, columns.sender, columns.subject)
        if about:
            query = query.where(or_(columns.recipient.contains(about), columns.subject.contains(about)))
        if before is not None:
            query = query.where(columns.id < before)
        with self._database.read() as db:
            return [Mail(*row) for row in db.execute(query.order_by(columns.id.desc()).limit(limit))]

    def mail(self, id: int) -> Mail:
        self.flush()
        with self._database.read() as db:
            row = db.execute(select(_mail).where(_mail.c.id == id)).mappings().first()
        if row is None:
            raise NotFound("There is no such mail.")
        return Mail(row["id"], row["at"], row["recipient"], row["sender"], row["subject"], parsed(row["raw"]))

    def close(self) -> None:
        self.flush()
        self._database.close()


def _readable(header: object) -> str:
    return str(make_header(decode_header(str(header)))).replace("\r\n", "").replace("\n", "")


def parsed(compressed: bytes) -> EmailMessage:
    found = message_from_bytes(zlib.decompress(compressed), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


class DemoRelay:
    """Accepts every mail and puts it into the mailbox; `arrived` is told of each. One line, so that order is kept."""

    name = "mailbox of the demo"
    per_second = 1e6

    def __init__(self, mailbox: Mailbox, clock: Clock, arrived: Callable[[Envelope], None] | None = None) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._arrived = arrived

    @property
    def lines(self) -> Sequence[Line]:
        return [self]

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        if not before_final_dot():
            return None
        self._mailbox.keep(at=self._clock.now(), recipient=envelope.recipient, raw=envelope.mime)
        if self._arrived is not None:
            self._arrived(envelope)
        return Handed(Outcome.SENT, Stage.DOT, 250, "2.0.0 kept in the mailbox of the demo")

    def close(self) -> None:
        self._mailbox.flush()
