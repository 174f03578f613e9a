"""Renewals at their landmark in the database: frozen histories, each answer worked out by hand."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from tests import builders
from tests.accounts.folders import write_csv
from tests.builders import NOW, TODAY
from tests.metrics.test_figures import DANA, LEADER
from tests.metrics.world import DAY, World
from voc.accounts import run as accounts
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.words import AccountState, OutOfCohort
from voc.metrics.cost.renewal import Group
from voc.metrics.run import cost

# Decided ten days ago: the landmark lies 100 days back, on 23 November 2025.
DECIDED = TODAY - 10 * DAY
LANDMARK_AGO = 100


def decide(
    db: Connection,
    account_id: str,
    *,
    lost: bool,
    on: Any = DECIDED,
    id: str | None = None,
    kind: str | None = "Renewal",
) -> None:
    row = {"name": "Renewal", "stage": "Closed", "closed": True, "state": "live", "hash": ""}
    values = {"id": id or f"opp-{account_id}", "account_id": account_id, "close_on": on, "won": not lost}
    db.execute(insert(schema.opportunity).values(**row, **values, kind=kind))


def two_people(
    world: World, account_id: str, *, days_ago: float = 160, answer: int | None = None, **values: Any
) -> None:
    """Sent 60 days before the landmark, so that both are due long enough at it to be silent."""
    builders.add_account(world.db, account_id, name=account_id)
    for position in range(2):
        id = f"{account_id}-{position}"
        builders.add_contact(world.db, id, account_id=account_id)
        given = answer if position == 0 else None
        world.ask(id, account_id=account_id, days_ago=days_ago, answer=given, wave="first", **values)


def read(database: Database) -> dict[str, Any]:
    cost.catch_up(database, NOW)
    with database.read() as db:
        return {row.key: row for row in db.execute(select(schema.renewal_landmark))}


def test_each_history_gets_the_state_that_was_known_at_its_landmark(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "silent")
        two_people(world, "heard", answer=9)
        two_people(world, "late", answer=9, after_days=40)  # after the due date, before the landmark
        two_people(world, "too-late", answer=9, after_days=70)  # ten days after the landmark
        two_people(world, "asked-after", days_ago=90)
        for account_id in ("silent", "heard", "late", "too-late", "asked-after"):
            decide(db, account_id, lost=account_id == "silent")
    rows = read(database)
    assert {key.removeprefix("renewal:opp-"): row.state for key, row in rows.items()} == {
        "silent": AccountState.SILENT,
        "heard": AccountState.HEARD,
        "late": AccountState.HEARD,
        "too-late": AccountState.SILENT,
        "asked-after": AccountState.NOT_ASKED,
    }
    assert {row.landmark_on for row in rows.values()} == {TODAY - LANDMARK_AGO * DAY}


def test_merged_accounts_handed_over_ones_and_people_with_two_rows_are_read_as_one_customer(database: Database) -> None:
    """An answer given through the row that was merged away later is the winner's; the owner is that of the landmark."""
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "winner")
        two_people(world, "loser", answer=10)
        db.execute(update(schema.account).where(schema.account.c.id == "loser").values(state="merged"))
        db.execute(insert(schema.alias).values(kind="account", loser_id="loser", winner_id="winner"))
        decide(db, "loser", lost=False)
        world.hand_over("winner", "csm-2", at=NOW - 120 * DAY)
        world.hand_over("winner", "lead-1", at=NOW - 30 * DAY)
    row = read(database)["renewal:opp-loser"]
    assert (row.account_id, row.state, row.csm_id) == ("winner", AccountState.HEARD, "csm-2")


@pytest.mark.parametrize(("merged_days_ago", "state"), [(150, AccountState.QUIET), (50, AccountState.SILENT)])
def test_two_rows_of_one_person_are_one_silent_person_from_the_merge_on(
    database: Database, merged_days_ago: int, state: AccountState
) -> None:
    """Two rows, each asked once 160 days ago, due 139 days ago: at the landmark (100 days ago) long enough for silence.

    Merged before it they are one person, and one is no silence; what is merged after it were two as far as was known.
    """
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "acc")
        db.execute(insert(schema.alias).values(kind="contact", loser_id="acc-1", winner_id="acc-0"))
        run_id = builders.add_sync_run(db, started_at=NOW - merged_days_ago * DAY)
        told = {"object": "contact", "record_id": "acc-1", "change": "merged", "winner_id": "acc-0"}
        db.execute(insert(schema.sync_change).values(run_id=run_id, **told))
        decide(db, "acc", lost=True)
    assert read(database)["renewal:opp-acc"].state == state


