"""What silence costs: the night reckons it from columns, a page from one renewal at a time. Both say the same."""

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, insert, update

from tests.builders import NOW, TODAY, add_account, add_csm
from voc.base import schema
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.words import AccountState, OutOfCohort, Segment
from voc.metrics.cost.backtest import Backtest
from voc.metrics.run import cost, kept_pages


def _renewals(db: Connection, random: Random, *, accounts: int, count: int) -> None:
    """Several of one customer, some on one day; merged customers, reasons, scores that nobody kept."""
    add_csm(db, "csm-1")
    for number in range(accounts):
        add_account(db, f"acc-{number}")
    for loser in range(0, accounts // 4, 2):
        db.execute(insert(schema.alias).values(kind="account", loser_id=f"acc-{loser}", winner_id=f"acc-{loser + 1}"))
        db.execute(update(schema.account).where(schema.account.c.id == f"acc-{loser}").values(state="merged"))
    for number in range(count):
        day = TODAY - timedelta(days=random.randrange(900))
        state = random.choice([*AccountState, *[AccountState.SILENT, AccountState.HEARD] * 8])
        silent = state == AccountState.SILENT
        row = {
            "key": f"{random.choice(['renewal:', 'lost:', 'Renewal:', 'lost:ä'])}{random.randrange(10**6)}:{number}",
            "account_id": f"acc-{random.randrange(accounts)}",
            "decided_on": day,
            "landmark_on": day - timedelta(days=90),
            "lost": random.random() < (0.3 if silent else 0.1),
            "reason": random.choice(list(OutOfCohort)) if random.random() < 0.1 else None,
            "state": None if random.random() < 0.05 else state,
            "segment": random.choice([*Segment, None]),
            "score": None if random.random() < 0.1 else random.choice([random.random() * 100, 25.0, 50.0]),
            "days_since_answer": None if random.random() < 0.1 else random.choice([0.0, 200.0, random.random() * 400]),
            "senior_silent": random.choice([True, False, None]),
            "treated": random.random() < 0.2,
            "kept_at": NOW,
        }
        db.execute(insert(schema.renewal_landmark).values(**row))


@pytest.mark.parametrize(("accounts", "count"), [(1, 0), (3, 9), (60, 90), (700, 900)])
@pytest.mark.parametrize("seed", range(2))
def test_the_night_reckons_what_a_page_reckons(database: Database, seed: int, accounts: int, count: int) -> None:
    with database.begin() as db:
        _renewals(db, Random(seed), accounts=accounts, count=count)
    with database.read() as db:
        live, kept = cost.page(db, TERMINAL), kept_pages.priced(db)
        assert kept.cost == live.cost
        assert kept.bands == live.bands
        assert (kept.backtest or kept.too_early) == live.backtest
        assert isinstance(live.backtest, Backtest) == (count == 900)
        assert (live.cost.fitted is not None) == (count == 900)
