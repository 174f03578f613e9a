"""Texts to records, records to changes, merges through chains, the brake: without a database."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.accounts import clean, rules
from voc.accounts.model import RECORDS, Account, Cleaned, Contact, Fate, Incoming, Kind, Reason, RecordState


def read(object: Kind, /, *, aliases: rules.Aliases | None = None, **texts: str) -> Cleaned:
    defaults = {"name": "Calder", "status": "customer", "segment": "small", "arr": "1", "account_id": "calder"}
    cells = tuple({**defaults, **texts}.get(name, "") for name in rules.TEXTS[object])
    row = Incoming(id="x", row=1, line=2, cells=cells)
    return rules.record_of(object, row, spellings=clean.default_spellings(), aliases=aliases or {})


def reasons(found: Cleaned) -> list[str]:
    return [problem.reason.value for problem in found.problems]


def test_formulas_and_html_are_data_and_stay_as_they_are() -> None:
    for name in ('=HYPERLINK("http://evil.example")', "<b>Bold</b>", "Line\nbreak", 'O\'Neil, "Amber" 🙂'):
        found = read(Kind.ACCOUNT, name=name)
        assert isinstance(found.record, Account)
        assert found.record.name == name
        assert found.problems == []


def test_a_control_character_is_taken_out_with_a_warning_that_names_the_field() -> None:
    found = read(Kind.CONTACT, last_name="Ru\x00iz")
    assert isinstance(found.record, Contact)
    assert found.record.last_name == "Ruiz"
    assert [(problem.reason, problem.field) for problem in found.problems] == [
        (Reason.CONTROL_CHARACTER_REMOVED, "last_name")
    ]


def test_only_customers_are_asked_for_revenue_and_segment() -> None:
    assert reasons(read(Kind.ACCOUNT, arr="", segment="huge")) == ["unknown_segment", "no_arr"]
    assert reasons(read(Kind.ACCOUNT, arr="", segment="huge", status="Prospect")) == []


def test_a_number_that_cannot_be_read_is_not_also_missing() -> None:
    assert reasons(read(Kind.ACCOUNT, arr="TBD")) == ["bad_number"]


@pytest.mark.parametrize("said", ["Y", "t", "x", "Opted out", "2", "unsubscribed"])
def test_an_opt_out_in_unknown_words_is_one_and_a_person_hears_of_it(said: str) -> None:
    found = read(Kind.CONTACT, opted_out=said)
    assert isinstance(found.record, Contact)
    assert found.record.opted_out
    assert reasons(found) == ["unclear_opt_out"]


@pytest.mark.parametrize("said", ["", "0", " False ", "no"])
def test_who_did_not_opt_out_may_be_asked(said: str) -> None:
    found = read(Kind.CONTACT, opted_out=said)
    assert isinstance(found.record, Contact)
    assert not found.record.opted_out
    assert reasons(found) == []


def test_an_unknown_kind_comes_before_a_bad_date() -> None:
    assert read(Kind.MILESTONE, kind="party", on="soon").late == Reason.UNKNOWN_KIND
    assert read(Kind.MILESTONE, kind="went_live", on="soon").late == Reason.BAD_DATE
    assert read(Kind.MILESTONE, kind="went_live", on="").late == Reason.BAD_DATE


def test_a_reference_to_a_merged_record_is_its_winner() -> None:
    found = read(Kind.CONTACT, account_id="old", aliases={Kind.ACCOUNT: {"old": "new"}})
    assert isinstance(found.record, Contact)
    assert found.record.account_id == "new"


STORED = read(Kind.ACCOUNT, renewal_on="2026-09-01", arr="5").record


def test_a_change_names_the_fields_that_differ() -> None:
    change = rules.change_of(read(Kind.ACCOUNT, arr="7"), STORED, RecordState.LIVE)
    assert (change.fate, change.fields) == (Fate.UPDATED, ("arr", "renewal_on"))


def test_an_unreadable_field_keeps_what_we_have() -> None:
    change = rules.change_of(read(Kind.ACCOUNT, arr="x", renewal_on="y"), STORED, RecordState.LIVE)
    assert change.fate == Fate.UNCHANGED
    assert isinstance(change.record, Account)
    assert (change.record.arr, change.record.renewal_on) == (Decimal(5), date(2026, 9, 1))


@pytest.mark.parametrize("state", [RecordState.SET_ASIDE, RecordState.CLOSED, RecordState.DELETED])
def test_a_record_that_did_not_stand_returns(state: RecordState) -> None:
    change = rules.change_of(read(Kind.ACCOUNT, arr="5", renewal_on="2026-09-01"), STORED, state)
    assert change.fate == Fate.RETURNED


def test_another_spelling_of_an_address_is_no_update() -> None:
    stored = read(Kind.CONTACT, email="ana@x.example").record
    change = rules.change_of(read(Kind.CONTACT, email="ANA@x.example"), stored, RecordState.LIVE)
    assert (change.fate, change.fields) == (Fate.REWORDED, ())


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 12), max_size=12))
def test_a_loser_stands_for_a_record_that_was_merged_into_no_other(pairs: dict[int, int]) -> None:
    merges = {str(loser): str(winner) for loser, winner in pairs.items()}
    final = rules.final_winners(merges)
    assert not set(final.values()) & set(merges)
    for loser in set(merges) - set(final):  # what stands for nobody leads into a ring
        seen: list[Any] = [loser]
        while seen[-1] in merges and seen[-1] not in seen[:-1]:
            seen.append(merges[seen[-1]])
        assert seen[-1] in seen[:-1]


@pytest.mark.parametrize(
    ("vanished", "live", "held"),
    [
        (5, 100, False),
        (6, 100, True),
        (2, 10, False),
        (3, 10, True),
        (0, 0, False),
        (50, 1000, False),
        (51, 1000, True),
    ],
)
def test_more_than_five_percent_missing_hold_a_run(vanished: int, live: int, held: bool) -> None:
    why = rules.why_hold(Kind.CONTACT, vanished=vanished, live=live, rows=live, rows_before=live)
    assert (why is not None) == held


def test_a_record_has_only_fields_that_its_texts_or_its_rules_give() -> None:
    for kind, record in RECORDS.items():
        derived = {"id", "email_original"}
        assert {field.name for field in msgspec.structs.fields(record)} - derived == set(rules.TEXTS[kind])