def test_somebody_asked_through_another_account_is_no_silence_there(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        wave = world.wave("first", launched_days_ago=170)
        two_people(world, "asked", answer=9)
        two_people(world, "other")
        address = db.execute(
            select(schema.invitation.c.address).where(schema.invitation.c.contact_id == "asked-0")
        ).scalar_one()
        person = {"wave_id": wave, "contact_id": "other-0", "account_id": "other", "address": address}
        db.execute(insert(schema.census_member).values(**person, roles=["champion"], reason="same_address"))
        decide(db, "other", lost=True)
    assert read(database)["renewal:opp-other"].state == AccountState.HEARD


def test_an_account_lost_without_a_renewal_is_a_decision_and_one_told_twice_is_one(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "gone")
        two_people(world, "told-twice")
        for account_id, day in (("gone", DECIDED), ("told-twice", DECIDED + 5 * DAY)):
            gone = {"status": "churned", "churned_on": day}
            db.execute(update(schema.account).where(schema.account.c.id == account_id).values(**gone))
        decide(db, "told-twice", lost=True)
    rows = read(database)
    assert sorted(rows) == [f"lost:gone:{DECIDED}", "renewal:opp-told-twice"]
    assert all(row.lost for row in rows.values())


def test_notice_given_before_the_landmark_keeps_a_decision_out(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "noticed")
        decide(db, "noticed", lost=True)
        told = {"id": "m-1", "account_id": "noticed", "kind": "notice_given", "state": "live", "hash": ""}
        db.execute(insert(schema.milestone).values(**told, on=TODAY - 120 * DAY))
    row = read(database)["renewal:opp-noticed"]
    assert (row.reason, row.state) == (OutOfCohort.NOTICE_BEFORE, None)


def test_notice_comes_in_with_a_file_of_milestones(database: Database, tmp_path: Path) -> None:
    """The word as a person types it; before 2025-11-23, the landmark of a renewal lost ten days ago."""
    write_csv(tmp_path / "Account.csv", [["id", "name", "segment", "arr", "status"],
                                         ["acc-1", "Calder", "small", "100", "customer"]])  # fmt: skip
    write_csv(tmp_path / "Opportunity.csv", [["id", "account_id", "name", "kind", "closed", "won", "close_on"],
                                             ["o1", "acc-1", "Year 2", "Renewal", "1", "0", str(DECIDED)]])  # fmt: skip
    write_csv(tmp_path / "Milestone.csv", [["id", "account_id", "kind", "on"],
                                           ["m1", "acc-1", "Notice given", "2025-11-03"]])  # fmt: skip
    with database.begin() as db:
        World(db).wave("first", launched_days_ago=170)
    accounts.sync(database, accounts.open_source(f"csv:{tmp_path}"), as_of=TODAY, now=NOW)
    assert read(database)["renewal:o1"].reason == OutOfCohort.NOTICE_BEFORE


def test_a_company_s_own_word_for_a_renewal_is_read_here_as_on_the_page_of_retention(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        for account_id, kind in (("own", "Verlängerung"), ("not-one", "Renewed interest"), ("none", None)):
            two_people(world, account_id)
            decide(db, account_id, lost=False, kind=kind)
        words = {"verlängerung": "renewal", "renewed interest": "new"}
        preferences.change(db, {"deal_kinds": words}, actor="Clara", now=NOW)
    assert sorted(read(database)) == ["renewal:opp-own"]


def test_the_score_of_the_night_before_and_our_own_call_are_kept_with_it(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "called")
        decide(db, "called", lost=False)
        for days, score in ((110, 61.0), (90, 99.0)):
            night = {"as_of": TODAY - days * DAY, "scope": "account", "scope_id": "called", "name": "silent_score"}
            kept = {"window_days": 180, "value": score, "state": "ok", "detail": {}, "definition_version": 1}
            db.execute(insert(schema.figure_snapshot).values(**night, **kept))
        builders.add_follow_up(
            db,
            "silent_account:called",
            kind="silent_account",
            account_id="called",
            contact_id=None,
            score=None,
            opened_at=NOW - 60 * DAY,
            contact_by=NOW - 50 * DAY,
            contacted_at=NOW - 40 * DAY,
        )
    row = read(database)["renewal:opp-called"]
    assert (row.score, row.treated) == (61.0, True)


def test_a_second_night_changes_nothing_and_a_corrected_outcome_is_read_again(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "silent")
        decide(db, "silent", lost=True)
    first = read(database)["renewal:opp-silent"]
    with database.begin() as db:
        # What is done to the past afterwards leaves what was read alone.
        db.execute(update(schema.invitation).values(answered_at=NOW - 150 * DAY))
    assert cost.catch_up(database, NOW + DAY) == 0
    assert read(database)["renewal:opp-silent"] == first
    with database.begin() as db:
        db.execute(update(schema.opportunity).values(won=True))
    again = read(database)["renewal:opp-silent"]
    assert (again.lost, again.state) == (False, AccountState.HEARD)
    with database.begin() as db:
        db.execute(update(schema.opportunity).values(closed=False))
    assert read(database) == {}


def test_everybody_sees_one_price_and_opens_the_rows_of_own_accounts(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "mine")
        two_people(world, "foreign", answer=9)
        for account_id in ("mine", "foreign"):
            decide(db, account_id, lost=False)
        world.hand_over("foreign", "csm-2", at=NOW - 300 * DAY)
    read(database)
    with database.read() as db:
        hers, all_of_them = cost.page(db, DANA), cost.page(db, LEADER)
    assert hers.cost == all_of_them.cost
    assert (hers.mine, all_of_them.mine) == (frozenset({"mine"}), frozenset({"mine", "foreign"}))
    assert [one.group for one in all_of_them.renewals] == [Group.RESPONDING, Group.SILENT]


@pytest.mark.parametrize("sent_days_ago", [101, 99])
def test_the_day_of_the_landmark_itself_is_known(database: Database, sent_days_ago: int) -> None:
    """The landmark is 100 days ago, read as its end: an answer 101 days ago counts, one 99 days ago does not."""
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "edge", answer=9, after_days=160 - sent_days_ago)
        decide(db, "edge", lost=False)
    state = read(database)["renewal:opp-edge"].state
    assert state == (AccountState.HEARD if sent_days_ago > LANDMARK_AGO else AccountState.SILENT)
