"""What is due, what waits, what is refused: the rules of write-back without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from voc.accounts.connection import Connection, Crm, ObjectMap, Switch
from voc.accounts.connector import FieldFound, FieldState, ObjectFound, Probe, WriteWhat, Wrote
from voc.accounts.model import Kind
from voc.accounts.writing import (
    GROWING,
    UNSURE_FOR,
    Planned,
    State,
    Told,
    Wanted,
    after,
    digest_of,
    identity,
    planned,
    why_not_columns,
)

TASK = {
    "subject": "Get back to Ana Ruiz at Calder & Moss Foods",
    "body": "Get in touch by Tuesday",
    "due_on": "2026-03-05",
    "owner_id": "csm-1",
    "contact_id": "con-1",
    "account_id": "acc-1",
    "closed": "",
}


def task(**values: str) -> Wanted:
    return Wanted("followup:1", WriteWhat.TASK, None, {**TASK, **values}, "Ana Ruiz", "/follow-ups/1")


def person(**values: str) -> Wanted:
    return Wanted("contact:con-1", WriteWhat.CONTACT, "con-1", values, "Ana Ruiz", "/contacts/con-1")


def due(wanted: Wanted, told: Told | None = None) -> Planned:
    plan = planned(wanted, told, now=NOW)
    assert plan is not None
    assert plan.due
    return plan


def accepted(wanted: Wanted, told: Told | None = None) -> Told:
    return after(due(wanted, told), Wrote(wanted.key, done=True, record_id="00T1"), now=NOW)


def test_what_was_accepted_is_not_written_again() -> None:
    assert planned(task(), accepted(task()), now=NOW + timedelta(days=400)) is None


def test_a_task_that_changes_keeps_the_record_the_crm_gave_it() -> None:
    plan = due(task(owner_id="csm-2"), accepted(task()))
    assert plan.state == State.CHANGED
    assert plan.write.record_id == "00T1"
    assert plan.before == {"due_on": "2026-03-05", "owner_id": "csm-1", "closed": ""}


def test_what_is_kept_of_a_task_names_nobody_outside_our_company() -> None:
    told = accepted(task())
    assert "Ana" not in str(told)
    assert "con-1" not in str(told)


def test_a_done_follow_up_closes_its_task() -> None:
    assert due(task(closed="1"), accepted(task())).state == State.CLOSES


def test_a_task_waits_for_its_first_owner_and_keeps_the_last_one() -> None:
    assert planned(task(owner_id=""), None, now=NOW) is None
    assert due(task(owner_id="", closed="1"), accepted(task())).write.values["owner_id"] == "csm-1"
    assert planned(task(owner_id=""), accepted(task()), now=NOW) is None


def test_a_task_that_may_be_in_the_crm_follows_its_case_without_an_owner_and_is_not_made_without_one() -> None:
    unheard = after(due(task()), None, now=NOW - timedelta(days=1))
    plan = due(task(owner_id="", due_on="2026-03-09"), unheard)
    assert plan.write.only_if_there
    assert plan.write.values["owner_id"] == ""
    absent = after(plan, Wrote("followup:1", done=True), now=NOW)
    for values in ({}, {"due_on": "2026-03-10"}, {"closed": "1"}):
        assert planned(task(**{"owner_id": "", **values}), absent, now=NOW) is None
    owned = due(task(due_on="2026-03-09"), absent)
    assert (owned.state, owned.write.only_if_there) == (State.NEW, False)
    # From here on it may be there again.
    heard_nothing = after(owned, None, now=NOW - timedelta(days=1))
    assert due(task(owner_id=""), heard_nothing).write.only_if_there


def test_a_task_found_without_an_owner_is_followed_from_then_on() -> None:
    unheard = after(due(task()), None, now=NOW - timedelta(days=1))
    found = accepted(task(owner_id=""), unheard)
    assert planned(task(owner_id=""), found, now=NOW) is None
    assert due(task(owner_id="", closed="1"), found).state == State.CLOSES


def test_nothing_to_say_is_not_said() -> None:
    assert planned(person(Last_Asked__c="", Score__c=""), None, now=NOW) is None


def test_a_field_is_emptied_only_where_we_filled_it() -> None:
    told = accepted(person(Score__c="9", Last_Asked__c=""))
    plan = due(person(Score__c="", Last_Asked__c=""), told)
    assert plan.write.values == {"Score__c": ""}
    assert (
        planned(person(Score__c="", Last_Asked__c=""), accepted(person(Score__c="", Last_Asked__c=""), told), now=NOW)
        is None
    )


def test_a_failure_is_tried_again_later_each_time_and_then_once_a_day() -> None:
    told: Told | None = None
    now = NOW
    for pause in (*GROWING, GROWING[-1]):
        plan = planned(task(), told, now=now)
        assert plan is not None
        assert plan.due
        told = after(plan, Wrote("followup:1", done=False, again=True, why="the record is locked"), now=now)
        assert told.again_at == now + pause
        waiting = planned(task(), told, now=told.again_at - timedelta(seconds=1))
        assert waiting is not None
        assert waiting.state == State.WAITS
        now = told.again_at


def test_a_refusal_waits_for_other_values() -> None:
    told = after(due(task()), Wrote("followup:1", done=False, why="the owner is inactive"), now=NOW)
    still = planned(task(), told, now=NOW + timedelta(days=400))
    assert still is not None
    assert (still.state, still.due, told.why) == (State.REFUSED, False, "the owner is inactive")
    assert due(task(owner_id="csm-2"), told).state == State.NEW


def test_an_answer_that_never_came_counts_as_a_failure_for_now() -> None:
    told = after(due(task()), None, now=NOW)
    assert told.again_at is not None
    assert told.why


def test_a_write_without_a_word_since_is_left_alone_for_a_while_then_repeated() -> None:
    handed = Told("followup:1", WriteWhat.TASK, None, digest_of(TASK), NOW, again_at=NOW + UNSURE_FOR)
    waiting = planned(task(), handed, now=NOW)
    assert waiting is not None
    assert not waiting.due
    repeated = planned(task(), handed, now=NOW + UNSURE_FOR)
    assert repeated is not None
    assert repeated.due


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4))
def test_a_digest_does_not_hang_on_the_order(values: dict[str, str]) -> None:
    assert digest_of(values) == digest_of(dict(reversed(values.items())))


def test_another_place_is_another_crm() -> None:
    here = Connection(Crm.ODOO, place="https://crm.example", database="one")
    assert identity(here) == identity(Connection(Crm.ODOO, place="https://crm.example", database="one", zone="UTC"))
    assert identity(here) != identity(Connection(Crm.ODOO, place="https://crm.example", database="two"))


def seen() -> Probe:
    contact = ObjectFound(
        Kind.CONTACT,
        "Contact",
        readable=True,
        fields=[FieldFound("email", "Email", FieldState.FOUND), FieldFound("bounced", None, FieldState.NOT_MAPPED)],
        columns=["Email", "Score__c", "Last_Asked__c"],
    )
    return Probe("clara", "61.0", [contact, ObjectFound(Kind.ACCOUNT, "Account", readable=True)])


def chosen(**columns: str) -> Connection:
    by_switch = {Switch(name): column for name, column in columns.items()}
    return Connection(Crm.SALESFORCE, writes=frozenset(by_switch), write_columns=by_switch)


@pytest.mark.parametrize(
    ("connection", "switch", "why"),
    [
        (chosen(score="", last_asked="Last_Asked__c"), Switch.SCORE, "Name the CRM's field"),
        (chosen(score="Score__c", last_answered="score__C"), Switch.SCORE, "takes another of these already"),
        (chosen(score="EMAIL"), Switch.SCORE, "read from the CRM as email"),
        (chosen(score="Skore__c"), Switch.SCORE, "no field Skore__c"),
    ],
)
def test_a_column_must_be_there_free_and_not_one_we_read(connection: Connection, switch: Switch, why: str) -> None:
    found = why_not_columns(connection, seen())
    assert found is not None
    assert found[0] == switch
    assert why in found[1]


def test_columns_that_fit_are_taken_and_before_a_check_those_that_may() -> None:
    assert why_not_columns(chosen(score="score__c", last_asked="Last_Asked__c", coverage="Any__c"), seen()) is None
    assert why_not_columns(chosen(score="Skore__c"), None) is None
    mapped = Connection(
        Crm.SALESFORCE,
        writes=frozenset({Switch.SCORE}),
        write_columns={Switch.SCORE: "Mood__c"},
        objects={Kind.CONTACT: ObjectMap(fields={"title": "Mood__c"})},
    )
    assert why_not_columns(mapped, None) is not None
    assert why_not_columns(Connection(Crm.SALESFORCE, writes=frozenset({Switch.TASKS})), seen()) is None


def test_a_task_that_we_closed_is_said_to_be_open_again_once() -> None:
    closed = accepted(task(closed="1"), accepted(task()))
    plan = due(task(), closed)
    assert plan.state == State.REOPENS
    assert plan.write.values["reopened"] == "1"
    assert planned(task(), accepted(task(), closed), now=NOW) is None
