"""What the walk over every figure needs besides `world`: a kept night, renewals, themes and a scorecard."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from tests.builders import NOW
from tests.web import scorecards
from voc.base import schema
from voc.base.access import TERMINAL
from voc.followup.improving import Plan
from voc.followup.run.improvements import open_improvement
from voc.metrics import run
from voc.metrics.run import cost
from voc.metrics.run.forest import reading
from voc.metrics.store.forest import book
from voc.web.context import App


def build(app: App) -> None:
    with app.database.begin() as db:
        _renewals(db)
        scorecards.in_use(db)
    reading.catch_up(app.database, NOW)
    with app.database.begin() as db:
        plan = Plan("Shorter waits", "Support", "Otto Lang", NOW.date())
        open_improvement(db, book.themes(db)[0].id, plan, viewer=TERMINAL, now=NOW)
    cost.catch_up(app.database, NOW)
    run.snapshot(app.database, NOW)


def _renewals(db: Connection) -> None:
    """Twelve of the last year, two of them lost; one growth beside."""
    accounts = [f"acc-{csm}-{number}" for csm in ("dana", "jonas") for number in range(6)]
    for number, account_id in enumerate(accounts):
        lost = number in (3, 9)
        row: dict[str, Any] = {
            "kind": "Renewal",
            "won": not lost,
            "close_on": NOW.date() - timedelta(days=20 + 7 * number),
            "arr_before": Decimal(40_000),
            "arr_after": Decimal(0 if lost else 44_000),
            "amount": Decimal(0 if lost else 44_000),
        }
        _deal(db, f"opp-{number}", account_id, **row)
    _deal(db, "opp-up", "acc-dana-1", kind="Upsell", won=True, amount=Decimal(5_000), close_on=NOW.date())


def _deal(db: Connection, id: str, account_id: str, **values: Any) -> None:
    row = {"name": id, "closed": True, "currency": "USD", "state": "live", "hash": ""}
    db.execute(insert(schema.opportunity).values(id=id, account_id=account_id, **{**row, **values}))
