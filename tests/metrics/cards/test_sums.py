"""Attainment, weights and cents, worked out by hand; and what must hold whatever the numbers are."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.metrics.cards.model import Counting, Without
from voc.metrics.cards.sums import Part, add_up, attainment, in_cents
from voc.metrics.catalogue import Direction

UP, DOWN = Direction.UP, Direction.DOWN


@pytest.mark.parametrize(
    ("value", "standard", "direction", "reached"),
    [
        (0.75, 1.0, UP, 0.75),  # 3 of 4 renewals, all wanted
        (0.45, 0.9, UP, 0.5),
        (0.95, 0.9, UP, 1.0),  # better than the standard is the standard
        (-20, 40, UP, 0.0),  # a score below nought
        (0.10, 0.05, DOWN, 0.5),  # twice the churn
        (0.05, 0.05, DOWN, 1.0),
        (0.0, 0.05, DOWN, 1.0),
        (90, 60, DOWN, 2 / 3),  # days to launch
    ],
)
def test_attainment_by_hand(value: float, standard: float, direction: Direction, reached: float) -> None:
    assert attainment(value, standard=standard, direction=direction) == pytest.approx(reached)


def test_better_than_the_standard_counts_as_far_as_the_file_says() -> None:
    assert attainment(1.2, standard=1.0, direction=UP, most=1.5) == pytest.approx(1.2)
    assert attainment(2.0, standard=1.0, direction=UP, most=1.5) == 1.5
    assert attainment(0.0, standard=0.05, direction=DOWN, most=1.5) == 1.5


def test_all_or_nothing_is_reached_or_not_whatever_floats_do() -> None:
    how = Counting.ALL_OR_NOTHING
    assert attainment(0.1 + 0.2, standard=0.3, direction=UP, counting=how) == 1.0
    assert attainment(0.3, standard=0.1 + 0.2, direction=UP, counting=how) == 1.0
    assert attainment(0.89, standard=0.9, direction=UP, counting=how) == 0.0
    assert attainment(61, standard=60, direction=DOWN, counting=how) == 0.0


def test_worse_than_the_floor_counts_nothing_and_the_floor_itself_counts() -> None:
    assert attainment(0.49, standard=0.9, direction=UP, floor=0.5) == 0.0
    assert attainment(0.5, standard=1.0, direction=UP, floor=0.5) == 0.5
    assert attainment(121, standard=60, direction=DOWN, floor=120) == 0.0
    assert attainment(120, standard=60, direction=DOWN, floor=120) == 0.5


def test_a_month_of_the_plan_by_hand() -> None:
    """3 of 4 confirmed early, all 4 in time, 18 of 20 contributed, 4 of 4 weeks: 30 + 25 + 22.5 + 10."""
    parts = [Part(40, 0.75), Part(25, 1.0), Part(25, 0.9), Part(10, 1.0)]
    counted, points = add_up(parts)
    assert [one.points for one in counted] == [30.0, 25.0, 22.5, 10.0]
    assert points == 87.5


def test_a_month_without_renewals_shares_their_weight_in_proportion() -> None:
    """Left are 25 and 10 of 100: 71.43 and 28.57; 0.9 and 1 of them make 92.86."""
    parts = [Part(40, None), Part(25, None), Part(25, 0.9), Part(10, 1.0)]
    counted, points = add_up(parts)
    assert [one.weight for one in counted] == pytest.approx([0, 0, 100 * 25 / 35, 100 * 10 / 35])
    assert points == pytest.approx(100 * (0.9 * 25 + 10) / 35)


def test_a_month_without_renewals_may_count_in_full_or_as_nothing() -> None:
    full = [Part(40, None, Without.FULL), Part(25, None, Without.FULL), Part(25, 0.9), Part(10, 1.0)]
    nothing = [Part(40, None, Without.NOTHING), Part(25, None, Without.NOTHING), Part(25, 0.9), Part(10, 1.0)]
    assert add_up(full)[1] == pytest.approx(40 + 25 + 22.5 + 10)
    assert add_up(nothing)[1] == pytest.approx(22.5 + 10)


def test_nothing_counted_is_no_sum_and_no_zero() -> None:
    assert add_up([Part(60, None), Part(40, None, Without.FULL)])[1] is None


reached = st.one_of(st.none(), st.floats(0, 1.5))
parts = st.lists(st.builds(Part, st.integers(1, 100).map(float), reached, st.sampled_from(Without)), min_size=1)


@settings(max_examples=50)
@given(parts)
def test_the_parts_add_up_to_the_sum_and_their_weights_to_the_whole(some: list[Part]) -> None:
    counted, points = add_up(some)
    assert sum(one.points for one in counted) == pytest.approx(points or 0.0)
    if points is not None:
        assert sum(one.weight for one in counted) == pytest.approx(sum(part.weight for part in some))
        assert 0 <= points <= 1.5 * sum(part.weight for part in some) + 1e-6


@settings(max_examples=50)
@given(parts, st.data())
def test_a_line_that_is_missing_never_makes_less_than_the_same_line_at_nought(
    some: list[Part], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(some) - 1))
    missing, nought = list(some), list(some)
    missing[number] = Part(some[number].weight, None, some[number].without)
    nought[number] = Part(some[number].weight, 0.0, some[number].without)
    without, with_nought = add_up(missing)[1], add_up(nought)[1]
    assert with_nought is not None
    assert without is None or without >= with_nought - 1e-9


@settings(max_examples=50)
@given(st.lists(st.floats(0, 10_000), max_size=8))
def test_cents_add_up_to_the_rounded_sum(amounts: list[float]) -> None:
    cents = in_cents(amounts)
    whole = sum((Decimal(str(round(one, 6))) for one in amounts), Decimal(0))
    assert sum(cents, Decimal(0)) == whole.quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert all(
        abs(cent - Decimal(str(round(one, 6)))) < Decimal("0.01") for cent, one in zip(cents, amounts, strict=True)
    )


def test_a_third_each_makes_the_whole() -> None:
    assert in_cents([100 / 3, 100 / 3, 100 / 3]) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
