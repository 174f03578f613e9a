"""Write-back on both databases: what goes out, what never does, and that the CRM ends as our state says."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection as Db
from sqlalchemy import insert, update

from tests import builders as add
from tests.builders import NOW
from tests.reports.memory import CrmInMemory, Killed
from voc.accounts.connection import Connection, Crm, Switch
from voc.accounts.connector import Usage, Write, WriteWhat, Wrote
from voc.accounts.run.writing_back import BATCH
from voc.accounts.store import written_back
from voc.accounts.store.written_back import LastRun
from voc.accounts.writing import Planned, State
from voc.base import leases, schema
from voc.base.db import Database
from voc.base.errors import GiveUp, Misconfigured, Refused, TryLater
from voc.reports.write_back import rehearse, write_back

ALL = Connection(
    Crm.SALESFORCE,
    place="https://acme.example",
    writes=frozenset(Switch),
    write_columns={
        Switch.LAST_ASKED: "Last_Asked__c",
        Switch.LAST_ANSWERED: "Last_Answered__c",
        Switch.SCORE: "Score__c",
        Switch.COVERAGE: "Coverage__c",
    },
)
TASKS = Connection(Crm.SALESFORCE, place="https://acme.example", writes=frozenset({Switch.TASKS}))
SENT_AT = datetime(2026, 2, 10, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def wave(database: Database) -> int:
    """A CSM, a customer, a contact, and a wave to be invited in."""
    with database.begin() as db:
        add.add_csm(db)
        add.add_account(db)
        add.add_contact(db, roles=("champion",))
        version = add.add_questionnaire(db)
        return add.add_wave(db, campaign_id=add.add_campaign(db), questionnaire_version_id=version)


@pytest.fixture
def crm() -> CrmInMemory:
    return CrmInMemory()


def run(
    database: Database, crm: CrmInMemory, connection: Connection = ALL, *, now: datetime = NOW, holder: str = "one"
) -> LastRun:
    return write_back(database, crm, connection, base_url="https://voc.example/", now=now, holder=holder)


def plans(database: Database, connection: Connection = ALL, *, now: datetime = NOW) -> list[Planned]:
    return list(rehearse(database, connection, base_url="https://voc.example/", now=now))


def answer(db: Db, wave: int, *, at: datetime = SENT_AT, score: int | None = 9, **values: object) -> int:
    invitation = add.add_invitation(db, wave_id=wave, sent_at=at, **values)
    add.add_response(
        db, invitation_id=invitation, questionnaire_version_id=1, score=score, submitted_at=at + timedelta(days=1)
    )
    return invitation


def change(db: Db, follow_up_id: int, **values: object) -> None:
    db.execute(update(schema.follow_up).where(schema.follow_up.c.id == follow_up_id).values(**values))


# --- tasks --------------------------------------------------------------------------------------


def test_an_open_follow_up_becomes_one_task_that_says_whom_and_by_when_and_no_more(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    contact_by = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)  # Friday in Berlin already
    with database.begin() as db:
        invitation = answer(db, wave, score=2)
        response = add.add_response(
            db, invitation_id=invitation, questionnaire_version_id=1, score=2, verbatim="Too slow at night"
        )
        id = add.add_follow_up(db, contact_by=contact_by, response_id=response)
    assert run(database, crm, TASKS).written == 1
    assert crm.by_key() == {
        f"followup:{id}": {
            "key": f"followup:{id}",
            "subject": "Get back to Ana Ruiz at Calder & Moss Foods",
            "body": "Get in touch by Friday 6 March, 00:30 (Europe/Berlin).\n"
            f"What it is about: https://voc.example/follow-ups/{id}",
            "due_on": "2026-03-06",
            "owner_id": "csm-1",
            "contact_id": "con-1",
            "account_id": "acc-1",
            "closed": "",
        }
    }


def test_a_task_follows_its_owner_and_is_closed_and_opened_again_with_its_follow_up(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        add.add_csm(db, "csm-2")
        id = add.add_follow_up(db)
    run(database, crm, TASKS)
    for values, expected in (
        ({"owner_csm_id": "csm-2"}, ("csm-2", "")),
        ({"state": "resolved", "resolved_at": NOW}, ("csm-2", "1")),
        ({"state": "confirmed", "confirmed_at": NOW}, ("csm-2", "1")),
        ({"state": "contacted", "resolved_at": None, "confirmed_at": None}, ("csm-2", "")),
        ({"owner_csm_id": None}, ("csm-2", "")),
    ):
        with database.begin() as db:
            change(db, id, **values)
        run(database, crm, TASKS, now=NOW + HOUR)
        task = crm.by_key()[f"followup:{id}"]
        assert (task["owner_id"], task["closed"]) == expected, values


def test_only_follow_ups_open_at_or_after_switching_on_make_a_task(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        add.add_follow_up(db, "detractor:1", state="resolved", resolved_at=NOW - HOUR)
        add.add_follow_up(db, "detractor:2", state="confirmed", resolved_at=NOW - HOUR, confirmed_at=NOW)
    run(database, crm, TASKS)
    assert crm.tasks == {}
    with database.begin() as db:
        quick = add.add_follow_up(db, "detractor:3", state="resolved", resolved_at=NOW + HOUR)
    run(database, crm, TASKS, now=NOW + 2 * HOUR)
    assert [(key, task["closed"]) for key, task in crm.by_key().items()] == [(f"followup:{quick}", "1")]


def test_a_task_written_before_the_switch_went_off_and_on_again_is_kept_up(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        id = add.add_follow_up(db)
    run(database, crm, TASKS)
    run(database, crm, Connection(Crm.SALESFORCE, place="https://acme.example"), now=NOW + HOUR)
    with database.begin() as db:
        change(db, id, state="resolved", resolved_at=NOW + HOUR)
    run(database, crm, TASKS, now=NOW + 3 * HOUR)
    assert crm.by_key()[f"followup:{id}"]["closed"] == "1"


def test_no_task_without_an_owner_or_on_a_record_the_crm_does_not_have(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        add.add_account(db, "acc-2", state="set_aside")
        add.add_contact(db, "voc:1", ours=True, first_name="Jon", last_name="Vik")
        add.add_contact(db, "con-9", state="deleted", first_name="Ruth")
        add.add_csm(db, "csm-3", active=False)
        add.add_follow_up(db, "detractor:1", owner_csm_id=None)
        add.add_follow_up(db, "detractor:2", owner_csm_id="csm-3")
        add.add_follow_up(db, "detractor:3", account_id="acc-2")
        ours = add.add_follow_up(db, "detractor:4", contact_id="voc:1")
        gone = add.add_follow_up(db, "detractor:5", contact_id="con-9")
        silent = add.add_follow_up(db, "silent:6", kind="silent_account", contact_id=None, score=None)
    run(database, crm, TASKS)
    assert {key: (task["contact_id"], task["subject"]) for key, task in crm.by_key().items()} == {
        f"followup:{ours}": ("", "Get back to Jon Vik at Calder & Moss Foods"),
        f"followup:{gone}": ("", "Get in touch with Calder & Moss Foods"),
        f"followup:{silent}": ("", "Get in touch with Calder & Moss Foods"),
    }


def test_a_merged_person_or_account_is_named_by_the_winner(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        add.add_account(db, "acc-2", name="Calder Group")
        add.add_contact(db, "con-2", account_id="acc-2", first_name="Anna")
        id = add.add_follow_up(db)
        for kind, loser, winner in (("account", "acc-1", "acc-2"), ("contact", "con-1", "con-2")):
            db.execute(insert(schema.alias).values(kind=kind, loser_id=loser, winner_id=winner))
        db.execute(update(schema.contact).where(schema.contact.c.id == "con-1").values(state="merged"))
        db.execute(update(schema.account).where(schema.account.c.id == "acc-1").values(state="merged"))
    run(database, crm, TASKS)
    task = crm.by_key()[f"followup:{id}"]
    assert (task["account_id"], task["contact_id"]) == ("acc-2", "con-2")
    assert task["subject"] == "Get back to Anna Ruiz at Calder Group"


# --- fields -------------------------------------------------------------------------------------


def test_days_and_score_go_to_the_columns_chosen_for_them(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        db.execute(insert(schema.setting).values(
            key="default_time_zone", value="Europe/Berlin", changed_at=NOW, changed_by="test"
        ))  # fmt: skip
        answer(db, wave)
    run(database, crm)
    assert crm.fields["con-1"] == {
        "Last_Asked__c": "2026-02-11",  # half past eleven at night, UTC
        "Last_Answered__c": "2026-02-12",
        "Score__c": "9",
    }


def test_the_score_is_that_of_the_last_answer_that_has_one(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        invitation = answer(db, wave, score=3)
        later: dict[str, Any] = {"invitation_id": invitation, "questionnaire_version_id": 1, "submitted_at": NOW - HOUR}
        add.add_response(db, score=8, **later)
        add.add_response(db, score=None, **{**later, "submitted_at": NOW})
        add.add_response(db, score=1, state="superseded", **{**later, "submitted_at": NOW + HOUR})
    run(database, crm)
    assert crm.fields["con-1"]["Score__c"] == "8"
    assert crm.fields["con-1"]["Last_Answered__c"] == NOW.date().isoformat()


def test_nothing_of_a_confidential_invitation_leaves(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        invitation = add.add_invitation(db, wave_id=wave, sent_at=SENT_AT, confidential=True)
        response = add.add_response(db, invitation_id=invitation, questionnaire_version_id=1, score=2)
        add.add_follow_up(db, response_id=response)
    run(database, crm)
    assert crm.tasks == {}
    assert "con-1" not in crm.fields


def test_what_test_mode_sent_elsewhere_asked_nobody(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        invitation = add.add_invitation(db, wave_id=wave, sent_at=SENT_AT)
        add.add_message(db, "inv:1:invite", invitation_id=invitation, step="invite", recipient="clara@vendor.example")
    run(database, crm)
    assert "con-1" not in crm.fields


def test_a_winner_tells_the_history_of_all_its_records_and_people_without_one_in_the_crm_none(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        for id, values in (
            ("con-2", {"state": "merged"}),
            ("con-3", {"state": "deleted"}),
            ("con-4", {"state": "set_aside"}),
            ("voc:5", {"ours": True}),
        ):
            add.add_contact(db, id, **values)
            answer(db, wave, contact_id=id, score=7)
        db.execute(insert(schema.alias).values(kind="contact", loser_id="con-2", winner_id="con-1"))
    run(database, crm)
    assert {id: values["Score__c"] for id, values in crm.fields.items() if id != "acc-1"} == {"con-1": "7"}


def test_coverage_is_the_share_on_the_accounts_page_in_percent(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        for role, weight in (("champion", 2), ("decision_maker", 1)):
            row = {"segment": "mid-market", "role": role, "weight": weight, "required_count": 1}
            db.execute(insert(schema.role_requirement).values(**row))
        add.add_sign(db, "con-1", at=NOW - timedelta(days=3))
        add.add_account(db, "acc-2", segment=None)
        add.add_account(db, "acc-3", status="prospect")
    run(database, crm)
    assert crm.fields == {"acc-1": {"Coverage__c": "67"}}


# --- again and again ----------------------------------------------------------------------------


def test_a_second_run_asks_the_crm_nothing(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        answer(db, wave)
        add.add_follow_up(db)
    assert run(database, crm).written == 2
    crm.batches.clear()
    assert run(database, crm, now=NOW + HOUR).written == 0
    assert crm.batches == []


def test_each_switch_is_by_itself_and_off_is_off(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        answer(db, wave)
        add.add_follow_up(db)
    off = Connection(Crm.SALESFORCE, place="https://acme.example", write_columns=ALL.write_columns)
    assert run(database, crm, off).written == 0
    only_score = Connection(
        Crm.SALESFORCE,
        place="https://acme.example",
        writes=frozenset({Switch.SCORE}),
        write_columns=ALL.write_columns,
    )
    run(database, crm, only_score)
    assert (crm.tasks, crm.fields) == ({}, {"con-1": {"Score__c": "9"}})


def test_a_run_killed_after_the_crms_yes_writes_the_same_key_again_and_no_second_task(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        id = add.add_follow_up(db)

    def die() -> None:
        raise Killed

    crm.after = die
    with pytest.raises(Killed):
        run(database, crm, TASKS)
    crm.after = lambda: None
    assert run(database, crm, TASKS, now=NOW + timedelta(minutes=5), holder="two").written == 0  # not known yet
    assert run(database, crm, TASKS, now=NOW + HOUR, holder="three").written == 1
    assert crm.keys_asked() == [f"followup:{id}"] * 2
    assert len(crm.by_key()) == 1


def test_a_refusal_is_kept_for_a_person_who_may_have_it_tried_again(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        id = add.add_follow_up(db)
    crm.say = lambda write: Wrote(write.key, done=False, why="The owner is inactive in the CRM.")
    assert run(database, crm, TASKS).refused == 1
    assert run(database, crm, TASKS, now=NOW + 48 * HOUR).refused == 0
    with database.read() as db:
        assert [(one.key, one.why) for one in written_back.refused(db)] == [
            (f"followup:{id}", "The owner is inactive in the CRM.")
        ]
        count, oldest = written_back.count_refused(db)
        assert (count, oldest and oldest.date()) == (1, NOW.date())
    crm.say = lambda _write: None
    with database.begin() as db:
        assert written_back.try_again(db, key=f"followup:{id}", now=NOW + 49 * HOUR) == 1
    assert run(database, crm, TASKS, now=NOW + 49 * HOUR).written == 1
    with database.read() as db:
        assert written_back.count_refused(db) == (0, None)


def test_a_refusal_that_nobody_wants_any_more_is_let_go(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        add.add_follow_up(db)
    crm.say = lambda write: Wrote(write.key, done=False, why="No such field.")
    run(database, crm, TASKS)
    with database.begin() as db:
        db.execute(update(schema.account).values(state="deleted"))
    run(database, crm, TASKS, now=NOW + HOUR)
    with database.read() as db:
        assert written_back.count_refused(db) == (0, None)


def test_another_crm_begins_with_nothing_written(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        add.add_follow_up(db)
    run(database, crm, TASKS)
    elsewhere = Connection(Crm.ODOO, place="https://odoo.example", writes=frozenset({Switch.TASKS}))
    other = CrmInMemory()
    run(database, other, elsewhere, now=NOW + HOUR)
    assert len(other.tasks) == 1


# --- when the CRM does not do its part ------------------------------------------------------------


def several(database: Database, count: int) -> None:
    with database.begin() as db:
        for number in range(count):
            add.add_follow_up(db, f"detractor:{number}")


@pytest.mark.parametrize(
    ("error", "again_after"),
    [
        (TryLater("The CRM is down for maintenance", at=NOW + 3 * HOUR), 3 * HOUR),
        (TryLater("The CRM does not answer"), HOUR),
        (Misconfigured("CRM", "the password is refused", "Enter it again"), HOUR),
        (GiveUp("The CRM answered with something that cannot be read"), HOUR),
    ],
)
def test_a_crm_that_cannot_be_asked_ends_the_run_and_loses_nothing(
    database: Database, wave: int, crm: CrmInMemory, error: Exception, again_after: timedelta
) -> None:
    several(database, BATCH + 5)

    def fail() -> None:
        raise error

    crm.before = fail
    report = run(database, crm, TASKS)
    assert (report.written, report.refused, report.left + report.later) == (0, 0, BATCH + 5)
    assert report.message == f"{error}."
    crm.before = lambda: None
    assert run(database, crm, TASKS, now=NOW + again_after).written == BATCH + 5
    assert len(crm.by_key()) == BATCH + 5


def test_what_is_missing_for_tasks_does_not_keep_fields_from_being_written(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        answer(db, wave)
        add.add_follow_up(db)

    def no_tasks(write: Write) -> Wrote | None:
        if write.what == WriteWhat.TASK:
            raise Misconfigured("Settings > CRM, tasks", "Task has no field VOC_Key__c", "Add it")
        return None

    crm.say = no_tasks
    report = run(database, crm)
    assert (report.written, report.left) == (1, 1)
    assert "VOC_Key__c" in (report.message or "")
    assert crm.fields["con-1"]["Score__c"] == "9"


def test_one_that_fails_stops_no_other(database: Database, wave: int, crm: CrmInMemory) -> None:
    several(database, 3)
    crm.say = lambda write: Wrote(write.key, done=False, again=True, why="locked") if write.key.endswith("2") else None
    report = run(database, crm, TASKS)
    assert (report.written, report.later, report.refused) == (2, 1, 0)
    crm.say = lambda _write: None
    assert run(database, crm, TASKS, now=NOW + HOUR).written == 1


def test_a_run_stops_politely_when_the_days_allowance_is_used(database: Database, wave: int, crm: CrmInMemory) -> None:
    several(database, 2 * BATCH)

    def used() -> None:
        crm.counted = Usage(requests=1, allowance=1_000, used=801)

    crm.after = used
    report = run(database, crm, TASKS)
    assert (report.written, report.left) == (BATCH, BATCH)
    assert "801 of the CRM's 1,000 requests of today are used" in (report.message or "")
    crm.counted, crm.after = Usage(), lambda: None
    assert run(database, crm, TASKS, now=NOW + HOUR).written == BATCH


def test_an_answer_short_of_some_writes_counts_them_as_failed_for_now(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    several(database, 3)

    class Forgetful(CrmInMemory):
        def write(self, writes: Sequence[Write]) -> list[Wrote]:
            return super().write(writes)[:1]

    report = run(database, Forgetful(), TASKS)
    assert (report.written, report.later) == (1, 2)


def test_no_transaction_is_open_while_the_crm_is_asked(database: Database, wave: int, crm: CrmInMemory) -> None:
    several(database, 3)

    def another_writes() -> None:
        with database.begin() as db:  # would wait for ever on SQLite's one lock
            add.add_csm(db, f"csm-while-{len(crm.batches)}")

    crm.before = another_writes
    assert run(database, crm, TASKS).written == 3


def test_a_second_run_at_the_same_time_is_refused(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        leases.take(db, "writing back", holder="another", now=NOW, lasts=timedelta(minutes=5))
    with pytest.raises(Refused, match="Another write-back is running"):
        run(database, crm)


def test_a_run_that_lost_its_lease_notes_nothing(database: Database, wave: int, crm: CrmInMemory) -> None:
    several(database, 1)

    def overtaken() -> None:
        with database.begin() as db:
            leases.take(db, "writing back", holder="another", now=NOW + HOUR, lasts=timedelta(minutes=5))

    crm.after = overtaken
    with pytest.raises(Refused):
        run(database, crm, TASKS)
    crm.after = lambda: None
    assert run(database, crm, TASKS, now=NOW + 2 * HOUR).written == 1
    assert len(crm.by_key()) == 1


# --- rehearsal ------------------------------------------------------------------------------------


def test_a_rehearsal_says_exactly_what_a_run_then_writes_and_notes_nothing(
    database: Database, wave: int, crm: CrmInMemory
) -> None:
    with database.begin() as db:
        answer(db, wave)
        add.add_follow_up(db)
    said = plans(database)
    assert plans(database) == said
    with database.read() as db:
        assert written_back.standing(db).since == {}
    run(database, crm)
    assert [plan.write for plan in said] == [write for batch in crm.batches for write in batch]
    assert plans(database) == []


def test_a_rehearsal_shows_old_and_new_of_a_field(database: Database, wave: int, crm: CrmInMemory) -> None:
    with database.begin() as db:
        answer(db, wave, score=4)
    run(database, crm)
    with database.begin() as db:
        answer(db, wave + 0, score=9, at=datetime(2026, 3, 1, tzinfo=UTC), address="ana.second@calder.example")
    (plan,) = plans(database)
    assert plan.state == State.CHANGED
    assert (plan.before["Score__c"], plan.write.values["Score__c"]) == ("4", "9")
    assert date.fromisoformat(plan.write.values["Last_Asked__c"]) == date(2026, 3, 1)
