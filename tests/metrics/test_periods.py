"""Two periods side by side, worked out by hand: a rise made only of mix is not a rise."""

import pytest

from tests import builders
from tests.builders import NOW
from tests.metrics.test_figures import DANA, LEADER
from tests.metrics.world import World
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.metrics import run


def people(world: World, names: range, *, days_ago: float, wave: str, scores: dict[int, int]) -> None:
    for number in names:
        answer = scores.get(number)
        account_id = f"acc-{number % 4}"
        world.ask(f"p{number}", account_id=account_id, wave=wave, days_ago=days_ago, answer=answer)


@pytest.fixture
def world(database: Database) -> Database:
    """p0-p35 in both waves, p36-p59 in the later one alone, all of four accounts of Dana's."""
    with database.begin() as db:
        found = World(db)
        for number in range(4):
            builders.add_account(db, f"acc-{number}")
        for number in range(60):
            builders.add_contact(db, f"p{number}", account_id=f"acc-{number % 4}")
        found.wave("early", launched_days_ago=300)
        found.wave("late", launched_days_ago=100)
        people(found, range(36), days_ago=240, wave="early", scores=dict.fromkeys(range(18), 8))
        later = {**dict.fromkeys(range(1, 19), 8), **dict.fromkeys(range(36, 60), 10)}
        people(found, range(60), days_ago=60, wave="late", scores=later)
    return database


def test_the_same_people_did_not_change_and_the_rest_is_mix(world: Database) -> None:
    """18 of 36, then 42 of 60. Of the 36 in both one fell silent and one answered anew: no change among them."""
    with world.read() as db:
        found = run.compare_periods(db, LEADER, now=NOW, window_days=180)
    change = found.response
    assert (change.people_before, change.people_after, change.both) == (36, 60, 36)
    assert change.before == pytest.approx(18 / 36)
    assert change.after == pytest.approx(42 / 60)
    assert change.same is not None
    assert change.same[0] == 0
    assert change.same[1] == pytest.approx(-change.same[2])
    assert change.mix == pytest.approx(0.2)
    # 18 gave a score before, 42 later, 17 of them in both: fewer than 30 are no wave to compare.
    assert (found.recommend.people_before, found.recommend.both) == (18, 17)
    assert (found.recommend.whole, found.recommend.same, found.recommend.mix) == (None, None, None)
    assert found.earlier.to_on == found.window.after_on


def test_a_csm_compares_own_periods_and_no_team(world: Database) -> None:
    with world.read() as db:
        assert run.compare_periods(db, DANA, now=NOW).response.people_after == 60
        with pytest.raises(NotFound):
            run.compare_periods(db, DANA, now=NOW, team_id="lead-1")


def test_another_segment_has_nobody(world: Database) -> None:
    with world.read() as db:
        found = run.compare_periods(db, LEADER, now=NOW, segment="small").response
    assert (found.people_before, found.people_after, found.before, found.whole) == (0, 0, None, None)
