"""People who were mailed, the real web application with every webhook set up, and what stands afterwards."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import func, select, update

from tests.builders import NOW, add_staff
from tests.delivery.callers import Aws, Post, Said, SendGrid, caller, callers
from tests.delivery.world import SETTINGS, Sink, add_due_wave, install, queue_all, relay_to, serving
from voc.base import schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.delivery import run
from voc.delivery.fetching import Outgoing
from voc.delivery.run import events
from voc.delivery.store import hook_keys
from voc.delivery.store.hook_keys import Slot
from voc.web.asgi import create
from voc.web.context import App


class Hooked:
    """`sent` are the messages, one for each person; `post` is the provider, `catch_up` the worker."""

    def __init__(self, database: Database, vault: Vault, client: TestClient[Litestar], app: App, aws: Aws) -> None:
        self.database, self.vault, self.client, self.app, self.aws = database, vault, client, app, aws
        with database.read() as db:
            self.sent: list[Any] = list(db.execute(select(schema.message).order_by(schema.message.c.id)).all())

    def post(self, *posts: Post) -> list[Response]:
        return [self.client.post(one.path, content=one.body, headers=one.headers) for one in posts]

    def catch_up(self) -> dict[str, int]:
        app = self.app
        desk = run.Desk(app.vault, app.tokens, app.settings)
        return events.catch_up(app.database, desk, outgoing=app.outgoing, now=app.now())

    def said(self, what: str, person: int, **values: str) -> Said:
        mail = self.sent[person]
        known = {"id": f"{what}-{person}", "recipient": mail.recipient, "return_path": mail.return_path}
        return Said(what, values.pop("message_id", mail.message_id), **{**known, **values})

    def enter_keys(self) -> None:
        enter_keys(self.database, self.vault)

    def lose(self, person: int) -> None:
        """Nobody knows whether that mail was handed over."""
        table = schema.message
        with self.database.begin() as db:
            lost = update(table).where(table.c.id == self.sent[person].id).values(state="unknown", sent_at=None)
            db.execute(lost)

    def rows(self, table: Any) -> list[Any]:
        with self.database.read() as db:
            return list(db.execute(select(table).order_by(table.c.id)).all())

    def count(self, table: Any) -> int:
        with self.database.read() as db:
            return db.execute(select(func.count()).select_from(table)).scalar_one()

    def events(self, provider: str) -> Counter[str | None]:
        return Counter(row.kind for row in self.rows(schema.provider_event) if row.provider == provider)

    def refusals(self) -> Counter[str]:
        return Counter({row.reason: row.number for row in self.rows(schema.provider_refusal)})

    def became(self, person: int) -> tuple[Any, ...]:
        """State and bounce of the mail, why its chase ended, why its address is suppressed, what came back."""
        mail = next(row for row in self.rows(schema.message) if row.id == self.sent[person].id)
        chase = next(row for row in self.rows(schema.invitation) if row.id == mail.invitation_id)
        suppressed = [row.reason for row in self.rows(schema.suppression) if row.address == mail.address]
        came = sorted(row.kind for row in self.rows(schema.inbound) if row.message_id == mail.id)
        return mail.state, mail.bounce_code, chase.stopped, suppressed, came


def enter_keys(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        for one in callers():
            hook_keys.put(db, one.name, Slot.KEY, one.key, vault=vault, now=NOW)
        hook_keys.put(db, "sendgrid", Slot.PATH, SendGrid.path, vault=vault, now=NOW)


@contextmanager
def hooked(
    database: Database, vault: Vault, *, people: int = 2, keys_first: bool = False, **wanted: Any
) -> Iterator[Hooked]:
    """`keys_first`: the webhooks are set up before the mails are made."""
    with database.begin() as db:
        install(db, **wanted)
        add_due_wave(db, people=people)
        add_staff(db, "clara@kestrel.example", name="Clara Wendt", role="admin")
    if keys_first:
        enter_keys(database, vault)
    queue_all(database, vault)
    with serving(Sink()) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    aws = Aws(caller("ses").certificate)
    app = App(
        settings=SETTINGS,
        database=database,
        clock=SetClock(NOW),
        tokens=RandomTokens(),
        vault=vault,
        questionnaires=Path(__file__).parents[2] / "questionnaires",
        outgoing=Outgoing(aws.get),
    )
    with TestClient(create(app), raise_server_exceptions=False) as client:
        yield Hooked(database, vault, client, app, aws)
