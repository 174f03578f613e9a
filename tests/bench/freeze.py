"""Mails a second from a due step to frozen bytes: what one costs to write, to sign and to encrypt, and the whole half.

In the same run: the same mail by `EmailMessage` for each recipient, and the plain way (templates filled,
then encoded). Both databases sync every commit to the disk. Processor time is told beside the clock's,
since a busy machine takes the one and not the other.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests import postgres
from tests.bench.report import Report
from tests.builders import NOW
from tests.delivery.test_mail import ASKED, ENGLISH, letter
from tests.delivery.world import SETTINGS, add_due_wave, install, queue_due
from voc.base import clock, log, migrate
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.campaigns.store import claim_due
from voc.delivery import dkim, headers, mime, stencil
from voc.delivery.model import Party
from voc.delivery.render import Letter, render

PEOPLE = 4_000
BATCH = 200
DANA = Party("Dana Whitlock", "dana@kestrel.example")


def run(report: Report) -> None:
    log.configure(json_lines=False, level="ERROR")
    people = report.rows or PEOPLE
    _writing(report, people)
    with tempfile.TemporaryDirectory() as folder:
        _frozen(report, "sqlite", f"sqlite:///{Path(folder) / 'voc.db'}", people)
    with postgres.running(durable=True) as server, server.database() as url:
        _frozen(report, "postgresql", url, people)


def _letters(count: int) -> Iterator[Letter]:
    for number in range(count):
        token = RandomTokens().new()
        yield letter(first_name=f"Ana {number}", name=f"Ana {number} Ruiz", answer_token=token, unsubscribe_token=token)


def _writing(report: Report, people: int) -> None:
    for_each = {
        "written_by_stencil": (by_stencil, people),
        "written_plainly": (plainly, people // 8),
        "written_by_EmailMessage": (by_email_message, people // 8),
    }
    for name, (write, count) in for_each.items():
        letters = list(_letters(count))
        write(letters[0])
        report.add(name, count / _seconds(partial(_each, write, letters)), "messages/s")
    mail, vault = by_stencil(letter()), Vault([new_key()])
    report.add("mail_size", len(mail), "bytes")
    report.add("mail_size_encrypted", len(vault.encrypt(mail)), "bytes")
    report.add("encrypted", 1_000 / _seconds(lambda: [vault.encrypt(mail) for _ in range(1_000)]), "messages/s")
    keys: dict[str, dkim.PrivateKey] = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    for name, key in keys.items():
        signer = dkim.Signer("kestrel.example", "voc1", key)
        signed = _seconds(partial(_each, partial(signer.sign, now=NOW), [mail] * 500))
        report.add(f"signed_{name}", 500 / signed, "messages/s")


def _each(work: Callable[[Any], object], items: Sequence[Any]) -> None:
    for item in items:
        work(item)


def _seconds(work: Callable[[], object]) -> float:
    """Of the processor."""
    started = process_time()
    work()
    return process_time() - started


def by_stencil(of: Letter) -> bytes:
    values = stencil.values_of(of, ENGLISH)
    cut = stencil.stencil(ASKED, ENGLISH, of, stencil.widths_of(values))
    assert cut is not None
    head = mime.head(
        origin=mime.origin(DANA, ()),
        to=Party(of.name, "ana@calder.example"),
        subject_line=cut.subject_line(values),
        message_id="<0123@kestrel.example>",
        date="Tue, 03 Mar 2026 09:00:00 +0000",
        more=headers.list_unsubscribe(f"{of.base_url}/u/{of.unsubscribe_token}"),
    )
    return head + cut.filled(values, border="=_0123")


def plainly(of: Letter) -> bytes:
    rendered = render(ASKED, ENGLISH, of)
    return mime.assemble(
        sender=DANA,
        to=Party(of.name, "ana@calder.example"),
        subject_line=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id="<0123@kestrel.example>",
        at=NOW,
        more=headers.list_unsubscribe(f"{of.base_url}/u/{of.unsubscribe_token}"),
    )


def by_email_message(of: Letter) -> bytes:
    rendered = render(ASKED, ENGLISH, of)
    mail = EmailMessage()
    mail["From"] = f"{DANA.name} <{DANA.address}>"
    mail["To"] = f"{of.name} <ana@calder.example>"
    mail["Subject"] = rendered.subject
    mail["Date"] = format_datetime(NOW)
    mail["Message-ID"] = "<0123@kestrel.example>"
    for name, value in headers.list_unsubscribe(f"{of.base_url}/u/{of.unsubscribe_token}"):
        mail[name] = value
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    return mail.as_bytes()


def _frozen(report: Report, name: str, url: str, people: int) -> None:
    """Claimed, written, encrypted and committed, in batches; and of that the claim alone, rolled back."""
    database, vault, tokens = Database(url), Vault([new_key()]), RandomTokens()
    migrate.upgrade(database)
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people + BATCH)

    def freeze() -> int:
        return queue_due(database, now=NOW, vault=vault, tokens=tokens, settings=SETTINGS, limit=BATCH)

    assert freeze() == BATCH  # statements and stencils are made with the first
    with database.begin() as db:
        inner = db.begin_nested()
        claimed = _seconds(lambda: claim_due(db, now=NOW, limit=BATCH))
        inner.rollback()
    started, busy, done = clock.seconds(), process_time(), 0
    while count := freeze():
        done += count
    wall, busy = clock.seconds() - started, process_time() - busy
    assert done == people
    report.add(f"{name}_frozen", done / wall, "messages/s")
    report.add(f"{name}_frozen_per_processor", done / busy, "messages/s")
    report.add(f"{name}_claimed_per_processor", BATCH / claimed, "messages/s")
    database.close()
