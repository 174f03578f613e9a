"""What holds for every input: properties that no list of cases can show."""

import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc import statistics

SHARES = st.floats(0, 1)
INSIDE = st.floats(0.001, 0.999)
PEOPLE = st.integers(0, 300)
COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
ANSWERS = st.tuples(PEOPLE, PEOPLE, PEOPLE).filter(lambda counts: sum(counts) > 0)


@given(COUNTS, st.floats(0.5, 0.999))
def test_every_interval_of_a_share_contains_it(counts: tuple[int, int], conf: float) -> None:
    x, n = counts
    for interval in (statistics.wilson, statistics.jeffreys, statistics.clopper_pearson):
        found = interval(x=x, n=n, conf=conf)
        assert found is not None
        assert 0 <= found[0] <= x / n + 1e-9
        assert x / n - 1e-9 <= found[1] <= 1


@given(COUNTS)
def test_swapping_yes_and_no_mirrors_wilson(counts: tuple[int, int]) -> None:
    x, n = counts
    low, high = statistics.wilson(x=x, n=n) or (0.0, 0.0)
    assert statistics.wilson(x=n - x, n=n) == pytest.approx((1 - high, 1 - low))


@given(COUNTS, st.integers(2, 20))
def test_more_data_at_the_same_rate_narrows_wilson(counts: tuple[int, int], times: int) -> None:
    x, n = counts
    low, high = statistics.wilson(x=x, n=n) or (0.0, 0.0)
    lower, higher = statistics.wilson(x=x * times, n=n * times) or (0.0, 0.0)
    assert higher - lower < high - low


@given(COUNTS, st.integers(0, 300))
def test_a_census_interval_is_never_wider_and_closes_when_everybody_answered(
    counts: tuple[int, int], silent: int
) -> None:
    x, n = counts
    plain = statistics.wilson(x=x, n=n) or (0.0, 0.0)
    census = statistics.wilson_census(x=x, n=n, N=n + silent) or (0.0, 0.0)
    assert plain[0] - 1e-9 <= census[0] <= x / n + 1e-9
    assert x / n - 1e-9 <= census[1] <= plain[1] + 1e-9
    assert silent or census == (x / n, x / n)


@given(ANSWERS)
def test_score_intervals_contain_the_score_and_mirror(counts: tuple[int, int, int]) -> None:
    up, same, down = counts
    point = statistics.nps(promoters=up, passives=same, detractors=down)
    score = statistics.nps_score(promoters=up, passives=same, detractors=down)
    mirrored = statistics.nps_score(promoters=down, passives=same, detractors=up)
    assert point is not None
    assert score is not None
    assert mirrored is not None
    assert -100 <= score[0] <= point["nps"] + 1e-6
    assert point["nps"] - 1e-6 <= score[1] <= 100
    assert (-mirrored[1], -mirrored[0]) == pytest.approx(score, abs=1e-6)


@given(ANSWERS.filter(lambda counts: sum(counts) > 1), PEOPLE)
def test_the_range_that_is_shown_and_that_of_a_census_contain_the_score_and_mirror(
    counts: tuple[int, int, int], silent: int
) -> None:
    """From two answers on: of a single one adjusted Wald has pulled its limits in by three more."""
    up, same, down = counts
    everybody = sum(counts) + silent
    point = statistics.nps(promoters=up, passives=same, detractors=down)
    shown = statistics.nps_adjusted_wald(promoters=up, passives=same, detractors=down)
    census = statistics.nps_census(promoters=up, passives=same, detractors=down, N=everybody)
    mirrored = statistics.nps_adjusted_wald(promoters=down, passives=same, detractors=up)
    other = statistics.nps_census(promoters=down, passives=same, detractors=up, N=everybody)
    assert point is not None
    for found, turned in ((shown, mirrored), (census, other)):
        assert found is not None
        assert turned is not None
        assert -100 <= found[0] <= point["nps"] + 1e-9
        assert point["nps"] - 1e-9 <= found[1] <= 100
        assert (-turned[1], -turned[0]) == pytest.approx(found, abs=1e-9)
    assert census is not None
    assert silent or census == (point["nps"], point["nps"])


