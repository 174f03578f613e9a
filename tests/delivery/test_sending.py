"""The outbox empties into a real mail server: each message once, and nothing sent without its 250."""

from sqlalchemy import select

from tests.builders import NOW
from tests.delivery.world import Sink, add_due_wave, install, queue_all, relay_to, serving, states
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.delivery import run


def test_due_steps_are_frozen_and_handed_over_once(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=3)
    assert queue_all(database, vault) == 3
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        sent = run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        again = run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    assert (sent.sent, again.sent) == (3, 0)
    assert sorted(sink.recipients) == [f"con-{n}@calder.example" for n in (1, 2, 3)]
    assert states(database) == {"sent": 3}
    with database.read() as db:
        planned = db.execute(select(schema.invitation.c.next_step, schema.invitation.c.sent_at)).all()
    assert {(row.next_step, row.sent_at) for row in planned} == {("reminder_1", NOW)}
