"""What runs do over days: nothing lost, nothing half, nothing of ours overwritten."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.accounts.exports import MONDAY, TABLES, TUESDAY, WEDNESDAY, Export, noon, record, roles, sync, told
from tests.accounts.standings import contact_standings, holders
from tests.reused import ReusedFile
from voc.accounts import run, store
from voc.accounts.model import Kind, Progress, Reach, Role, RunState, Watcher
from voc.base import schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.errors import Refused

MOMENTS = {"first_seen_at", "changed_at", "from_at", "to_at"}


def crm_state(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything that came from the CRM, without the moments at which it came."""
    tables = [*TABLES.values(), schema.alias, schema.contact_role, schema.account_csm]
    found = {}
    with database.read() as db:
        for table in tables:
            dull = MOMENTS | ({"id"} if table in (schema.contact_role, schema.account_csm) else set())
            rows = db.execute(select(*[column for column in table.c if column.key not in dull])).all()
            found[table.name] = sorted((dict(row._mapping) for row in rows), key=repr)
    return found


# --- vanished -----------------------------------------------------------------------------------


def many(contacts: int = 60) -> Export:
    export = Export()
    for number in range(contacts):
        export.put("Contact", f"c{number:02d}", LastName=f"N{number}", Email=f"c{number}@calder.example")
    return export


def test_a_record_missing_once_is_set_aside_and_missing_again_is_closed(database: Database, tmp_path: Path) -> None:
    export = many()
    sync(database, export, tmp_path / "crm")
    export.drop("Contact", "ana")
    second = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert (second.counts["contact"].gone, record(database, Kind.CONTACT, "ana").state) == (1, "set_aside")
    assert roles(database) == set()
    same_day = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert not same_day.changed
    third = sync(database, export, tmp_path / "crm", on=WEDNESDAY)
    assert (third.counts["contact"].closed, record(database, Kind.CONTACT, "ana").state) == (1, "closed")


def test_a_record_that_returns_is_live_again_with_its_roles(database: Database, tmp_path: Path) -> None:
    export = many()
    sync(database, export, tmp_path / "crm")
    without = many().drop("Contact", "ana")
    for day in (TUESDAY, WEDNESDAY):
        sync(database, without, tmp_path / "crm", on=day)
    back = sync(database, export, tmp_path / "crm", on=WEDNESDAY + timedelta(days=1))
    assert back.counts["contact"].returned == 1
    assert record(database, Kind.CONTACT, "ana").state == "live"
    assert roles(database) == {("calder", "ana", "champion")}


def test_a_person_settles_what_is_set_aside_and_a_sync_respects_it(database: Database, tmp_path: Path) -> None:
    export = many()
    sync(database, export, tmp_path / "crm")
    export.drop("Contact", "ana", "jon")
    sync(database, export, tmp_path / "crm", on=TUESDAY)
    with database.begin() as db:
        waiting = store.set_aside(db, TERMINAL, kind=Kind.CONTACT)
        assert [(one.id, one.name, one.account_name, one.since_at) for one in waiting] == [
            ("ana", "Ana Ruiz", "Calder Foods", noon(TUESDAY)),
            ("jon", "Jon Vik", "Calder Foods", noon(TUESDAY)),
        ]
        for id, gone in (("ana", False), ("jon", True)):
            run.settle_gone(db, kind=Kind.CONTACT, record_id=id, gone=gone, by="Dana", now=noon(TUESDAY))
    assert record(database, Kind.CONTACT, "jon").state == "closed"
    assert roles(database) == {("calder", "ana", "champion")}
    later = sync(database, export, tmp_path / "crm", on=WEDNESDAY)
    assert not later.changed
    assert record(database, Kind.CONTACT, "ana").state == "live"
    with pytest.raises(Refused, match="set aside"), database.begin() as db:
        run.settle_gone(db, kind=Kind.CONTACT, record_id="ana", gone=True, by="Dana", now=noon(WEDNESDAY))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_record_can_wait_to_be_settled(database: Database, tmp_path: Path, kind: Kind) -> None:
    export = Export().put("Opportunity", "deal").put("OpportunityContactRole", "dr", OpportunityId="deal")
    sync(database, export.put("Event", "ev").put("Milestone__c", "ms"), tmp_path / "crm")
    with database.begin() as db:
        db.execute(TABLES[kind].update().values(state="set_aside"))
        assert store.set_aside(db, TERMINAL, kind=kind)


