"""The night: snapshots once a day, a follow-up once per silence, and pages that do not ask per account."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.test_figures import DANA, LEADER, two_books
from tests.metrics.world import DAY, World
from voc.base import schema
from voc.base.db import Database
from voc.metrics import run, store


def test_a_night_twice_keeps_one_copy_and_the_last_word(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        two_books(world)
    first = run.snapshot(database, NOW)
    with database.begin() as db:
        world.db = db
        builders.add_contact(db, "extra")
        world.ask("extra", answer=9)
    assert run.snapshot(database, NOW + timedelta(hours=1)) == first
    with database.read() as db:
        table = schema.figure_snapshot
        assert db.execute(select(func.count()).select_from(table)).scalar() == first
        kept = db.execute(
            select(table.c.numerator, table.c.denominator, table.c.state).where(
                table.c.scope == "total", table.c.name == "response_rate"
            )
        ).one()
    assert tuple(kept) == (3, 5, "ok")


def test_history_never_changes_and_makes_the_trend(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    for days in (2, 1, 0):
        run.snapshot(database, NOW - days * DAY)
    with database.read() as db:
        trend = run.engagement(db, LEADER, now=NOW).trend
        assert trend["csm-1"] == [(TODAY - timedelta(days=days), 1.0) for days in (2, 1, 0)]
        assert set(run.engagement(db, DANA, now=NOW).trend) == {"csm-1"}


def test_accounts_keep_their_score_and_state_each_night(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    run.snapshot(database, NOW)
    with database.read() as db:
        table = schema.figure_snapshot
        rows = db.execute(
            select(table.c.scope_id, table.c.reason, table.c.value, table.c.detail)
            .where(table.c.name == "silent_score")
            .order_by(table.c.scope_id)
        ).all()
    assert [(row.scope_id, row.reason) for row in rows] == [
        ("acc-1", "heard"),
        ("acc-2", "unreachable"),
        ("acc-3", "silent"),
        ("acc-4", "not_asked"),
    ]
    silent = rows[2]
    parts = {name: value for name, value in silent.detail["extra"].items() if name != "total"}
    assert sum(parts.values()) == pytest.approx(silent.value)
    assert rows[3].value is None


def test_one_account_reads_what_is_usual_from_the_night(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    with database.read() as db:
        live = run.account(db, LEADER, "acc-3", now=NOW)
        assert store.norms(db, on=TODAY, window_days=180) is None
    run.snapshot(database, NOW)
    with database.read() as db:
        kept = run.account(db, LEADER, "acc-3", now=NOW)
    assert live.standing == kept.standing
    assert live.standing is not None
    assert live.standing.p_silent is not None


def test_a_silence_opens_one_follow_up_and_the_next_silence_another(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        two_books(world)
        assert run.catch_up(db, NOW) == 1
        assert run.catch_up(db, NOW + DAY) == 0
        case = db.execute(select(schema.follow_up).where(schema.follow_up.c.kind == "silent_account")).one()
        assert (case.account_id, case.owner_csm_id, case.contact_id) == ("acc-3", "csm-2", "dm-3")
        # Somebody answers; half a year later they are silent again.
        later = NOW + 190 * DAY
        db.execute(
            update(schema.invitation).where(schema.invitation.c.contact_id == "ch-3").values(answered_at=NOW + DAY)
        )
        for contact_id in ("dm-3", "ch-3"):
            world.ask(contact_id, account_id="acc-3", csm_id="csm-2", days_ago=-100, wave="two", disposition=None)
        db.execute(
            update(schema.invitation)
            .where(schema.invitation.c.wave_id == world.waves["two"])
            .values(disposition="silent", disposed_at=later)
        )
        assert run.catch_up(db, NOW + 30 * DAY) == 0
        assert run.catch_up(db, later) == 1
        assert run.catch_up(db, later + DAY) == 0


def test_pages_ask_a_constant_number_of_questions(sqlite: Database) -> None:
    asked: list[str] = []
    with sqlite.begin() as db:
        two_books(World(db))

    def count(*seen: Any) -> None:
        asked.append(str(seen[2]))

    def questions() -> int:
        asked.clear()
        with sqlite.read() as db:
            event.listen(db, "before_cursor_execute", count)
            run.engagement(db, LEADER, now=NOW)
            run.silent(db, LEADER, now=NOW)
            run.account_states(db, DANA, now=NOW)
            event.remove(db, "before_cursor_execute", count)
        return len(asked)

    few = questions()
    with sqlite.begin() as db:
        for number in range(20):
            builders.add_account(db, f"more-{number}")
            builders.add_contact(db, f"m-{number}", account_id=f"more-{number}", roles=("champion",))
    assert questions() == few


def test_a_large_company_passes_in_portions_with_the_same_figures(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    whole = run.snapshot(database, NOW)
    with database.read() as db:
        before = snapshot_of(db)
    assert run.snapshot(database, NOW, portion=2) == whole
    with database.read() as db:
        assert snapshot_of(db) == before


def snapshot_of(db: Any) -> list[Any]:
    table = schema.figure_snapshot
    columns = [column for column in table.c if column.name != "id"]
    order = (table.c.scope, table.c.scope_id, table.c.name)
    return [tuple(row) for row in db.execute(select(*columns).order_by(*order))]
