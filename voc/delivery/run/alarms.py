"""Mail to the admins about something that cannot wait for somebody to look at a page."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base.clock import Clock
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import MessageKind
from voc.delivery.run.queueing import queue
from voc.delivery.store import inbox


@dataclass(frozen=True)
class Worker:
    """A process that sends, and what it works with."""

    name: str
    vault: Vault
    clock: Clock
    tokens: Tokens
    settings: Settings


def tell_admins(db: Connection, *, key: str, subject: str, text: str, worker: Worker, now: datetime) -> None:
    """One mail to each; the same key sends nothing again."""
    for number, admin in enumerate(inbox.admins(db)):
        queue(
            db,
            key=f"{key}:{number}",
            kind=MessageKind.ALERT,
            to=admin,
            subject=subject,
            body_text=text,
            now=now,
            vault=worker.vault,
            tokens=worker.tokens,
            settings=worker.settings,
        )
