"""On how many people the answers and meetings of a year rest, on both databases."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from tests.builders import (
    NOW,
    TODAY,
    add_account,
    add_campaign,
    add_contact,
    add_csm,
    add_invitation,
    add_questionnaire,
    add_wave,
)
from voc import statistics
from voc.base import schema
from voc.base.db import Database
from voc.stakeholders import store
from voc.stakeholders.model import Carried

COUNTS = st.lists(st.integers(1, 500), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def ground(database: Database) -> None:
    with database.begin() as db:
        add_csm(db)
        add_account(db)
        for who in ("ana", "jon", "eva"):
            add_contact(db, who, first_name=who.title(), last_name=None)


def wave(db: Connection) -> int:
    version = add_questionnaire(db)
    return add_wave(db, campaign_id=add_campaign(db), questionnaire_version_id=version)


def met(db: Connection, contact_id: str | None, on: date = TODAY, kind: str | None = "Meeting", **values: str) -> None:
    found = db.execute(schema.activity.select()).all()
    row = {"id": f"act-{len(found)}", "account_id": "acc-1", "contact_id": contact_id, "kind": kind, "on": on}
    db.execute(insert(schema.activity).values(**{**row, "state": "live", "hash": "", **values}))


def look(db: Connection, account_id: str = "acc-1") -> Carried:
    return store.carried(db, account_id, now=NOW, activity_kinds={"Jour fixe": "meeting"})


def counted(found: Carried) -> list[tuple[str, int, int]]:
    return [(one.contact_id, one.answers, one.meetings) for one in found.people]


def test_four_of_six_by_one_person_are_worth_two(database: Database) -> None:
    """Shares 4/6, 1/6, 1/6: 36 / (16 + 1 + 1) = 2."""
    with database.begin() as db:
        asked = wave(db)
        add_invitation(db, wave_id=asked, contact_id="ana", answered_at=NOW - timedelta(days=5))
        add_invitation(db, wave_id=asked, contact_id="jon", answered_at=NOW - timedelta(days=5))
        for kind in ("QBR", "Call", "Jour fixe"):
            met(db, "ana", kind=kind)
        met(db, "eva")
        found = look(db)
    assert counted(found) == [("ana", 1, 3), ("eva", 0, 1), ("jon", 1, 0)]
    assert (found.answers, found.meetings) == (2, 4)
    assert found.worth == pytest.approx(2.0)


def test_nothing_counts_that_is_older_or_to_come_or_with_nobody_or_no_talk(database: Database) -> None:
    with database.begin() as db:
        asked = wave(db)
        add_invitation(db, wave_id=asked, contact_id="ana", answered_at=NOW - timedelta(days=365))
        add_invitation(db, wave_id=asked, contact_id="jon")
        met(db, "ana", TODAY - timedelta(days=365))
        met(db, "ana", TODAY + timedelta(days=1))
        met(db, "ana", kind="Email")
        met(db, "ana", kind="Training")
        met(db, "ana", state="deleted")
        met(db, None)
        met(db, "a lead")
        add_account(db, "acc-2")
        met(db, "ana", account_id="acc-2")
        found = look(db)
        elsewhere = look(db, "acc-2")
    assert (found.people, found.worth) == ((), None)
    assert (counted(elsewhere), elsewhere.worth) == ([("ana", 0, 1)], 1.0)


def test_merged_records_are_one_person_and_one_account(database: Database) -> None:
    with database.begin() as db:
        add_contact(db, "ana-2", state="merged")
        add_account(db, "acc-0", state="merged")
        for kind, loser, winner in (("contact", "ana-2", "ana"), ("account", "acc-0", "acc-1")):
            db.execute(insert(schema.alias).values(kind=kind, loser_id=loser, winner_id=winner))
        asked = wave(db)
        add_invitation(db, wave_id=asked, contact_id="ana-2", account_id="acc-0", answered_at=NOW)
        met(db, "ana-2", account_id="acc-0")
        met(db, "ana")
        met(db, "jon")
        found = look(db)
    assert counted(found) == [("ana", 1, 2), ("jon", 0, 1)]
    assert found.worth == pytest.approx(16 / 10)


def test_an_answer_in_confidence_changes_nothing(database: Database) -> None:
    with database.begin() as db:
        met(db, "ana")
        before = look(db)
        asked = wave(db)
        for who in ("ana", "jon"):
            add_invitation(db, wave_id=asked, contact_id=who, answered_at=NOW, confidential=True)
        assert look(db) == before


@given(COUNTS)
def test_it_is_between_one_and_the_number_of_people(counts: list[int]) -> None:
    worth = statistics.concentration(shares=counts)
    assert worth is not None
    assert 1 - 1e-9 <= worth <= len(counts) + 1e-9


@given(st.integers(1, 500), st.integers(1, 40))
def test_people_who_are_equally_active_are_worth_their_number(each: int, people: int) -> None:
    assert statistics.concentration(shares=[each] * people) == pytest.approx(people)


@given(COUNTS, st.integers(2, 9))
def test_it_is_the_shares_that_count(counts: list[int], times: int) -> None:
    more = statistics.concentration(shares=[times * one for one in counts])
    assert more == pytest.approx(statistics.concentration(shares=counts))


def test_nobody_is_worth_nothing_that_can_be_told() -> None:
    assert statistics.concentration(shares=[]) is None
    assert statistics.concentration(shares=[0, 0]) is None
