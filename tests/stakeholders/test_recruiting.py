"""The recruiting list, without a database: whom to find and whom to confirm, most valuable first."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from voc.base.words import NotAsked, Role, Segment, Sign, SuggestionKind, SuggestionState
from voc.stakeholders import recruiting, rules
from voc.stakeholders.model import (
    ActKind,
    Book,
    Freshness,
    Holder,
    Requirement,
    SignOfLife,
    Step,
    StepKind,
    Suggestion,
    Team,
)

GLOBEX = Book("acc-1", "Globex", "csm-1", "Dana Whitlock", Decimal(165_000), "EUR")
MID = tuple(one for one in rules.DEFAULT_MATRIX if one.segment == Segment.MID_MARKET)


def holder(name: str, *roles: Role, v: float = 0.95, days: int = 10, reason: NotAsked | None = None) -> Holder:
    sign = SignOfLife(Sign.MEETING, NOW - timedelta(days=days), "CRM") if v else None
    first = name.split(maxsplit=1)[0]
    return Holder(first.lower(), name, first, None, f"{first}@x.example", roles, Freshness(v, sign), reason)


EVERYBODY = (
    holder("Ana Ruiz", Role.DECISION_MAKER, Role.CHAMPION),
    holder("Jon Vik", Role.BUDGET_HOLDER),
    holder("Eva Holt", Role.EXECUTIVE_SPONSOR, Role.INFLUENCER, Role.END_USER),
)


def team(*holders: Holder, requirements: tuple[Requirement, ...] = MID) -> Team:
    return rules.team("acc-1", Segment.MID_MARKET, requirements, holders, fresh_cut=0.7)


def said(kind: SuggestionKind, contact: str = "ana", **values: object) -> Suggestion:
    blank = {
        "id": 7,
        "kind": kind,
        "account_id": "acc-1",
        "contact_id": contact,
        "contact_name": "Ana Ruiz",
        "name": None,
        "address": None,
        "role": None,
        "quote": None,
        "created_at": NOW,
        "state": SuggestionState.OPEN,
    }
    return Suggestion(**{**blank, **values})  # type: ignore[arg-type]  # fields by keyword


def steps(some: Team, *suggestions: Suggestion) -> list[Step]:
    found = recruiting.steps(some, GLOBEX, suggestions, company="Kestrel Works", now=NOW)
    return recruiting.ordered(found, rates={"EUR": 1.0})


def without(name: str) -> tuple[Holder, ...]:
    return tuple(one for one in EVERYBODY if one.contact_id != name)


def test_a_full_and_fresh_team_leaves_nothing_to_do() -> None:
    assert steps(team(*EVERYBODY)) == []


def test_an_empty_chair_says_what_it_is_worth_and_whom_to_ask() -> None:
    (step,) = steps(team(*without("jon")))
    assert step.sentence == "Globex has no budget holder: +20 points of coverage"
    assert (step.kind, step.points, step.minutes) == (StepKind.EMPTY_PLACE, 20, 3)
    assert [act.kind for act in step.acts] == [ActKind.INTRODUCTION, ActKind.ADD_PERSON]
    assert step.why.startswith("Nobody has ever been named here. Eva Holt is the one to ask")


def test_the_mail_that_asks_for_an_introduction_is_personal_and_ready() -> None:
    (step,) = steps(team(*without("jon")))
    assert step.introduction is not None
    assert (step.introduction.name, step.introduction.subject) == ("Eva Holt", "A short introduction at Globex?")
    assert step.introduction.body.startswith("Hello Eva,\n")
    assert "who holds the budget" in step.introduction.body
    assert step.introduction.body.endswith("Dana Whitlock\nKestrel Works")


def test_nobody_to_ask_means_no_introduction_is_offered() -> None:
    step = steps(team())[0]
    assert step.introduction is None
    assert [act.kind for act in step.acts] == [ActKind.ADD_PERSON]
    assert "nobody can be asked" in step.why


def test_people_in_the_crm_without_a_place_can_be_chosen() -> None:
    (step,) = steps(team(*without("jon"), holder("Mina Petrov")))
    assert [one.name for one in step.candidates] == ["Mina Petrov"]
    assert "One person there is in the CRM without a place." in step.why
    assert step.acts[-1].label == "Choose from the CRM"


def test_a_stale_holder_is_confirmed_once_for_all_places() -> None:
    stale = holder("Eva Holt", Role.EXECUTIVE_SPONSOR, Role.INFLUENCER, Role.END_USER, v=0.62, days=430)
    (step,) = steps(team(*without("eva"), stale))
    assert step.sentence == "Confirm Eva Holt: last sign of life 14 months ago"
    assert step.points == 30
    assert step.why == (
        "Executive sponsor, influencer and end user. Last was a meeting on 28 December 2024. "
        "Freshness 62%, under the 70% we call fresh: +30 points of coverage if confirmed."
    )
    assert [act.label for act in step.acts] == ["Confirm", "Left", "Changed role"]


def test_a_first_sync_asks_to_confirm_people_without_any_sign() -> None:
    (step,) = steps(team(*without("jon"), holder("Jon Vik", Role.BUDGET_HOLDER, v=0)))
    assert step.sentence == "Confirm Jon Vik: no sign of life yet"
    assert step.why == ("Named as budget holder; no meeting, answer or reply yet. +20 points of coverage if confirmed.")


def test_a_freshness_just_under_the_cut_does_not_read_as_the_cut() -> None:
    (step,) = steps(team(*without("jon"), holder("Jon Vik", Role.BUDGET_HOLDER, v=0.698)))
    assert "Freshness 69%, under the 70% we call fresh" in step.why


def test_of_two_stale_holders_the_surer_one_is_confirmed() -> None:
    two = (holder("Jon Vik", Role.BUDGET_HOLDER, v=0.5), holder("Ida Berg", Role.BUDGET_HOLDER, v=0.6))
    (step,) = steps(team(*without("jon"), *two))
    assert step.contact_id == "ida"


def test_a_bounced_holder_needs_an_address_not_a_search() -> None:
    (step,) = steps(team(*without("jon"), holder("Jon Vik", Role.BUDGET_HOLDER, v=0, reason=NotAsked.BOUNCED)))
    assert step.sentence == "Find an address for Jon Vik, budget holder"
    assert step.kind == StepKind.NO_ADDRESS


def test_somebody_who_left_leaves_an_empty_chair_with_the_reason() -> None:
    (step,) = steps(team(*without("jon"), holder("Jon Vik", Role.BUDGET_HOLDER, reason=NotAsked.LEFT)))
    assert step.kind == StepKind.EMPTY_PLACE
    assert step.why.startswith("Jon Vik has left.")


def test_a_person_named_by_a_respondent_takes_the_place_of_the_search() -> None:
    referral = said(SuggestionKind.REFERRAL, name="Jon Vik", role=Role.BUDGET_HOLDER, quote="Jon pays")
    (step,) = steps(team(*without("jon")), referral)
    assert step.sentence == "Ana Ruiz says: ask Jon Vik as budget holder"
    assert step.points == 20
    assert step.why == "“Jon pays” +20 points of coverage as budget holder. Since 3 March 2026."
    assert [act.label for act in step.acts] == ["Add Jon", "Not the right person"]


def test_a_reply_that_says_left_says_what_hangs_on_that_person() -> None:
    left = said(SuggestionKind.LEFT, name="Simon Achebe")
    (step,) = steps(team(*EVERYBODY), left)
    assert step.sentence == "Has Ana Ruiz left? The reply names Simon Achebe"
    assert step.points == 50
    assert [act.label for act in step.acts] == ["Left, add Simon", "Left", "Still there"]


def test_a_reply_that_names_a_successor_is_one_step_not_two() -> None:
    left, after = said(SuggestionKind.LEFT), said(SuggestionKind.SUCCESSOR, id=8, name="Simon Achebe")
    (step,) = steps(team(*EVERYBODY), left, after)
    assert step.acts[0].label == "Left, add Simon"
    assert step.suggestion is not None
    assert step.suggestion.id == 7


def test_a_second_successor_stands_for_itself() -> None:
    named = [said(SuggestionKind.SUCCESSOR, id=id, name=name) for id, name in ((8, "Simon Achebe"), (9, "Eva Holt"))]
    found = steps(team(*EVERYBODY), said(SuggestionKind.LEFT), *named)
    assert [step.sentence for step in found] == [
        "Has Ana Ruiz left? The reply names Simon Achebe",
        "Add Eva Holt: named as successor of Ana Ruiz",
    ]


def test_nobody_is_to_be_confirmed_while_a_reply_says_they_left() -> None:
    stale = holder("Ana Ruiz", Role.DECISION_MAKER, Role.CHAMPION, v=0.4)
    found = steps(team(*without("ana"), stale), said(SuggestionKind.LEFT))
    assert [step.kind for step in found] == [StepKind.LEFT]


def test_a_place_that_needs_two_shares_its_points_between_them() -> None:
    two = (Requirement(Segment.MID_MARKET, Role.CHAMPION, 4, 2),)
    found = steps(team(holder("Ana Ruiz", Role.CHAMPION, v=0.5), requirements=two))
    assert [(step.kind, step.points) for step in found] == [(StepKind.CONFIRM, 50), (StepKind.EMPTY_PLACE, 50)]
    assert found[1].sentence == "Globex lacks 2 of 2 champions: +50 points of coverage"


def test_a_week_is_at_most_ten_steps_and_half_an_hour() -> None:
    now, later = recruiting.fold(steps(team()) * 5)
    assert (len(now), len(later)) == (10, 20)
    assert sum(step.minutes for step in now) == 30


def test_no_word_a_customer_should_not_see_is_in_the_mail() -> None:
    for role in Role:
        prepared = recruiting.ask_for_introduction(team(holder("Ana Ruiz")), role, GLOBEX, company="Kestrel Works")
        assert prepared is not None
        for ours in ("detractor", "census", "coverage", "stakeholder", "suppress"):
            assert ours not in prepared.body.lower()
        assert "!" not in prepared.body


people = st.lists(
    st.builds(
        lambda name, roles, v, reason: holder(name, *roles, v=v, reason=reason),
        st.sampled_from([f"{letter}x Y" for letter in "ABCDEFGH"]),
        st.lists(st.sampled_from(Role), max_size=3, unique=True),
        st.floats(0, 1),
        st.sampled_from([None, None, NotAsked.LEFT, NotAsked.BOUNCED, NotAsked.OPTED_OUT]),
    ),
    max_size=8,
    unique_by=lambda one: one.contact_id,
)


@given(people)
def test_all_steps_together_are_worth_what_coverage_lacks(some: list[Holder]) -> None:
    of_ten = team(*some)
    assert of_ten.coverage is not None
    gained = sum(step.points for step in steps(of_ten))
    assert gained == 100 - 10 * of_ten.coverage.fresh_points
