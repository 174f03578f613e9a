"""Of a past day the board asks whether anybody wrote, and leaves unread what nobody may see of it."""

from random import Random
from typing import Any

import pytest

from tests.builders import NOW
from tests.metrics.forest.test_every import _history
from tests.metrics.forest.world import DAY, LEADER, QUEUE, World
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import StaffRole
from voc.metrics.run import board_causes
from voc.metrics.run.forest import reading, views
from voc.metrics.run.forest.views import PERIODS, Asked

LEAD = Viewer(staff_id=5, name="Ingrid", role=StaffRole.LEAD, csm_id="lead-2")


@pytest.mark.parametrize("seed", range(3))
def test_a_view_has_comments_where_its_page_counts_some(database: Database, seed: int) -> None:
    with database.begin() as db:
        _history(World(db), Random(seed))
    reading.catch_up(database, NOW)
    found = set()
    with database.read() as db:
        for viewer, teams in ((LEADER, ("", "lead-1", "lead-2", "lead-3", "nobody")), (LEAD, ("",))):
            for ago in (0, 70, 300, 500, 1_000):
                for asked in (Asked(days, team) for days in PERIODS for team in teams):
                    now = NOW - ago * DAY
                    try:
                        some = views.forest(db, viewer, asked, cut=None, now=now).comments > 0
                    except NotFound:
                        some = False
                    assert views.has_comments(db, viewer, asked, now=now) == some, (asked, ago)
                    found.add((asked.team != "", some))
    assert len(found) == 4  # of teams and of the whole, with comments and without


def test_causes_of_a_past_day_are_kept_back_where_somebody_wrote(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 6):
            world.writes(QUEUE, account=number, score=4, at=NOW - 100 * DAY)
    reading.catch_up(database, NOW)
    with database.read() as db:
        asked: dict[str, Any] = {"team_id": None, "today": False, "revenue": {}}
        until = NOW - 50 * DAY
        then = board_causes.now_of(db, LEADER, since=until - 90 * DAY, until=until, **asked)
        assert (then.found, then.why_none) == ([], board_causes.A_PAST_DAY)
        until = NOW - 150 * DAY
        nobody_yet = board_causes.now_of(db, LEADER, since=until - 90 * DAY, until=until, **asked)
        assert (nobody_yet.found, nobody_yet.why_none) == ([], "")