def test_too_many_missing_rows_hold_the_run_until_a_person_releases_it(database: Database, tmp_path: Path) -> None:
    export = many()
    sync(database, export, tmp_path / "crm")
    before = crm_state(database)
    export.drop("Contact", *[f"c{number:02d}" for number in range(4)])
    held = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert held.state == RunState.HELD
    assert "4 of 62 contacts are missing without a delete flag" in held.message
    assert crm_state(database) == before
    released = run.release(database, held.run_id, by="Clara", now=noon(TUESDAY))
    assert released.state == RunState.COMPLETE
    assert released.counts["contact"].gone == 4
    assert record(database, Kind.CONTACT, "c00").state == "set_aside"
    with database.read() as db:
        (said,) = db.execute(select(schema.audit)).all()
    assert (said.actor, said.action) == ("Clara", "held sync released")
    with pytest.raises(Refused, match="while it is held"):
        run.release(database, held.run_id, by="Clara", now=noon(TUESDAY))


def test_rows_that_went_with_their_account_are_counted_as_that_account_only(database: Database, tmp_path: Path) -> None:
    export = many(20)
    for number in range(40):
        export.put("Account", f"a{number:02d}").put("Contact", f"p{number}", AccountId=f"a{number:02d}")
    for number in range(20):
        export.put("Contact", f"m{number}", AccountId="moss").put("Milestone__c", f"m{number}", Account__c="moss")
        export.put("Milestone__c", f"c{number}")
    sync(database, export, tmp_path / "crm")
    export.drop("Account", "moss").drop("Contact", *[f"m{number}" for number in range(20)])
    export.drop("Milestone__c", *[f"m{number}" for number in range(20)])
    report = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert (report.state, report.counts["contact"].gone) == (RunState.COMPLETE, 20), report.message


def test_half_the_rows_of_yesterday_hold_the_run_even_with_delete_flags(sqlite: Database, tmp_path: Path) -> None:
    export = many()
    for number in range(60):
        export.put("Contact", f"d{number}", IsDeleted="1")
    sync(sqlite, export, tmp_path / "crm")
    report = sync(sqlite, many(58), tmp_path / "crm", on=TUESDAY)
    assert report.state == RunState.HELD
    assert "the export has 60 contacts, the one before had 122" in report.message


# --- values -------------------------------------------------------------------------------------


def test_a_row_rejected_today_keeps_yesterdays_values(database: Database, tmp_path: Path) -> None:
    export = many()
    sync(database, export, tmp_path / "crm")
    text = export.text("Contact").replace("ana,calder,Ana,Ruiz,", "ana,calder\nzoe,calder,Zoe,Ruiz,")
    report = sync(database, many().file("Contact.csv", text), tmp_path / "crm", on=TUESDAY)
    assert (report.counts["contact"].kept, report.counts["contact"].gone) == (1, 0)
    assert record(database, Kind.CONTACT, "ana").last_name == "Ruiz"


def test_a_value_that_became_unreadable_keeps_yesterdays_but_an_address_is_emptied(
    database: Database, tmp_path: Path
) -> None:
    export = Export().put("Account", "calder", Renewal_Date__c="2026-09-01")
    sync(database, export, tmp_path / "crm")
    export.put("Account", "calder", Renewal_Date__c="soon", ARR__c="a lot", Name="Calder & Moss")
    export.put("Contact", "ana", Email="ana at calder")
    report = sync(database, export, tmp_path / "crm", on=TUESDAY)
    account = record(database, Kind.ACCOUNT, "calder")
    assert (account.renewal_on.isoformat(), account.arr, account.name) == ("2026-09-01", 1000, "Calder & Moss")
    assert record(database, Kind.CONTACT, "ana").email is None
    assert record(database, Kind.CONTACT, "ana").email_original == "ana at calder"
    assert told(database, report) == {("bad_date", "calder"), ("bad_number", "calder"), ("invalid_email", "ana")}
    again = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert not again.changed
    assert told(database, again) == told(database, report)


