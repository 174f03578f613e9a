"""Frozen histories, with the answers worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import Connection, select, update

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.world import DAY, World
from voc.base import preferences, schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import FigureState, Scope, StaffRole
from voc.metrics import run, wording
from voc.metrics.catalogue import CATALOGUE
from voc.metrics.model import Figure, IntervalKind, Shown
from voc.web.rows_view import file_rows

LEADER = Viewer(1, "Clara Wendt", StaffRole.LEADER)
LEAD = Viewer(2, "Marcus Oyelaran", StaffRole.LEAD, "lead-1")
DANA = Viewer(3, "Dana Whitlock", StaffRole.CSM, "csm-1")
BEN = Viewer(4, "Ben Carver", StaffRole.CSM, "csm-2")


def figures(db: Connection, scope: Scope, id: str = "", **question: object) -> dict[str, Figure]:
    ids = None if scope == Scope.TOTAL else [id]
    return run.figures(db, scope=scope, ids=ids, now=NOW, **question)[0].figures  # type: ignore[arg-type]  # passed on


def shared(figure: Figure) -> tuple[float | None, float | None]:
    return figure.numerator, figure.denominator


def test_dispositions_make_the_six_rates(database: Database) -> None:
    """2 complete, 1 partial, 1 refused, 2 silent, 1 other, 2 bounced (freshness .9 and unknown), 1 left."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        fates = ["complete", "complete", "partial", "refused", "silent", "silent", "other", "unknown", "unknown"]
        for number, fate in enumerate([*fates, "not_eligible"]):
            builders.add_contact(db, f"p{number}")
            answer = 9 if fate in ("complete", "partial") else None
            freshness = 0.9 if number == 7 else None
            world.ask(f"p{number}", answer=answer, disposition=fate, freshness=freshness)
        found = figures(db, Scope.TOTAL)
    assert shared(found["response_rate"]) == (3, 7)  # RR6: 2+1 of 2+1+1+2+1
    assert shared(found["response_rate_5"]) == (2, 7)
    assert shared(found["response_rate_1"]) == (2, 9)
    assert shared(found["response_rate_2"]) == (3, 9)
    assert (found["response_rate_3"].numerator, found["response_rate_4"].numerator) == (2, 3)
    assert found["response_rate_3"].denominator == pytest.approx(7 + 0.9 + 0.5)
    assert found["response_rate_4"].denominator == pytest.approx(8.4)
    assert found["response_rate"].parts == {
        "complete": 2,
        "partial": 1,
        "refused": 1,
        "silent": 2,
        "other": 1,
        "unknown": 2,
        "not_eligible": 1,
    }
    # 7 invitations in one account: counts and percent, no interval, no comparison.
    assert (found["response_rate"].shown, found["response_rate"].interval) == (Shown.PERCENT, None)
    assert wording.value(found["response_rate"]) == "43%"
    said = "; ".join(wording.bounces(found["response_rate"], found["response_rate_2"]))
    assert said == "2 mails bounced; counting bounces as no answer 33%, 3 of 9"


