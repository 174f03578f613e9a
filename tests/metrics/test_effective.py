"""Colleagues answer alike: every verdict of the CSMs page rests on fewer invitations than were sent."""

import pytest

from tests import builders
from tests.builders import NOW
from tests.metrics.test_figures import LEADER
from tests.metrics.world import World
from voc.base import preferences
from voc.base.db import Database
from voc.metrics import run
from voc.metrics.run import csms
from voc.metrics.run.csms import CsmsPage


def thirteen_of_forty(world: World) -> None:
    """Ten accounts of four people: two answered in three of them, one in each of the other seven."""
    for account in range(10):
        account_id = builders.add_account(world.db, f"acc-{account}", name=f"Account {account}")
        for person in range(4):
            contact_id = builders.add_contact(world.db, f"con-{account}-{person}", account_id=account_id)
            heard = person < (2 if account < 3 else 1)
            world.ask(contact_id, account_id=account_id, answer=8 if heard else None)


def page(database: Database) -> CsmsPage:
    with database.read() as db:
        return csms.page(db, LEADER, now=NOW, preferences=preferences.load(db))


def must_say_either_side(found: CsmsPage) -> None:
    """1 + (4 - 1) * 0.2 = 1.6, so 40 are worth 25: 32.5% of 25 reaches from 17.6% to 52.1%; of 40 only to 48.0%."""
    (dana,) = (one.comparison for one in found.lines if one.csm_id == "csm-1")
    assert (dana.answered, dana.invitations, dana.accounts) == (13, 40, 10)
    assert dana.deff == pytest.approx(1.6)
    assert dana.effective == pytest.approx(25)  # where the funnel draws the point
    assert dana.standard == "not_shown"  # as 40 strangers it would be below the 50%


def test_a_verdict_and_the_funnel_rest_on_what_forty_colleagues_are_worth(sqlite: Database) -> None:
    with sqlite.begin() as db:
        thirteen_of_forty(World(db))
    live = page(sqlite)
    assert not live.engagement.kept
    must_say_either_side(live)
    run.snapshot(sqlite, NOW)
    kept = page(sqlite)
    assert kept.engagement.kept
    must_say_either_side(kept)
