"""What the waves' pages read: the counts of the finished wave are those of the world it was built from."""

import pytest

from tests.web import world
from tests.web.world import World
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import NotAsked, StaffRole, StopReason
from voc.campaigns.store import wave_pages
from voc.campaigns.store.wave_pages import Standing

DANA = Viewer(staff_id=1, name="Dana Whitlock", role=StaffRole.CSM, csm_id="csm-dana")
INGRID = Viewer(staff_id=2, name="Ingrid Solheim", role=StaffRole.LEAD, csm_id="csm-ingrid")


def people(tally: list[wave_pages.Tally], standing: Standing) -> int:
    return sum(row.people for row in tally if row.standing == standing)


@pytest.fixture
def built(database: Database) -> World:
    with database.begin() as db:
        return world.build(db)


def test_a_wave_counts_everybody_asked_once(database: Database, built: World) -> None:
    with database.read() as db:
        tally = wave_pages.tally(db, built.finished_wave, TERMINAL)
        row = wave_pages.row(db, built.finished_wave, TERMINAL)
        listed = wave_pages.asked(db, built.finished_wave, TERMINAL)
    assert sum(one.people for one in tally) == row.asked == len(listed) == 57
    assert people(tally, Standing.ANSWERED) == row.answered == 24
    assert people(tally, Standing.BOUNCED) == 2
    assert people(tally, Standing.STOPPED) == 1
    assert people(tally, Standing.SILENT) == 30


def test_a_csm_sees_own_accounts_and_a_lead_the_teams(database: Database, built: World) -> None:
    with database.read() as db:
        own = wave_pages.asked(db, built.finished_wave, DANA)
        team = wave_pages.asked(db, built.finished_wave, INGRID)
        counted = wave_pages.row(db, built.finished_wave, DANA)
    assert {one.csm_id for one in own} == {"csm-dana"}
    assert counted.asked == len(own) == 24
    assert {one.csm_id for one in team} == {"csm-dana", "csm-jonas"}


def test_a_list_is_narrowed_by_standing_and_csm(database: Database, built: World) -> None:
    with database.read() as db:
        waiting = wave_pages.asked(db, built.running_wave, TERMINAL, standings=[Standing.WAITING], csm_id="csm-jonas")
        some = wave_pages.asked(db, built.running_wave, TERMINAL, limit=1)
    assert len(waiting) == 4
    assert {one.next_step for one in waiting} == {"reminder_1"}
    assert {one.last_step for one in waiting} == {"invite"}
    assert len(some) == 1


def test_whoever_was_left_out_is_listed_with_the_reason(database: Database, built: World) -> None:
    with database.read() as db:
        left = wave_pages.left_out(db, built.running_wave, DANA)
    assert [(one.account_id, one.reason, one.detail) for one in left] == [
        ("acc-dana-8", NotAsked.EXCLUDED, "until 1 May"),
        ("acc-dana-9", NotAsked.EXCLUDED, "until 1 May"),
    ]


def test_an_opt_out_is_a_stop_with_its_reason(database: Database, built: World) -> None:
    with database.read() as db:
        stopped = wave_pages.asked(db, built.finished_wave, TERMINAL, standings=[Standing.STOPPED])
    assert [one.stopped for one in stopped] == [StopReason.OPTED_OUT]


def test_no_wave_is_not_found(database: Database, built: World) -> None:
    with database.read() as db, pytest.raises(NotFound):
        wave_pages.row(db, built.running_wave + 1000, TERMINAL)