@given(ANSWERS.filter(lambda counts: sum(counts) > 1), st.integers(2, 20))
def test_more_answers_of_the_same_mix_narrow_the_range_of_a_score(counts: tuple[int, int, int], times: int) -> None:
    up, same, down = counts
    low, high = statistics.nps_score(promoters=up, passives=same, detractors=down) or (0.0, 0.0)
    lower, higher = statistics.nps_score(promoters=times * up, passives=times * same, detractors=times * down) or (0, 0)
    assert higher - lower < high - low + 1e-9
    # Adjusted Wald is cut off at 100, and three more passives weigh little among many: from ten answers on.
    ten = [10 * count for count in counts]
    wald = statistics.nps_adjusted_wald(promoters=ten[0], passives=ten[1], detractors=ten[2]) or (0.0, 0.0)
    more = [times * count for count in ten]
    narrower = statistics.nps_adjusted_wald(promoters=more[0], passives=more[1], detractors=more[2]) or (0.0, 0.0)
    assert narrower[1] - narrower[0] < wald[1] - wald[0]


VOTES = st.sampled_from([-1, 0, 1])


@given(st.lists(st.tuples(VOTES, VOTES), max_size=12), st.lists(VOTES, max_size=12), st.lists(VOTES, max_size=12))
def test_a_change_of_scores_lies_in_its_range_whoever_was_asked_twice(
    both: list[tuple[int, int]], only1: list[int], only2: list[int]
) -> None:
    first, second = [a for a, _ in both], [b for _, b in both]
    counts = [[votes.count(1), votes.count(0), votes.count(-1)] for votes in (first + only1, second + only2)]
    for found in (
        statistics.nps_change_paired(wave1=first, wave2=second),
        statistics.nps_change_overlap(both=both, only1=only1, only2=only2),
        statistics.nps_change_unpaired(wave1=counts[0], wave2=counts[1]),
    ):
        if found is not None and found[2] is not None and found[3] is not None:
            assert found[2] - 1e-9 <= found[0] <= found[3] + 1e-9


@given(COUNTS, PEOPLE)
def test_a_change_among_the_same_people_lies_in_its_range(counts: tuple[int, int], unchanged: int) -> None:
    gained, moved = counts
    found = statistics.paired_response_change(newly_answering=gained, unchanged=unchanged, newly_silent=moved - gained)
    assert found is not None
    assert found[1] - 1e-8 <= found[0] <= found[2] + 1e-8


WEIGHTED = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.1, 100)), min_size=1, max_size=15)


@given(WEIGHTED)
def test_a_score_by_revenue_lies_in_its_range(accounts: list[tuple[float, float]]) -> None:
    found = statistics.nps_weighted(account_scores=[s for s, _ in accounts], arr=[w for _, w in accounts])
    assert found is not None
    if found["lo"] is not None and found["hi"] is not None:
        assert -100 <= found["lo"] <= found["est"] + 1e-9
        assert found["est"] - 1e-9 <= found["hi"] <= 100


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=4))
def test_every_other_range_of_a_risk_contains_it(strata: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    (a, n1), (b, n2) = strata[0]
    for found in (statistics.rr_katz(a=a, n1=n1, b=b, n2=n2), statistics.rr_walter(a=a, n1=n1, b=b, n2=n2)):
        assert found is not None
        if found[0] is not None and found[1] is not None and found[2] is not None:
            assert found[1] * (1 - 1e-9) <= found[0] <= found[2] * (1 + 1e-9)
    pooled = statistics.rr_mantel_haenszel(strata=[(x, n, y, m) for (x, n), (y, m) in strata])
    assert pooled is None or pooled[2] <= pooled[0] <= pooled[3]
    guess = statistics.rr_posterior(a=a, n1=n1, b=b, n2=n2)
    assert guess is None or guess[1] <= guess[0] <= guess[2]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.lists(st.floats(0, 100), min_size=1, max_size=12))
def test_how_well_a_score_sorts_lies_in_its_range(lost: list[float], kept: list[float]) -> None:
    found = statistics.auc_delong(churned=lost, renewed=kept)
    assert found is not None
    if found[2] is not None and found[3] is not None:
        assert 0 <= found[2] <= found[0] + 1e-9
        assert found[0] - 1e-9 <= found[3] <= 1


