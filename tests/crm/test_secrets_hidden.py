"""What the CRM lets us in with is seen nowhere: a CRM that echoes it in every answer does not bring it into a
log, an error, a table, a page or the terminal, whether the work succeeds or fails (F28)."""

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, redirect_stderr
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from litestar import Litestar
from sqlalchemy import select

from tests.builders import NOW
from tests.crm.company import standard
from tests.crm.peers import PEERS
from tests.crm.server import Reply, Request, Server
from tests.web.people import add_staff, visitor
from voc import app as wiring
from voc.accounts import run as accounts
from voc.accounts.checking import whereabouts
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret, SignIn
from voc.accounts.connector import Connector, Outside, Write, WriteWhat
from voc.accounts.model import Kind
from voc.accounts.run import checking, errands
from voc.accounts.store import errands as asked
from voc.base import log
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.schema import metadata
from voc.base.words import ErrandKind, RunState, StaffRole
from voc.cli import main
from voc.web.asgi import create
from voc.web.context import App

PEM = (
    rsa.generate_private_key(65537, 2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
    .strip()
)
PLANTED = {
    Secret.CLIENT_SECRET: "plantedClientSecret/+=42",
    Secret.PRIVATE_KEY: PEM,
    Secret.TOKEN: "pat-eu1-planted-0042",
    Secret.API_KEY: "plantedApiKey0042",
    Secret.PASSWORD: "planted pass/word@0042",
}
FETCHED = "planted!access.token0042"
STATUSES = (200, 207, 302, 400, 401, 403, 404, 429, 500)
JWT = SignIn.JWT
HERE = Outside(now=lambda: NOW, sleep=lambda _: None, private_hosts=("127.0.0.1",))


# What is asked before anybody signs in, and whether the token is good.
GREETINGS = {
    "/services/data": [{"version": "65.0", "label": "Winter", "url": "/services/data/v65.0"}],
    "/web/version": {"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]},
    "/account-info/v3/details": {"portalId": 42, "timeZone": "UTC", "companyCurrency": "EUR"},
}


class Echo:
    """A CRM that lets everybody in and then says back whatever it was told."""

    def __init__(self) -> None:
        self.status = 200
        self.heard = False  # a secret: else there would be nothing to echo

    def __call__(self, request: Request) -> Reply:
        if request.path.endswith("/token"):
            return Reply.of({"access_token": FETCHED, "instance_url": "http://127.0.0.1", "echo": request.form()})
        if request.path in GREETINGS:
            return Reply.of(GREETINGS[request.path])
        said = f"{dict(request.headers)} {request.query} {request.body.decode()}"
        self.heard = self.heard or bool(found_in(said))
        error = dict.fromkeys(("message", "errorCode", "error", "category", "name", "debug", "policyName"), said)
        body = [error] if request.path.startswith("/services") else {**error, "result": said, "errors": [error]}
        headers = {"X-Echo": quote(said)[:4000], "Location": f"https://elsewhere.example/?{quote(said)[:500]}"}
        return Reply(self.status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})


def connections(place: str) -> dict[str, Connection]:
    return {
        "salesforce": Connection(Crm.SALESFORCE, place=place, user="3MVG9"),
        "salesforce by jwt": Connection(
            Crm.SALESFORCE, place=place, user="3MVG9", acting_as="voc@acme.example", sign_in=JWT
        ),
        "hubspot": Connection(Crm.HUBSPOT, place=place),
        "odoo": Connection(Crm.ODOO, place=place, database="acme", user="bot"),
        "warehouse": Connection(
            Crm.WAREHOUSE,
            place="postgresql+psycopg://reader@127.0.0.1:1/acme",
            objects={
                kind: ObjectMap(query="SELECT id, name, opted_out FROM a") for kind in (Kind.ACCOUNT, Kind.CONTACT)
            },
        ),
    }


def secrets_of(connection: Connection) -> dict[Secret, str]:
    names = {
        Crm.SALESFORCE: (Secret.PRIVATE_KEY if connection.sign_in == JWT else Secret.CLIENT_SECRET,),
        Crm.HUBSPOT: (Secret.TOKEN,),
        Crm.ODOO: (Secret.API_KEY,),
        Crm.WAREHOUSE: (Secret.PASSWORD,),
        Crm.CSV: (),
    }
    return {name: PLANTED[name] for name in names[connection.crm]}


def needles() -> Iterator[str]:
    for name, secret in PLANTED.items():
        words = secret.splitlines()[5:7] if name == Secret.PRIVATE_KEY else [secret]
        for word in words:
            yield from {
                word,
                quote(word),
                quote(word, safe=""),
                quote_plus(word),
                base64.b64encode(word.encode()).decode(),
            }
    yield FETCHED


def found_in(text: str) -> list[str]:
    return [needle for needle in needles() if needle in text]


def everything_stored(database: Database) -> str:
    with database.read() as db:
        return "\n".join(
            " ".join(
                bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell) for cell in row
            )
            for table in metadata.sorted_tables
            for row in db.execute(select(table))
        )


def everything_on_disk(folder: Path) -> str:
    return "".join(path.read_bytes().decode("latin-1") for path in sorted(folder.iterdir()) if path.is_file())


@dataclass(frozen=True)
class Quick(App):
    """Waits cost no time."""

    def outside(self) -> Outside:
        return HERE


@pytest.fixture
def echo() -> Iterator[tuple[Echo, Server]]:
    answer = Echo()
    with Server(answer) as server:
        yield answer, server


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """All that was logged and printed so far, at the most talkative level."""
    caplog.set_level(logging.DEBUG)
    with redirect_stderr(StringIO()) as lines:
        log.configure(json_lines=True, level="DEBUG")
    yield lambda: caplog.text + lines.getvalue() + "".join(capsys.readouterr())
    structlog.reset_defaults()


