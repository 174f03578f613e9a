"""The stored connection opened for writing: when it is due, and when nothing may be written."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from tests import builders as add
from tests.builders import NOW
from voc.accounts.connection import Connection, Crm, Secret, Switch
from voc.accounts.connector import Outside
from voc.accounts.run.writing_back import note_unable
from voc.accounts.store import connections, written_back
from voc.accounts.writing import is_due
from voc.base import installations, schema
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.reports import write_back

HOUR = timedelta(hours=1)
ON = Connection(
    Crm.HUBSPOT, place="https://api.hubapi.com", on=True, writes=frozenset({Switch.TASKS}), write_columns={}
)


def keep(database: Database, vault: Vault, connection: Connection | None, *, rehearsal: bool = False) -> None:
    with database.begin() as db:
        installations.create(db, epoch="here", now=NOW, moment=NOW if rehearsal else None)
        connections.put_connection(db, connection, by="test", now=NOW)
        connections.put_secrets(db, {Secret.TOKEN: "pat-1"}, vault=vault, now=NOW)


def bring_back(database: Database, vault: Vault) -> object:
    return write_back.bring_back(
        database,
        vault=vault,
        outside=Outside(lambda: NOW, lambda _seconds: None),
        base_url="https://voc.example",
        now=NOW,
        holder="test",
    )


def test_a_run_is_due_after_each_reading_and_once_an_hour() -> None:
    assert is_due(None, None, now=NOW)
    assert not is_due(NOW, NOW - HOUR, now=NOW + HOUR / 2)
    assert is_due(NOW, NOW + HOUR / 4, now=NOW + HOUR / 2)
    assert is_due(NOW, None, now=NOW + HOUR)


def test_nothing_is_due_while_nothing_is_on_or_the_crm_is_not_read_on_schedule(sqlite: Database, vault: Vault) -> None:
    keep(sqlite, vault, None)
    assert not write_back.is_due(sqlite, now=NOW)
    for connection, due in (
        (Connection(Crm.HUBSPOT, on=True), False),
        (Connection(Crm.HUBSPOT, writes=frozenset({Switch.TASKS})), False),
        (ON, True),
    ):
        with sqlite.begin() as db:
            connections.put_connection(db, connection, by="test", now=NOW)
        assert write_back.is_due(sqlite, now=NOW) == due
    with sqlite.begin() as db:
        note_unable(db, "no", now=NOW)
    assert not write_back.is_due(sqlite, now=NOW + HOUR / 2)


def test_nothing_is_written_where_nothing_is_switched_on(sqlite: Database, vault: Vault) -> None:
    keep(sqlite, vault, Connection(Crm.HUBSPOT, place="https://api.hubapi.com", on=True))
    assert bring_back(sqlite, vault) is None


def test_a_rehearsals_days_never_reach_a_crm(sqlite: Database, vault: Vault) -> None:
    keep(sqlite, vault, ON, rehearsal=True)
    with pytest.raises(Refused, match="This is a rehearsal"):
        bring_back(sqlite, vault)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "were not read yet"),
        ("csv:/srv/export", "were read from csv:/srv/export"),
        ("hubspot:api.hubapi.com", "were read before the connection was changed"),
    ],
)
def test_nothing_is_written_by_the_ids_of_another_crm_and_the_page_says_why(
    sqlite: Database, vault: Vault, source: str | None, said: str
) -> None:
    keep(sqlite, vault, ON)
    with sqlite.begin() as db:
        add.add_csm(db)
        add.add_account(db)
        add.add_follow_up(db, contact_id=None)
        if source:
            run = {
                "source": source,
                "fingerprint": "of another token",
                "as_of": NOW.date(),
                "state": "complete",
                "counts": {},
                "files": [],
            }
            db.execute(insert(schema.sync_run).values(**run, started_at=NOW, finished_at=NOW))
    with pytest.raises(Refused, match="first: its records are found by their ids"):
        bring_back(sqlite, vault)
    with sqlite.read() as db:
        last = written_back.standing(db).last
    assert last is not None
    assert said in (last.message or "")