def test_another_spelling_of_the_same_values_is_no_change(database: Database, tmp_path: Path) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    export.put("Contact", "ana", Email=" Ana Ruiz <ANA@calder.example>", SystemModstamp="2026-03-03T01:00:00.000Z")
    export.put("Account", "calder", ARR__c="1,000.00", Segment__c="SMALL")
    export.put("AccountContactRelation", "rel-ana", Roles=" champion ")
    assert not sync(database, export, tmp_path / "crm", on=TUESDAY).changed


def test_an_opt_out_taken_back_in_the_crm_never_lifts_our_own_suppression(database: Database, tmp_path: Path) -> None:
    export = Export().put("Contact", "ana", HasOptedOutOfEmail="1")
    sync(database, export, tmp_path / "crm")
    with database.begin() as db:
        row = {"address": "ana@calder.example", "reason": "opt_out", "at": noon(MONDAY), "source": "CRM"}
        db.execute(insert(schema.suppression).values(**row))
    sync(database, export.put("Contact", "ana", HasOptedOutOfEmail="0"), tmp_path / "crm", on=TUESDAY)
    assert not record(database, Kind.CONTACT, "ana").opted_out
    assert reach_of(database, "ana") == Reach.OPTED_OUT


def test_opt_out_and_bounce_belong_to_the_address(database: Database, tmp_path: Path) -> None:
    export = Export().put("Contact", "kim", AccountId="moss", Email="ANA@calder.example", HasOptedOutOfEmail="1")
    export.put("Contact", "lea", AccountId="moss", Email="jon@calder.example", EmailBouncedDate="2026-02-01")
    sync(database, export, tmp_path / "crm")
    assert [reach_of(database, id) for id in ("ana", "jon")] == [Reach.OPTED_OUT, Reach.BOUNCED]


def reach_of(database: Database, contact_id: str) -> Reach:
    with database.read() as db:
        return next(standing.reach for standing in contact_standings(db) if standing.id == contact_id)


# --- owners and roles ---------------------------------------------------------------------------


def test_a_handover_ends_one_interval_and_opens_another(database: Database, tmp_path: Path) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    sync(database, export, tmp_path / "crm", on=TUESDAY)
    sync(database, export.put("Account", "calder", CSM__c="erik"), tmp_path / "crm", on=WEDNESDAY)
    table = schema.account_csm
    with database.read() as db:
        rows = db.execute(select(table).where(table.c.account_id == "calder").order_by(table.c.id)).all()
    first, second = rows
    assert (first.csm_id, first.from_at.year, first.to_at) == ("dana", 2020, noon(WEDNESDAY))
    assert (second.csm_id, second.from_at, second.to_at) == ("erik", noon(WEDNESDAY), None)


def test_a_role_ends_on_the_day_its_relation_does(database: Database, tmp_path: Path) -> None:
    export = Export().put("AccountContactRelation", "rel-ana", EndDate=MONDAY.isoformat())
    sync(database, export, tmp_path / "crm")
    assert roles(database) == {("calder", "ana", "champion")}
    report = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert not report.changed
    assert roles(database) == set()


def test_what_a_csm_says_about_a_role_survives_a_sync(database: Database, tmp_path: Path) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    with database.begin() as db:
        say: dict[str, Any] = {"account_id": "calder", "by": "Dana", "now": noon(MONDAY)}
        run.set_role(db, contact_id="ana", role=Role.CHAMPION, held=False, **say)
        run.set_role(db, contact_id="jon", role=Role.BUDGET_HOLDER, held=True, **say)
    sync(database, export.put("Contact", "ana", Title="CFO"), tmp_path / "crm", on=TUESDAY)
    with database.read() as db:
        held = holders(db)["calder"]
    assert {role: [one.contact_id for one in people] for role, people in held.items()} == {"budget_holder": ["jon"]}


# --- merges -------------------------------------------------------------------------------------


