"""Admins hear of what stopped: one mail of a kind a day, and it leaves although sending is paused."""

from datetime import timedelta

from sqlalchemy import insert

from tests.builders import NOW, add_message, add_staff
from tests.delivery.world import SETTINGS, Sink, add_due_wave, install, messages, queue_all, relay_to, serving
from voc.base import schema
from voc.base.db import Database
from voc.base.disk import Room
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.delivery import rules, run
from voc.delivery.run import alerts
from voc.delivery.store import relay

GB = 1_000_000_000


def told(database: Database, vault: Vault, *, later: timedelta = timedelta(), free: int = 60) -> list[str]:
    """What is found, and told."""
    now = NOW + later
    with database.begin() as db:
        found = alerts.concerns(db, now=now, rooms={"the database": Room(free * GB, 80 * GB)})
        alerts.tell(db, found, now=now, vault=vault, tokens=RandomTokens(), settings=SETTINGS)
    return [one.kind for one in found]


def alerts_queued(database: Database) -> list[str]:
    return [row.subject for row in messages(database) if row.kind == "alert"]


def test_everything_that_stopped_is_told_once_a_day_to_each_admin(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_staff(db, "clara@kestrel.example", role="admin", name="Clara Wendt")
        assert alerts.concerns(db, now=NOW, rooms={}) == []
        relay.set_paused(db, "The mail server refused 10 messages in a row", at=NOW)
        shut = {"open_until": NOW + timedelta(minutes=9), "outages": 8, "reason": "refused", "changed_at": NOW}
        db.execute(insert(schema.relay_state).values(relay="ours", **shut))
        for number, hours in enumerate((30, 2)):
            id = add_message(db, f"test:{number}", kind="test", state="unknown")
            tried = {"at": NOW - timedelta(hours=hours), "worker": "w", "outcome": "unknown"}
            db.execute(insert(schema.attempt).values(message_id=id, **tried))
    assert told(database, vault, free=0) == ["paused", "down:ours", "unknown", "disk"]
    told(database, vault, later=timedelta(minutes=5), free=0)
    assert sorted(alerts_queued(database)) == [
        "1 message has to be settled",
        "Sending is paused",
        "The disk is almost full",
        "The mail server ours does not answer",
    ]
    told(database, vault, later=timedelta(days=1))
    assert len(alerts_queued(database)) == 6  # paused, and two unknown by now; the server was not tried since


def test_an_alert_leaves_while_a_brake_holds_everything_else(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_staff(db, "clara@kestrel.example", role="admin", name="Clara Wendt")
        add_due_wave(db)
    queue_all(database, vault)
    with database.begin() as db:
        relay.set_paused(db, "Something came twice", at=NOW)
    told(database, vault)
    sink = Sink()
    with serving(sink) as port:
        relay_ = relay_to(port)
        sent = run.send_due(database, relay_, now=NOW, vault=vault, worker="one")
        relay_.close()
    assert sink.recipients == ["clara@kestrel.example"]
    assert sent.stopped_because == "Something came twice"


def test_a_persons_own_pause_is_no_alarm(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_staff(db, "clara@kestrel.example", role="admin", name="Clara Wendt")
        run.pause_sending(db, because="The relay is moved", by="Clara Wendt", now=NOW)
    assert told(database, vault) == []


def test_a_server_is_down_for_as_long_as_its_pauses_together() -> None:
    assert rules.down_for(0) == rules.down_for(1) == timedelta()
    assert rules.down_for(7) < timedelta(minutes=30) <= rules.down_for(8)
