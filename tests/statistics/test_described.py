"""What a list of numbers says in one, and whether groups are alike: worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc import statistics


def test_a_quantile_lies_between_its_neighbours() -> None:
    """Of four the 80th percentile is at place 0.8 * 3 = 2.4: two fifths of the way from the third to the fourth."""
    assert statistics.quantile(values=[40, 10, 30, 20], share=0.8) == pytest.approx(34)
    assert statistics.quantile(values=[7], share=0.8) == 7
    assert statistics.quantile(values=[1, 2, 3], share=1) == 3


def test_mean_and_spread_come_from_how_many_gave_each_point() -> None:
    """1, 2, 2 and 3: squares 1 + 0 + 0 + 1 over 3."""
    assert statistics.mean_sd(counts=[0, 1, 2, 1]) == pytest.approx((2, (2 / 3) ** 0.5))
    assert statistics.mean_sd(counts=[0, 1]) is None


def test_a_slope_counts_each_point_as_often_as_it_was_seen() -> None:
    """Means 2 and 3.5; products 1.5 + 0 + 2.5 over squares 1 + 0 + 1."""
    assert statistics.slope(points=[(1, 2, 1), (2, 3, 2), (3, 6, 1)]) == pytest.approx(2)
    assert statistics.slope(points=[(4, 1, 5), (4, 9, 5)]) is None
    assert statistics.slope(points=[]) is None


def test_groups_of_one_rate_are_alike_and_others_are_not() -> None:
    """10 of 50 beside 25 of 50 at .35 of all: 7.5 squared over 11.375, twice, is 9.89 at one degree."""
    assert statistics.alike(x=[10, 20], n=[50, 100]) == pytest.approx(1)
    assert statistics.alike(x=[10, 25], n=[50, 50]) == pytest.approx(0.001662, rel=1e-3)
    assert statistics.alike(x=[10, 25], n=[50, 50], deff=2) == pytest.approx(0.02617, rel=1e-3)
    assert statistics.alike(x=[10, 0], n=[50, 0]) is None
    assert statistics.alike(x=[0, 0], n=[50, 50]) is None


def test_few_speak_with_wider_intervals_than_many() -> None:
    """The tables of Student's t: 12.706, 2.228 and 1.962 at 1, 10 and 1000 degrees."""
    found = [statistics.t(0.95, freedom) for freedom in (1, 10, 1000)]
    assert found == pytest.approx([12.706, 2.228, 1.962], abs=0.001)


@given(st.lists(st.tuples(st.integers(0, 21), st.booleans()), max_size=60))
def test_the_rate_of_many_at_once_is_that_of_the_product_limit(ages: list[tuple[int, bool]]) -> None:
    days, responded = [day for day, _ in ages], [answered for _, answered in ages]
    slow = statistics.km_response_rate(days=days, responded=responded, horizon=21)
    fast = statistics.product_limit_rate(days=days, responded=responded)
    assert fast == (None if slow is None else pytest.approx(slow))


def test_a_pace_is_told_from_known_chances() -> None:
    """Of four people with even chances two answers are usual, give or take one."""
    assert statistics.pace_at(chances=[0.5] * 4, answered=3) == {"expected": 2, "z": 1}
    assert statistics.pace_at(chances=[1, 1], answered=2) == {"expected": 2, "z": None}