def test_a_merge_chain_stands_for_its_last_winner_and_everything_follows(database: Database, tmp_path: Path) -> None:
    export = many().put("Contact", "kim", Email="kim@calder.example").put("Event", "talk", WhoId="kim")
    export.put("AccountContactRelation", "rel-kim", ContactId="kim", Roles="Influencer")
    sync(database, export, tmp_path / "crm")
    with database.begin() as db:
        say: dict[str, Any] = {"account_id": "calder", "by": "Dana", "now": noon(MONDAY)}
        run.set_role(db, contact_id="kim", role=Role.END_USER, held=True, **say)
    export.put("Contact", "kim", IsDeleted="1", MasterRecordId="jon")
    second = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert second.counts["contact"].merged == 1
    assert record(database, Kind.ACTIVITY, "talk").contact_id == "jon"
    assert ("calder", "jon", "influencer") in roles(database)
    export.put("Contact", "jon", IsDeleted="1", MasterRecordId="ana")
    sync(database, export, tmp_path / "crm", on=WEDNESDAY)
    with database.read() as db:
        assert [store.resolve(db, "contact", id) for id in ("kim", "jon", "ana")] == ["ana", "ana", "ana"]
        assert [one.contact_id for one in holders(db)["calder"][Role.END_USER]] == ["ana"]
    assert roles(database) == {("calder", "ana", "champion"), ("calder", "ana", "influencer")}
    assert not sync(database, export, tmp_path / "crm", on=WEDNESDAY).changed


def test_the_winner_of_a_merge_inherits_the_losers_opt_out(database: Database, tmp_path: Path) -> None:
    export = Export().put("Contact", "kim", Email="kim@old.example", HasOptedOutOfEmail="1")
    sync(database, export, tmp_path / "crm")
    export.put("Contact", "kim", IsDeleted="1", MasterRecordId="ana")
    sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert reach_of(database, "ana") == Reach.OPTED_OUT


def test_contacts_of_a_merged_account_move_to_the_winner_though_their_rows_did_not_change(
    database: Database, tmp_path: Path
) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    export.put("Account", "calder", IsDeleted="1", MasterRecordId="moss")
    report = sync(database, export, tmp_path / "crm", on=TUESDAY)
    assert report.counts["contact"].unchanged == 2
    assert record(database, Kind.CONTACT, "ana").account_id == "moss"
    assert record(database, Kind.ACCOUNT, "calder").state == "merged"
    assert roles(database) == {("moss", "ana", "champion")}
    assert not sync(database, export, tmp_path / "crm", on=WEDNESDAY).changed


def test_a_person_a_csm_added_becomes_the_crms_once_the_crm_has_them(database: Database, tmp_path: Path) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    with database.begin() as db:
        ours = run.add_person(
            db,
            account_id="calder",
            first_name="Kim",
            last_name="Lund",
            email="Kim@Calder.example",
            title=None,
            role=Role.DECISION_MAKER,
            by="Dana",
            now=noon(MONDAY),
        )
    assert not sync(database, export, tmp_path / "crm", on=TUESDAY).changed
    assert record(database, Kind.CONTACT, ours).state == "live"
    sync(database, export.put("Contact", "kim", Email="kim@calder.example"), tmp_path / "crm", on=WEDNESDAY)
    assert record(database, Kind.CONTACT, ours).state == "merged"
    with database.read() as db:
        assert store.resolve(db, "contact", ours) == "kim"
        assert [one.contact_id for one in holders(db)["calder"][Role.DECISION_MAKER]] == ["kim"]


# --- stopped ------------------------------------------------------------------------------------


class Stopped(BaseException):
    """Stands for a kill: nothing in the service catches it."""


@pytest.mark.parametrize("at", [("reading", Kind.CONTACT), ("deciding", Kind.CONTACT), ("writing", Kind.CONTACT)])
def test_a_stopped_run_leaves_good_data_and_the_next_one_completes_it(
    sqlite: Database, postgresql: Database, tmp_path: Path, at: tuple[str, Kind]
) -> None:
    before, after = busy_export(), busy_export(changed=True)
    for database in (sqlite, postgresql):
        sync(database, before, tmp_path / "crm")
        untouched = crm_state(database)
        with pytest.raises(Stopped):
            sync(database, after, tmp_path / "crm", on=TUESDAY, progress=stopping(at))
        assert (crm_state(database) == untouched) == (at[0] != "writing")
        last = sync(database, after, tmp_path / "crm", on=TUESDAY)
        with database.read() as db:
            states = [one.state for one in store.runs(db)]
        assert last.state == RunState.COMPLETE
        assert states[1] == (RunState.COMPLETE if at[0] == "writing" else RunState.FAILED)
    assert crm_state(sqlite) == crm_state(postgresql)


