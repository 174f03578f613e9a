"""Improvements: their steps, whom they tell, and that nobody is told twice. Both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders import NOW
from tests.metrics.forest.world import BEN, DANA, DAY, LEADER, QUEUE, TAUGHT, World
from voc.base import audit, schema
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import ImprovementState
from voc.campaigns.store.words import told_to
from voc.followup import improving
from voc.followup.improving import ANYBODY
from voc.followup.run import improvements as run
from voc.followup.run import you_said
from voc.followup.store import improvements as store
from voc.followup.store import lines
from voc.metrics.run.forest import reading
from voc.metrics.store.forest import book
from voc.responses.run import themes as verbatims

PLAN = improving.plan(
    title=" Night  hotline ", department="Support", owner="Jo Lind", due_on="2026-04-01", not_before=date(2026, 3, 3)
)
DONE = "A named person answers at night."
TOLD = {ANYBODY: "You told us nobody answered. Somebody does now.", "de": "Nachts ist jetzt jemand da."}


@pytest.fixture
def opened(database: Database) -> int:
    """Two of Dana's people and one of Ben's waited for support, one of them in German; somebody else did not.

    A promoter at account 5 praised how quick support is: that is the theme too, and nothing to be told of.
    """
    with database.begin() as db:
        world = World(db)
        world.writes(QUEUE, account=1)
        world.writes("Das Ticket vom Mai.", account=1, person="anke", language="de")
        world.writes(QUEUE, account=2, csm="csm-2")
        world.writes(QUEUE, account=3, confidential=True)
        world.writes("No ticket of ours ever waited.", account=5, score=9)
        world.writes(TAUGHT, account=4)
    reading.catch_up(database, NOW)
    with database.begin() as db:
        return run.open_improvement(db, theme(database), PLAN, viewer=LEADER, now=NOW)


def theme(database: Database) -> int:
    with database.read() as db:
        return next(one.id for one in book.themes(db) if one.key == "support_speed")


def close(database: Database, improvement_id: int, *, days: int = 1) -> int:
    with database.begin() as db:
        return run.close(db, improvement_id, done=DONE, told=TOLD, viewer=LEADER, now=NOW + days * DAY)


def told(database: Database, *people: tuple[str, str], days: int = 2) -> dict[tuple[str, str], list[str]]:
    with database.read() as db:
        found = told_to(db, set(people), now=NOW + timedelta(days=days))
    return {person: [line.text for line in some] for person, some in found.items()}


ALL = (
    ("con-1", "acc-1"),
    ("anke", "acc-1"),
    ("con-2", "acc-2"),
    ("con-3", "acc-3"),
    ("con-4", "acc-4"),
    ("con-5", "acc-5"),
)


def test_closing_drafts_a_line_for_everybody_who_raised_it_in_their_language(database: Database, opened: int) -> None:
    assert close(database, opened) == 3
    assert told(database, *ALL) == {
        ("con-1", "acc-1"): [TOLD[ANYBODY]],
        ("anke", "acc-1"): [TOLD["de"]],
        ("con-2", "acc-2"): [TOLD[ANYBODY]],
    }
    with database.read() as db:
        found = store.one(db, opened, LEADER)
        assert (found.state, found.accounts, found.people, found.drafted) == (ImprovementState.DONE, 2, 3, 3)
        assert [step.what for step in found.steps] == ["opened", "done", "drafted"]
        assert {line.action for line in audit.listing(db, object_kind="improvement")} >= {
            "improvement opened",
            "improvement done",
            "improvement told to those who raised it",
        }


def test_closing_twice_is_refused_and_telling_again_adds_only_who_came_later(database: Database, opened: int) -> None:
    close(database, opened)
    with pytest.raises(Refused, match="not open any more"):
        close(database, opened, days=2)
    with database.begin() as db:
        assert run.tell(db, opened, viewer=LEADER, now=NOW + 2 * DAY) == 0
        response = store.raisers(db, LEADER, theme_id=theme(database), since_on=date(2025, 1, 1), until=NOW)
        assert len(response) == 3
    with database.begin() as db:
        late = next(iter(db.execute(schema.response.select().order_by(schema.response.c.id.desc())))).id
        verbatims.correct(db, late, "why", theme(database), holds=True, viewer=DANA, now=NOW)
        assert run.tell(db, opened, viewer=LEADER, now=NOW + 2 * DAY) == 1
    assert told(database, *ALL, days=3)["con-4", "acc-4"] == [TOLD[ANYBODY]]


def test_a_csm_changes_or_takes_back_the_lines_of_own_accounts_before_they_go(database: Database, opened: int) -> None:
    close(database, opened)
    with database.begin() as db:
        mine = {line.contact_id: line for line in lines.listing(db, DANA)}
        assert {line.improvement for line in mine.values()} == {"Night hotline"}
        assert set(mine) == {"con-1", "anke"}
        you_said.change(db, mine["con-1"].id, line="I call you.", colleagues=False, viewer=DANA, now=NOW + DAY)
        you_said.withdraw(db, mine["anke"].id, viewer=DANA, now=NOW + DAY)
        with pytest.raises(NotFound):
            you_said.withdraw(db, mine["con-1"].id, viewer=BEN, now=NOW + DAY)
    assert told(database, *ALL) == {("con-1", "acc-1"): ["I call you."], ("con-2", "acc-2"): [TOLD[ANYBODY]]}


def test_reopening_takes_lines_back_and_closing_again_lets_them_stand_but_not_what_a_csm_took_back(
    database: Database, opened: int
) -> None:
    close(database, opened)
    with database.begin() as db:
        anke = next(line for line in lines.listing(db, DANA) if line.contact_id == "anke")
        you_said.withdraw(db, anke.id, viewer=DANA, now=NOW + DAY)
        run.reopen(db, opened, note="It broke again", viewer=LEADER, now=NOW + 2 * DAY)
    assert told(database, *ALL, days=3) == {}
    assert close(database, opened, days=4) == 2
    assert set(told(database, *ALL, days=5)) == {("con-1", "acc-1"), ("con-2", "acc-2")}


def test_only_leaders_open_and_close_and_csms_see_counts_of_their_own_accounts(database: Database, opened: int) -> None:
    with pytest.raises(Refused, match="leader"), database.begin() as db:
        run.begin(db, opened, viewer=DANA, now=NOW)
    with database.read() as db:
        assert [(one.accounts, one.people) for one in store.listing(db, BEN)] == [(1, 1)]
        assert [(one.accounts, one.people) for one in store.listing(db, LEADER)] == [(2, 3)]


def test_an_open_one_past_its_date_is_overdue_and_a_closed_one_is_not(database: Database, opened: int) -> None:
    with database.read() as db:
        found = store.one(db, opened, LEADER)
    assert (found.title, found.overdue(date(2026, 4, 1)), found.overdue(date(2026, 4, 2))) == (
        "Night hotline",
        False,
        True,
    )
    with database.begin() as db:
        run.drop(db, opened, note="Not this year", viewer=LEADER, now=NOW)
        assert not store.one(db, opened, LEADER).overdue(date(2027, 1, 1))
        with pytest.raises(Refused):
            run.close(db, opened, done=DONE, told=TOLD, viewer=LEADER, now=NOW)


def test_a_plan_says_what_is_missing_and_a_line_is_drafted_of_what_was_done() -> None:
    for field, value in (("title", ""), ("owner", " "), ("due_on", "soon"), ("due_on", "2026-03-02")):
        given = {"title": "A", "department": "B", "owner": "C", "due_on": "2026-04-01", field: value}
        with pytest.raises(Refused) as refused:
            improving.plan(**given, not_before=date(2026, 3, 3))
        assert refused.value.field == field
    assert improving.draft("Waiting for support", DONE) == f"You told us about waiting for support. What we did: {DONE}"
    ours = improving.draft("Our people at the account", DONE)
    assert ours == f"You told us about the people who look after you. What we did: {DONE}"
    assert len(improving.draft("Training", "word " * 100)) <= improving.LONGEST
    assert improving.line_for(TOLD, "de_AT") == TOLD["de"]
    assert improving.line_for(TOLD, "sv") == TOLD[ANYBODY]


def test_of_two_who_change_it_the_second_is_told_whose_change_came_between(database: Database, opened: int) -> None:
    with database.begin() as db:
        seen = len(store.one(db, opened, LEADER).steps)
        run.change(db, opened, replace(PLAN, owner="Ana Ruiz"), viewer=LEADER, now=NOW, seen=seen)
        with pytest.raises(Refused, match="changed it meanwhile"):
            run.change(db, opened, replace(PLAN, department="Product"), viewer=LEADER, now=NOW, seen=seen)
        assert store.one(db, opened, LEADER).owner == "Ana Ruiz"
