"""The revisions make exactly what `schema` says, on both databases, from nothing and again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from tests import postgres
from tests.builders import add_account, add_csm
from voc.base import migrate, schema
from voc.base.db import Database


def test_the_revisions_make_the_schema(database: Database) -> None:
    with database.begin() as db:
        migrate.differences(db)
    with database.read() as db:
        made = set(inspect(db).get_table_names())
        assert migrate.revision(db) == migrate.newest()
    assert made == {*schema.metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing_and_keeps_the_rows(database: Database) -> None:
    with database.begin() as db:
        add_csm(db)
        add_account(db)
    migrate.upgrade(database)
    with database.read() as db:
        assert db.execute(select(schema.account.c.id)).scalar_one() == "acc-1"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgres_server")
        server.execute("DROP DATABASE IF EXISTS voc_empty")
        server.execute("CREATE DATABASE voc_empty")
        url = server.url("voc_empty")
    database = Database(url)
    yield database
    database.close()


def test_a_database_of_the_first_revision_keeps_its_runs_and_may_hold_paused_ones(empty: Database) -> None:
    migrate.upgrade(empty, to="0001")
    row = (
        "INSERT INTO sync_run (source, as_of, started_at, state, counts)"
        " VALUES ('csv:x', '2026-03-02', '2026-03-02 08:00:00', '{}', '{{}}')"
    )
    change = "INSERT INTO sync_change (run_id, object, record_id, change) VALUES (1, 'contact', 'ana', 'created')"
    with empty.begin() as db:
        db.execute(text(row.format("complete")))
        db.execute(text(change))
    migrate.upgrade(empty)
    with empty.begin() as db:
        db.execute(text(row.format("paused")))
        assert db.execute(text("SELECT state FROM sync_run ORDER BY id")).scalars().all() == ["complete", "paused"]
        assert db.execute(text("SELECT count(*) FROM sync_change")).scalar() == 1
    with pytest.raises(IntegrityError), empty.begin() as db:
        db.execute(text(row.format("asleep")))
