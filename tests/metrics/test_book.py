"""A book's figure is counted from its own accounts, and is what a look at the whole company says of it."""

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, update

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics import test_columns, test_money_columns
from tests.metrics.test_figures import LEADER
from tests.metrics.world import DAY, World
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.words import Scope
from voc.metrics.catalogue import CATALOGUE, OPENS
from voc.metrics.model import Figure, Slice
from voc.metrics.run.counted_rows import Opened, behind, book, every_row
from voc.metrics.run.counted_rows.withheld import why_withheld
from voc.metrics.run.looking import Asking, CompanyLook, look
from voc.metrics.store.company import Ground, company

KEYS = ((Scope.CSM, "csm-1"), (Scope.CSM, "csm-2"), (Scope.CSM, "csm-9"), (Scope.TEAM, "lead-1"))
SEEDS = some.integers(0, 2**32)
FEW = settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def told(one: Figure) -> dict[str, Any]:
    """All of it; sums may differ where they end."""
    plain = msgspec.to_builtins(one)
    near = ("value", "numerator", "denominator")
    interval = plain.pop("interval") or {}
    ends = {name: pytest.approx(interval[name], rel=1e-9) for name in ("low", "high") if name in interval}
    values = {name: pytest.approx(plain[name], rel=1e-9, nan_ok=True) for name in near if plain[name] is not None}
    extra = {name: pytest.approx(value, rel=1e-9) for name, value in plain.pop("extra").items() if value is not None}
    return {**plain, **values, **ends, "extra": extra, "kind": interval.get("kind")}


def same(db: Connection, **asked: Any) -> int:
    """How many figures of books say something; each says it as the whole company's look does, and as its rows do."""
    first, known = Opened("reach", Scope.TOTAL, **asked), preferences.load(db)
    whole = look(db, Asking(NOW, first.as_of, first.window_days, first.part, None, known))
    return sum(_same(db, whole, Opened(one.name, *key, **asked), known) for key in KEYS for one in CATALOGUE)


def _same(db: Connection, whole: CompanyLook, opened: Opened, known: Any) -> bool:
    of_all = whole.figure(opened.key, opened.figure)
    found = book.figure_of(db, opened, now=NOW, known=known)
    if found is not None:
        assert told(found) == told(of_all), opened
    shown = why_withheld(db, LEADER, opened, now=NOW, known=known) is None
    if OPENS[opened.figure].reckon is None and shown:
        rows = list(every_row(db, LEADER, opened, now=NOW))
        sums = sum(row.part for row in rows), sum(row.whole for row in rows), sum(row.whole > 0 for row in rows)
        assert sums == pytest.approx((of_all.numerator, of_all.denominator, of_all.counted)), opened
    return found is not None and of_all.counted > 0


def counted(database: Database, history: Any, seed: int, **asked: Any) -> int:
    with database.begin() as db:
        inner = db.begin_nested()
        history(db, Random(seed))
        found = same(db, **asked)
        inner.rollback()
    return found


@given(seed=SEEDS, days=some.sampled_from([90, 137, 365]), ago=some.sampled_from([0, 45]), narrow=some.booleans())
@FEW
def test_a_book_is_counted_from_its_accounts(sqlite: Database, seed: int, days: int, ago: int, narrow: bool) -> None:
    as_of = TODAY - ago * DAY if ago else None
    part = {"segment": "mid-market", "region": "Europe"} if narrow else {}
    counted(sqlite, test_columns.history, seed, window_days=days, as_of=as_of, **part)


@given(seed=SEEDS, ago=some.sampled_from([0, 40]))
@FEW
def test_and_its_deals_milestones_meetings_and_answers(sqlite: Database, seed: int, ago: int) -> None:
    as_of = TODAY - ago * DAY if ago else None
    counted(sqlite, test_money_columns.history, seed, window_days=365, as_of=as_of)


