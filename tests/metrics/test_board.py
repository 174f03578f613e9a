"""One period beside the one before: from 30 rows in 3 accounts on, and our own records from 10."""

from datetime import timedelta

import pytest

from tests.builders import TODAY
from voc.base.words import FigureState, Scope
from voc.metrics import board
from voc.metrics.model import Figure, Interval, IntervalKind, Shown, Window


def figure(name: str, part: float, whole: int, *, accounts: int = 9, interval: tuple[float, float] | None) -> Figure:
    return Figure(
        name=name,
        scope=Scope.TOTAL,
        scope_id="",
        value=part / whole,
        numerator=part,
        denominator=whole,
        interval=Interval(*interval, 0.95, IntervalKind.WILSON) if interval else None,
        state=FigureState.OK,
        reason=None,
        shown=Shown.INTERVAL,
        counted=whole,
        accounts=accounts,
        window=Window(180, TODAY - timedelta(days=180), TODAY),
        as_of=TODAY,
        definition_version=1,
    )


def test_two_waves_are_told_apart_from_thirty_rows_on() -> None:
    """56 of 70 and 48 of 80, example of the definitions: +20 points, 5 to 33 by Newcombe."""
    now = figure("response_rate", 56, 70, interval=(0.6920, 0.8769))
    before = figure("response_rate", 48, 80, interval=(0.4904, 0.7005))
    found = board.change(now, before, icc=0.2)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=0.0005)
    assert found.beyond_chance
    few = figure("response_rate", 20, 29, interval=(0.5, 0.83))
    assert board.change(few, before, icc=0.2) is None
    assert board.change(now, few, icc=0.2) is None
    assert board.change(now, figure("response_rate", 48, 80, accounts=2, interval=(0.49, 0.7)), icc=0.2) is None


def test_our_own_records_are_no_sample_and_are_told_apart_from_ten_on() -> None:
    now = figure("silent_accounts", 4, 12, accounts=12, interval=None)
    before = figure("silent_accounts", 3, 10, accounts=10, interval=None)
    assert board.change(now, before, icc=0.2) is not None
    assert board.change(now, figure("silent_accounts", 3, 9, interval=None), icc=0.2) is None
