"""A wave whose steps are due, and a mail server that keeps what it takes."""

import email
import email.policy
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, select

from tests.builders import NOW, add_account, add_campaign, add_contact, add_csm, add_invitation, add_wave
from voc.base import installations, preferences, schema, stencils
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Mail, Server, Settings
from voc.base.tokens import RandomTokens, Tokens
from voc.campaigns import questionnaire
from voc.delivery.run.alarms import Worker
from voc.delivery.run.freezing import freeze_due
from voc.delivery.smtp import SmtpRelay

QUESTIONNAIRES = Path(__file__).parents[2] / "questionnaires"
SETTINGS = Settings(
    base_url="https://voice.kestrel.example",
    mail=Mail(from_address="feedback@kestrel.example", bounce_domain="bounce.kestrel.example", per_second=10_000),
)
DUE_AT = NOW - timedelta(minutes=20)


def install(db: Connection, **wanted: Any) -> None:
    """An installation that sends to real people, unless told otherwise."""
    installations.create(db, epoch="here", now=NOW)
    preferences.change(db, {"company": "Kestrel Works", "test_mode": False, **wanted}, actor="test", now=NOW)


def add_due_wave(db: Connection, *, people: int = 1, first: dict[str, Any] | None = None, **invitation: Any) -> int:
    """A running wave with an invitation due for each of so many people, each at an account of their own."""
    add_csm(db, email="dana.whitlock@kestrel.example", title="Customer success manager")
    files = questionnaire.read_folder(QUESTIONNAIRES, "relationship")
    version = {"name": "relationship", "hash": questionnaire.content_hash(files), "files": files, "created_at": NOW}
    table = schema.questionnaire_version
    version_id = db.execute(table.insert().values(**version).returning(table.c.id)).scalar_one()
    wave_id = add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=version_id)
    for number in range(1, people + 1):
        add_account(db, f"acc-{number}")
        add_contact(db, f"con-{number}", account_id=f"acc-{number}", **((first or {}) if number == 1 else {}))
        values = {"next_step": "invite", "intended_on": NOW.date(), "due_at": DUE_AT, **invitation}
        add_invitation(db, wave_id=wave_id, contact_id=f"con-{number}", account_id=f"acc-{number}", **values)
        db.execute(
            schema.census_member.insert().values(
                wave_id=wave_id, contact_id=f"con-{number}", account_id=f"acc-{number}", roles=["champion"]
            )
        )
    return wave_id


def queue_due(
    database: Database, *, now: datetime, vault: Vault, tokens: Tokens, settings: Settings, limit: int = 200
) -> int:
    """Freeze what is due before anybody sends it; how many. Call again until 0."""
    worker = Worker("planner", vault, SetClock(now), tokens, settings)
    return freeze_due(database, worker, now=now, limit=limit).frozen


def queue_all(database: Database, vault: Vault, *, now: datetime = NOW, settings: Settings = SETTINGS) -> int:
    queued = 0
    while step := queue_due(database, now=now, vault=vault, tokens=RandomTokens(), settings=settings):
        queued += step
    return queued


def messages(database: Database) -> list[Any]:
    with database.read() as db:
        return list(db.execute(select(schema.message).order_by(schema.message.c.id)).all())


def frozen(database: Database, row: Any, vault: Vault) -> bytes:
    """The mail of that message as it is kept now."""
    with database.read() as db:
        return stencils.opened(db, row.body, vault=vault)


def states(database: Database) -> Counter[str]:
    return Counter(row.state for row in messages(database))


class Sink:
    """Takes every mail; with a file, each is on the disk before its 250 leaves."""

    def __init__(self, log: Path | None = None) -> None:
        self.mails: list[tuple[str, str, bytes]] = []
        self._log = log
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        content = envelope.original_content or b""
        with self._lock:
            for recipient in envelope.rcpt_tos:
                self.mails.append((envelope.mail_from or "", recipient, content))
            if self._log is not None:
                with self._log.open("a") as file:
                    file.write(f"{envelope.mail_from}\n")
                    file.flush()
                    os.fsync(file.fileno())
        return "250 2.0.0 kept"

    def letters(self) -> list[EmailMessage]:
        found = [email.message_from_bytes(content, policy=email.policy.default) for _from, _to, content in self.mails]
        return [letter for letter in found if isinstance(letter, EmailMessage)]

    @property
    def recipients(self) -> list[str]:
        return [recipient for _from, recipient, _content in self.mails]


@contextmanager
def serving(handler: Any, *, port: int | None = None) -> Iterator[int]:
    """A real mail server on a free port of this machine."""
    port = port or free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def relay_to(port: int, **server: Any) -> SmtpRelay:
    wanted = {"name": f"127.0.0.1:{port}", "host": "127.0.0.1", "port": port, "security": "none"}
    more = {"per_second": 10_000.0, "timeout_seconds": 5.0, **server}
    return SmtpRelay(Server(**{**wanted, **more}), us="kestrel.example")
