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


@given(MOMENTS, st.floats(0.1, 100))
def test_a_limit_lies_exactly_its_business_hours_away(start: datetime, hours: float) -> None:
    limit = statistics.after_business_hours(
        start=start, hours=hours, open=9, close=17, weekend=[5, 6], holidays=["2026-12-25"]
    )
    assert open_hours(start=start, end=limit) == pytest.approx(hours, abs=1e-6)
