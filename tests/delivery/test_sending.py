"""The outbox empties into a real mail server: each message once, and nothing sent without its 250."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from tests.builders import NOW
from tests.delivery.world import Sink, add_due_wave, install, queue_all, relay_to, serving, states
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.delivery import run
from voc.delivery.store import claims, holding


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


@pytest.mark.parametrize("whole", [True, False])
def test_who_must_not_be_asked_gets_no_mail_that_was_frozen_before_and_gets_it_when_that_is_over(
    database: Database, vault: Vault, whole: bool
) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=4)
    queue_all(database, vault)
    until_on = NOW.date() + timedelta(days=2)
    said = {"account_id": "acc-2", "contact_id": None if whole else "con-2", "reason": "Site closed after a fire"}
    with database.begin() as db:
        db.execute(update(schema.account).where(schema.account.c.id == "acc-1").values(escalated_until_on=until_on))
        db.execute(insert(schema.exclusion).values(**said, by="Dana", created_at=NOW, expires_on=until_on))
        over = {**said, "account_id": "acc-3", "contact_id": None, "ended_at": NOW}
        db.execute(insert(schema.exclusion).values(**over, by="Dana", created_at=NOW, expires_on=until_on))
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        assert sorted(sink.recipients) == ["con-3@calder.example", "con-4@calder.example"]
        run.send_due(database, relay, now=NOW + timedelta(days=2), vault=vault, worker="one")
        relay.close()
    assert sorted(sink.recipients) == [f"con-{n}@calder.example" for n in (1, 2, 3, 4)]


def test_what_is_said_between_the_claim_and_the_dot_is_heard(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    queue_all(database, vault)
    with database.begin() as db:
        wanted = preferences.load(db)
        claim = claims.claim(db, preferences=wanted, worker="one", now=NOW, lasts=timedelta(minutes=10), limit=10)
    with database.begin() as db:
        db.execute(update(schema.account).values(escalated_until_on=NOW.date() + timedelta(days=2)))
        assert holding.mark_handing_over(db, claim.messages, preferences=wanted, now=NOW) == set()
