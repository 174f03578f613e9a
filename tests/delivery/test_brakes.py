"""What must never happen pauses all sending, with the reason, before it can go on happening."""

from sqlalchemy import insert, select

from tests.builders import NOW
from tests.delivery.world import (
    SETTINGS,
    Sink,
    add_due_wave,
    install,
    messages,
    queue_all,
    queue_due,
    relay_to,
    serving,
)
from voc.base import installations
from voc.base.db import Database
from voc.base.schema import message
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.base.words import Step
from voc.delivery import run


def _copied(row: object, number: int, **values: object) -> dict[str, object]:
    """The same mail once more, by a way that no code of ours has."""
    known = {column: value for column, value in row._mapping.items() if column != "id"}  # type: ignore[attr-defined]  # a row
    names = {"key": f"by hand {number}", "return_path": f"{number}@b.example", "message_id": f"<{number}@b.example>"}
    return {**known, **names, **values}


def _paused_because(database: Database) -> str | None:
    with database.read() as db:
        here = installations.load(db)
    return here.paused_because if here.sending_paused else None


def test_a_step_that_a_contact_was_sent_twice_stops_everything(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=3)
    queue_all(database, vault)
    first = messages(database)[0]
    with database.begin() as db:
        db.execute(insert(message).values(_copied(first, 1)))
    with serving(Sink()) as port:
        relay = relay_to(port, connections=1)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        assert "twice" in str(_paused_because(database))
        with database.begin() as db:
            db.execute(insert(message).values(_copied(first, 2, contact_id="con-2")))
        assert run.send_due(database, relay, now=NOW, vault=vault, worker="one").handed_over == 0
        relay.close()


def test_a_wave_with_more_messages_than_its_census_has_steps_stops_everything(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=2)
    queue_due(database, now=NOW, vault=vault, tokens=RandomTokens(), settings=SETTINGS, limit=1)
    (frozen,) = messages(database)
    with database.begin() as db:
        more = [_copied(frozen, number, state="held") for number in range(2 * len(Step))]
        db.execute(insert(message), more)
    assert _paused_because(database) is None
    assert queue_due(database, now=NOW, vault=vault, tokens=RandomTokens(), settings=SETTINGS) == 1
    assert f"{2 * len(Step) + 2} messages for 2 people" in str(_paused_because(database))
    with database.read() as db:
        assert db.execute(select(message.c.id).where(message.c.state == "sent")).first() is None
