"""How much of a figure its rows allow, of every figure there is: 0, 1-4, 5-9, ten and more (3-metrics 0.7)."""

import pytest

from tests.builders import NOW
from voc.base.words import FigureState, Scope
from voc.metrics import figures, wording
from voc.metrics.catalogue import CATALOGUE, Measure, Spread
from voc.metrics.cohorts import window
from voc.metrics.figures import Counted
from voc.metrics.figures.showing import shown_of
from voc.metrics.model import Shown, Tally

SHARES = [one for one in CATALOGUE if one.measure == Measure.SHARE and one.counts != "points"]
BOOK = (Scope.CSM, "csm-1")


def of_rows(rows: int) -> Tally:
    """Half of so many rows, each of an account of its own."""
    found = Tally(part=rows * 50.0, whole=rows * 100.0, counted=rows)
    for _ in range(rows):
        found.labels["kept"] += 1
        found.moments.add(50.0, 100.0, 100.0**2)
    return found


@pytest.mark.parametrize("rows", [1, 4])
def test_of_one_to_four_rows_no_share_is_told_as_a_percentage(rows: int) -> None:
    told = {one.name for one in SHARES if shown_of(one, of_rows(rows), scope=Scope.CSM) != Shown.COUNTS}
    assert told == set()
    assert len(SHARES) > 30


def test_of_five_to_nine_rows_a_share_is_told_without_a_range() -> None:
    """What renewals decide asks for more: 10 to compare customers kept, 8 for revenue and its range."""
    for rows in (5, 9):
        told = {one.name: shown_of(one, of_rows(rows), scope=Scope.TOTAL) for one in SHARES}
        odd = {one for one, shown in told.items() if shown != Shown.PERCENT}
        assert odd == {"customer_churn", "logo_retention", "revenue_churn", "grr", "nrr"}
        assert {told[one] for one in ("customer_churn", "logo_retention")} == {Shown.COUNTS}
        assert told["grr"] == (Shown.COUNTS if rows < 8 else Shown.INTERVAL)


def test_one_onboarding_is_a_count_and_says_when_it_will_be_enough() -> None:
    counted = Counted(window(NOW, 365))
    definition = next(one for one in SHARES if one.name == "revenue_trained_30")
    assert definition.spread == Spread.NONE
    counted.tallies[BOOK][definition.name] = of_rows(1)
    found = figures.figure(counted, BOOK, definition.name)
    assert (found.shown, found.state) == (Shown.COUNTS, FigureState.TOO_FEW)
    assert (found.reason or "").startswith("Too few for a percentage: 1 onboarding; enough from 5 onboardings: 4 more")


def test_a_sum_of_shares_is_printed_as_it_is_so_that_it_makes_the_percentage_beside_it() -> None:
    """Four accounts know 1, 0.9, 0.5 and 0.5 of their stakeholders: 72% is 2.9 of 4, not 3 of 4."""
    counted = Counted(window(NOW, 180))
    tally = Tally(part=2.9, whole=4.0, counted=4)
    tally.labels["account"] = 4
    counted.tallies[BOOK]["stakeholders_known"] = tally
    found = figures.figure(counted, BOOK, "stakeholders_known")
    assert wording.counts(found) == "2.9 of 4"
    tally.part, tally.whole, tally.counted = 6.0, 12.0, 12
    assert wording.counts(figures.figure(counted, BOOK, "stakeholders_known")) == "6 of 12"
