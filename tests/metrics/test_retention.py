"""The retention page of any period counts from columns what the rows say, on both databases."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics import retention_by_rows, test_money_columns
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.words import StaffRole
from voc.metrics.money.page import RetentionPage
from voc.metrics.run import retention
from voc.metrics.run.retention_nights import OPEN_SHOWN
from voc.metrics.run.standings import LIVE_UP_TO

LEAD, CSM = Viewer(None, "Ingrid", StaffRole.LEAD, "lead-1"), Viewer(None, "Dana", StaffRole.CSM, "csm-1")
VIEWERS = (TERMINAL, LEAD, CSM)
EVERY = 10**6  # so many accounts are counted while somebody waits


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("days", "ago"), [(137, 40), (365, 0), (90, 200)])
def test_the_page_says_what_the_rows_say(database: Database, seed: int, days: int, ago: int) -> None:
    as_of = TODAY - timedelta(days=ago)
    with database.begin() as db:
        test_money_columns.history(db, Random(seed))
        for viewer in VIEWERS:
            for part in ({}, {"segment": "small"}, {"region": "Europe"}, {"region": "Atlantis"}):
                asked: dict[str, Any] = {"now": NOW, "as_of": as_of, "window_days": days, **part}
                found = retention.retention(db, viewer, **asked, live_up_to=EVERY)
                same(found, retention_by_rows.retention(db, viewer, **asked))
        team: dict[str, Any] = {"now": NOW, "as_of": as_of, "window_days": days, "team_id": "lead-1"}
        same(retention.retention(db, TERMINAL, **team), retention_by_rows.retention(db, TERMINAL, **team))


def same(found: RetentionPage, wanted: RetentionPage) -> None:
    for name in ("window", "inherited", "waiting", "late", "names", "split_by", "currency", "open", "kept_on"):
        assert getattr(found, name) == getattr(wanted, name), name
    assert vars(found.compared) == vars(wanted.compared)
    assert [near(vars(one)) for one in found.goals] == [vars(one) for one in wanted.goals]
    assert [near(vars(one)) for one in found.without] == [vars(one) for one in wanted.without]
    for mine, theirs in zip((found.whole, *found.lines), (wanted.whole, *wanted.lines), strict=True):
        assert (mine.scope, mine.id, mine.name, mine.accounts) == (
            theirs.scope,
            theirs.id,
            theirs.name,
            theirs.accounts,
        )
        assert mine.arr == near(theirs.arr)
        for name, figure in theirs.figures.items():
            assert told(mine.figures[name]) == told(figure), (mine.id, name)


def told(one: Any) -> Any:
    return near({name: getattr(one, name) for name in one.__struct_fields__ if name != "left_out"}), sorted(
        one.left_out
    )


def near(value: Any) -> Any:
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-9, abs=1e-9)
    if isinstance(value, dict):
        return {name: near(one) for name, one in value.items()}
    return value


def test_of_very_many_renewals_that_wait_the_earliest_are_listed_and_all_are_counted(database: Database) -> None:
    with database.begin() as db:
        builders.add_csm(db, "csm-1", name="One", manager_id=None)
        ids = [f"acc-{number:04}" for number in range(LIVE_UP_TO + 1)]
        for id in ids:
            builders.add_account(db, id, csm_id="csm-1", status="customer")
        chance = Random(1)
        days = {id: TODAY + timedelta(days=chance.randrange(-20, 89)) for id in ids}
        db.execute(insert(schema.opportunity), [_renewal(id, day) for id, day in days.items()])
        found = retention.retention(db, TERMINAL, now=NOW, window_days=137)
        wanted = retention_by_rows.retention(db, TERMINAL, now=NOW, window_days=137)
        assert (
            (found.waiting, found.late)
            == (wanted.waiting, wanted.late)
            == (len(ids), sum(d < TODAY for d in days.values()))
        )
        assert found.open == wanted.open[:OPEN_SHOWN]


def _renewal(account_id: str, on: date) -> dict[str, Any]:
    plain = {"kind": "Renewal", "stage": "Open", "state": "live", "hash": "", "closed": False, "won": False}
    return {"id": f"opp-{account_id}", "account_id": account_id, "name": "Renewal", "close_on": on, **plain}


def test_a_team_that_is_none_is_not_found(database: Database) -> None:
    with database.begin() as db, pytest.raises(NotFound):
        retention.retention(db, TERMINAL, now=NOW, team_id="nobody")
