"""The facts of money as the tables have them, under the owner of their day; from files of an export to a figure."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from tests import builders
from tests.accounts.folders import write_csv
from tests.builders import NOW, TODAY
from tests.campaigns.company import FILES
from tests.metrics.world import DAY, World
from voc.accounts import run as accounts
from voc.base import preferences, schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.base.words import FigureState, Scope, StaffRole
from voc.metrics import run
from voc.metrics.model import Figure, Shown
from voc.metrics.run import falls, retention

LEADER = Viewer(1, "Clara Wendt", StaffRole.LEADER)
DANA = Viewer(3, "Dana Whitlock", StaffRole.CSM, "csm-1")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def add_deal(db: Connection, id: str, account_id: str, kind: str = "Renewal", *, days_ago: int, **values: Any) -> None:
    row = {"name": id, "closed": True, "won": True, "currency": "USD", "close_on": ago(days_ago), "state": "live"}
    db.execute(insert(schema.opportunity).values(id=id, account_id=account_id, kind=kind, hash="", **{**row, **values}))


def add_mark(db: Connection, id: str, account_id: str, kind: str, *, days_ago: int, **values: Any) -> None:
    row = {"csm_id": None, "on": ago(days_ago), "value": None, "evidence": None, "state": "live", "hash": ""}
    db.execute(insert(schema.milestone).values(id=id, account_id=account_id, kind=kind, **{**row, **values}))


def figures(db: Connection, scope: Scope, id: str = "", days: int = 365, **question: Any) -> dict[str, Figure]:
    ids = None if scope == Scope.TOTAL else [id]
    return run.figures(db, scope=scope, ids=ids, now=NOW, window_days=days, **question)[0].figures


def shared(figure: Figure) -> tuple[Any, Any]:
    return figure.numerator, figure.denominator


def test_renewals_stand_under_the_owner_at_the_landmark_and_money_without_a_rate_is_named(database: Database) -> None:
    """Calder 100 -> 120 and handed over 40 days before; Vantor lost 80; Orrin pays in pounds without a rate."""
    with database.begin() as db:
        world = World(db)
        for id, name in (("acc-1", "Calder"), ("acc-2", "Vantor"), ("acc-3", "Orrin")):
            builders.add_account(db, id, name=name, renewal_on=ago(20) + timedelta(days=365))
        add_deal(db, "one", "acc-1", days_ago=20, arr_before=Decimal(100), arr_after=Decimal(120))
        add_deal(db, "two", "acc-2", days_ago=30, arr_before=Decimal(80), won=False)
        add_deal(db, "three", "acc-3", days_ago=9, arr_before=Decimal(5), arr_after=Decimal(5), currency="GBP")
        add_deal(db, "open", "acc-2", days_ago=5, closed=False, won=False)
        add_deal(db, "gone", "acc-2", days_ago=5, state="deleted", arr_before=Decimal(999))
        world.hand_over("acc-1", "csm-2", at=NOW - 60 * DAY)
    with database.read() as db:
        total, dana, ben = figures(db, Scope.TOTAL), figures(db, Scope.CSM, "csm-1"), figures(db, Scope.CSM, "csm-2")
        assert shared(total["nrr"]) == (120, 180)
        assert shared(total["customer_churn"]) == (1, 3)
        assert total["nrr"].left_out == ["Orrin"]
        assert total["customer_churn"].parts == {"kept": 2, "lost": 1, "not_decided": 1}
        # 3 decisions: counts alone; all of them were Dana's 90 days before.
        assert (total["nrr"].state, total["nrr"].shown) == (FigureState.TOO_FEW, Shown.COUNTS)
        assert shared(dana["nrr"]) == (120, 180)
        assert ben["nrr"].state == FigureState.NO_DATA
        # Calder and Orrin renewed after the day, Vantor not at all: the anniversary of their renewal date says so.
        assert total["on_time_renewal"].parts == {"in_time": 1, "late": 1, "lost": 1, "overdue": 1}
        before = figures(db, Scope.TOTAL, as_of=ago(25))
        assert shared(before["customer_churn"]) == (1, 1)


def test_every_row_of_money_adds_up_to_its_figure_in_every_scope(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1", name="Calder", arr=Decimal(150))
        builders.add_account(db, "acc-2", name="Vantor", arr=Decimal(400), csm_id="csm-2", segment="enterprise")
        builders.add_account(db, "unit", name="Vantor, north", arr=Decimal(40), csm_id="csm-2", parent_id="acc-2",
                             customer_since_on=ago(50))  # fmt: skip
        add_deal(db, "up", "acc-1", "Upsell", days_ago=200, amount=Decimal(50))
        add_deal(db, "unit", "unit", "New Business", days_ago=50, amount=Decimal(40))
        add_deal(db, "renewed", "acc-2", days_ago=100, arr_before=Decimal(380), arr_after=Decimal(400))
        for at, kind in enumerate(("onboarding_started", "training_completed", "went_live", "cost_service")):
            add_mark(db, f"m{at}", "acc-1", kind, days_ago=100 - 20 * at, value=Decimal(4))
        add_mark(db, "call", "acc-1", "call_reviewed", days_ago=9, value=Decimal(4), csm_id="csm-2")
        for at, kind in enumerate(("QBR", "Call", "Training")):
            row = {"about_id": "acc-2", "on": ago(10 + at), "state": "live", "hash": "", "csm_id": "csm-2"}
            db.execute(insert(schema.activity).values(id=f"t{at}", account_id="acc-2", kind=kind, **row))
        preferences.change(db, {"gross_margin": 0.8}, actor="Clara", now=NOW)
        builders.add_sync_run(db)
        world.hand_over("acc-1", "csm-2", at=NOW - 70 * DAY)
    with database.read() as db:
        names = None
        for scope, id in ((Scope.TOTAL, ""), (Scope.TEAM, "lead-1"), (Scope.CSM, "csm-1"), (Scope.CSM, "csm-2")):
            found = {name: one for name, one in figures(db, scope, id).items() if name in retention.NAMES}
            names = [*found, "activity", "call_quality", "business_reviews_held", "activity_x_quality", "crm_upkeep"]
            everything = figures(db, scope, id)
            for name in names:
                figure = everything[name]
                rows = run.rows(db, LEADER, figure=name, scope=scope, id=id, now=NOW, window_days=365)
                assert sum(row.whole for row in rows) == pytest.approx(figure.denominator or 0), name
                assert sum(row.part for row in rows) == pytest.approx(figure.numerator or 0), name
                assert sum(row.whole > 0 for row in rows) == figure.counted, name
        total = figures(db, Scope.TOTAL)
        assert shared(total["whitespace"]) == (40, pytest.approx(100 + 380))
        assert shared(total["upsell"]) == (50 + 20, pytest.approx(480))
        assert total["onboarding_time"].denominator == 1
        assert total["business_reviews_held"].value == pytest.approx(1 / 3)
        assert shared(figures(db, Scope.CSM, "csm-2")["call_quality"]) == (4, 1)
        assert total["product_usage"].reason == "No product usage came in: import product_usage with a number."


def test_a_detractor_of_a_merged_record_speaks_against_the_reference_and_so_does_a_call_that_came_late(
    database: Database,
) -> None:
    """One of Calder's records that were merged scored 3 after the other's 9; Vantor was called a day too late.

    Four days ago Vantor's call was due and nobody had made it yet.
    """
    with database.begin() as db:
        world = World(db)
        since = {"customer_since_on": ago(900), "csm_id": "csm-1"}
        for id, name in (("a", "Calder"), ("old-a", "Calder Ltd"), ("b", "Vantor")):
            builders.add_account(db, id, name=name, **since)
            builders.add_contact(db, f"con-{id}", account_id=id)
        for id in ("a", "b"):
            add_mark(db, f"ref-{id}", id, "reference_validated", days_ago=20, evidence="Saves 12%")
        world.ask("con-a", account_id="a", days_ago=150, answer=9, wave="first")
        world.ask("con-old-a", account_id="old-a", days_ago=100, answer=3, wave="second")
        db.execute(insert(schema.alias).values(kind="account", loser_id="old-a", winner_id="a"))
        db.execute(update(schema.account).where(schema.account.c.id == "old-a").values(state="merged"))
        late = {"opened_at": NOW - 9 * DAY, "contact_by": NOW - 5 * DAY, "contacted_at": NOW - 3 * DAY}
        builders.add_follow_up(db, "detractor:9", account_id="b", contact_id="con-b", **late)
        parts = {
            back: [
                figures(db, Scope.TOTAL, names=["validated_references"], as_of=ago(back))["validated_references"].parts,
                Counter(
                    row.label
                    for row in run.rows(
                        db, LEADER, figure="validated_references", scope=Scope.TOTAL, now=NOW, as_of=ago(back)
                    )
                ),
            ]
            for back in (1, 4)
        }
    assert parts[1] == [{"detractor": 1, "validated": 1}] * 2
    assert parts[4] == [{"detractor": 1, "follow_up_overdue": 1}] * 2


def test_what_respondents_state_comes_from_the_question_that_measures_it(database: Database) -> None:
    """Dana asked, Ben owns the account since: the answer stays hers. One named two people, one of them was taken up."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1", name="Calder")
        for id in ("a", "b"):
            builders.add_contact(db, id, roles=("champion",))
        db.execute(update(schema.questionnaire_version).values(files=FILES))
        for id, results in (("a", 4), ("b", 3)):
            asked = world.ask(id, answer=9)
            response_id = db.execute(schema.response.select().where(schema.response.c.invitation_id == asked)).one().id
            row = {"response_id": response_id, "question": "results", "number": results, "choices": []}
            db.execute(insert(schema.answer).values(**row))
        for number, state in enumerate(("accepted", "declined")):
            row = {
                "key": f"referral:{asked}:{number}",
                "kind": "referral",
                "account_id": "acc-1",
                "created_at": NOW - DAY,
            }
            db.execute(insert(schema.suggestion).values(**row, state=state, decided_at=NOW - DAY))
        world.hand_over("acc-1", "csm-2", at=NOW - 5 * DAY)
    with database.read() as db:
        assert shared(figures(db, Scope.CSM, "csm-1")["customer_stated_value"]) == (1, 2)
        assert shared(figures(db, Scope.TOTAL)["referrals_named"]) == (1, 2)
        with pytest.raises(NotFound):
            run.rows(db, DANA, figure="nrr", scope=Scope.CSM, id="csm-2", now=NOW)


