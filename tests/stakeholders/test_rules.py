"""Freshness, reachability and coverage, without a database."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from voc.base.words import NotAsked, Role, Segment, Sign, SuppressionReason
from voc.stakeholders import rules
from voc.stakeholders.model import Freshness, Holder, Requirement, SignOfLife
from voc.stakeholders.rules import Known

LOSS = 0.25


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def sign(kind: Sign, days: float) -> SignOfLife:
    return SignOfLife(kind, days_ago(days), "mail")


def fresh(*signs: SignOfLife) -> Freshness:
    return rules.freshness(signs, now=NOW, annual_loss=LOSS)


def known(**values: object) -> Known:
    blank = Known(
        contact_id="con-1",
        first_name="Ana",
        last_name="Ruiz",
        title=None,
        address="ana@calder.example",
        live=True,
        left_company=False,
        left_at=None,
        opted_out=False,
        bounced=False,
        suppressed=frozenset(),
        signs=(),
    )
    return replace(blank, **values)  # type: ignore[arg-type]  # the test names fields by keyword


def test_an_answer_of_half_a_year_ago_is_87_percent_fresh() -> None:
    assert fresh(sign(Sign.ANSWERED, 180)).value == pytest.approx(0.867818, abs=1e-6)


def test_nobody_vouches_for_a_contact_without_a_sign() -> None:
    assert fresh() == Freshness(value=0.0)


def test_the_sign_behind_it_is_the_one_that_counts_most_not_the_latest() -> None:
    answered, edited = sign(Sign.ANSWERED, 50), sign(Sign.EDITED, 10)
    assert fresh(answered, edited).sign == answered


def test_a_bounce_cancels_what_came_before_and_a_reply_revives() -> None:
    bounced = sign(Sign.BOUNCED, 20)
    gone = fresh(sign(Sign.ANSWERED, 30), bounced)
    assert (gone.value, gone.ended) == (0.0, bounced)
    back = fresh(sign(Sign.ANSWERED, 30), bounced, sign(Sign.REPLIED, 5))
    assert back.value > 0.99
    assert back.ended is None


def test_a_sign_of_tomorrow_does_not_count_today() -> None:
    assert fresh(sign(Sign.MEETING, -1), sign(Sign.LEFT, -1)).value == 0.0


def test_a_delivery_lifts_what_was_known_once_and_only_the_latest_counts() -> None:
    # .6 on the day of sending becomes .832 (3-metrics 5.2)
    answered = sign(Sign.ANSWERED, 365.25 * math.log(0.6) / math.log(1 - LOSS))
    once = fresh(answered, sign(Sign.DELIVERED, 0))
    assert once.value == pytest.approx(0.831933, abs=1e-6)
    assert once.delivered_at == NOW
    assert fresh(answered, sign(Sign.DELIVERED, 9), sign(Sign.DELIVERED, 5), sign(Sign.DELIVERED, 0)) == once


def test_a_delivery_to_somebody_never_heard_of_proves_nothing() -> None:
    assert fresh(sign(Sign.DELIVERED, 3)).value == 0.0


def test_a_delivery_before_a_bounce_is_cancelled_too() -> None:
    assert fresh(sign(Sign.ANSWERED, 30), sign(Sign.DELIVERED, 10), sign(Sign.BOUNCED, 9)).value == 0.0


def test_freshness_without_the_csms_own_word_is_shown_apart() -> None:
    found = fresh(sign(Sign.MEETING, 700), sign(Sign.CONFIRMED, 1))
    assert found.value == pytest.approx(0.9, abs=1e-3)
    assert found.without_own_word == pytest.approx(0.95 * 0.75 ** (700 / 365.25))


signs = st.lists(
    st.builds(SignOfLife, st.sampled_from(Sign), st.integers(-900, 900).map(days_ago), st.just("mail")), max_size=8
)


@given(signs, st.integers(0, 400), st.integers(0, 400))
def test_freshness_never_rises_without_an_event(some: list[SignOfLife], first: int, more: int) -> None:
    earlier, later = NOW + timedelta(days=first), NOW + timedelta(days=first + more)
    quiet = [one for one in some if not earlier < one.at <= later]
    before = rules.freshness(quiet, now=earlier, annual_loss=LOSS).value
    after = rules.freshness(quiet, now=later, annual_loss=LOSS).value
    assert after <= before + 1e-12
    assert 0 <= after <= 1


def left(strength: float, at: datetime, on: datetime) -> float:
    return strength * float((1 - LOSS) ** ((on - at).total_seconds() / 86400 / 365.25))


def by_the_book(some: list[SignOfLife], on: datetime) -> float:
    """The strongest sign since the last end of any; then, of the latest delivery, Bayes."""
    past = [one for one in some if one.at <= on]
    ends = [one.at for one in past if one.kind in (Sign.BOUNCED, Sign.LEFT)]
    alive = [one for one in past if one.kind in rules.STRENGTH and all(one.at > end for end in ends)]
    return max((left(rules.STRENGTH[one.kind], one.at, on) for one in alive), default=0.0)


@given(signs)
def test_freshness_is_the_strongest_sign_or_what_the_latest_delivery_makes_of_it(some: list[SignOfLife]) -> None:
    value = by_the_book(some, NOW)
    delivered = max((one.at for one in some if one.kind == Sign.DELIVERED and one.at <= NOW), default=None)
    ends = [one.at for one in some if one.kind in (Sign.BOUNCED, Sign.LEFT) and one.at <= NOW]
    if delivered is not None and all(delivered > end for end in ends):
        before = by_the_book(some, delivered)
        stays = before * 0.99 / (before * 0.99 + (1 - before) * 0.3)
        value = max(value, left(stays, delivered, NOW))
    assert fresh(*some).value == pytest.approx(value)


@given(signs)
def test_a_further_sign_of_life_never_lowers_freshness(some: list[SignOfLife]) -> None:
    assert fresh(*some, sign(Sign.CONFIRMED, 0)).value >= fresh(*some).value - 1e-12


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, None),
        ({"live": False, "left_company": True}, NotAsked.SET_ASIDE),
        ({"left_company": True, "opted_out": True}, NotAsked.LEFT),
        ({"left_at": days_ago(1)}, NotAsked.LEFT),
        ({"signs": [sign(Sign.ANSWERED, 9), sign(Sign.LEFT, 1)]}, NotAsked.LEFT),
        ({"opted_out": True, "bounced": True}, NotAsked.OPTED_OUT),
        ({"suppressed": frozenset({SuppressionReason.OPT_OUT})}, NotAsked.OPTED_OUT),
        ({"suppressed": frozenset({SuppressionReason.BOUNCED})}, NotAsked.BOUNCED),
        ({"address": None}, NotAsked.NO_ADDRESS),
        ({"suppressed": frozenset({SuppressionReason.COMPLAINT})}, NotAsked.COMPLAINED),
    ],
)
def test_the_first_reason_that_nobody_can_be_mailed(values: dict[str, object], reason: NotAsked | None) -> None:
    assert rules.why_not_reachable(known(**values)) == reason


def test_somebody_who_replies_after_we_heard_they_left_has_not_left() -> None:
    back = known(left_at=days_ago(9), signs=[sign(Sign.REPLIED, 2)])
    assert rules.why_not_reachable(back) is None


def test_nobody_named_is_called_by_the_address() -> None:
    assert known(first_name=None, last_name=None).name == "ana@calder.example"


def holder(name: str, *roles: Role, v: float = 0.95, reason: NotAsked | None = None) -> Holder:
    return Holder(name, name, name, None, f"{name}@x.example", roles, Freshness(v), reason)


MID = tuple(one for one in rules.DEFAULT_MATRIX if one.segment == Segment.MID_MARKET)


def test_the_example_of_the_definitions() -> None:
    people = [
        holder("dm", Role.DECISION_MAKER, v=0.9),
        holder("b1", Role.BUDGET_HOLDER, v=0.5),
        holder("b2", Role.BUDGET_HOLDER, v=0.65),
        holder("c1", Role.CHAMPION, v=0.95),
        holder("c2", Role.CHAMPION, v=0.4),
        holder("sponsor", Role.EXECUTIVE_SPONSOR, v=0.72),
        holder("user", Role.END_USER, v=0.3),
    ]
    team = rules.team("acc-1", Segment.MID_MARKET, MID, people, fresh_cut=0.7)
    assert team.coverage is not None
    assert (team.coverage.fresh, team.coverage.fresh_points, team.coverage.points) == (0.6, 6, 10)
    assert team.coverage.expected == pytest.approx(0.731)
    assert team.coverage.named == pytest.approx(0.9)
    assert [one.contact_id for one in team.places[1].holders] == ["b2", "b1"]


def test_one_person_in_three_places_covers_three_and_is_one_thread() -> None:
    ana = holder("ana", Role.DECISION_MAKER, Role.BUDGET_HOLDER, Role.CHAMPION)
    team = rules.team("acc-1", Segment.MID_MARKET, MID, [ana], fresh_cut=0.7)
    assert team.coverage is not None
    assert team.coverage.fresh == 0.7
    assert (team.threads.people, team.threads.single_threaded) == (1, True)


def test_somebody_who_cannot_be_mailed_covers_nothing_but_is_shown() -> None:
    gone = holder("ana", Role.DECISION_MAKER, reason=NotAsked.OPTED_OUT)
    team = rules.team("acc-1", Segment.MID_MARKET, MID, [gone], fresh_cut=0.7)
    assert team.coverage is not None
    assert (team.coverage.named, team.threads.people) == (0.0, 0)
    assert team.places[0].holders == (gone,)


def test_no_required_role_means_no_coverage_rather_than_zero() -> None:
    team = rules.team("acc-1", None, (), [holder("ana", Role.CHAMPION)], fresh_cut=0.7)
    assert team.coverage is None
    assert [one.contact_id for one in team.others] == ["ana"]


def test_a_place_that_needs_two_is_not_covered_by_one() -> None:
    two = (Requirement(Segment.SMALL, Role.CHAMPION, 1, 2),)
    one = rules.team("acc-1", Segment.SMALL, two, [holder("a", Role.CHAMPION)], fresh_cut=0.7)
    both = rules.team("acc-1", Segment.SMALL, two, [holder(n, Role.CHAMPION) for n in "ab"], fresh_cut=0.7)
    assert one.coverage is not None
    assert both.coverage is not None
    assert (one.coverage.fresh, both.coverage.fresh) == (0.0, 1.0)


people = st.lists(
    st.builds(
        holder,
        st.sampled_from("abcdefgh"),
        st.sampled_from(Role),
        v=st.floats(0, 1),
        reason=st.sampled_from([None, NotAsked.LEFT]),
    ),
    max_size=8,
    unique_by=lambda one: one.contact_id,
)


@given(people)
def test_fresh_coverage_never_exceeds_named_coverage(some: list[Holder]) -> None:
    team = rules.team("acc-1", Segment.MID_MARKET, MID, some, fresh_cut=0.7)
    assert team.coverage is not None
    assert team.coverage.fresh <= team.coverage.named + 1e-12
    assert team.coverage.expected <= team.coverage.named + 1e-12
    assert team.coverage.fresh == pytest.approx(team.coverage.fresh_points / team.coverage.points)
    assert team.coverage.named == pytest.approx(team.coverage.named_points / team.coverage.points)


def test_the_csms_word_overrules_the_crm_in_both_directions() -> None:
    rows = [
        ("acc-1", "ana", Role.CHAMPION, False, False),
        ("acc-1", "ana", Role.CHAMPION, True, True),
        ("acc-1", "jon", Role.BUDGET_HOLDER, True, False),
        ("acc-1", "eva", Role.END_USER, False, False),
    ]
    assert rules.standing_roles(rows) == rules.standing_roles(reversed(rows))
    assert rules.standing_roles(rows) == {
        ("acc-1", "jon"): [Role.BUDGET_HOLDER],
        ("acc-1", "eva"): [Role.END_USER],
    }
