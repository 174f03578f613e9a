"""A reply that went to the CSM's own mailbox is told by the CSM, and ends the chase like one that came by us."""

import pytest
from sqlalchemy import select

from tests.builders import NOW
from tests.responses.world import ask_ana, one, rows
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import StaffRole
from voc.delivery import run


def test_a_reply_that_the_csm_tells_stops_the_chase_and_is_a_sign_of_life(database: Database) -> None:
    with database.begin() as db:
        ask_ana(db)
        assert run.they_replied(db, "con-1", viewer=TERMINAL, now=NOW) == 1
        assert run.they_replied(db, "con-1", viewer=TERMINAL, now=NOW) == 0
    assert one(database, schema.invitation, "stopped", "next_step", "due_at") == ("replied", None, None)
    assert [kind for (kind,) in rows(database, schema.sign_of_life, "kind")] == ["replied"]
    with database.read() as db:
        told = select(schema.audit.c.action).where(schema.audit.c.object_kind == "invitation")
        assert db.execute(told).scalars().all() == ["reply told"]


def test_nobody_tells_a_reply_of_somebody_elses_contact(database: Database) -> None:
    stranger = Viewer(staff_id=9, name="Milo", role=StaffRole.CSM, csm_id="csm-other")
    with database.begin() as db:
        ask_ana(db)
        with pytest.raises(NotFound):
            run.they_replied(db, "con-1", viewer=stranger, now=NOW)
    assert one(database, schema.invitation, "stopped") is None
