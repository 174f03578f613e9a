"""Accounts that were asked and left, or were handed over since: why two pages count different accounts."""

from datetime import timedelta
from itertools import product

from tests import builders
from tests.builders import NOW
from tests.metrics.world import DAY, World
from voc.base import preferences
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.narrowed import Narrowed
from voc.base.words import FollowUpKind, FollowUpState, Scope
from voc.followup import store as follow_ups
from voc.followup.model import Waiting
from voc.metrics import store
from voc.metrics.cohorts import TOTAL
from voc.metrics.model import Person
from voc.metrics.moved import Gone, gone, gone_by_csm
from voc.metrics.store.moved import Moved, moved

DANA, BEN, MARCUS = (Scope.CSM, "csm-1"), (Scope.CSM, "csm-2"), (Scope.TEAM, "lead-1")
SINCE = NOW - timedelta(days=180)


def asked(world: World, account_id: str, *, country: str = "Spain", **values: object) -> None:
    builders.add_account(world.db, account_id, csm_id="csm-1", country=country, **values)
    contact_id = f"con-{account_id}"
    builders.add_contact(world.db, contact_id, account_id=account_id)
    world.ask(contact_id, account_id=account_id, csm_id="csm-1", segment="small")


def test_of_four_asked_one_left_one_was_handed_over_and_two_stayed(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for account_id in ("acc-stays", "acc-stays-too"):
            asked(world, account_id)
        asked(world, "acc-left", status="churned")
        asked(world, "acc-moved", country="Japan")
        world.hand_over("acc-moved", "csm-2", at=NOW - 5 * DAY)
        found = moved(db, after=SINCE, moment=NOW)
        people = store.people(db)
        assert {(one.account_id, one.owner_id, one.left) for one in found} == {
            ("acc-left", "csm-1", True),
            ("acc-moved", "csm-2", False),
        }
        assert gone(found, DANA, people) == Gone(left=1, handed_over=1)
        assert gone(found, BEN, people) == Gone()
        # Handed over inside the team, and within the company: only who left is gone.
        assert gone(found, MARCUS, people) == gone(found, TOTAL, people) == Gone(left=1)
        in_spain = moved(db, after=SINCE, moment=NOW, part=Narrowed(segment="small", countries={"Spain"}))
        assert [one.account_id for one in in_spain] == ["acc-left"]
        assert moved(db, after=SINCE, moment=NOW, part=Narrowed(segment="enterprise")) == []
        assert moved(db, after=NOW - 5 * DAY, moment=NOW) == []


def test_a_list_narrows_to_what_the_database_says_of_an_account(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        asked(world, "acc-es", segment="small")
        asked(world, "acc-jp", country="Japan", segment="small")

        def within(**part: object) -> frozenset[str]:
            return store.ids_within(db, TERMINAL, Narrowed(**part))  # type: ignore[arg-type]  # its own field names

        assert within(segment="small", countries=frozenset({"Spain"})) == {"acc-es"}
        assert within(team_id="lead-1") == within(csm_id="csm-1") == {"acc-es", "acc-jp"}
        assert within(csm_id="csm-2") == within(countries=frozenset[str]()) == frozenset()


def test_an_account_that_left_is_not_handed_over_too_and_counts_once() -> None:
    people = {"a": Person("a", "A", "lead"), "b": Person("b", "B", "other")}
    rows = [
        Moved("a", False, "acc-1", "b", left=True),
        Moved("b", False, "acc-1", "b", left=True),
        Moved("a", False, "acc-2", "b", left=False),
        Moved("a", True, "acc-3", "a", left=True),
        Moved(None, False, "acc-4", None, left=True),
    ]
    assert gone(rows, (Scope.CSM, "a"), people) == Gone(left=1, handed_over=1)
    assert gone(rows, (Scope.TEAM, "lead"), people) == Gone(left=2, handed_over=1)
    assert gone(rows, TOTAL, people) == Gone(left=3)
    assert gone_by_csm(rows, people) == {id: gone(rows, (Scope.CSM, id), people) for id in ("a", "b")}


def test_open_follow_ups_are_counted_as_the_list_counts_them_one_by_one(database: Database) -> None:
    with database.begin() as db:
        builders.add_csm(db)
        builders.add_account(db)
        builders.add_contact(db)
        past, ahead = NOW - DAY, NOW + DAY
        limits = ((ahead, ahead, ahead), (past, ahead, ahead), (past, past, ahead), (past, past, past))
        for state, kind in product(FollowUpState, FollowUpKind):
            for number, (acknowledge_by, contact_by, resolve_by) in enumerate(limits):
                by = {"acknowledge_by": acknowledge_by, "contact_by": contact_by, "resolve_by": resolve_by}
                builders.add_follow_up(db, f"{kind}:{state}:{number}", state=state, kind=kind, **by)
        known = preferences.load(db)
        waiting = [one for one in FollowUpState if one != FollowUpState.CONFIRMED]
        listed = follow_ups.listing(db, TERMINAL, now=NOW, preferences=known, states=waiting)
        assert len(listed) == 4 * 4 * 4
        found = follow_ups.waiting(db, TERMINAL, now=NOW, preferences=known)
        assert found == {"csm-1": Waiting(open=64, late=sum(one.late for one in listed))}
        assert follow_ups.waiting(db, TERMINAL, now=NOW, preferences=known, part=Narrowed(segment="enterprise")) == {}