def stopping(at: tuple[str, Kind]) -> Watcher:
    def stop(progress: Progress) -> None:
        if (progress.phase, progress.object) == at:
            raise Stopped

    return stop


@pytest.mark.slow
def test_a_stop_at_every_batch_boundary_and_its_continuation_equal_an_unbroken_run(
    tmp_path: Path, sqlite_template: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    reused = ReusedFile(here)
    with reused.copy_of(sqlite_template) as database:
        sync(database, busy_export(), tmp_path / "crm")
    base = Path(shutil.copy(here / "voc.db", tmp_path / "base.db"))
    with reused.copy_of(base) as database:
        sync(database, busy_export(changed=True), tmp_path / "crm", on=TUESDAY)
        expected = crm_state(database)
    last, stopped = 0, True
    while stopped:
        last, stopped = last + 1, False
        calls = iter(range(1, 10_000))

        def stop(progress: Progress, calls: Iterator[int] = calls, last: int = last) -> None:
            if next(calls) == last:
                raise Stopped(progress.phase)

        with reused.copy_of(base) as database:
            try:
                sync(database, busy_export(changed=True), tmp_path / "crm", on=TUESDAY, progress=stop)
            except Stopped:
                stopped = True
                sync(database, busy_export(changed=True), tmp_path / "crm", on=TUESDAY)
            assert crm_state(database) == expected, last
    assert last > 20


def busy_export(*, changed: bool = False) -> Export:
    """Something of everything; on the second day something happens to each."""
    export = many(30).put("Opportunity", "deal").put("OpportunityContactRole", "dr", OpportunityId="deal")
    export.put("Event", "ev").put("Milestone__c", "ms").put("User", "erik")
    export.put("Contact", "kim", Email="kim@calder.example").put("Contact", "lea", AccountId="moss")
    export.put("AccountContactRelation", "rel-kim", ContactId="kim", Roles="Influencer")
    if changed:
        export.put("User", "dana", IsActive="0").put("Account", "calder", CSM__c="erik").put("Account", "new")
        export.put("Account", "moss", IsDeleted="1", MasterRecordId="new")
        export.put("Contact", "kim", IsDeleted="1", MasterRecordId="ana").put("Contact", "jon", Title="CFO")
        export.put("Contact", "c01", IsDeleted="1").drop("Contact", "c02").put("Contact", "zoe", AccountId="new")
        export.put("AccountContactRelation", "rel-zoe", AccountId="new", ContactId="zoe", Roles="Champion;End User")
        export.put("Opportunity", "deal", IsClosed="1").put("Event", "ev2").put("Milestone__c", "ms2")
    return export


def test_an_older_run_that_wakes_up_may_not_write_any_more(database: Database, tmp_path: Path) -> None:
    export = many()
    sync(database, export, tmp_path / "one")

    def overtaken(progress: Progress) -> None:
        if progress.phase == "reading" and progress.object == Kind.ACCOUNT:
            sync(database, export, tmp_path / "two", on=TUESDAY)

    with pytest.raises(Refused, match="Another sync has begun"):
        sync(database, Export().put("Contact", "ana", Title="X"), tmp_path / "one", on=TUESDAY, progress=overtaken)
    assert record(database, Kind.CONTACT, "ana").title is None
    with database.read() as db:
        assert [one.state for one in store.runs(db)] == [RunState.COMPLETE, RunState.FAILED, RunState.COMPLETE]


def test_progress_goes_from_reading_to_writing_and_never_back(sqlite: Database, tmp_path: Path) -> None:
    seen: list[Progress] = []
    sync(sqlite, many(), tmp_path / "crm", progress=seen.append)
    phases = ["reading", "deciding", "writing"]
    assert [phases.index(one.phase) for one in seen] == sorted(phases.index(one.phase) for one in seen)
    assert all(0 <= one.share <= 1 for one in seen)
    assert seen[-1].rows > 60
