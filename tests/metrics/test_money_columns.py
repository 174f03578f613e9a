"""All accounts at once count what the rules count one by one: on random histories, in every scope and period."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, insert, update

from tests import builders
from tests.builders import NOW, TODAY
from tests.campaigns.company import FILES
from tests.metrics.test_columns import told
from tests.metrics.world import DAY, World, hand_over
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.words import Scope
from voc.metrics import cohorts, figures, store
from voc.metrics.catalogue import BY_NAME, CATALOGUE
from voc.metrics.columns.fact_tallies import Scopes, count_rows
from voc.metrics.model import Facts
from voc.metrics.run import subjects
from voc.metrics.run.subjects import Question, Shared
from voc.metrics.store.company import Ground, company

CSMS = ["csm-1", "csm-2", "csm-9", "lead-1"]
DEALS = ["Renewal", "Renewal", "New Business", "Upsell", "Cross-sell", "Something", None]
MARKS = (
    *("onboarding_started", "went_live", "training_completed", "success_story_confirmed", "reference_validated"),
    *("documentation_contributed", "cost_service", "discount_given", "product_usage", "call_reviewed", "party"),
)
TOUCHES = ["QBR", "Call", "Meeting", "Training", "Mail", None]


def history(db: Connection, chance: Random) -> None:
    world = World(db)
    builders.add_csm(db, "csm-9", name="Nobody's", manager_id=None)
    rules = {"gross_margin": chance.choice([0.0, 0.8]), "notice_days": chance.choice([90, 150])}
    chosen = {"currency_rates": {"EUR": 1.1}, **rules}
    preferences.change(db, chosen, actor="t", now=NOW)
    db.execute(update(schema.questionnaire_version).values(files=FILES, name=chance.choice(["onboarding", "pulse"])))
    ids = [f"acc-{number}" for number in range(6)]
    for number, id in enumerate(ids):
        _account(db, chance, id, ids[:number])
        if chance.random() < 0.4:
            hand_over(db, id, chance.choice(CSMS), at=NOW - chance.randrange(0, 200) * DAY)
    if chance.random() < 0.5:
        db.execute(schema.alias.insert().values(kind="account", loser_id="acc-4", winner_id="acc-0"))
        db.execute(update(schema.account).where(schema.account.c.id == "acc-4").values(state="merged"))
    for number in range(30):
        _deal(db, chance, f"deal-{number:02}", chance.choice(ids))
        _mark(db, chance, f"mark-{number:02}", chance.choice(ids))
        _touch(db, chance, f"touch-{number:02}", chance.choice(ids))
    _answers(world, chance, ids)
    _reviews(db, chance, ids)
    _upkeep(db, chance, ids)


def _ago(chance: Random, furthest: int = 800, nearest: int = 0) -> Any:
    return TODAY - timedelta(days=chance.randrange(nearest, furthest))


def _account(db: Connection, chance: Random, id: str, others: list[str]) -> None:
    builders.add_account(
        db,
        id,
        csm_id=chance.choice(CSMS),
        segment=chance.choice(["enterprise", "mid-market", "small", None]),
        country=chance.choice(["DE", "United States", None]),
        arr=chance.choice([None, Decimal(1000), Decimal(2500)]),
        currency=chance.choice(["USD", "EUR", "XXX", None]),
        status=chance.choice(["customer", "customer", "customer", "churned", "prospect"]),
        renewal_on=chance.choice([None, _ago(chance, 30, -300), TODAY.replace(year=2024, month=2, day=29)]),
        customer_since_on=chance.choice([None, _ago(chance)]),
        churned_on=chance.choice([None, None, _ago(chance)]),
        parent_id=chance.choice([None, *others, "unknown"]),
    )


def _deal(db: Connection, chance: Random, id: str, account_id: str) -> None:
    def amount() -> Decimal | None:
        return chance.choice([None, Decimal(0), Decimal(chance.randrange(1, 900))])

    row = {
        "kind": chance.choice(DEALS),
        "closed": chance.random() < 0.8,
        "won": chance.random() < 0.7,
        "close_on": chance.choice([None, *(_ago(chance, 700, -60) for _ in range(9))]),
        "currency": chance.choice(["USD", "EUR", "XXX", None]),
        "arr_before": amount(),
        "arr_after": amount(),
        "amount": amount(),
        "renewal_confirmed_on": chance.choice([None, _ago(chance, 500)]),
        "state": chance.choice(["live", "live", "live", "deleted"]),
    }
    db.execute(insert(schema.opportunity).values(id=id, account_id=account_id, name=id, hash="", **row))


def _mark(db: Connection, chance: Random, id: str, account_id: str) -> None:
    row = {
        "kind": chance.choice(MARKS),
        "on": _ago(chance, 600, -20),
        "csm_id": chance.choice([None, None, *CSMS, "csm-elsewhere"]),
        "value": chance.choice([None, Decimal(4), Decimal(120)]),
        "evidence": chance.choice([None, "said so", "saved 40%"]),
        "state": "live",
    }
    db.execute(insert(schema.milestone).values(id=id, account_id=account_id, hash="", **row))


def _touch(db: Connection, chance: Random, id: str, account_id: str) -> None:
    row = {"kind": chance.choice(TOUCHES), "on": _ago(chance, 500, -5), "csm_id": chance.choice([None, *CSMS])}
    db.execute(
        insert(schema.activity).values(id=id, account_id=account_id, about_id=account_id, state="live", hash="", **row)
    )


def _answers(world: World, chance: Random, ids: list[str]) -> None:
    db = world.db
    for number in range(8):
        contact_id, account_id = f"p{number}", chance.choice(ids)
        builders.add_contact(db, contact_id, account_id=account_id, roles=("champion",))
        asked = world.ask(
            contact_id,
            account_id=account_id,
            answer=chance.choice([3, 8, 10]),
            days_ago=chance.randrange(3, 300),
            wave=chance.choice(["one", "two"]),
            csm_id=chance.choice([*CSMS, None]),
            inherited=chance.random() < 0.2,
            confidential=chance.random() < 0.1,
        )
        if chance.random() < 0.7:  # and in a later wave
            world.ask(
                contact_id,
                account_id=account_id,
                answer=chance.choice([None, 5, 7, 9]),
                days_ago=chance.choice([10, 40]),
                after_days=chance.choice([2, 30]),
                wave="three",
                csm_id=chance.choice([*CSMS, None]),
                inherited=chance.random() < 0.2,
            )
        response_id = db.execute(schema.response.select().where(schema.response.c.invitation_id == asked)).one().id
        for question in ("results", "csm_knows", "nonsense"):
            said: dict[str, Any] = {"question": question, "number": chance.choice([None, 2, 4, 5]), "choices": []}
            db.execute(insert(schema.answer).values(response_id=response_id, **said))
        if chance.random() < 0.4:
            state = chance.choice(["accepted", "declined"])
            row = {"key": f"referral:{asked}:0", "kind": "referral", "account_id": account_id, "created_at": NOW - DAY}
            db.execute(insert(schema.suggestion).values(**row, state=state, decided_at=NOW - DAY))


def _reviews(db: Connection, chance: Random, ids: list[str]) -> None:
    row = {"kind": "review", "name": "call-review", "number": 1, "text": "", "digest": "", "saved_by": "t"}
    file_id = db.execute(
        insert(schema.measure_file).values(**row, saved_at=NOW).returning(schema.measure_file.c.id)
    ).scalar_one()
    for days in range(chance.choice([4, 5])):  # four tell nothing of how good somebody's calls are
        row = {"kind": "call_reviewed", "on": TODAY - timedelta(days=41 + days), "value": Decimal(4), "state": "live"}
        db.execute(
            insert(schema.milestone).values(id=f"call-{days}", account_id=ids[0], csm_id="csm-1", hash="", **row)
        )
    for _ in range(4):
        said = {"file_id": file_id, "answers": {}, "mean": 3.5, "by": "t", "written_at": NOW - 300 * DAY}
        about = {"kind": chance.choice(["call", "hand_over"]), "csm_id": chance.choice(CSMS), "on": _ago(chance, 400)}
        db.execute(insert(schema.colleague_review).values(account_id=chance.choice(ids), **about, **said))


def _upkeep(db: Connection, chance: Random, ids: list[str]) -> None:
    for days in range(3, 300, 6):
        run_id = builders.add_sync_run(db, started_at=NOW - days * DAY)
        if chance.random() < 0.5:
            values = {"level": "rejected", "object": "account", "record_id": "x", "reason": "bad", "run_id": run_id}
            db.execute(insert(schema.sync_problem).values(account_id=chance.choice(ids), **values))


def one_by_one(db: Connection, question: Question) -> figures.Counted:
    counted = figures.Counted(cohorts.window(question.moment, question.days))
    facts = Facts(question.moment, (), store.people(db))
    for definition, found in subjects.rows(db, question):
        figures.count_facts(counted, facts, definition, found)
    return counted


def all_at_once(db: Connection, question: Question, shared: Shared, ground: Ground) -> figures.Counted:
    counted = figures.Counted(cohorts.window(question.moment, question.days))
    found = company(db, moment=question.moment, window_days=365, preferences=question.preferences, ground=ground)
    for definition, rows, csm_ids in subjects.columns(question, names=None, shared=shared):
        count_rows(counted.tallies, Scopes(found.where, csm_ids), definition, rows)
    return counted


def compare(database: Database, seed: int, *, ago: int) -> None:
    with database.begin() as db:
        inner = db.begin_nested()
        history(db, Random(seed))
        known, moment = preferences.load(db), NOW - ago * DAY
        ground = Ground(db, moment, known)
        shared = Shared(db, Question(moment, 365, known), ground)
        for days in (365, 90):
            question = Question(moment, days, known)
            slow, fast = one_by_one(db, question), all_at_once(db, question, shared, ground)
            wanted = with_rows(slow)
            assert with_rows(fast) == wanted
            for key, name in sorted(wanted):
                if BY_NAME[name].columns is not None:
                    assert told(fast.tallies[key][name]) == told(slow.tallies[key][name]), (key, name, days)
                    assert reckoned(fast, key, name) == pytest.approx(reckoned(slow, key, name)), (key, name, days)
        inner.rollback()


def with_rows(counted: figures.Counted) -> set[Any]:
    scopes = [(key, found) for key, found in counted.tallies.items() if key[0] != Scope.ACCOUNT]
    return {(key, name) for key, found in scopes for name, one in found.items() if one.labels}


def reckoned(counted: figures.Counted, key: Any, name: str) -> list[float]:
    one = figures.figure(counted, key, name)
    interval = (one.interval.low, one.interval.high) if one.interval else ()
    return [value for value in (one.value, one.numerator, one.denominator, *interval) if value is not None]


@given(seed=some.integers(0, 2**32), ago=some.sampled_from([0, 40]))
@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_all_at_once_counts_what_the_rules_count(sqlite: Database, seed: int, ago: int) -> None:
    compare(sqlite, seed, ago=ago)


def test_and_so_it_does_through_postgresql(postgresql: Database) -> None:
    compare(postgresql, 11, ago=0)


def test_every_figure_of_a_subject_is_made_as_columns_too() -> None:
    """Else a night of a hundred thousand accounts goes through them one by one."""
    assert [one.name for one in CATALOGUE if one.facts is not None and one.columns is None] == []