def test_a_week_of_upkeep_is_spoilt_by_what_lay_over_seven_days(database: Database) -> None:
    with database.begin() as db:
        World(db)
        builders.add_account(db, "acc-1")
        builders.add_account(db, "acc-2", csm_id="csm-2")
        for days in (12, 5, 0):
            at = NOW - days * DAY - timedelta(hours=1)
            run_id = builders.add_sync_run(db, started_at=at, finished_at=at)
            problem = {"level": "rejected", "object": "contact", "reason": "unknown_account", "record_id": "kim"}
            db.execute(insert(schema.sync_problem).values(run_id=run_id, account_id="acc-1", **problem))
        row = {"kind": "left", "account_id": "acc-2", "state": "open", "created_at": NOW - 3 * DAY}
        db.execute(insert(schema.suggestion).values(key="left:1", **row))
    with database.read() as db:
        assert shared(figures(db, Scope.CSM, "csm-1", days=7)["crm_upkeep"]) == (0, 1)
        assert shared(figures(db, Scope.CSM, "csm-2", days=7)["crm_upkeep"]) == (1, 1)
        assert shared(figures(db, Scope.TOTAL, days=14)["crm_upkeep"]) == (3, 4)


def test_the_page_shows_each_csm_their_own_book_and_a_leader_everything(database: Database) -> None:
    with database.begin() as db:
        World(db)
        builders.add_account(db, "acc-1", name="Calder", arr=Decimal(100))
        builders.add_account(db, "acc-2", name="Vantor", arr=Decimal(60), csm_id="csm-2")
        add_deal(db, "one", "acc-1", days_ago=20, arr_before=Decimal(100), arr_after=Decimal(100))
        add_deal(db, "two", "acc-2", days_ago=20, arr_before=Decimal(60), arr_after=Decimal(30))
        add_deal(db, "waits", "acc-2", days_ago=-30, closed=False, won=False, arr_before=Decimal(30))
        preferences.change(db, {"goals": {"success_stories": 8, "nrr": 1.1}}, actor="Clara", now=NOW)
    with database.read() as db:
        everything = retention.retention(db, LEADER, now=NOW)
        assert [one.name for one in everything.lines] == ["Ben Carver", "Dana Whitlock"]
        assert {one.name: one.value for one in everything.without} == {
            "Calder": 0.5, "Vantor": 1.0, "Ben Carver": 1.0, "Dana Whitlock": 0.5,
        }  # fmt: skip
        assert [(one.account_name, one.at_stake) for one in everything.open] == [("Vantor", 30)]
        # A rate is everybody's own; eight stories are split as 100 to 60 of revenue.
        assert [(one.name, dict(one.parts)) for one in everything.goals] == [
            ("nrr", {"csm-2": 1.1, "csm-1": 1.1}),
            ("success_stories", {"csm-2": 3.0, "csm-1": 5.0}),
        ]
        mine = retention.retention(db, DANA, now=NOW)
        assert [one.id for one in mine.lines] == ["csm-1"]
        assert (mine.whole.id, mine.open) == ("csm-1", ())
        with pytest.raises(NotFound):
            retention.retention(db, DANA, now=NOW, team_id="lead-1")


