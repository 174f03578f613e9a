"""What the core promises whatever the connector: windows, waiting, pauses, sweeps, problems that stand."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from tests.crm import promise
from tests.crm.company import Company, standard
from tests.crm.memory import WINDOWS, Memory, id_of
from tests.crm.server import Fault
from voc.accounts import run, store
from voc.accounts.connector import Usage
from voc.accounts.model import Kind, Progress, Role, RunState
from voc.accounts.store import history
from voc.base import migrate, schema
from voc.base.db import Database


def loaded(database: Database) -> Memory:
    """A company half an hour after its first sync."""
    peer = Memory(standard())
    peer.company.wait(minutes=30)
    promise.sync(database, peer)
    peer.company.wait(minutes=30)
    return peer


def told(database: Database, run_id: int) -> set[tuple[str, str | None]]:
    problem = schema.sync_problem
    with database.read() as db:
        rows = db.execute(select(problem.c.reason, problem.c.record_id).where(problem.c.run_id == run_id))
        return {(row[0], row[1]) for row in rows}


def waiting(database: Database) -> dict[str, str]:
    with database.read() as db:
        return {row.id: row.named for row in db.execute(select(schema.waiting))}


def opted_out(database: Database, key: str) -> bool:
    contact = schema.contact
    with database.read() as db:
        return bool(db.execute(select(contact.c.opted_out).where(contact.c.id == id_of(Kind.CONTACT, key))).scalar())


# --- windows ------------------------------------------------------------------------------------


def test_a_row_whose_contact_changed_behind_the_window_waits_and_comes_with_it(database: Database) -> None:
    peer = loaded(database)
    company = peer.company
    company.put(Kind.CONTACT, "nia", account_id="elm", last_name="Nia")
    company.put(Kind.RELATION, "nia-rel", account_id="elm", contact_id="nia", roles=(Role.CHAMPION,))
    company.wait(minutes=28)
    company.change(Kind.CONTACT, "nia", title="Edited while the run was about to begin")
    company.wait(minutes=2)
    first = promise.sync(database, peer)
    assert (first.counts["relation"].rejected, first.counts["contact"].created) == (1, 0)
    assert waiting(database) == {id_of(Kind.RELATION, "nia-rel"): id_of(Kind.CONTACT, "nia")}
    company.wait(minutes=40)
    promise.sync(database, peer)
    promise.must_be_equal(database, peer)
    assert waiting(database) == {}


def test_a_row_that_waits_is_not_asked_for_until_what_it_names_is_there(sqlite: Database) -> None:
    peer = loaded(sqlite)
    peer.windows = msgspec.structs.replace(WINDOWS, sweep_every=timedelta(days=90))
    peer.company.put(Kind.RELATION, "lost-rel", account_id="elm", contact_id="nobody", roles=(Role.CHAMPION,))
    peer.company.wait(minutes=30)
    promise.sync(sqlite, peer)
    peer.asked.clear()
    peer.company.wait(minutes=30)
    promise.sync(sqlite, peer)
    assert ("some", Kind.RELATION) not in peer.asked
    peer.company.wait(days=31)
    report = promise.sync(sqlite, peer)
    assert "no longer asked for" in report.message
    assert waiting(sqlite) == {}


def test_a_contact_who_moved_to_an_account_we_learn_of_months_later_moves_then(sqlite: Database) -> None:
    peer = loaded(sqlite)
    company = peer.company
    company.change(Kind.CONTACT, "elm-1", account_id="later")
    company.change(Kind.RELATION, "elm-1-rel", account_id="later")
    company.wait(minutes=30)
    assert promise.sync(sqlite, peer).counts["contact"].kept == 1
    company.wait(days=31)
    promise.sync(sqlite, peer)
    company.put(Kind.ACCOUNT, "later", name="Later", csm_id="dana")
    company.wait(minutes=30)
    promise.sync(sqlite, peer)
    promise.must_be_equal(sqlite, peer)


# --- opt-outs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("account", [None, "one we do not read"])
def test_an_opt_out_counts_though_its_row_is_refused(database: Database, account: str | None) -> None:
    peer = loaded(database)
    peer.company.change(Kind.CONTACT, "elm-1", account_id=account, opted_out=True)
    peer.company.wait(minutes=30)
    assert promise.sync(database, peer).counts["contact"].kept == 1
    assert opted_out(database, "elm-1")
    peer.company.change(Kind.CONTACT, "elm-1", account_id="elm", opted_out=False)
    peer.company.wait(minutes=30)
    promise.sync(database, peer)
    promise.must_be_equal(database, peer)


def test_an_opt_out_counts_though_its_run_is_held(database: Database) -> None:
    peer = loaded(database)
    for number in range(3):
        peer.company.erase(Kind.CONTACT, f"elm-{number}")
    peer.company.change(Kind.CONTACT, "fir-1", opted_out=True, title="Not before somebody looked")
    peer.company.wait(days=7)
    held = promise.sync(database, peer)
    assert held.state == RunState.HELD
    assert opted_out(database, "fir-1")
    run.release(database, held.run_id, by="Clara", now=peer.company.now)
    promise.must_be_equal(database, peer)


def test_the_winner_of_a_merge_is_fetched_though_it_is_not_in_the_window(database: Database) -> None:
    peer = loaded(database)
    company = peer.company
    company.put(Kind.CONTACT, "both", account_id="alder", last_name="New id of a merge")
    company.merge(Kind.CONTACT, "alder-0", into="both")
    company.wait(minutes=29)
    company.change(Kind.CONTACT, "both", title="Changed behind the window")
    company.wait(minutes=1)
    promise.sync(database, peer)
    promise.must_be_equal(database, peer)


def test_activities_go_with_their_opportunity_to_another_account(database: Database) -> None:
    peer = Memory(standard())
    peer.company.put(Kind.ACTIVITY, "talk", about_id="elm-renewal", subject="Renewal", on=peer.company.now.date())
    peer.company.wait(minutes=30)
    promise.sync(database, peer)
    peer.company.change(Kind.OPPORTUNITY, "elm-renewal", account_id="fir")
    peer.company.wait(minutes=30)
    promise.sync(database, peer)
    with database.read() as db:
        account = db.execute(select(schema.activity.c.account_id).where(schema.activity.c.id == "ac-talk")).scalar()
    assert account == id_of(Kind.ACCOUNT, "fir")


def test_a_calculated_field_that_moves_no_date_is_read_once_a_day(sqlite: Database) -> None:
    peer = loaded(sqlite)
    peer.every_day = frozenset({Kind.ACCOUNT})
    peer.company.rows[Kind.ACCOUNT]["elm"].values["name"] = "Calculated"
    assert not promise.sync(sqlite, peer).changed
    peer.company.wait(days=1)
    assert promise.sync(sqlite, peer).counts["account"].updated == 1
    promise.must_be_equal(sqlite, peer)


def test_another_mapping_reads_everything_anew_and_only_what_differs_is_a_change(database: Database) -> None:
    peer = loaded(database)
    peer.company.rows[Kind.CONTACT]["elm-1"].values["title"] = "As the other field says"
    peer.mapping = "2"
    report = promise.sync(database, peer)
    counts = report.counts["contact"]
    assert (counts.rows, counts.updated, counts.unchanged) == (30, 1, 29)
    promise.must_be_equal(database, peer)


# --- paused -------------------------------------------------------------------------------------


def test_a_run_leaves_the_allowance_to_others_and_goes_on_the_next_day(database: Database) -> None:
    peer = Memory(standard(), usage=Usage(allowance=40))
    peer.company.wait(minutes=30)
    first = promise.sync(database, peer)
    assert first.state == RunState.PAUSED
    assert "this run used 10 of the CRM's 40 requests of today" in first.message.replace("This", "this")
    assert first.resume_at == datetime(2026, 3, 3, tzinfo=UTC)
    assert first.usage.requests == 10
    assert promise.sync(database, peer).rows == first.rows  # again on the same day: not a step
    reports = [first]
    while reports[-1].state == RunState.PAUSED:
        peer.company.wait(days=1)
        reports.append(promise.sync(database, peer))
    assert {one.run_id for one in reports} == {first.run_id}
    assert reports[-1].state == RunState.COMPLETE
    assert reports[-1].usage.requests > 30
    promise.must_be_equal(database, peer)


def test_a_run_does_not_begin_when_others_have_used_the_day(sqlite: Database) -> None:
    peer = loaded(sqlite)
    peer.usage = Usage(allowance=1_000, used=800)
    peer.asked.clear()
    report = promise.sync(sqlite, peer)
    assert (report.state, peer.asked) == (RunState.PAUSED, [])
    with sqlite.read() as db:
        last = store.last_complete(db)
        assert last is not None
        assert store.last_complete_at(db) == last.started_at < report_started(sqlite, report.run_id)


def report_started(database: Database, run_id: int) -> datetime:
    with database.read() as db:
        found = store.run(db, run_id)
    assert found is not None
    return found.started_at


@pytest.mark.parametrize("why", ["mapping", "age"])
def test_a_stopped_run_is_begun_anew_when_it_is_too_old_or_of_another_mapping(sqlite: Database, why: str) -> None:
    peer = Memory(standard())
    assert promise.killed(sqlite, peer, at=4)
    if why == "mapping":
        peer.mapping = "2"
    else:
        peer.company.wait(hours=21)
    promise.sync(sqlite, peer)
    assert promise.states(sqlite) == [RunState.FAILED, RunState.COMPLETE]
    promise.must_be_equal(sqlite, peer)


def test_a_run_that_does_not_get_on_for_a_day_is_begun_anew(sqlite: Database) -> None:
    peer = Memory(standard())
    assert promise.killed(sqlite, peer, at=4)
    peer.fault = Fault.TOO_MANY  # such as a locator that has died for good
    for _ in range(42):
        peer.company.wait(minutes=30)
        promise.sync(sqlite, peer)
    assert promise.states(sqlite) == [RunState.FAILED, RunState.PAUSED]


def test_a_page_can_show_how_far_a_run_is(sqlite: Database) -> None:
    peer = Memory(standard())
    seen: list[history.SyncRun] = []

    def look(_: Progress) -> None:
        with sqlite.read() as db:
            seen.append(store.runs(db)[0])

    promise.sync(sqlite, peer, progress=look, rows_per_batch=5)
    lives = [one.progress for one in seen if one.progress]
    assert next(live.phase for live in lives) == "reading"
    assert lives[-1].phase == "writing"
    assert [live.rows for live in lives] == sorted(live.rows for live in lives)
    assert lives[-1].rows == 93
    assert seen[-1].usage.requests > 30


# --- sweeps -------------------------------------------------------------------------------------


def test_a_sweep_that_misses_too_many_is_held_and_after_release_they_are_set_aside_then_closed(
    database: Database,
) -> None:
    peer = loaded(database)
    for number in range(3):
        peer.company.erase(Kind.CONTACT, f"elm-{number}")
    peer.company.wait(days=7)
    held = promise.sync(database, peer)
    assert held.state == RunState.HELD
    assert "3 of 30 contacts are missing" in held.message
    released = run.release(database, held.run_id, by="Clara", now=peer.company.now)
    assert released.counts["contact"].gone == 3
    promise.must_be_equal(database, peer)
    peer.company.wait(days=1)
    assert not promise.sync(database, peer).changed  # a window says nothing about what is missing
    peer.company.wait(days=7)
    assert promise.sync(database, peer).counts["contact"].closed == 3


def test_a_run_killed_before_it_was_held_is_not_written_without_a_person(database: Database) -> None:
    peer = loaded(database)
    for number in range(3):
        peer.company.erase(Kind.CONTACT, f"elm-{number}")
    peer.company.wait(days=7)
    held = promise.sync(database, peer)
    with database.begin() as db:  # as a SIGKILL between deciding and holding leaves it
        db.execute(update(schema.sync_run).where(schema.sync_run.c.id == held.run_id).values(state=RunState.RUNNING))
    again = promise.sync(database, peer)
    assert (again.state, again.counts["contact"].gone) == (RunState.HELD, 3)
    assert [one.object for one in again.files] == list(Kind)


def test_a_record_that_no_window_showed_is_found_by_the_sweep(database: Database) -> None:
    peer = loaded(database)
    company = peer.company
    long_ago = company.now - timedelta(days=30)
    company.put(Kind.CONTACT, "imported", account_id="elm", last_name="Old stamp", stamped_at=long_ago)
    company.wait(days=1)
    assert not promise.sync(database, peer).changed
    company.wait(days=7)
    assert promise.sync(database, peer).counts["contact"].created == 1
    promise.must_be_equal(database, peer)


# --- problems -----------------------------------------------------------------------------------


def test_problems_of_rows_that_were_not_read_again_stand_until_they_are_mended(database: Database) -> None:
    peer = loaded(database)
    company = peer.company
    company.change(Kind.CONTACT, "elm-1", email="no address", time_zone="Middle/Earth")
    company.wait(minutes=30)
    first = promise.sync(database, peer)
    contact = id_of(Kind.CONTACT, "elm-1")
    both = {("invalid_email", contact), ("unknown_timezone", contact)}
    assert both <= told(database, first.run_id)
    company.wait(hours=2)
    second = promise.sync(database, peer)
    assert both <= told(database, second.run_id)
    company.change(Kind.CONTACT, "elm-1", email="eve@elm.example", time_zone=None)
    company.wait(minutes=30)
    assert not both & told(database, promise.sync(database, peer).run_id)


def test_what_is_odd_beside_other_records_is_told_though_only_the_others_were_read(database: Database) -> None:
    peer = loaded(database)
    company = peer.company
    company.change(Kind.CSM, "dana", active=False)
    company.change(Kind.CONTACT, "elm-1", email="p2@elm.example")
    company.wait(hours=2)
    found = told(database, promise.sync(database, peer).run_id)
    assert ("inactive_csm", id_of(Kind.ACCOUNT, "alder")) in found
    twice = {("duplicate_email_same_account", id_of(Kind.CONTACT, f"elm-{n}")) for n in (1, 2)}
    assert twice <= found


# --- a real death -------------------------------------------------------------------------------

_PROGRAM = "from tests.crm.test_core import die; die()"


def die() -> None:
    """In a process of its own: a first load that is killed at a batch."""
    seen = 0

    def kill(_: Progress) -> None:
        nonlocal seen
        seen += 1
        if seen == int(os.environ["AT"]):
            os.kill(os.getpid(), signal.SIGKILL)

    database = Database(os.environ["DATABASE"])
    company = standard()
    company.wait(minutes=30)
    promise.sync(database, Memory(company), progress=kill, rows_per_batch=5)


def test_a_process_killed_at_any_moment_is_taken_up_by_the_next(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/voc.db"
    database = Database(url)
    migrate.upgrade(database)
    for at in ("7", "12"):
        dead = subprocess.run(
            [sys.executable, "-c", _PROGRAM], env={**os.environ, "DATABASE": url, "AT": at}, check=False
        )
        assert dead.returncode == -signal.SIGKILL
        assert promise.states(database) == [RunState.RUNNING]
    company: Company = standard()
    company.wait(minutes=31)
    report = promise.sync(database, Memory(company))
    assert (report.state, report.rows, report.run_id) == (RunState.COMPLETE, 93, 1)
    promise.must_be_equal(database, Memory(company))
    database.close()
