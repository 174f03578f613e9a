"""Made-up worlds with a known truth, small and seeded; the long runs are `python -m tests.simulations`.

Each would fail if the figure were read the plain way: that way is computed beside it and is wrong.
"""

import math
import statistics

from tests.simulations import worlds


def geometric(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


def test_where_silence_means_nothing_the_landmark_says_one_and_the_whole_year_says_three() -> None:
    found = [worlds.silence_means_nothing(seed, customers=700) for seed in range(6)]
    assert 0.85 < geometric([one.landmark for one in found]) < 1.18
    assert geometric([one.whole_year for one in found]) > 2.4


def test_the_interval_holds_the_true_ratio_in_about_95_of_100_draws() -> None:
    held = [worlds.interval_holds(seed) for seed in range(400)]
    assert 0.92 < statistics.fmean(held) < 0.985


def test_of_200_equal_csms_about_as_many_are_flagged_as_chance_says() -> None:
    """With colleagues who answer alike; taken as independent, well over twice as many would be accused."""
    companies = [worlds.equal_csms(seed) for seed in range(4)]
    flagged = statistics.fmean(worlds.outside(one) for one in companies)
    expected = companies[0].expected_outside
    assert expected == 200 * 0.04550026389635842
    assert 0.5 * expected < flagged < 1.6 * expected
    assert statistics.fmean(worlds.naively_outside(one) for one in companies) > 2 * expected
