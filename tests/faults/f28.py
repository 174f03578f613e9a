"""F28: after a run no log, page or export holds a live token or a secret, and no log what anybody answered."""

import io
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from litestar.testing import TestClient
from msgspec.structs import replace
from sqlalchemy import LargeBinary, select

from tests.builders import NOW
from tests.delivery.callers import callers
from tests.delivery.hooked import enter_keys
from tests.delivery.world import SETTINGS, Sink, add_due_wave, install, queue_all, relay_to, serving
from tests.faults.databases import fresh
from tests.faults.rendered import everything
from tests.faults.table import Result, Row, on_both
from tests.web.people import PASSWORD, add_staff, visitor
from voc.base import log, schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole
from voc.delivery import run as delivery
from voc.reports.export import write_files
from voc.web.asgi import create
from voc.web.context import App

_QUESTIONNAIRES = Path(__file__).parents[2] / "questionnaires"
_ANSWER = "planted: the invoices of Zanzibar are wrong"
_CRM_PASSWORD = "planted-crm-password-8c1f"
_LINK = re.compile(r"/[qu]/([A-Za-z0-9_-]{20,})")


def run(*, long: bool) -> Result:
    return on_both("F28", lambda engine: _row(engine, people=40 if long else 4))


def _row(engine: str, *, people: int) -> Row:
    key = new_key()
    vault, found = Vault([key]), []
    with fresh(engine) as database, _logs() as logs, tempfile.TemporaryDirectory() as folder:
        here = replace(SETTINGS, base_url="http://testserver.local")
        app = App(here, database, SetClock(NOW), RandomTokens(), vault, _QUESTIONNAIRES)
        tokens = _mailed(database, vault, people)
        enter_keys(database, vault)
        _answer(app, tokens)
        _write_back_and_fail(app, database, vault, tokens)
        secrets = {key, PASSWORD, _CRM_PASSWORD, *(str(one.key) for one in callers()), *tokens}
        pages = _pages(app, database)
        for name in write_files(database, Path(folder)):
            pages[f"export {name}"] = (Path(folder) / f"{name}.csv").read_text("utf-8-sig")
        stored = _stored(database)
        written = logs.getvalue()
    for place, text in {**pages, **stored, "the log": written}.items():
        found += [f"{place} holds {secret[:12]}..." for secret in sorted(secrets) if secret in text]
    people_said = (_ANSWER, "Zanzibar", "@calder.example")
    found += [f"the log holds {said!r}" for said in people_said if said in written]
    if not tokens or len(pages) < 60 or len(written) < 1_000 or _ANSWER not in pages["contact 1"] + pages["contact 2"]:
        found.append("nothing was logged, mailed, shown or answered")
    said = f"{len(secrets)} tokens and secrets in {len(pages)} pages and exports, {len(written):,} characters of log"
    return Row("planted tokens, secrets and answers", engine, len(secrets), said, tuple(found[:10]))


@contextmanager
def _logs() -> Iterator[io.StringIO]:
    """Everything that any library or we write, at the most talkative."""
    before, root, caught = structlog.get_config(), logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(caught), root.level
    with redirect_stderr(caught):
        log.configure(json_lines=True, level="DEBUG")
        root.addHandler(handler)
        try:
            yield caught
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
            structlog.configure(**before)


