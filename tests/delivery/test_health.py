"""What the delivery page and the doctor are told, and who may see which message."""

from datetime import timedelta

import pytest

from tests.builders import NOW, add_account, add_contact, add_csm, add_message
from tests.delivery.world import add_due_wave, free_port, install, queue_all, relay_to
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.secrets import Vault
from voc.base.words import InboundKind, StaffRole
from voc.delivery import rules, run, store
from voc.delivery.store import ways

DANA = Viewer(staff_id=1, name="Dana Whitlock", role=StaffRole.CSM, csm_id="csm-1")
OTHER = Viewer(staff_id=2, name="Omar Haddad", role=StaffRole.CSM, csm_id="csm-2")


def test_health_counts_what_waits_what_is_stuck_and_what_came_back(database: Database) -> None:
    with database.begin() as db:
        install(db)
        add_csm(db)
        add_account(db)
        add_contact(db)
        for number, state in enumerate(("queued", "sent", "sent", "unknown", "failed", "held", "claimed")):
            add_message(
                db,
                f"inv:{number}:invite",
                state=state,
                contact_id="con-1",
                next_attempt_at=NOW - timedelta(hours=2) if state == "queued" else None,
                sent_at=NOW if state == "sent" else None,
                bounced_at=NOW if state == "failed" else None,
            )
        run.pause_sending(db, because="Restored from a backup", by="Clara Wendt", now=NOW)
    with database.read() as db:
        health = store.health(db, now=NOW)
    assert (health.waiting, health.sent) == (1, 2)
    assert (health.unknown, health.failed, health.held) == (1, 1, 1)
    assert health.bounced == {InboundKind.HARD_BOUNCE: 1}
    assert health.overdue_since == NOW
    assert health.paused_because == "Restored from a backup"


def test_health_says_that_the_mail_server_is_left_alone_and_why(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    queue_all(database, vault)
    run.send_due(database, relay_to(free_port()), now=NOW, vault=vault, worker="one")
    with database.read() as db:
        health = store.health(db, now=NOW)
        (server,) = ways.server_states(db).values()
    assert server.open_until == NOW + rules.CIRCUIT[0]
    assert "refused" in str(server.reason)
    assert health.waiting == 1


def test_a_mail_is_shown_to_the_csm_of_the_account_and_to_nobody_else(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db)
    queue_all(database, vault)
    with database.read() as db:
        assert b"Subject: Ana, four questions" in store.mail_text(db, 1, DANA, vault=vault)
        assert store.mail_text(db, 1, TERMINAL, vault=vault)
        with pytest.raises(NotFound):
            store.mail_text(db, 1, OTHER, vault=vault)
