"""Who is asked, and the first reason for everybody who is not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.campaigns.census import draw_heads_up, pick_language, take, why_not_ask
from voc.campaigns.model import Candidate, Limits, Member, NotAsked, Role

TODAY = date(2026, 3, 10)
DAY = timedelta(days=1)
ANA = Candidate("con-1", "acc-1", "ana@calder.example", (Role.CHAMPION,), account_name="Calder & Moss")


def why(on: date = TODAY, **values: Any) -> tuple[NotAsked, str | None] | None:
    return why_not_ask(replace(ANA, **values), on=on, limits=Limits())


def census(*candidates: Candidate) -> list[Member]:
    return take(candidates, on=lambda _candidate: TODAY, limits=Limits())


def test_somebody_with_nothing_against_it_is_asked() -> None:
    assert why() is None


def test_who_cannot_be_reached_keeps_the_reason_of_the_stakeholder_team() -> None:
    assert why(unreachable=NotAsked.LEFT, excluded_until_on=TODAY + DAY) == (NotAsked.LEFT, None)


def test_an_exclusion_names_its_end_and_who_made_it() -> None:
    found = why(excluded_until_on=date(2026, 4, 1), excluded_by="Dana Whitlock")
    assert found == (NotAsked.EXCLUDED, "until 1 April 2026, Dana Whitlock")


@pytest.mark.parametrize("field", ["excluded_until_on", "escalated_until_on"])
def test_a_reason_no_longer_stands_on_the_day_it_ends(field: str) -> None:
    assert why(**{field: TODAY}) is None
    assert why(**{field: TODAY + DAY}) is not None


@pytest.mark.parametrize(("days", "asked"), [(-15, True), (-14, False), (0, False), (14, False), (15, True)])
def test_fourteen_days_around_a_renewal_nobody_is_asked(days: int, asked: bool) -> None:
    assert (why(renewal_on=TODAY + days * DAY) is None) is asked


def test_a_quarterly_wave_may_ask_again_on_day_90() -> None:
    assert why(last_asked_on=TODAY - 90 * DAY) is None
    assert why(last_asked_on=TODAY - 89 * DAY) == (NotAsked.ASKED_RECENTLY, "until 11 March 2026")


def test_the_first_reason_that_applies_is_the_one_shown() -> None:
    everything = {
        "excluded_until_on": TODAY + DAY,
        "escalated_until_on": TODAY + DAY,
        "renewal_on": TODAY,
        "last_asked_on": TODAY,
    }
    order = []
    while (found := why(**everything)) is not None:
        order.append(found[0])
        del everything[next(iter(everything))]
    assert order == [NotAsked.EXCLUDED, NotAsked.ESCALATED, NotAsked.RENEWAL_SIGNING, NotAsked.ASKED_RECENTLY]


def test_one_address_is_asked_once_at_the_persons_own_account() -> None:
    elsewhere = replace(ANA, contact_id="con-0", account_id="acc-0", own_account=False, account_name="Elsewhere")
    members = census(elsewhere, ANA)
    assert [(one.candidate.account_id, one.reason, one.detail) for one in members] == [
        ("acc-0", NotAsked.SAME_ADDRESS, "asked at Calder & Moss"),
        ("acc-1", None, None),
    ]


def test_a_tie_goes_to_the_direct_relation_then_to_the_oldest_row() -> None:
    young = replace(ANA, contact_id="con-a", since_on=date(2025, 1, 1))
    old = replace(ANA, contact_id="con-b", since_on=date(2020, 1, 1))
    loose = replace(ANA, contact_id="con-c", since_on=date(2010, 1, 1), direct=False)
    asked = [one.candidate.contact_id for one in census(young, old, loose) if one.asked]
    assert asked == ["con-b"]


def test_the_other_row_is_asked_when_something_speaks_against_the_first() -> None:
    excluded = replace(ANA, excluded_until_on=TODAY + DAY)
    other = replace(ANA, contact_id="con-2", account_id="acc-2", own_account=False)
    assert [one.candidate.contact_id for one in census(excluded, other) if one.asked] == ["con-2"]


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        contact_id=st.sampled_from([f"con-{n}" for n in range(6)]),
        account_id=st.sampled_from(["acc-1", "acc-2", "acc-3"]),
        address=st.sampled_from([None, "a@x.example", "b@x.example", "c@x.example"]),
        roles=st.just((Role.CHAMPION,)),
        own_account=st.booleans(),
        direct=st.booleans(),
        unreachable=st.sampled_from([None, None, NotAsked.LEFT, NotAsked.OPTED_OUT]),
        excluded_until_on=st.sampled_from([None, None, TODAY, TODAY + DAY]),
        renewal_on=st.sampled_from([None, None, TODAY]),
        last_asked_on=st.sampled_from([None, None, TODAY - DAY]),
    ),
    max_size=12,
)


@given(CANDIDATES)
def test_everybody_is_in_the_census_once_and_no_address_is_asked_twice(candidates: list[Candidate]) -> None:
    members = census(*candidates)
    assert sorted(map(repr, candidates)) == sorted(repr(one.candidate) for one in members)
    asked = [one.candidate.address for one in members if one.asked]
    assert len(asked) == len(set(asked))
    could = {one.address for one in candidates if why_not_ask(one, on=TODAY, limits=Limits()) is None}
    assert set(asked) == could


@given(st.integers(0, 200), st.floats(0, 1), st.text(max_size=5))
def test_the_lot_draws_whole_accounts_to_the_share_asked_for(count: int, share: float, seed: str) -> None:
    ids = [f"acc-{number}" for number in range(count)]
    drawn = draw_heads_up([*ids, *ids], share=share, seed=seed)
    assert abs(len(drawn) - count * share) <= 0.5
    assert drawn == draw_heads_up(list(reversed(ids)), share=share, seed=seed)


def test_a_language_falls_back_to_its_general_form_and_then_to_the_first() -> None:
    assert pick_language("de-AT", ["en", "de"]) == "de"
    assert pick_language("pt_BR", ["en", "pt-br"]) == "pt-br"
    assert pick_language("nl-NL", ["en", "de"]) == "en"
    assert pick_language(None, ["en"]) == "en"