def test_milestones_of_a_file_become_figures_and_what_cannot_be_taken_is_named(
    database: Database, tmp_path: Path
) -> None:
    write_csv(tmp_path / "Account.csv", [["id", "name", "csm_id", "segment", "arr", "status"],
                                         ["acc-1", "Calder", "csm-1", "small", "100", "customer"]])  # fmt: skip
    write_csv(tmp_path / "User.csv", [["id", "name", "active"], ["csm-1", "Dana Whitlock", "1"]])
    write_csv(tmp_path / "Milestone.csv", [
        ["id", "account_id", "csm_id", "kind", "on", "value", "evidence"],
        ["m1", "acc-1", "csm-1", "onboarding_started", "2026-01-05", "", "Kick-off"],
        ["m2", "acc-1", "csm-1", "Went Live", "2026-02-14", "", ""],
        ["m3", "acc-1", "csm-1", "wnet_live", "2026-02-14", "", ""],
        ["m4", "acc-1", "csm-1", "training_completed", "14.2.2026", "", ""],
        ["m5", "nowhere", "csm-1", "went_live", "2026-02-14", "", ""],
        ["m6", "acc-1", "csm-1", "product_usage", "2026-02-28", "seventy", ""],
        ["m7", "acc-1", "csm-1", "number_seats", "2026-02-28", "70", ""],
    ])  # fmt: skip
    accounts.sync(database, accounts.open_source(f"csv:{tmp_path}"), as_of=TODAY, now=NOW)
    with database.read() as db:
        found = figures(db, Scope.TOTAL)["onboarding_time"]
        assert (found.numerator, found.denominator) == (1, 1)
        rows = run.rows(db, TERMINAL, figure="onboarding_time", scope=Scope.TOTAL, now=NOW, window_days=365)
        assert [(row.on, row.size, row.csm_id) for row in rows] == [(date(2026, 1, 5), 40.0, "csm-1")]
        table = schema.sync_problem
        problems = db.execute(table.select().where(table.c.object == "milestone").order_by(table.c.row)).all()
        assert [(one.row, one.record_id, one.reason, one.field, one.text) for one in problems] == [
            (3, "m3", "unknown_kind", "kind", "wnet_live"),
            (4, "m4", "bad_date", "on", None),
            (5, "m5", "unknown_account", "account_id", "nowhere"),
            (6, "m6", "bad_number", "value", "seventy"),
        ]
        kept = db.execute(schema.milestone.select().order_by(schema.milestone.c.id)).all()
        assert [one.id for one in kept] == ["m1", "m2", "m6", "m7"]
        assert datetime(2026, 3, 3, tzinfo=UTC).date() == TODAY