@given(st.lists(COUNTS, min_size=2, max_size=10))
def test_the_best_guess_of_a_book_lies_between_its_own_rate_and_the_teams_and_in_its_range(
    books: list[tuple[int, int]],
) -> None:
    found = statistics.eb_shrink(x=[x for x, _ in books], n=[n for _, n in books])
    assert found is not None
    for (x, n), guess in zip(books, found["shrunk"], strict=True):
        low, high = sorted((x / n, found["mean"]))
        assert low - 1e-9 <= guess <= high + 1e-9
    if "interval_first" in found and found["prior_n"] >= 3:  # under three the guess may stand at the end of a J
        assert found["interval_first"][0] <= found["shrunk"][0] <= found["interval_first"][1]


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=25), st.integers(0, 60))
def test_what_is_still_open_lies_in_its_range_and_never_grows(cases: list[tuple[int, bool]], at: int) -> None:
    times, events = [float(time) for time, _ in cases], [done for _, done in cases]
    found = statistics.kaplan_meier(time=times, event=events, at=at)
    later = statistics.kaplan_meier(time=times, event=events, at=at + 1)
    assert found is not None
    assert later is not None
    assert later["S"] <= found["S"]
    assert 0 <= found["S_lo"] <= found["S"] + 1e-12
    assert found["S"] - 1e-12 <= found["S_hi"] <= 1
    assert found["median_ci"][0] <= found["median"] <= found["median_ci"][1]


@given(ANSWERS, PEOPLE)
def test_the_score_lies_between_worst_and_best_case(counts: tuple[int, int, int], silent: int) -> None:
    up, same, down = counts
    point = statistics.nps(promoters=up, passives=same, detractors=down)
    bounds = statistics.nps_bounds(promoters=up, passives=same, detractors=down, N=sum(counts) + silent)
    assert point is not None
    assert bounds is not None
    assert bounds[0] - 1e-9 <= point["nps"] <= bounds[1] + 1e-9


@given(st.tuples(COUNTS, COUNTS))
def test_a_difference_of_rates_lies_in_its_interval(pair: tuple[tuple[int, int], tuple[int, int]]) -> None:
    (x1, n1), (x2, n2) = pair
    difference, low, high = statistics.newcombe_diff(x1=x1, n1=n1, x2=x2, n2=n2) or (0.0, 0.0, 0.0)
    assert low - 1e-9 <= difference <= high + 1e-9


@given(st.tuples(COUNTS, COUNTS))
def test_a_relative_risk_lies_in_its_interval(pair: tuple[tuple[int, int], tuple[int, int]]) -> None:
    (a, n1), (b, n2) = pair
    found = statistics.rr_score(a=a, n1=n1, b=b, n2=n2)
    assert found is not None
    ratio, low, high = found
    assert low is not None
    assert high is not None
    if ratio is None:
        assert (a, b, low, high) == (0, 0, 0.0, math.inf)
    else:
        assert low <= ratio * (1 + 1e-9)
        assert ratio <= high * (1 + 1e-9)


@given(st.dictionaries(st.text("ABCDEFGH", min_size=1, max_size=2), st.integers(0, 40), max_size=9), st.integers(2, 9))
def test_suppression_never_leaves_one_cell_to_be_worked_out(counts: dict[str, int], min_n: int) -> None:
    hidden = statistics.suppress(counts=counts, min_n=min_n)
    assert all(counts[label] > 0 for label in hidden)
    assert not [label for label, count in counts.items() if 0 < count < min_n and label not in hidden]
    shown = [label for label, count in counts.items() if count and label not in hidden]
    if hidden and shown:
        assert len(hidden) >= 2
        assert sum(counts[label] for label in hidden) >= min_n


@given(
    st.lists(st.tuples(st.floats(0, 1000), SHARES), max_size=6),
    st.floats(0, 1000),
    st.floats(0, 500),
    st.floats(0.01, 0.9),
)
def test_freshness_never_rises_without_an_event(
    events: list[tuple[float, float]], now: float, later: float, loss: float
) -> None:
    known = [event for event in events if event[0] <= now]
    before = statistics.freshness(events=known, now=now, annual_loss=loss)
    after = statistics.freshness(events=known, now=now + later, annual_loss=loss)
    assert 0 <= after <= before <= 1


@given(st.lists(st.tuples(st.floats(0, 1000), SHARES), max_size=6), st.floats(0, 1000), st.floats(0.001, 500), SHARES)
def test_an_event_after_the_landmark_changes_nothing(
    events: list[tuple[float, float]], landmark: float, later: float, strength: float
) -> None:
    known = statistics.freshness(events=events, now=landmark, annual_loss=0.25)
    more = statistics.freshness(events=[*events, (landmark + later, strength)], now=landmark, annual_loss=0.25)
    assert known == more