def test_every_figure_is_the_rows_it_lists(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    with database.read() as db:
        for scope, id in ((Scope.TOTAL, ""), (Scope.TEAM, "lead-1"), (Scope.CSM, "csm-1"), (Scope.ACCOUNT, "acc-1")):
            for name, figure in figures(db, scope, id).items():
                rows = run.rows(db, LEADER, figure=name, scope=scope, id=id, now=NOW)
                counted = [row for row in rows if row.whole > 0]
                assert sum(row.whole for row in counted) == pytest.approx(figure.denominator), name
                assert sum(row.part for row in counted) == pytest.approx(figure.numerator), name
                assert len(counted) == figure.counted, name
                assert len(rows) == sum(figure.parts.values()), name


def test_rows_say_which_answers_were_given_on_the_phone(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        two_books(world)
        asked = schema.response.c.invitation_id.in_(
            select(schema.invitation.c.id).where(schema.invitation.c.contact_id == "ch-1")
        )
        db.execute(update(schema.response).where(asked).values(channel="phone", entered_by="Dana Whitlock"))
    with database.read() as db:
        for name in ("response_rate", "nps_people"):
            rows = run.rows(db, LEADER, figure=name, scope=Scope.TOTAL, now=NOW)
            assert [row.contact_id for row in rows if row.by_phone] == ["ch-1"], name
        (one,) = [row for row in rows if row.by_phone]
        assert "on the phone" in str(list(file_rows([one], {})))
        assert not any(
            row.by_phone for row in run.rows(db, LEADER, figure="fresh_contacts", scope=Scope.TOTAL, now=NOW)
        )


def two_books(world: World) -> None:
    """Dana: one account heard by its decision maker, one bounced. Ben: one silent, one nobody asked."""
    db = world.db
    builders.add_account(db, "acc-1", name="Calder")
    builders.add_account(db, "acc-2", name="Vantor")
    builders.add_account(db, "acc-3", name="Orchard", csm_id="csm-2")
    builders.add_account(db, "acc-4", name="Riva", csm_id="csm-2")
    for account in range(1, 5):
        builders.add_contact(db, f"dm-{account}", account_id=f"acc-{account}", roles=("decision_maker",))
        builders.add_contact(db, f"ch-{account}", account_id=f"acc-{account}", roles=("champion",))
    world.ask("dm-1", answer=9, roles=("decision_maker",))
    world.ask("ch-1", answer=6)
    world.ask("dm-2", account_id="acc-2", roles=("decision_maker",), disposition="unknown")
    world.ask("dm-3", account_id="acc-3", csm_id="csm-2", roles=("decision_maker",), days_ago=80)
    world.ask("ch-3", account_id="acc-3", csm_id="csm-2", days_ago=80)
    builders.add_follow_up(db, "detractor:1", contact_id="ch-1", contact_by=NOW - DAY, contacted_at=NOW - 2 * DAY)
    builders.add_follow_up(db, "detractor:2", contact_id="ch-1", contact_by=NOW - DAY)
    builders.add_follow_up(db, "detractor:3", contact_id="ch-1", contact_by=NOW + DAY)


def test_accounts_people_and_follow_ups_are_counted_each_in_their_own_unit(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
        total, dana = figures(db, Scope.TOTAL), figures(db, Scope.CSM, "csm-1")
    assert shared(total["response_rate"]) == (2, 4)
    assert shared(total["account_response"]) == (1, 2)  # acc-2 was never reached
    assert shared(total["two_roles_heard"]) == (1, 2)
    assert shared(total["decision_maker_heard"]) == (1, 2)
    assert shared(total["response_target"]) == (1, 2)
    assert shared(total["reach"]) == (2, 4)
    assert shared(total["silent_accounts"]) == (1, 3)
    assert total["silent_accounts"].parts == {"heard": 1, "not_asked": 1, "silent": 1, "unreachable": 1}
    assert shared(dana["response_rate"]) == (2, 2)
    assert shared(dana["response_rate_2"]) == (2, 3)
    assert shared(dana["follow_up_attainment"]) == (1, 2)
    assert dana["follow_up_attainment"].parts == {"met": 1, "open_late": 1, "pending": 1}


def test_the_chain_runs_over_places_and_says_what_fell_off(database: Database) -> None:
    """Mid-market wants 6 places. Four accounts: 24 places; 5 invited, 1 bounced, 2 answered, 2 silent."""
    with database.begin() as db:
        world = World(db)
        two_books(world)
        world.leave_out("ch-2", "opted_out", account_id="acc-2")
        found = figures(db, Scope.TOTAL)
    assert shared(found["participation"]) == (2, 24)
    assert shared(found["places_invited"]) == (5, 24)
    assert shared(found["places_delivered"]) == (4, 5)
    assert shared(found["places_answered"]) == (2, 4)
    assert found["participation"].parts == {
        "answered": 2,
        "silent": 2,
        "bounced": 1,
        "not_asked_opted_out": 1,
        "not_asked": 2,  # Riva: two people, nobody asked
        "no_contact": 16,
    }
    assert wording.chain(found["participation"], who="this team") == (
        "2 of the 24 places this team should hear from answered. 16 have no contact, 2 were not asked, "
        "1 opted out earlier, 1 mail bounced, 2 were silent."
    )


def test_nobody_asked_is_null_with_a_state_and_never_zero(database: Database) -> None:
    with database.begin() as db:
        World(db)
        builders.add_account(db)
        found = figures(db, Scope.TOTAL)
    assert found["response_rate"].value is None
    assert found["response_rate"].state == FigureState.NONE_ASKED
    assert found["response_rate"].reason == "Nobody was asked in this period."
    assert (found["participation"].value, found["participation"].state) == (None, FigureState.NONE_ASKED)
    assert wording.chain(found["participation"]) == "Nobody was asked in this period."
    assert (found["places_invited"].value, found["places_invited"].denominator) == (0, 6)
    assert found["follow_up_attainment"].state == FigureState.NO_DATA
    assert found["silent_accounts"].state == FigureState.NONE_ASKED
    assert wording.value(found["response_rate"]) == "\u2013"


def test_only_bounces_say_that_no_mail_arrived(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        builders.add_contact(db, "gone")
        world.ask("gone", disposition="unknown")
        found = figures(db, Scope.TOTAL)
    assert (found["response_rate"].value, found["response_rate"].reason) == (None, "No mail arrived.")
    assert (found["places_answered"].value, found["places_answered"].reason) == (None, "No mail arrived.")
    assert shared(found["response_rate_2"]) == (0, 1)
    assert shared(found["participation"]) == (0, 6)


def test_a_wave_under_way_stays_out_of_the_rate_and_stands_beside_it(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        for number in range(3):
            builders.add_contact(db, f"p{number}")
            world.ask(f"p{number}", days_ago=5, answer=9 if number == 0 else None)
        line = run.figures(db, scope=Scope.TOTAL, now=NOW)[0]
    assert line.figures["response_rate"].state == FigureState.IN_FLIGHT
    assert line.figures["response_rate"].value is None
    assert wording.chain(line.figures["participation"]) == "3 invitations are under way, none is due yet."
    assert line.flight is not None
    assert (line.flight.invitations, line.flight.answered, line.flight.expected) == (3, 1, None)


def test_the_window_is_cut_by_the_due_date_and_not_by_the_answer(database: Database) -> None:
    """Due exactly 180 days ago is out, a moment later is in; sent before the window and due in it counts."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        for id, days_ago in (("out", 201.0), ("in", 200.9), ("short", 60.0)):
            builders.add_contact(db, id)
            world.ask(id, days_ago=days_ago, answer=9, after_days=1, wave=id)
        assert shared(figures(db, Scope.TOTAL)["response_rate"]) == (2, 2)
        assert shared(figures(db, Scope.TOTAL, window_days=90)["response_rate"]) == (1, 1)
        assert shared(figures(db, Scope.TOTAL, window_days=365)["response_rate"]) == (3, 3)


def test_a_late_answer_is_heard_but_not_on_time(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        builders.add_contact(db, "late")
        world.ask("late", answer=3, after_days=30)
        found = figures(db, Scope.TOTAL)
    assert shared(found["response_rate"]) == (0, 1)
    assert shared(found["reach"]) == (1, 1)
    assert shared(found["account_response"]) == (1, 1)
    assert shared(found["nps_people"]) == (-1, 1)
    assert found["silent_accounts"].parts == {"heard": 1}


def test_a_day_in_the_past_knows_nothing_of_what_came_later(database: Database) -> None:
    """Sent 60 days ago, due 39 days ago, answered late 30 days ago: on day -35 the account was not heard."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        builders.add_contact(db, "late")
        world.ask("late", answer=3, after_days=30)
        then = figures(db, Scope.TOTAL, as_of=TODAY - timedelta(days=35))
        before = figures(db, Scope.TOTAL, as_of=TODAY - timedelta(days=45))
    assert shared(then["account_response"]) == (0, 1)
    assert then["nps_people"].value is None
    assert before["response_rate"].state == FigureState.IN_FLIGHT


def test_a_handover_in_mid_wave_leaves_each_invitation_with_its_owner(database: Database) -> None:
    """Two sent under Dana, then handed over; one sent under Ben 20 days later is inherited: the team's, not Ben's."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        for id in ("a", "b", "c", "d"):
            builders.add_contact(db, id)
        world.ask("a", days_ago=100, answer=9)
        world.ask("b", days_ago=100)
        world.hand_over("acc-1", "csm-2", at=NOW - 90 * DAY)
        world.ask("c", days_ago=70, csm_id="csm-2", inherited=True, answer=7)
        dana, ben = figures(db, Scope.CSM, "csm-1"), figures(db, Scope.CSM, "csm-2")
        team = figures(db, Scope.TEAM, "lead-1")
        line = run.figures(db, scope=Scope.CSM, ids=["csm-2"], now=NOW)[0]
        rows = run.rows(db, DANA, figure="response_rate", scope=Scope.CSM, id="csm-1", now=NOW)
    assert shared(dana["response_rate"]) == (1, 2)
    assert ben["response_rate"].value is None
    assert shared(team["response_rate"]) == (2, 3)
    assert shared(team["account_response"]) == (1, 1)  # one account, whoever asked
    assert (line.inherited, line.accounts) == (1, 1)
    assert [row.handed_over for row in rows] == [True, True]  # still hers to see, no longer hers to open


def test_merged_records_count_under_the_winner(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db)
        builders.add_account(db, "acc-old", state="merged", status="customer")
        builders.add_contact(db, "new")
        builders.add_contact(db, "old", state="merged", account_id="acc-old", email="new@calder.example")
        for kind, loser, winner in (("account", "acc-old", "acc-1"), ("contact", "old", "new")):
            db.execute(schema.alias.insert().values(kind=kind, loser_id=loser, winner_id=winner))
        world.ask("old", account_id="acc-old", days_ago=120, answer=4, wave="before")
        world.ask("new", days_ago=60, answer=9)
        found = figures(db, Scope.ACCOUNT, "acc-1")
    assert shared(found["response_rate"]) == (2, 2)
    assert shared(found["reach"]) == (1, 1)  # one person
    assert shared(found["nps_people"]) == (1, 1)  # the latest answer is the vote


def test_one_person_with_rows_at_two_accounts_is_asked_once_and_heard_at_both(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1")
        builders.add_account(db, "acc-2")
        builders.add_contact(db, "one", roles=("decision_maker",))
        builders.add_contact(db, "two", account_id="acc-2", email="one@calder.example", roles=("decision_maker",))
        world.ask("one", answer=10, roles=("decision_maker",))
        world.leave_out(
            "two", "same_address", account_id="acc-2", address="one@calder.example", roles=["decision_maker"]
        )
        first, second = figures(db, Scope.ACCOUNT, "acc-1"), figures(db, Scope.ACCOUNT, "acc-2")
        states = run.account_states(db, LEADER, now=NOW)
        total = figures(db, Scope.TOTAL)
    assert shared(total["response_rate"]) == (1, 1)
    assert second["response_rate"].value is None
    assert shared(first["participation"]) == shared(second["participation"]) == (1, 6)
    assert [one.state for one in states.values()] == ["heard", "heard"]
    assert shared(total["identified_promoters"]) == (2, 12)


def test_money_without_a_rate_is_left_out_and_named(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        for id, currency in (("acc-1", "USD"), ("acc-2", "EUR"), ("acc-3", "SEK")):
            builders.add_account(db, id, name=id, currency=currency, arr=Decimal(100))
            builders.add_contact(db, f"p-{id}", account_id=id)
            answer = 9 if id == "acc-2" else None
            world.ask(f"p-{id}", account_id=id, answer=answer, arr=Decimal(100), currency=currency)
        known = msgspec.structs.replace(preferences.load(db), currency_rates={"EUR": 1.5})
        found = figures(db, Scope.TOTAL, preferences=known)["arr_heard"]
    assert shared(found) == (150, 250)
    assert found.left_out == ["acc-3"]
    assert found.value == pytest.approx(0.6)


def test_scores_carry_worst_and_best_case(database: Database) -> None:
    """4 promoters, 2 passives, 4 detractors... of 15 reached: 0 from 10 of 15; all silent unhappy: -33."""
    with database.begin() as db:
        world = World(db)
        for number in range(15):
            account = f"acc-{number % 5}"
            if number < 5:
                builders.add_account(db, account)
            builders.add_contact(db, f"p{number}", account_id=account)
            answer = [10, 9, 9, 10, 8, 7, 2, 6, 0, 5][number] if number < 10 else None
            world.ask(f"p{number}", account_id=account, answer=answer)
        found = figures(db, Scope.TOTAL)
    people = found["nps_people"]
    assert (people.value, shared(people)) == (0, (0, 10))
    assert people.extra["worst"] == pytest.approx(-100 * 5 / 15)
    assert people.interval is not None
    assert people.interval.kind == IntervalKind.NPS
    assert wording.worst_case(people) == "0 from 10 of 15 asked. If every silent person were unhappy: \u221233."
    # Accounts: p0,p5 +1,0; p1,p6 +1,-1; p2,p7 +1,-1; p3,p8 +1,-1; p4,p9 0,-1 -> .5 0 0 0 -.5
    assert found["nps_accounts"].value == pytest.approx(0)
    assert found["nps_accounts"].interval is None
    assert wording.few_accounts(found["nps_accounts"]) == "Rests on few accounts."


def test_a_csm_sees_own_figures_and_nobody_elses(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    with database.read() as db:
        assert run.engagement(db, DANA, now=NOW).whole.id == "csm-1"
        assert [line.name for line in run.engagement(db, DANA, now=NOW).lines] == ["Dana Whitlock"]
        assert [line.name for line in run.engagement(db, LEAD, now=NOW).lines] == ["Ben Carver", "Dana Whitlock"]
        assert run.engagement(db, LEADER, now=NOW).whole.scope == Scope.TOTAL
        assert {one.account_id for one in run.account_states(db, BEN, now=NOW).values()} == {"acc-3", "acc-4"}
        assert [one.name for one in run.silent(db, BEN, now=NOW).silent] == ["Orchard"]
        assert run.silent(db, DANA, now=NOW).silent == ()
        with pytest.raises(NotFound):
            run.account(db, DANA, "acc-3", now=NOW)
        for scope, id in ((Scope.TOTAL, ""), (Scope.TEAM, "lead-1"), (Scope.CSM, "csm-2"), (Scope.ACCOUNT, "acc-3")):
            with pytest.raises(NotFound):
                run.rows(db, DANA, figure="response_rate", scope=scope, id=id, now=NOW)
        with pytest.raises(NotFound):
            run.rows(db, LEADER, figure="unheard of", scope=Scope.TOTAL, now=NOW)
        with pytest.raises(NotFound):
            run.engagement(db, DANA, now=NOW, team_id="lead-1")


def test_figures_encode_to_json(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
        for scope in Scope:
            told = msgspec.json.decode(msgspec.json.encode(run.figures(db, scope=scope, now=NOW)))
            assert all(set(line["figures"]) == {one.name for one in CATALOGUE} for line in told)
