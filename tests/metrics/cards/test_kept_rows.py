"""The rows behind a frozen month are those that were counted, whatever comes later."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from tests import builders
from tests.metrics.cards.test_months import BEN, FEBRUARY, FIRST_OF_MARCH, IN_FEBRUARY, IN_MARCH, LEAD, MARCH
from tests.metrics.test_figures import DANA, LEADER, two_books
from tests.metrics.world import World, hand_over
from voc.base import schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import Scope
from voc.metrics.model import CountedRow
from voc.metrics.run import card_rows
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store

CARD = """
title = "Response"
about = "People answer."

[[line]]
figure = "response_rate"
standard = "50%"
weight = 40
period = "180 days"
least = 1

[[line]]
figure = "stakeholders_known"
standard = "50%"
weight = 30

[[line]]
figure = "success_stories"
standard = 1
weight = 30
period = "90 days"

[[beside]]
figure = "silent_accounts"
period = "180 days"
"""


@pytest.fixture
def frozen(database: Database) -> Database:
    with database.begin() as db:
        two_books(World(db))
        story = {"account_id": "acc-1", "kind": "success_story_confirmed", "on": IN_FEBRUARY.date(), "evidence": "12%"}
        db.execute(insert(schema.milestone).values(id="m1", **story, state="live", hash=""))
        run.save(db, "response", CARD, by="Clara Wendt", now=IN_FEBRUARY)
        run.use(db, "response", by="Clara Wendt", now=IN_FEBRUARY)
    assert run.catch_up(database, FIRST_OF_MARCH) == 1
    return database


def every_row(database: Database, viewer: Viewer = LEADER) -> dict[tuple[str, str, str], list[CountedRow]]:
    """By scope, id and figure, of every line of the month."""
    with database.read() as db:
        looked = run.look(db, "response", FEBRUARY, viewer, now=IN_MARCH)
        assert looked.frozen is not None
        assert looked.has_rows
        return {
            (one.scope, one.id, line.figure): card_rows.rows(
                db, looked.frozen, viewer, figure=line.figure, days=line.days, scope=one.scope, id=one.id
            )
            for one in looked.results
            for line in (*one.lines, *one.beside)
        }


def test_the_rows_add_up_to_what_was_counted_of_each_csm_team_and_all(frozen: Database) -> None:
    rows = every_row(frozen)
    with frozen.read() as db:
        results = store.results(db, store.frozen(db)[0].id, LEADER)
    for one in results:
        for line in (*one.lines, *one.beside):
            mine = rows[one.scope, one.id, line.figure]
            assert sum(row.whole > 0 for row in mine) == line.counted, (one.name, line.figure)
            assert sum(row.whole for row in mine) == pytest.approx(line.denominator or 0), (one.name, line.figure)
    assert sum(len(found) for found in rows.values()) > 15
    assert [row.id for row in rows[Scope.TOTAL, "", "success_stories"]] == ["m1"]


def test_a_merge_a_hand_over_and_a_late_answer_change_no_row(frozen: Database) -> None:
    before = every_row(frozen)
    with frozen.begin() as db:
        builders.add_account(db, "acc-9", name="Winner")
        db.execute(insert(schema.alias).values(kind="account", loser_id="acc-1", winner_id="acc-9"))
        db.execute(update(schema.account).where(schema.account.c.id == "acc-1").values(state="merged"))
        hand_over(db, "acc-2", "csm-1", at=IN_MARCH)
        db.execute(update(schema.invitation).values(disposition="complete", answered_at=IN_MARCH))
        db.execute(update(schema.milestone).values(state="deleted"))
    after = every_row(frozen)
    plain = {
        key: [(row.id, row.account_name, row.label, row.part, row.whole) for row in one] for key, one in after.items()
    }
    assert plain == {
        key: [(row.id, row.account_name, row.label, row.part, row.whole) for row in one] for key, one in before.items()
    }


def test_the_row_of_an_account_handed_over_since_says_so_to_whom_it_is_foreign_and_to_nobody_else(
    frozen: Database,
) -> None:
    """Its page answers 404 to Dana now: her row of February names it and must not link it."""
    with frozen.begin() as db:
        hand_over(db, "acc-2", "csm-2", at=IN_MARCH)

    def marked(viewer: Viewer) -> set[tuple[str, bool]]:
        rows = every_row(frozen, viewer)["csm", "csm-1", "response_rate"]
        return {(row.account_id, row.handed_over) for row in rows}

    assert marked(DANA) == {("acc-1", False), ("acc-2", True)}
    assert marked(LEAD) == marked(LEADER) == {("acc-1", False), ("acc-2", False)}


def test_nobody_opens_the_rows_of_a_result_that_is_not_theirs(frozen: Database) -> None:
    assert {key[:2] for key in every_row(frozen, DANA)} == {("csm", "csm-1")}
    assert {key[0] for key in every_row(frozen, LEAD)} == {"csm", "team"}
    with frozen.read() as db:
        month = store.frozen(db)[0]
        for viewer, scope, id in ((BEN, Scope.CSM, "csm-1"), (DANA, Scope.TEAM, "lead-1"), (LEAD, Scope.TOTAL, "")):
            with pytest.raises(NotFound):
                card_rows.rows(db, month, viewer, figure="response_rate", days=180, scope=scope, id=id)
        with pytest.raises(NotFound):
            card_rows.rows(db, month, LEADER, figure="nps_people", days=180, scope=Scope.TOTAL, id="")


def test_a_page_of_the_month_under_way_shows_what_the_night_counted_and_counts_when_asked(frozen: Database) -> None:
    at = FIRST_OF_MARCH
    with frozen.begin() as db:
        db.execute(update(schema.milestone).values(on=at.date()))
    with frozen.read() as db:
        shown = run.look(db, "response", MARCH, DANA, now=at + timedelta(hours=5))
        assert (shown.counted_at, shown.frozen) == (at, None)
        assert [one.id for one in shown.results] == ["csm-1"]
        anew = run.look(db, "response", MARCH, DANA, now=at + timedelta(hours=5), anew=True)
        assert anew.counted_at is None
        old = run.look(db, "response", MARCH, DANA, now=at + timedelta(hours=31))  # no night since: counted now
        assert old.counted_at is None
    assert run.catch_up(frozen, at + timedelta(days=1)) == 0
    with frozen.read() as db:
        assert run.look(db, "response", MARCH, LEADER, now=at + timedelta(days=1)).counted_at == at + timedelta(days=1)
