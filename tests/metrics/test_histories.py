"""Frozen histories through the page's own figures, on both databases: each with its answer worked out by hand.

A company's accounts are mid-market: each has six places (decision maker, budget holder, champion, executive sponsor,
influencer, end user). An invitation is due 21 days after it was sent; the period is the 180 days up to today.
Hand-overs in mid-wave, merged records and late answers stand in `test_figures`, the rest of the landmark in
`test_landmarks`.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.test_figures import LEADER, figures, shared
from tests.metrics.test_landmarks import DECIDED, LANDMARK_AGO, decide, read, two_people
from tests.metrics.world import DAY, World
from voc.base import schema
from voc.base.db import Database
from voc.base.words import OutOfCohort, Scope
from voc.campaigns.run import waves
from voc.campaigns.store.owners import inherited_accounts
from voc.metrics import run, wording
from voc.metrics.run import cost


def team(world: World, *accounts: str) -> None:
    """Each with a decision maker dm-1 and a champion ch-1, by the number of the account."""
    for number, account_id in enumerate(accounts, 1):
        builders.add_account(world.db, account_id, name=account_id)
        for short, role in (("dm", "decision_maker"), ("ch", "champion")):
            builders.add_contact(world.db, f"{short}-{number}", account_id=account_id, roles=(role,))


BOSS = ("decision_maker",)


def test_a_wave_that_was_stopped_half_way_counts_whom_it_had_asked(database: Database) -> None:
    """Launched 100 days ago, stopped 70 days ago. Of six people three had been asked by then.

    Account 1: the decision maker answered in full (9), the champion left the questionnaire half-filled with a 7, which
    its due date (69 days ago, after the stop) made a partial answer. Account 2: the decision maker, asked five days
    before the stop, is silent; its champion was still to be asked. Account 3: nobody had been asked yet.
    """
    with database.begin() as db:
        world = World(db)
        team(world, "acc-1", "acc-2", "acc-3")
        wave = world.wave("one", launched_days_ago=100)
        world.ask("dm-1", days_ago=90, answer=9, roles=BOSS)
        world.ask("ch-1", days_ago=90, answer=7, after_days=5, disposition="partial")
        world.ask("dm-2", account_id="acc-2", days_ago=75, roles=BOSS)
        waiting: dict[str, Any] = {"wave_id": wave, "next_step": "invite", "due_at": NOW - 69 * DAY}
        builders.add_invitation(db, contact_id="ch-2", account_id="acc-2", **waiting)
        builders.add_invitation(db, contact_id="dm-3", account_id="acc-3", roles=["decision_maker"], **waiting)
        builders.add_invitation(db, contact_id="ch-3", account_id="acc-3", **waiting)
        waves.stop_wave(db, wave, by="Clara Wendt", now=NOW - 70 * DAY)
        found = figures(db, Scope.TOTAL)
        between = figures(db, Scope.TOTAL, as_of=TODAY - timedelta(days=60))
    # Complete 1, partial 1, silent 1. Whoever was never sent anything is in no rate.
    assert shared(found["response_rate"]) == (2, 3)
    assert shared(found["response_rate_5"]) == (1, 3)
    assert found["response_rate"].parts == {"complete": 1, "partial": 1, "silent": 1}
    # Places: 3 x 6. Invited 3, all delivered, 2 answered; 3 people stand there whom nobody asked, 12 places are empty.
    assert shared(found["participation"]) == (2, 18)
    assert shared(found["places_invited"]) == (3, 18)
    assert shared(found["places_delivered"]) == (3, 3)
    assert shared(found["places_answered"]) == (2, 3)
    assert wording.chain(found["participation"], who="we") == (
        "2 of the 18 places we should hear from answered. 12 have no contact, 3 were not asked, 1 was silent."
    )
    # Accounts: 1 heard of 2 reached; of it half or more and its decision maker. The second has one person: quiet.
    assert shared(found["account_response"]) == (1, 2)
    assert shared(found["response_target"]) == (1, 2)
    assert shared(found["silent_accounts"]) == (0, 2)
    assert found["silent_accounts"].parts == {"heard": 1, "quiet": 1, "not_asked": 1}
    assert shared(found["invitation_guideline"]) == (0, 3)
    # The half-filled 7 is a vote of a passive: 9 and 7 are one promoter less no detractor of two.
    assert shared(found["nps_people"]) == (1, 2)
    # Sixty days ago the first two were due (69 days ago), the third (54 days ago) was not.
    assert shared(between["response_rate"]) == (2, 2)
    assert between["participation"].parts == {"answered": 2, "in_flight": 1, "not_asked": 3, "no_contact": 12}


def test_of_a_wave_under_way_only_what_is_due_is_in_the_rate(database: Database) -> None:
    """Account 1, asked 30 days ago: one answered, one did not. Account 2: one asked 5 days ago answered, one waits."""
    with database.begin() as db:
        world = World(db)
        team(world, "acc-1", "acc-2")
        wave = world.wave("one", launched_days_ago=31)
        world.ask("dm-1", days_ago=30, answer=9, roles=BOSS)
        world.ask("ch-1", days_ago=30)
        world.ask("dm-2", account_id="acc-2", days_ago=5, answer=3, roles=BOSS)
        waiting: dict[str, Any] = {"wave_id": wave, "next_step": "invite", "due_at": NOW + DAY}
        builders.add_invitation(db, contact_id="ch-2", account_id="acc-2", **waiting)
        line = run.figures(db, scope=Scope.TOTAL, now=NOW)[0]
    found = line.figures
    assert shared(found["response_rate"]) == (1, 2)
    assert shared(found["nps_people"]) == (1, 1)  # the 3 counts once its invitation is due
    assert shared(found["participation"]) == (1, 12)
    assert found["participation"].parts == {"answered": 1, "silent": 1, "in_flight": 2, "no_contact": 8}
    assert line.flight is not None
    assert (line.flight.invitations, line.flight.answered) == (1, 1)
    # But that account has been heard, whatever the rate counts.
    assert found["silent_accounts"].parts == {"heard": 2}


def test_whom_somebody_kept_from_being_asked_is_neither_silent_nor_out_of_the_census(database: Database) -> None:
    """Five of six people excluded would make a fine rate of the sixth; the chain has all eighteen places.

    Account 1: the decision maker excluded, champion and end user asked 120 days ago and silent. Account 2: both
    excluded. Account 3: the decision maker answered 6, the champion, excluded now, gave a 10 200 days before.
    """
    with database.begin() as db:
        world = World(db)
        team(world, "acc-1", "acc-2", "acc-3")
        world.wave("before", launched_days_ago=230)
        world.wave("one", launched_days_ago=121)
        builders.add_contact(db, "eu-1", roles=("end_user",))
        world.leave_out("dm-1", "excluded", roles=["decision_maker"])
        world.ask("ch-1", days_ago=120)
        world.ask("eu-1", days_ago=120, roles=("end_user",))
        world.leave_out("dm-2", "excluded", account_id="acc-2", roles=["decision_maker"])
        world.leave_out("ch-2", "excluded", account_id="acc-2")
        world.ask("dm-3", account_id="acc-3", days_ago=120, answer=6, roles=BOSS)
        world.leave_out("ch-3", "excluded", account_id="acc-3")
        world.ask("ch-3", account_id="acc-3", days_ago=225, answer=10, after_days=2, wave="before")
        found = figures(db, Scope.TOTAL)
        states = run.account_states(db, LEADER, now=NOW)
    assert shared(found["response_rate"]) == (1, 3)
    assert shared(found["response_rate_2"]) == (1, 3)
    assert shared(found["participation"]) == (1, 18)
    assert shared(found["places_invited"]) == (3, 18)
    assert wording.chain(found["participation"], who="we") == (
        "1 of the 18 places we should hear from answered. 11 have no contact, 4 were not asked, 2 were silent."
    )
    # Silent of those asked: account 1 of 1 and 3. Account 2 is a gap in coverage, made by us.
    assert shared(found["silent_accounts"]) == (1, 2)
    assert {id: str(one.state) for id, one in states.items()} == {
        "acc-1": "silent",
        "acc-2": "not_asked",
        "acc-3": "heard",
    }
    assert shared(found["nps_people"]) == (-1, 1)  # the 10 is older than the period
    assert shared(found["identified_promoters"]) == (1, 18)  # and younger than a year
    assert shared(found["invitation_guideline"]) == (0, 3)


def test_an_account_counts_for_the_new_owner_from_sixty_days_after_the_hand_over(database: Database) -> None:
    """An hour less than 60 days after the hand-over it is inherited, after 60 not; the first owner inherits nothing."""
    with database.begin() as db:
        world = World(db)
        for account_id in ("under", "exactly", "first"):
            builders.add_account(db, account_id)
        world.hand_over("under", "csm-2", at=NOW - 60 * DAY + timedelta(hours=1))
        world.hand_over("exactly", "csm-2", at=NOW - 60 * DAY)
        lately = {"from_at": NOW - DAY}
        db.execute(update(schema.account_csm).where(schema.account_csm.c.account_id == "first").values(**lately))
        assert inherited_accounts(db, ["under", "exactly", "first"], now=NOW) == {"under"}


def test_people_asked_again_count_by_invitation_once_as_people_and_with_their_latest_score(database: Database) -> None:
    """Ana (decision maker) in three waves: silent, then 4, then 9. Bo (champion) in two of them: silent in both."""
    with database.begin() as db:
        world = World(db)
        team(world, "acc-1")
        for wave, days_ago in (("a", 170), ("b", 110), ("c", 50)):
            world.wave(wave, launched_days_ago=days_ago + 1)
            answer = {"b": 4, "c": 9}.get(wave)
            world.ask("dm-1", days_ago=days_ago, answer=answer, wave=wave, roles=BOSS)
        world.ask("ch-1", days_ago=170, wave="a")
        world.ask("ch-1", days_ago=50, wave="c")
        whole, quarter = figures(db, Scope.TOTAL), figures(db, Scope.TOTAL, window_days=90)
        then = figures(db, Scope.TOTAL, as_of=TODAY - timedelta(days=60))
    assert shared(whole["response_rate"]) == (2, 5)
    assert shared(whole["reach"]) == (1, 2)
    assert shared(whole["account_response"]) == (1, 1)
    assert shared(whole["nps_people"]) == (1, 1)
    assert whole["nps_people"].parts == {"promoter": 1, "silent": 1}
    assert shared(whole["participation"]) == (1, 6)
    # Half or more of what was delivered: 2 of 5 is not, though the decision maker was heard.
    assert shared(whole["response_target"]) == (0, 1)
    # Due in the last 90 days: the second wave (89 days ago) and the third (29 days ago).
    assert shared(quarter["response_rate"]) == (2, 3)
    assert shared(quarter["response_target"]) == (1, 1)
    # Sixty days ago the third had not been sent: 1 of 3, and the 4 was the latest word.
    assert shared(then["response_rate"]) == (1, 3)
    assert shared(then["nps_people"]) == (-1, 1)


def test_an_account_that_was_lost_before_the_landmark_is_in_no_group_and_said_to_be_out(database: Database) -> None:
    """Each renewal was decided 10 days ago and is read 100 days ago. "gone" was lost 120 days ago already.

    Of the other two one was silent and left, one answered and stayed: 1 of 1 against 0 of 1.
    """
    with database.begin() as db:
        world = World(db)
        world.wave("first", launched_days_ago=170)
        two_people(world, "gone")
        two_people(world, "silent")
        two_people(world, "heard", answer=9)
        for account_id in ("gone", "silent", "heard"):
            decide(db, account_id, lost=account_id != "heard")
        lost = {"status": "churned", "churned_on": TODAY - (LANDMARK_AGO + 20) * DAY}
        db.execute(update(schema.account).where(schema.account.c.id == "gone").values(**lost))
    assert DECIDED == TODAY - 10 * DAY
    row = read(database)["renewal:opp-gone"]
    assert (row.reason, row.state) == (OutOfCohort.LOST_BEFORE, None)
    with database.read() as db:
        found = cost.page(db, LEADER).cost
    table = found.table
    assert (table.silent.left, table.silent.all, table.responding.left, table.responding.all) == (1, 1, 0, 1)
    assert (found.third.all, found.renewals, found.out) == (0, 3, {OutOfCohort.LOST_BEFORE: 1})


def test_a_past_day_counts_whoever_was_a_customer_then(database: Database) -> None:
    """Two people each were asked 100 days ago and said nothing. "gone" was lost 30 days ago, "new" came 20 days ago.

    Forty days ago "gone" was a silent customer beside "stays", and "new" was none. Today it is the other way round.
    """
    then = TODAY - timedelta(days=40)
    with database.begin() as db:
        world = World(db)
        world.wave("one", launched_days_ago=101)
        for account_id, lost_on, since_on in (
            ("stays", None, None),
            ("gone", TODAY - timedelta(days=30), None),
            ("new", None, TODAY - timedelta(days=20)),
        ):
            status = "churned" if lost_on else "customer"
            builders.add_account(
                db, account_id, name=account_id, status=status, churned_on=lost_on, customer_since_on=since_on
            )
            for number in (1, 2):
                builders.add_contact(db, f"{account_id}-{number}", account_id=account_id, roles=("champion",))
                if account_id != "new":
                    world.ask(f"{account_id}-{number}", account_id=account_id, days_ago=100)
        before, now = figures(db, Scope.TOTAL, as_of=then), figures(db, Scope.TOTAL)
        rows = run.rows(db, LEADER, figure="silent_accounts", scope=Scope.TOTAL, now=NOW, as_of=then)
    assert shared(before["silent_accounts"]) == (2, 2)
    assert {(row.account_id, row.label) for row in rows} == {("stays", "silent"), ("gone", "silent")}
    assert shared(now["silent_accounts"]) == (1, 1)
    assert now["silent_accounts"].parts == {"silent": 1, "not_asked": 1}
    # Six places each of two customers, then and now.
    assert (before["participation"].denominator, now["participation"].denominator) == (12, 12)
