"""The world that the pages' tests stand on holds on both databases."""

from sqlalchemy import func, select

from tests.web import world
from voc.base import schema
from voc.base.db import Database


def test_the_world_is_built_on_both_databases(database: Database) -> None:
    with database.begin() as db:
        built = world.build(db)
        asked = select(func.count()).select_from(schema.invitation).where(schema.invitation.c.csm_id == "csm-dana")
        assert db.execute(asked).scalar_one() == 3 * 8 + 2 * 2
    assert set(built.staff) == {"dana", "jonas", "ingrid", "marcus", "clara"}
    assert built.follow_ups["late"] != built.follow_ups["new"]