class _Echoing(Sink):
    """A mail server that names in its refusal what it did not like."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        said = await super().handle_DATA(server, session, envelope)
        link = re.search(rb"https://\S+/q/[\w-]+", bytes(envelope.original_content or b"").replace(b"=\r\n", b""))
        if len(self.letters()) % 4 == 0 and link is not None:
            return f"550 5.7.1 {envelope.rcpt_tos[0]}: blocked using a list of addresses: {link.group().decode()}"
        return said


def _mailed(database: Database, vault: Vault, people: int) -> list[str]:
    """The links of mails that went out."""
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
    queue_all(database, vault)
    sink = _Echoing()
    with serving(sink) as port:
        relay = relay_to(port)
        delivery.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    texts = [letter.get_body(("plain",)) for letter in sink.letters()]
    return sorted({token for text in texts if text is not None for token in _LINK.findall(text.get_content())})


def _answer(app: App, tokens: list[str]) -> None:
    """Somebody answers, somebody types nonsense, and something breaks under a third."""
    assert isinstance(app.clock, SetClock)
    with TestClient(create(app), base_url="http://testserver.local", raise_server_exceptions=False) as client:
        for token in tokens:
            page = client.get(f"/q/{token}?score=3")
            app.clock.advance(timedelta(seconds=20))
            nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
            form = {"nonce": nonce.group(1) if nonce else "", "fax": "", "recommend": "3", "why": _ANSWER}
            client.post(f"/q/{token}", data=form, follow_redirects=True)
            client.get(f"/q/{token}x")
            client.post(f"/q/{token}/nowhere", data=form)
            client.post("/hooks/generic", content=token.encode())
            client.get(f"/u/{token}")
        client.post("/signin", data={"email": "clara@vendor.example", "password": PASSWORD + "x"})


def _write_back_and_fail(app: App, database: Database, vault: Vault, tokens: list[str]) -> None:
    """People quote our links in their replies, servers in their bounces; a worker fails with everything in hand."""
    with database.read() as db:
        sent = db.execute(select(schema.message).where(schema.message.c.state == "sent")).all()
    for number, row in enumerate(sent):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = row.address, row.return_path, f"<{number}@calder.example>"
        link = f"https://voice.kestrel.example/q/{tokens[number % len(tokens)]}"
        mail["Subject"] = f"Re: {link}"
        mail.set_content(f"This does not work for me: {link}?score=3 and {link} either.")
        delivery.receive(database, mail.as_bytes(), now=NOW, vault=vault, tokens=app.tokens, settings=app.settings)
    with suppress(OSError):
        raise OSError(tokens[0])
    try:
        raise ValueError(f"cannot open https://voice.kestrel.example/q/{tokens[0]} for ana@calder.example")
    except ValueError:
        log.get("delivery").exception("a mail was set aside", uid=1)


def _pages(app: App, database: Database) -> dict[str, str]:
    add_staff(app, StaffRole.ADMIN, email="clara@vendor.example")
    ids: dict[str, Any] = {"account": "acc-1", "contact": "con-1", "csm": "csm-1", "object": "account", "run": 1}
    with database.read() as db:
        for name, table in (("message", schema.message), ("wave", schema.wave), ("invitation", schema.invitation)):
            ids[name] = db.execute(select(table.c.id).order_by(table.c.id.desc())).scalar()
        messages = list(db.execute(select(schema.message.c.id)).scalars())
    found: dict[str, str] = {}
    with visitor(app) as clara:
        clara.sign_in("clara@vendor.example")
        clara.get("/settings/crm?crm=odoo")
        clara.post("/settings/crm", crm="odoo", place="https://odoo.example.com", username="x", password=_CRM_PASSWORD,
                   database="x", secret=_CRM_PASSWORD, api_key=_CRM_PASSWORD)  # fmt: skip
        found["after the CRM's form"] = clara.page
        found |= {route: answer.text for route, answer in everything(clara, ids) if answer.status_code == 200}
        for id in messages:
            for part in ("", "/html"):
                found[f"message {id}{part}"] = clara.get(f"/delivery/messages/{id}{part}").text
        for number in range(1, 5):
            found[f"contact {number}"] = clara.get(f"/contacts/con-{number}").text
    return found


def _stored(database: Database) -> dict[str, str]:
    """What stands in the tables for whoever gets hold of them, without the key: text by table and column."""
    found: dict[str, str] = {}
    with database.read() as db:
        for table in schema.metadata.sorted_tables:
            rows = db.execute(select(table)).all()
            for place, column in enumerate(table.columns):
                if not isinstance(column.type, LargeBinary):
                    found[f"column {table.name}.{column.name}"] = "\n".join(str(row[place]) for row in rows)
    return found
