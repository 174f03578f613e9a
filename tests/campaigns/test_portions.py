"""A launch in portions: nobody waits for long, nothing is left half-written, and the wave is the same."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.campaigns.company import FILES, LAUNCH, add_company, launch, settle_in
from voc.base import schema
from voc.base.access import TERMINAL
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.errors import Refused
from voc.campaigns import run, store
from voc.campaigns.store import launches, wave_pages

ORDER = run.Order("relationship", FILES, "Relationship, March 2026", "Clara Wendt")


class Killed(BaseException):
    """As if the process was gone: nobody tidies up."""


def rows(database: Database, table: Any, wave_id: int) -> list[tuple[Any, ...]]:
    with database.read() as db:
        columns = [column for column in table.columns if column.name not in ("id", "wave_id")]
        query = select(*columns).where(table.c.wave_id == wave_id).order_by(table.c.id)
        return [tuple(row) for row in db.execute(query)]


def company(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=6, people=4)


def test_in_portions_the_same_is_written_as_at_once(database: Database) -> None:
    company(database)
    in_portions = run.launch_in_portions(database, ORDER, clock=SetClock(LAUNCH), holder="one")
    with database.begin() as db:
        run.stop_wave(db, in_portions, by="Clara Wendt", now=LAUNCH)
        at_once = launch(db)
        run.stop_wave(db, at_once, by="Clara Wendt", now=LAUNCH)
    assert rows(database, schema.census_member, in_portions) == rows(database, schema.census_member, at_once)
    assert rows(database, schema.invitation, in_portions) == rows(database, schema.invitation, at_once)
    assert len(rows(database, schema.invitation, in_portions)) == 24


def test_a_launch_that_is_stopped_midway_leaves_nothing(database: Database) -> None:
    company(database)

    def stop(what: str, _done: int, _total: int | None) -> None:
        if what == "Census and first steps":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.launch_in_portions(database, ORDER, clock=SetClock(LAUNCH), holder="one", report=stop)
    with database.read() as db:
        for table in (schema.wave, schema.census_member, schema.invitation):
            assert db.execute(select(func.count()).select_from(table)).scalar() == 0
    assert run.launch_in_portions(database, ORDER, clock=SetClock(LAUNCH), holder="two")


def test_while_one_is_launching_another_is_refused_and_nothing_is_given_out(database: Database) -> None:
    company(database)
    seen = []

    def look(what: str, _done: int, _total: int | None) -> None:
        if what == "Census and first steps":
            with pytest.raises(Refused, match="launching this campaign just now"):
                run.launch_in_portions(database, ORDER, clock=SetClock(LAUNCH), holder="two")
            with database.begin() as db:
                seen.append(
                    (
                        store.claim_due(db, now=LAUNCH.replace(month=12), limit=50),
                        wave_pages.rows(db, TERMINAL)[0].state,
                    )
                )

    wave_id = run.launch_in_portions(database, ORDER, clock=SetClock(LAUNCH), holder="one", report=look)
    assert seen == [([], "planning")]
    with database.read() as db:
        assert wave_pages.row(db, wave_id, TERMINAL).state == "running"


def test_a_launch_that_slept_through_its_turn_ends_also_when_the_turn_is_free_again(database: Database) -> None:
    company(database)
    clock = SetClock(LAUNCH)
    others: list[int] = []

    def sleep(what: str, _done: int, _total: int | None) -> None:
        if what == "Census and first steps" and not others:
            clock.set(LAUNCH + timedelta(minutes=11))
            others.append(run.launch_in_portions(database, ORDER, clock=SetClock(clock.now()), holder="two"))

    with pytest.raises(Refused, match="stood still for too long"):
        run.launch_in_portions(database, ORDER, clock=clock, holder="one", report=sleep)
    # On SQLite the other's wave has the number that ours had.
    assert len(rows(database, schema.invitation, others[0])) == 24
    with database.read() as db:
        assert [(one.id, one.state) for one in wave_pages.rows(db, TERMINAL)] == [(others[0], "running")]
        launched = select(func.count()).where(schema.audit.c.action == "wave launched")
        assert db.execute(launched).scalar() == 1


def test_what_a_killed_launch_left_is_taken_back_by_a_worker_once_its_turn_is_over(database: Database) -> None:
    company(database)
    clock = SetClock(LAUNCH)
    begun: list[int] = []

    def killed(what: str, _done: int, _total: int | None) -> None:
        if what == "Census and first steps" and not begun:
            begun.append(run.take_back_left(database, clock=clock, holder="worker"))
            with database.read() as db:
                begun.append(len(wave_pages.rows(db, TERMINAL)))
                (left,) = launches.unfinished(db, now=clock.now())
                assert left.under_way
            clock.set(LAUNCH + timedelta(minutes=11))  # it sleeps as long as a dead one: its turn is over
            with database.read() as db:
                (left,) = launches.unfinished(db, now=clock.now())
                assert (left.wave, left.under_way) == (ORDER.label, False)
            begun.append(run.take_back_left(database, clock=clock, holder="worker"))

    with pytest.raises(Refused):
        run.launch_in_portions(database, ORDER, clock=clock, holder="one", report=killed)
    assert begun == [0, 1, 1]
    with database.read() as db:
        assert wave_pages.rows(db, TERMINAL) == []
        assert db.execute(select(func.count()).select_from(schema.invitation)).scalar() == 0
    assert run.launch_in_portions(database, ORDER, clock=clock, holder="two")
