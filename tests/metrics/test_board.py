"""One period beside the one before: from 30 rows in 3 accounts on, and our own records from 10."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.test_figures import DANA, LEADER
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.words import FigureState, Scope
from voc.metrics import board
from voc.metrics.model import Figure, Interval, IntervalKind, Shown, Window
from voc.metrics.run import board_causes


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


@pytest.mark.parametrize(("viewer", "price"), [(LEADER, None), (DANA, 1000.0)])
def test_a_root_cause_tells_no_revenue_that_is_one_accounts(
    database: Database, viewer: Viewer, price: float | None
) -> None:
    """Of 1,000 in three accounts one has 800; of 300 in the three others none has more than 100."""
    with database.begin() as db:
        builders.add_csm(db)
        for at, amount in enumerate((800, 100, 100, 100, 100, 100)):
            builders.add_account(db, f"acc-{at}", name=f"Account {at}", arr=Decimal(amount))
            builders.add_contact(db, f"con-{at}", account_id=f"acc-{at}")
            told = {"cause": "price" if at < 3 else "support", "outcome": "Done", "state": "resolved"}
            done = {"resolved_at": NOW - timedelta(days=5), "contacted_at": NOW - timedelta(days=6)}
            whose = {"account_id": f"acc-{at}", "contact_id": f"con-{at}"}
            builders.add_follow_up(db, f"detractor:{at}", **whose, **told, **done, opened_at=NOW - timedelta(days=9))
        revenue = {"acc-0": 800.0, **{f"acc-{at}": 100.0 for at in range(1, 6)}}
        since = NOW - timedelta(days=180)
        found = board_causes.now_of(db, viewer, since=since, until=NOW, team_id=None, today=True, revenue=revenue)
    assert {one.name: (one.accounts, one.arr) for one in found.found} == {"price": (3, price), "support": (3, 300.0)}
