"""Onboarding, contacts, upkeep and proofs, worked out by hand: at least two cases for each figure."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.metrics.clients import (
    BEN,
    DANA,
    ON,
    ago,
    client,
    facts,
    labels,
    mark,
    sale,
    sample,
    sums,
    terms,
    told,
    touch,
)
from voc.accounts.kinds import contact_kind, deal_kind
from voc.base.words import Segment
from voc.metrics.money import compared, contacts, falls, goals, onboarding, proofs, reckoning, upkeep
from voc.metrics.money.facts import Client, ContactKind, DealKind, Held, Owned, Week
from voc.metrics.money.rows import Standards
from voc.metrics.money.upkeep import Lying

YEAR, QUARTER = terms(365), terms(91)
START, LIVE, TRAINED = "onboarding_started", "went_live", "training_completed"


def onboarded(id: str, *, started: int, live_after: int | None = None, trained_after: int | None = None) -> Client:
    found = [mark(START, started)]
    found += [mark(LIVE, started - live_after)] if live_after is not None else []
    found += [mark(TRAINED, started - trained_after, 4.0)] if trained_after is not None else []
    return client(id, *found)


# --- onboarding ---


def test_the_median_counts_open_onboardings_at_their_age() -> None:
    """Live after 20, 40 and 60 days, open for 50: S is 3/4, 1/2, then 0 after the last at risk."""
    four = [onboarded(f"a{days}", started=200, live_after=days) for days in (20, 40, 60)]
    four.append(onboarded("open", started=50))
    found = reckoning.median_days(sample(facts(onboarding.onboarding_time, *four, terms=YEAR)))
    assert (found.value, found.numerator, found.denominator) == (40, 3, 4)
    assert found.extra == {"open": 1, "oldest_open": 50}


def test_while_more_than_half_are_open_the_median_is_not_known() -> None:
    three = [onboarded("a", started=100, live_after=30), onboarded("b", started=90), onboarded("c", started=80)]
    found = reckoning.median_days(sample(facts(onboarding.onboarding_time, *three, terms=YEAR)))
    assert (found.value, found.numerator, found.denominator) == (float("inf"), 1, 3)
    assert reckoning.median_days(sample([])).value is None


def test_a_customer_that_left_before_it_was_live_stays_open_to_the_end() -> None:
    gone = client("a", mark(START, 200), customer=False, churned_on=ago(150))
    assert [one.unit.size for one in facts(onboarding.onboarding_time, gone, terms=YEAR)] == [200]


def test_each_start_ends_with_its_own_going_live() -> None:
    twice = client("a", mark(START, 300), mark(LIVE, 260), mark(START, 100))
    assert [one.unit.size for one in facts(onboarding.onboarding_time, twice, terms=YEAR)] == [40, 100]
    assert labels(onboarding.onboarding_time, twice, terms=YEAR) == ["live", "open"]


def test_time_to_launch_runs_from_the_first_deal_won() -> None:
    first = client("a", sale(DealKind.NEW, 50, days_ago=120), sale(DealKind.NEW, 9, days_ago=20), mark(LIVE, 60))
    waiting = client("b", sale(DealKind.NEW, 50, days_ago=30))
    found = reckoning.median_days(sample(facts(onboarding.time_to_launch, first, waiting, terms=YEAR)))
    assert (found.value, found.denominator) == (60, 2)  # one at 60, the other censored at 30
    old = client("c", sale(DealKind.NEW, 50, days_ago=900), mark(LIVE, 800))
    assert facts(onboarding.time_to_launch, old, terms=YEAR) == []


def test_live_in_time_leaves_out_who_is_still_within_the_standard() -> None:
    found = [
        onboarded("a", started=200, live_after=90),  # the 90th day is in time
        onboarded("b", started=200, live_after=91),
        onboarded("c", started=91),  # open past it
        onboarded("d", started=90),  # open within it
    ]
    assert sums(onboarding.live_in_time, *found, terms=YEAR) == (1, 3)
    assert labels(onboarding.live_in_time, *found, terms=YEAR) == ["in_time", "late", "late", "pending"]
    month = terms(365, standards=Standards(onboarding_days=30))
    assert sums(onboarding.live_in_time, *found, terms=month) == (0, 4)


def test_stuck_is_older_than_four_in_five_of_the_same_segment_took() -> None:
    """Twenty went live after 1 to 20 days: the 80th percentile (type 7) is 16.2."""
    done = [client(f"a{days}", mark(START, 500), mark(LIVE, 500 - days)) for days in range(1, 21)]
    usual = onboarding.usual_days(done, ON)
    assert usual == {("mid-market", "to_live"): pytest.approx(16.2)}
    known = terms(365, usual_days=usual)
    open_17, open_16 = onboarded("x", started=17, trained_after=1), onboarded("y", started=16, trained_after=1)
    assert sums(onboarding.stuck_accounts, open_17, open_16, terms=known) == (1, 2)
    assert labels(onboarding.stuck_accounts, open_17, open_16, terms=known) == ["stuck", "under_way"]


def test_with_nineteen_completed_nobody_knows_what_is_usual() -> None:
    done = [client(f"a{days}", mark(START, 500), mark(LIVE, 500 - days)) for days in range(1, 20)]
    assert onboarding.usual_days(done, ON) == {}
    waiting = onboarded("x", started=400, trained_after=3)
    assert sums(onboarding.stuck_accounts, waiting, terms=YEAR) == (0, 0)
    assert labels(onboarding.stuck_accounts, waiting, terms=YEAR) == ["no_yardstick"]


def test_revenue_trained_counts_accounts_whose_days_have_passed() -> None:
    found = [
        onboarded("a", started=200, trained_after=30),  # the 30th day
        onboarded("b", started=200, trained_after=31),
        onboarded("c", started=29, trained_after=5),  # its 30 days have not passed
    ]
    assert sums(onboarding.revenue_trained_30, *found, terms=YEAR) == (100, 200)
    assert sums(onboarding.revenue_trained_90, *found, terms=YEAR) == (200, 200)
    assert sums(onboarding.revenue_trained_90, onboarded("d", started=90), terms=YEAR) == (0, 100)
    no_rate = client("e", mark(START, 100), revenue=None)
    assert labels(onboarding.revenue_trained_30, no_rate, terms=YEAR) == ["no_rate"]


def test_onboarding_ratings_are_one_person_one_vote_under_the_csm_at_the_end() -> None:
    handed = Owned("csm-2")
    end = mark(LIVE, 40, owner=handed)
    one = client("a", mark(START, 90), end, told("onboarding", 30, ("csm", 5), ("csm", 4), ("csm", 3)))
    two = client("b", told("onboarding", 20, ("csm", 5), ("training", 2)), told("relationship", 10, ("csm", 1)))
    assert sums(onboarding.onboarding_rating, one, two, terms=YEAR) == (9, 2)  # (4 + 5) / 2
    assert sums(onboarding.onboarding_rating, one, two, terms=YEAR, csm="csm-2") == (4, 1)
    assert sums(onboarding.onboarding_rating, client("c", told("onboarding", 400, ("csm", 1))), terms=YEAR) == (0, 0)


def test_training_scores_come_from_people_and_from_the_training_itself() -> None:
    asked = client("a", told("onboarding", 20, ("training", 2), ("training", 4)))
    tested = client("b", mark(TRAINED, 10, 4.5), mark(TRAINED, 9, 80.0), mark(TRAINED, 8))  # 80 is no 1 to 5
    assert sums(onboarding.training_score, asked, tested, terms=YEAR) == (7.5, 2)
    assert labels(onboarding.training_score, asked, tested, terms=YEAR) == ["answered", "from_the_crm"]


# --- contacts ---


def test_activity_is_human_contacts_per_account_and_quarter() -> None:
    """In 91 days of a quarter of 91.3125: three contacts are 3.0103 a quarter; a training is none."""
    met = client("a", touch(ContactKind.MEETING, 1), touch(ContactKind.CALL, 5), touch(ContactKind.REVIEW, 90))
    other = client("b", touch(ContactKind.TRAINING, 2), touch(ContactKind.OTHER, 2), touch(ContactKind.CALL, 91))
    part, whole = sums(contacts.activity, met, other, terms=QUARTER)
    assert (part, whole) == (pytest.approx(3 * 91.3125 / 91), 2)
    assert labels(contacts.activity, met, other, terms=QUARTER) == ["met", "nobody_met"]
    assert facts(contacts.activity, client("c", touch(ContactKind.CALL, 3), customer=False), terms=QUARTER) == []


def test_activity_of_an_account_that_changed_hands_is_shared_by_days() -> None:
    held = (Held("csm-1", date(2020, 1, 1), ago(30)), Held("csm-2", ago(30)))
    one = client("a", touch(ContactKind.CALL, 60), touch(ContactKind.CALL, 10), held=held, owner=BEN)
    assert sums(contacts.activity, one, terms=QUARTER, csm="csm-1") == (
        pytest.approx(91.3125 / 91),
        pytest.approx(60 / 91),
    )
    assert sums(contacts.activity, one, terms=QUARTER, csm="csm-2") == (0, 0)  # his first 60 days are the team's
    assert sums(contacts.activity, one, terms=QUARTER) == (pytest.approx(2 * 91.3125 / 91), 1)


def test_meetings_are_valued_by_the_answers_that_follow_them() -> None:
    after = client(
        "a", touch(ContactKind.MEETING, 60), told("pulse", 50, ("rating", 4)), told("pulse", 40, ("rating", 3))
    )
    mean = client("b", touch(ContactKind.REVIEW, 30), told("post-review", 20, ("rating", 5), ("csm", 3)))
    assert sums(contacts.meetings_valued, after, mean, terms=YEAR) == (2, 3)
    late = client("c", touch(ContactKind.CALL, 111), told("pulse", 20, ("rating", 5)))  # 91 days after
    before = client("d", touch(ContactKind.CALL, 10), told("pulse", 20, ("rating", 5)))
    assert sums(contacts.meetings_valued, late, before, terms=YEAR) == (0, 0)
    assert labels(contacts.meetings_valued, late, before, terms=YEAR) == ["no_meeting_before"] * 2


def test_business_reviews_are_held_within_180_days_where_the_segment_requires_one() -> None:
    found = [
        client("a", touch(ContactKind.REVIEW, 179)),
        client("b", touch(ContactKind.REVIEW, 180)),
        client("c", touch(ContactKind.MEETING, 3)),
        client("d", touch(ContactKind.REVIEW, 3), segment=Segment.SMALL),
    ]
    assert sums(contacts.business_reviews_held, *found, terms=YEAR) == (1, 3)
    all_of_them = terms(365, standards=Standards(review_segments=frozenset(Segment)))
    assert sums(contacts.business_reviews_held, *found, terms=all_of_them) == (2, 4)


def test_call_quality_is_the_mean_of_reviews_of_one_to_five() -> None:
    one = client("a", mark("call_reviewed", 3, 4.0), mark("call_reviewed", 9, 3.0), mark("call_reviewed", 5, 9.0))
    colleague = client("b", mark("call_reviewed", 4, 5.0, actor=BEN))
    assert sums(contacts.call_quality, one, colleague, terms=YEAR) == (12, 3)
    assert sums(contacts.call_quality, one, colleague, terms=YEAR, csm="csm-2") == (5, 1)
    assert sums(contacts.call_quality, client("c", mark("call_reviewed", 400, 4.0)), terms=YEAR) == (0, 0)


def test_activity_times_quality_is_each_against_its_standard_capped_at_one_and_a_half() -> None:
    quarter = terms(91, standards=Standards(meetings_per_quarter=3 * 91.3125 / 91, call_quality=4.0))
    contacts_made = [touch(ContactKind.CALL, day) for day in (1, 2, 3)]
    reviewed = [mark("call_reviewed", day, 3.0) for day in range(3, 8)]
    good = [mark("call_reviewed", day, 5.0, actor=BEN) for day in range(3, 8)]
    dana = client("a", *contacts_made, *reviewed)
    ben = client("b", *(touch(ContactKind.CALL, day) for day in range(1, 10)), *good,
                 held=(Held("csm-2", date(2020, 1, 1)),), owner=BEN)  # fmt: skip
    found = {one.csm_id: one.unit for one in contacts.activity_x_quality([dana, ben], quarter)}
    assert found["csm-1"].part == pytest.approx(0.75)  # 1 x 3/4
    assert found["csm-2"].part == pytest.approx(1.5 * 1.25)  # nine contacts are 3 standards, at most 1.5 count
    quiet = contacts.activity_x_quality([client("c", *contacts_made)], quarter)
    assert [(one.unit.whole, one.unit.label) for one in quiet] == [(0, "calls_not_reviewed")]
    four = contacts.activity_x_quality([client("c", *contacts_made, *reviewed[:4])], quarter)
    assert [(one.unit.whole, one.unit.label) for one in four] == [(0, "too_few_calls_reviewed")]


# --- upkeep ---

MOMENT = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def week(**values: list[Lying]) -> list[Week]:
    books = {MOMENT: {"acc-1": "csm-1", "acc-2": "csm-2"}}
    return upkeep.weeks(
        [MOMENT], books=books, problems=values.get("problems", []), suggestions=values.get("suggestions", [])
    )


def test_a_week_is_kept_while_nothing_lay_for_over_seven_days() -> None:
    fresh = Lying("acc-1", MOMENT - 7 * DAY, None)
    assert [one.kept for one in week(problems=[fresh], suggestions=[fresh])] == [True, True]
    old = Lying("acc-1", MOMENT - 8 * DAY, None)
    found = week(problems=[old])
    assert [(one.csm_id, one.kept, one.problems) for one in found] == [("csm-1", False, 1), ("csm-2", True, 0)]
    assert [one.unit.label for one in upkeep.crm_upkeep(found)] == ["problem_left", "kept"]


def test_what_was_settled_late_spoils_the_week_in_which_it_lay() -> None:
    last_week = Lying("acc-1", MOMENT - 30 * DAY, MOMENT - 8 * DAY)
    this_week = Lying("acc-2", MOMENT - 30 * DAY, MOMENT - 6 * DAY)
    in_time = Lying("acc-1", MOMENT - 9 * DAY, MOMENT - 3 * DAY)
    found = week(suggestions=[last_week, this_week, in_time])
    assert [(one.csm_id, one.suggestions) for one in found] == [("csm-1", 0), ("csm-2", 1)]
    assert [upkeep.week_ends(MOMENT, days)[-1] for days in (7, 20)] == [MOMENT, MOMENT - 7 * DAY]


# --- proofs ---


def test_stories_and_documents_are_counted_under_whoever_did_it() -> None:
    one = client("a", mark("success_story_confirmed", 3), mark("success_story_confirmed", 9, actor=BEN),
                 mark("documentation_contributed", 5), mark("success_story_confirmed", 366))  # fmt: skip
    assert sums(proofs.success_stories, one, terms=YEAR) == (2, 2)
    assert sums(proofs.success_stories, one, terms=YEAR, csm="csm-2") == (1, 1)
    assert sums(proofs.documents, one, client("b", mark("documentation_contributed", 1)), terms=YEAR) == (2, 2)
    assert sums(proofs.documents, client("c", mark("documentation_contributed", 400)), terms=YEAR) == (0, 0)


def test_a_reference_counts_while_nothing_speaks_against_it() -> None:
    story, reference = mark("success_story_confirmed", 50, evidence="Saves 12%"), mark("reference_validated", 20)
    good = client("a", story, reference)
    young = client("b", story, reference, since_on=ago(364))
    vague = client("c", mark("success_story_confirmed", 50, evidence="We love it"), reference)
    unhappy = client("d", story, reference, latest_score=6)
    late = client("e", story, reference, latest_score=9, overdue_follow_ups=1)
    found = (good, young, vague, unhappy, late)
    assert sums(proofs.validated_references, *found, terms=YEAR) == (1, 5)
    assert labels(proofs.validated_references, *found, terms=YEAR) == [
        "validated", "customer_under_a_year", "story_without_number", "detractor", "follow_up_overdue",
    ]  # fmt: skip
    assert sums(proofs.validated_references, client("f", story, reference, latest_score=7), terms=YEAR) == (1, 1)


def test_usage_is_the_latest_number_of_each_account() -> None:
    one = client("a", mark("product_usage", 90, 40.0), mark("product_usage", 5, 60.0), mark("product_usage", 1))
    two = client("b", mark("product_usage", 700, 80.0))
    assert sums(proofs.product_usage, one, two, terms=YEAR) == (140, 2)
    assert [row.unit.on for row in facts(proofs.product_usage, one, two, terms=YEAR)] == [ago(5), ago(700)]
    seats = client("c", mark("number_seats", 3, 12.0), mark("product_usage", 3, 1.0, on=ago(-3)))
    assert sums(proofs.from_outside("number_seats"), seats, terms=YEAR) == (12, 1)
    assert sums(proofs.product_usage, seats, terms=YEAR) == (0, 0)  # a day to come


def test_referrals_are_people_named_who_became_contacts_per_answer() -> None:
    one = client("a", told("relationship", 3, named=2, taken_up=1), told("relationship", 4))
    two = client("b", told("pulse", 3, named=3, taken_up=3))
    assert sums(proofs.referrals_named, one, terms=YEAR) == (1, 2)
    assert sums(proofs.referrals_named, one, two, terms=YEAR) == (4, 3)
    assert labels(proofs.referrals_named, one, terms=YEAR) == ["taken_up", "named_nobody"]


def test_stated_value_is_four_or_five_on_results_with_concessions_beside() -> None:
    one = client("a", told("relationship", 3, ("outcome", 4)), told("relationship", 5, ("outcome", 3)),
                 told("pulse", 9, ("rating", 1)),
                 mark("discount_given", 30, 500.0), mark("discount_given", 400, 9.0))  # fmt: skip
    two = client("b", told("relationship", 3, ("outcome", 5)), mark("discount_given", 3, 70.0, money=None))
    assert sums(proofs.customer_stated_value, one, terms=YEAR) == (1, 2)
    assert sums(proofs.customer_stated_value, one, two, terms=YEAR) == (2, 3)
    assert sums(proofs.concessions, one, two, terms=YEAR) == (500, 1)
    assert labels(proofs.concessions, one, two, terms=YEAR) == ["given", "no_rate"]


# --- words of the CRM ---


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Renewal", "renewal"), ("Existing - Upsell", "upsell"), ("Cross-Sell", "cross_sell"), ("New Business", "new"),
     ("Renewal w/ upsell", "renewal"), ("Migration", "other"), (None, "other")],
)  # fmt: skip
def test_a_deals_kind_is_read_from_the_crms_word(word: str | None, kind: str) -> None:
    assert deal_kind(word, {}) == kind


def test_a_companys_own_words_come_first() -> None:
    assert deal_kind("Verlängerung", {"verlängerung": "renewal"}) == DealKind.RENEWAL
    assert deal_kind("New seats", {"New Seats": "upsell"}) == DealKind.UPSELL
    assert contact_kind("Executive Business Review", {}) == ContactKind.REVIEW
    assert contact_kind("Review call", {"review call": "call"}) == ContactKind.CALL
    assert contact_kind("Email", {}) == ContactKind.OTHER
    assert DANA.csm_id == "csm-1"


# --- a sudden fall ---


def months(*pairs: tuple[float, float]) -> list[falls.Month]:
    return [falls.Month(date(2025, 1, 1), part, whole) for part, whole in pairs]


def test_a_rate_falls_suddenly_beyond_three_sigma_of_its_own_twelve_months() -> None:
    """90% of 20 each month: sigma is 0.067, so that 3 sigma reach down to 69.9%: 14 of 20 is inside, 13 is not."""
    steady = [(18.0, 20.0)] * 12
    assert not falls.rate_fell(months(*steady, (14, 20)))
    assert falls.rate_fell(months(*steady, (13, 20)))
    assert not falls.rate_fell(months(*steady, (0, 0)))  # nothing came due
    assert not falls.rate_fell(months(*steady[:11], (0, 0), (1, 20)))  # eleven months are no year
    perfect = [(20.0, 20.0)] * 12
    assert not falls.rate_fell(months(*perfect, (19, 20)))  # one lost of 20 is no alarm, though nobody ever was
    assert falls.rate_fell(months(*perfect, (17, 20)))


def test_money_falls_suddenly_under_half_of_its_own_mean() -> None:
    steady = [(100.0, 0.0)] * 12
    assert falls.money_fell(months(*steady, (49, 0)))
    assert not falls.money_fell(months(*steady, (50, 0)))
    rare = [(100.0, 0.0)] * 5 + [(0.0, 0.0)] * 7
    assert not falls.money_fell(months(*rare, (0, 0)))  # five months with any are no series


def test_months_are_whole_and_in_order() -> None:
    found = falls.monthly([(date(2026, 2, 28), 1, 1), (date(2026, 3, 1), 9, 9), (date(2025, 2, 1), 2, 2)], on=ON)
    assert (found[0].first, found[0].part) == (date(2025, 2, 1), 2)
    assert (len(found), found[-1].first, found[-1].part) == (13, date(2026, 2, 1), 1)


# --- CSMs beside each other, and goals ---


def decisions(csm: str, kept: int, lost: int, *, segment: str = "small") -> list[compared.Decision]:
    return [
        compared.Decision(f"{csm}-{segment}-{at}", csm, kept=at < kept, segment=segment, size="middle")
        for at in range(kept + lost)
    ]


def test_a_book_is_compared_from_ten_decisions_on_with_the_standard_first() -> None:
    everybody = decisions("a", 10, 20) + decisions("b", 57, 3) + decisions("c", 9, 0)
    found = compared.compare(everybody, csm_ids=["a", "b", "c"], standard=0.8)
    assert [found.by_csm[id].state for id in "abc"] == ["ok", "ok", "too_few"]
    assert (found.by_csm["a"].standard, found.by_csm["b"].standard) == ("below", "meets")
    assert found.by_csm["a"].beyond  # 10 of 30 where all keep 76 of 99
    assert found.compared == 2
    assert found.team_rate == pytest.approx(76 / 99)


def test_the_mix_of_segments_explains_what_it_explains() -> None:
    """Small accounts renew at 50%, enterprises at 90%: a book of small ones that keeps 15 of 30 is what one expects."""
    others = decisions("x", 45, 45) + decisions("x", 90, 10, segment="enterprise")
    found = compared.compare(others + decisions("small", 15, 15), csm_ids=["x", "small"], standard=0.5)
    book = found.by_csm["small"]
    assert book.mixed
    assert book.expected == pytest.approx(15)
    assert book.p == pytest.approx(1)
    assert book.team == "within"


def test_two_hundred_equal_books_flag_about_as_many_as_chance_says() -> None:
    """Every CSM keeps 80% in truth; the draws are a fixed sequence."""
    state, everybody = 7, []
    for csm in range(200):
        for at in range(40):
            state = (1103515245 * state + 12345) % 2**31
            everybody.append(compared.Decision(f"{csm}-{at}", str(csm), state / 2**31 < 0.8, "small", "middle"))
    found = compared.compare(everybody, csm_ids=[str(csm) for csm in range(200)], standard=0.8)
    outside = sum(one.team in ("edge", "beyond") for one in found.by_csm.values())
    assert found.expected_outside == pytest.approx(9.1, abs=0.01)
    assert 2 <= outside <= 18
    assert sum(one.beyond for one in found.by_csm.values()) <= 3


def test_contracts_are_sorted_into_thirds_and_ties_stay_together() -> None:
    assert compared.sizes({"a": 1.0, "b": 2.0, "c": 3.0, "d": None}) == {
        "a": "small", "b": "middle", "c": "large", "d": "",
    }  # fmt: skip
    assert set(compared.sizes(dict.fromkeys("abcdef", 5.0)).values()) == {"small"}


def test_a_goal_that_is_a_sum_is_split_by_book_and_a_rate_is_everybodys() -> None:
    books = {"a": goals.Book(300.0, 1), "b": goals.Book(100.0, 3)}
    assert goals.split(8, books, by="arr", is_sum=True) == {"a": 6, "b": 2}
    assert goals.split(8, books, by="accounts", is_sum=True) == {"a": 2, "b": 6}
    assert goals.split(0.9, books, by="arr", is_sum=False) == {"a": 0.9, "b": 0.9}
    assert goals.split(8, {"a": goals.Book(0, 0)}, by="arr", is_sum=True) == {"a": 0}
