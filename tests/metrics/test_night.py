"""The night: snapshots once a day, a follow-up once per silence, and pages that do not ask per account."""

from datetime import date, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import event, select, update

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.test_figures import DANA, LEAD, LEADER, two_books
from tests.metrics.world import DAY, World
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import Refused
from voc.metrics import run, store

YESTERDAY = TODAY - timedelta(days=1)


def rate_of(db: Any, *, on: date, days: int = 180) -> tuple[Any, ...]:
    table = schema.figure_snapshot
    query = select(table.c.numerator, table.c.denominator, table.c.state).where(
        table.c.scope == "total", table.c.name == "response_rate", table.c.as_of == on, table.c.window_days == days
    )
    return tuple(db.execute(query).one())


def test_a_night_counts_until_the_end_of_yesterday_and_only_once(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        two_books(world)
    assert run.snapshot(database, NOW) > 0
    with database.begin() as db:
        world.db = db
        builders.add_contact(db, "extra")
        world.ask("extra", answer=9)
    assert run.snapshot(database, NOW + timedelta(hours=1)) == 0
    with database.read() as db:
        assert rate_of(db, on=YESTERDAY) == (2, 4, "too_few")
        assert rate_of(db, on=YESTERDAY, days=90)[:2] == (2, 4)


def test_a_night_that_was_broken_off_is_begun_anew(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    whole = run.snapshot(database, NOW)
    table = schema.figure_snapshot
    with database.begin() as db:
        db.execute(table.delete().where(table.c.name.in_(["counted", "reach"])))
    assert run.snapshot(database, NOW) == whole
    assert run.snapshot(database, NOW) == 0


class Overtaken:
    """A database where another worker counts the whole night between two transactions of this one."""

    def __init__(self, database: Database) -> None:
        self._database, self._begun = database, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def begin(self) -> Any:
        self._begun += 1
        if self._begun == 2:
            run.snapshot(self._database, NOW)
        return self._database.begin()


def test_of_two_who_count_the_same_night_the_one_that_began_last_keeps_it_whole(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    with pytest.raises(Refused, match="Another worker"):
        run.snapshot(cast("Database", Overtaken(database)), NOW)
    assert run.snapshot(database, NOW) == 0
    with database.read() as db:
        assert rate_of(db, on=YESTERDAY) == (2, 4, "too_few")


def test_a_past_night_never_changes_whatever_comes_in_later(database: Database) -> None:
    """Contacts merge, accounts are handed over, an answer comes late: the page of that night says what it said."""
    with database.begin() as db:
        world = World(db)
        two_books(world)
    run.snapshot(database, NOW)
    later = NOW + 30 * DAY

    def page() -> Any:
        with database.read() as db:
            found = run.engagement(db, LEADER, now=later, as_of=YESTERDAY)
        assert found.kept
        return found

    before = page()
    with database.begin() as db:
        world.db = db
        world.hand_over("acc-1", "csm-2", at=NOW + DAY)
        db.execute(schema.alias.insert().values(kind="contact", loser_id="ch-3", winner_id="dm-3"))
        silent = update(schema.invitation).where(schema.invitation.c.contact_id == "dm-3")
        db.execute(silent.values(answered_at=NOW + DAY))
    run.snapshot(database, later)
    assert page() == before
    with database.read() as db:
        live = run.engagement(db, LEADER, now=later, live=True)
    assert not live.kept
    assert live.whole.figures["account_response"].numerator == 2  # today, acc-3 has answered after all


def test_the_page_of_a_night_is_what_would_have_been_counted_then(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    run.snapshot(database, NOW)
    for viewer in (LEADER, LEAD, DANA):
        with database.read() as db:
            kept = run.engagement(db, viewer, now=NOW, as_of=YESTERDAY)
            live = run.engagement(db, viewer, now=NOW, as_of=YESTERDAY, live=True)
        assert (kept.kept, live.kept) == (True, False)
        assert kept.whole == live.whole
        assert kept.comparisons == live.comparisons
        assert [(one.name, one.accounts, one.arr, one.inherited) for one in kept.lines] == [
            (one.name, one.accounts, one.arr, one.inherited) for one in live.lines
        ]
        for line, same in zip(kept.lines, live.lines, strict=True):
            shared = {name: same.figures[name] for name in line.figures}
            assert line.figures == (same.figures if line.scope == kept.whole.scope else shared)


def test_nights_make_the_trend(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
    for days in (2, 1, 0):
        run.snapshot(database, NOW - days * DAY)
    with database.read() as db:
        trend = run.engagement(db, LEADER, now=NOW).trend
        assert trend["csm-1"] == [(YESTERDAY - timedelta(days=days), 1.0) for days in (2, 1, 0)]
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
