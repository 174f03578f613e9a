"""The revisions make exactly what `schema` says, on both databases, from nothing and again."""

from sqlalchemy import inspect, select

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