def test_the_lead_hears_once_of_what_fell_to_half(database: Database, vault: Vault) -> None:
    """100 of expansion in each of twelve months, then 10 in February: told on 2 March, not on the 5th."""
    office: dict[str, Any] = {"vault": vault, "tokens": RandomTokens(), "settings": Settings()}
    with database.begin() as db:
        World(db)
        builders.add_staff(db, "marcus@vendor.example", name="Marcus Oyelaran", role="lead", csm_id="lead-1")
        builders.add_account(db, "acc-1", arr=Decimal(2000), customer_since_on=date(2020, 1, 1))
        for month in range(13):
            on = date(2025 + (month + 1) // 12, (month + 1) % 12 + 1, 10)
            amount = Decimal(10 if month == 12 else 100)
            add_deal(db, f"up-{month}", "acc-1", "Upsell", days_ago=0, close_on=on, amount=amount)
        second, fifth = datetime(2026, 3, 2, 3, tzinfo=UTC), datetime(2026, 3, 5, 3, tzinfo=UTC)
        assert falls.tell(db, fifth, **office) == 0
        for _ in range(2):
            falls.tell(db, second, **office)
        mails = db.execute(schema.message.select()).all()
        assert [one.kind for one in mails] == ["alert"]
        assert mails[0].subject == "[Test for marcus@vendor.example] What fell suddenly in February 2026"
        told = falls.text(falls.found(db, second), {"csm-1": "Dana Whitlock"}, base_url="https://voc.example")
    assert "Dana Whitlock, Expansion: 10 in the month, 100 is usual." in told


def renewals_of(db: Connection, *, decided: int, lost_last: int) -> None:
    """So many accounts of 100 renew each month from February 2025 on; of the last month's so many are lost."""
    for month in range(13):
        on = date(2025 + (month + 1) // 12, (month + 1) % 12 + 1, 10)
        for number in range(decided):
            id = f"acc-{month}-{number}"
            builders.add_account(db, id, arr=Decimal(100), customer_since_on=date(2020, 1, 1))
            won = not (month == 12 and number < lost_last)
            arr = Decimal(100)
            add_deal(db, f"renewal-{id}", id, days_ago=0, close_on=on, arr_before=arr, arr_after=arr, won=won)


@pytest.mark.parametrize(("decided", "lost", "falls_told"), [(8, 5, True), (8, 4, False), (7, 7, False)])
def test_revenue_kept_that_falls_to_half_of_its_twelve_months_is_told(
    database: Database, decided: int, lost: int, falls_told: bool
) -> None:
    """Everything was kept for twelve months; then 3 of 8 (38%), 4 of 8 (50%, not under half), or 0 of only 7."""
    with database.begin() as db:
        World(db)
        renewals_of(db, decided=decided, lost_last=lost)
        fell = [one for one in falls.found(db, datetime(2026, 3, 2, 3, tzinfo=UTC)) if one.name in ("grr", "nrr")]
        told = falls.text(fell, {"csm-1": "Dana Whitlock"}, base_url="https://voc.example")
    assert bool(fell) == falls_told
    if falls_told:
        for name in ("Gross", "Net"):
            line = f"Dana Whitlock, {name} revenue retention: 38% of the revenue of 8 renewals decided in the month, "
            assert f"{line}100% is usual." in told


def keep_month_ends(db: Connection, name: str, *, usual: tuple[float, float], last: tuple[float, float]) -> None:
    """On the last nights of fourteen months, February 2025 to March 2026."""
    firsts = [date(2025 + (month + 2) // 12, (month + 2) % 12 + 1, 1) for month in range(14)]
    for first in firsts:
        part, whole = last if first == firsts[-1] else usual
        night = {"as_of": first - timedelta(days=1), "scope": "csm", "scope_id": "csm-1", "name": name}
        kept = {"window_days": 90, "numerator": part, "denominator": whole, "value": part / whole, "state": "ok"}
        db.execute(insert(schema.figure_snapshot).values(**night, **kept, detail={}, definition_version=1))


def test_revenue_and_what_stands_for_long_are_no_trials_and_raise_no_alarm(database: Database) -> None:
    """One customer with 50,000 of a million falls silent: counted as a million trials it would be beyond any chance."""
    with database.begin() as db:
        World(db)
        keep_month_ends(db, "silent_arr", usual=(0, 1e6), last=(50_000, 1e6))
        keep_month_ends(db, "coverage_named", usual=(18, 20), last=(8, 20))
        assert falls.found(db, datetime(2026, 4, 2, 3, tzinfo=UTC)) == []


def test_shares_of_ninety_days_are_compared_by_quarters_that_do_not_overlap(database: Database) -> None:
    """Told after March; a fall after February stands in months of which each shares sixty days with the next."""
    with database.begin() as db:
        World(db)
        keep_month_ends(db, "voc_contribution", usual=(18, 20), last=(8, 20))
        (fell,) = falls.found(db, datetime(2026, 4, 2, 3, tzinfo=UTC))
        told = falls.text([fell], {"csm-1": "Dana Whitlock"}, base_url="https://voc.example")
        assert "VOC contribution: 40% in the 90 days to the end of the month, 90% is usual." in told
        newest = schema.figure_snapshot.c.as_of >= date(2026, 2, 1)
        db.execute(update(schema.figure_snapshot).where(newest).values(numerator=8))
        assert falls.found(db, datetime(2026, 3, 2, 3, tzinfo=UTC)) == []