@pytest.mark.parametrize("history", [test_columns.history, test_money_columns.history])
def test_and_so_it_is_through_postgresql(postgresql: Database, history: Any) -> None:
    assert counted(postgresql, history, 7, window_days=365) > 20


def two_each(world: World, accounts: int) -> None:
    """Accounts of two people under two CSMs, who answer much alike."""
    for number in range(accounts):
        account_id, csm_id = f"acc-{number}", f"csm-{1 + number % 2}"
        country, segment = ("Spain", "small") if number % 3 else ("Japan", "enterprise")
        builders.add_account(world.db, account_id, csm_id=csm_id, country=country, segment=segment)
        for short in ("dm", "ch"):
            contact_id = f"{short}-{number}"
            builders.add_contact(world.db, contact_id, account_id=account_id, roles=("champion",))
            answer = 9 if number % 4 < 2 or (short == "ch" and number % 5 == 0) else None
            known: dict[str, Any] = {
                "account_id": account_id,
                "csm_id": csm_id,
                "segment": segment,
                "inherited": number % 11 == 0,
            }
            world.ask(contact_id, answer=answer, confidential=number % 13 == 12, **known)
    merged = {"kind": "account", "loser_id": "acc-3", "winner_id": "acc-5"}
    world.db.execute(schema.alias.insert().values(**merged))
    world.db.execute(update(schema.account).where(schema.account.c.id == "acc-3").values(state="merged"))


@pytest.mark.parametrize("part", [Slice(), Slice("small"), Slice(None, "Europe")])
def test_its_range_goes_by_how_alike_colleagues_answer_in_the_whole_company(database: Database, part: Slice) -> None:
    with database.begin() as db:
        two_each(World(db), 60)
    with database.read() as db:
        known = preferences.load(db)
        whole = look(db, Asking(NOW, part=part, names=("response_rate",), preferences=known))
        assert whole.icc != known.icc_default
        opened = Opened("response_rate", Scope.CSM, "csm-1", segment=part.segment, region=part.region)
        found = behind(db, LEADER, opened, now=NOW).figure
        assert found is not None
        assert found.interval is not None
        assert told(found) == told(whole.figure(opened.key, "response_rate"))


def test_the_columns_of_a_book_are_those_of_its_accounts(database: Database) -> None:
    with database.begin() as db:
        two_each(World(db), 30)
        builders.add_follow_up(db, "detractor:1", account_id="acc-4", contact_id="dm-4", owner_csm_id="csm-1")
        builders.add_follow_up(db, "detractor:2", account_id="acc-7", contact_id="dm-7", owner_csm_id="csm-2")
    with database.read() as db:
        known = preferences.load(db)
        ground = Ground(db, NOW, known, ["acc-4", "acc-5"])
        found = company(db, moment=NOW, window_days=180, preferences=known, ground=ground)
        assert found.accounts.ids == ["acc-4", "acc-5"]
        assert len(found.asked) == 6  # acc-3 stands for acc-5
        assert len(found.holders.account) == 4
        assert len(found.cases.id) == 1


def test_a_books_page_reads_nobody_elses_rows(sqlite: Database) -> None:
    """Rows of another book that nobody can read, which a look at the whole company stumbles over."""
    with sqlite.begin() as db:
        two_each(World(db), 30)
        theirs = update(schema.invitation).where(schema.invitation.c.csm_id == "csm-2")
        ids = [row.id for row in db.execute(theirs.returning(schema.invitation.c.id).values(inherited=False))]
        db.exec_driver_sql(f"UPDATE invitation SET roles = '[' WHERE id IN ({', '.join(map(str, ids))})")
    with sqlite.read() as db:
        known = preferences.load(db)
        with pytest.raises(msgspec.DecodeError):
            look(db, Asking(NOW, preferences=known))
        for one in CATALOGUE:
            opened = Opened(one.name, Scope.CSM, "csm-1")
            if book.accounts_of(db, opened) is not None and one.name != "nps_people":
                assert behind(db, LEADER, opened, now=NOW).figure is not None