@given(
    st.floats(0, 2000),
    st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=6),
    st.sampled_from(["answered", "silent", "unreachable", "not_asked"]),
    SHARES,
    st.integers(0, 5),
    st.sampled_from(["none", "resolved", "open", "overdue"]),
    st.none() | st.floats(-100, 800),
)
def test_the_seven_parts_sum_to_the_total_and_keep_their_limits(
    days: float,
    roles: list[tuple[int, bool]],
    decision_maker: str,
    covered: float,
    bounced: int,
    detractor: str,
    renewal: float | None,
) -> None:
    score = statistics.silent_score(
        days_since_response=days,
        invited_roles=roles,
        decision_maker=decision_maker,
        coverage=covered,
        bounced=bounced,
        invited=5,
        detractor=detractor,
        days_to_renewal=renewal,
    )
    parts = {key: value for key, value in score.items() if key != "total" and isinstance(value, float | int)}
    assert sum(parts.values()) == pytest.approx(score["total"])
    assert all(0 <= parts[key] <= statistics.MOST_POINTS[key] + 1e-9 for key in parts)
    assert tuple(parts) == statistics.PARTS


@given(st.lists(SHARES, max_size=7))
def test_threads_are_a_distribution_with_the_right_mean(chances: list[float]) -> None:
    found = statistics.threads(valid_probabilities=chances)
    assert sum(found["distribution"]) == pytest.approx(1)
    assert sum(k * p for k, p in enumerate(found["distribution"])) == pytest.approx(found["expected"])


@given(st.lists(st.tuples(st.integers(1, 3), st.lists(SHARES, max_size=4)), min_size=1, max_size=6), SHARES)
def test_certain_contacts_make_expected_coverage_binary(roles: list[tuple[int, list[float]]], cut: float) -> None:
    sure = [(weight, [float(v >= 0.5) for v in holders]) for weight, holders in roles]
    found = statistics.coverage(roles=sure, fresh_cut=max(cut, 0.01))
    assert found is not None
    assert found["binary"] == pytest.approx(found["expected"])


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=20))
def test_adjusted_chances_keep_the_order_and_never_fall(chances: list[float]) -> None:
    adjusted = statistics.bh_adjust(p=chances)
    assert all(p <= q + 1e-12 <= 1 + 1e-9 for p, q in zip(chances, adjusted, strict=True))
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


@given(COUNTS, st.integers(3, 50), st.floats(1, 3), INSIDE, INSIDE)
def test_a_small_book_is_never_judged(
    counts: tuple[int, int], accounts: int, deff: float, standard: float, team: float
) -> None:
    x, n = counts
    found = statistics.verdict(x=x, n=n, accounts=accounts, deff=deff, standard=standard, team=team)
    assert (found["state"] == "too_few") == (n < 10 or n / deff < 8)
    assert (found["p"] is None) == (found["state"] == "too_few")


@given(st.integers(1, 30), INSIDE, st.floats(0, 0.9))
def test_alike_colleagues_make_silence_less_surprising(n: int, p: float, rho: float) -> None:
    assert statistics.p_silent(n=n, p=p, rho=rho) >= statistics.p_silent(n=n, p=p, rho=0) - 1e-12


MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2027, 2, 1))


def open_hours(start: datetime, end: datetime) -> float:
    return statistics.business_hours(start=start, end=end, open=9, close=17, weekend=[5, 6], holidays=["2026-12-25"])


@given(MOMENTS, st.integers(0, 30 * 24 * 60))
def test_business_hours_add_up_over_any_moment_between(start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    middle = start + timedelta(minutes=minutes // 3)
    whole = open_hours(start=start, end=end)
    parts = [open_hours(start=a, end=b) for a, b in ((start, middle), (middle, end))]
    assert sum(parts) == pytest.approx(whole)


@given(MOMENTS, st.integers(-24, 90 * 24), st.sets(st.integers(0, 6), max_size=3))
def test_business_hours_are_the_open_ones_hour_by_hour(start: datetime, hours: int, weekend: set[int]) -> None:
    start = start.replace(minute=0, second=0, microsecond=0)
    each = [start + timedelta(hours=step) for step in range(hours)]
    closed = datetime(2026, 12, 25).date()
    counted = sum(9 <= at.hour < 17 and at.weekday() not in weekend and at.date() != closed for at in each)
    end = start + timedelta(hours=hours)
    found = statistics.business_hours(start=start, end=end, open=9, close=17, weekend=weekend, holidays=[closed])
    assert found == counted


@given(MOMENTS, st.floats(0.1, 100))
def test_a_limit_lies_exactly_its_business_hours_away(start: datetime, hours: float) -> None:
    limit = statistics.after_business_hours(
        start=start, hours=hours, open=9, close=17, weekend=[5, 6], holidays=["2026-12-25"]
    )
    assert open_hours(start=start, end=limit) == pytest.approx(hours, abs=1e-6)