@pytest.fixture
def installation(tmp_path: Path) -> Quick:
    made = wiring.make(tmp_path, wiring.Wishes("Kestrel Works"), now=NOW, moment=NOW)
    text = (tmp_path / "voc.toml").read_text()
    (tmp_path / "voc.toml").write_text(f'crm_private_hosts = ["127.0.0.1"]\n{text}')
    return Quick(made.settings, made.database, SetClock(NOW), made.tokens, made.vault, made.questionnaires)


def connect(app: App, connection: Connection) -> Connector:
    secrets = secrets_of(connection)
    with app.database.begin() as db:
        accounts.save_connection(
            db, connection, secrets=secrets, actor="ana", now=NOW, vault=app.vault, private_hosts=HERE.private_hosts
        )
    return accounts.connect(connection, secrets, HERE)


def everything_it_does(database: Database, connection: Connector) -> Iterator[Callable[[], object]]:
    write = Write("voc:1", WriteWhat.TASK, None, {"subject": "Get back", "due_on": "2026-03-05", "owner_id": "005"})
    yield lambda: checking.check(connection, now=NOW)
    yield lambda: connection.sample(Kind.CONTACT, limit=2)
    yield lambda: connection.spelled(Kind.RELATION, "roles")
    yield lambda: connection.write([write])
    yield lambda: accounts.sync(database, connection, as_of=NOW.date(), now=NOW)


@pytest.mark.parametrize("name", list(connections("")))
def test_a_crm_that_echoes_brings_no_secret_anywhere(
    installation: Quick, echo: tuple[Echo, Server], told: Callable[[], str], tmp_path: Path, name: str
) -> None:
    answer, server = echo
    connection = connections(server.url)[name]
    connector = connect(installation, connection)
    said: list[str] = [repr(connector), connector.name]
    for answer.status in STATUSES if connection.crm != Crm.WAREHOUSE else (200,):
        for step in everything_it_does(installation.database, connector):
            try:
                said.append(repr(step()))
            except Exception as mistake:  # noqa: BLE001 - whatever it is, its text counts
                said.append("".join(traceback.format_exception(mistake)) + repr(mistake))
    connector.close()
    assert answer.heard or connection.crm == Crm.WAREHOUSE
    assert found_in("\n".join(said)) == []
    assert found_in(told()) == []
    assert found_in(everything_stored(installation.database)) == []
    installation.database.close()
    assert found_in(everything_on_disk(tmp_path)) == []


def test_no_page_and_no_command_shows_one(
    installation: Quick, echo: tuple[Echo, Server], told: Callable[[], str], tmp_path: Path
) -> None:
    answer, server = echo
    answer.status = 403
    connection = connections(server.url)["odoo"]
    connect(installation, connection).close()
    ask_for_a_check(installation, connection)
    for words in (("sync", "--source", "crm"), ("sync", "--source", "crm", "--json"), ("doctor", "--json")):
        with pytest.raises(SystemExit):
            main([words[0], "--directory", str(tmp_path), *words[1:]])
    pages = "\n".join(every_page(installation, secrets_of(connection)))
    assert "Odoo" in pages
    assert found_in(pages) == []
    assert found_in(told()) == []


def ask_for_a_check(app: App, connection: Connection) -> None:
    with app.database.begin() as db:
        asked.ask(db, ErrandKind.CHECK, of=whereabouts(connection), by="ana", now=NOW)
    assert errands.look(app.database, ErrandKind.CHECK, vault=app.vault, outside=HERE)


def every_page(app: App, secrets: Mapping[Secret, str]) -> Iterator[str]:
    """As an admin sees them, the refused form of the connection among them."""
    site = create(app)
    with visitor(app) as admin:
        add_staff(app, StaffRole.ADMIN, email="admin@vendor.example")
        admin.sign_in("admin@vendor.example")
        for path in plain_paths(site):
            yield admin.get(path).text
        for page in ("/settings/crm", "/settings/crm/check", "/settings/crm/try"):
            admin.get(page)
            fields = {name.value: secret for name, secret in secrets.items()}
            yield admin.client.post(page, data={"csrf": admin.csrf, "crm": "odoo", "place": "https://[", **fields}).text


def plain_paths(site: Litestar) -> Iterator[str]:
    kinds = {"{object:str}": Kind.CONTACT.value, "{run_id:int}": "1", "{kind:str}": Kind.CONTACT.value}
    for route in site.routes:
        path = getattr(route, "path", "")
        for name, value in kinds.items():
            path = path.replace(name, value)
        gets = any("GET" in handler.http_methods for handler in getattr(route, "route_handlers", ()))
        if gets and "{" not in path and path != "/signout":
            yield path


@pytest.mark.parametrize("name", list(PEERS))
def test_a_complete_run_leaves_no_secret_behind(
    installation: Quick, told: Callable[[], str], tmp_path: Path, name: str
) -> None:
    with PEERS[name](standard()) as peer:
        secrets = [secret for secret in peer.connection()[1].values() if secret]
        with closing(peer.source()) as source:
            now: datetime = peer.company.now
            assert accounts.sync(installation.database, source, as_of=now.date(), now=now).state == RunState.COMPLETE
    kept = told() + everything_stored(installation.database)
    installation.database.close()
    kept += everything_on_disk(tmp_path)
    assert [secret for secret in secrets if secret in kept] == []
