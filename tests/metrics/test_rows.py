"""Rows a page at a time: none twice, none left out, forwards and back; those of a night stay what it counted."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tests import builders
from tests.builders import NOW, TODAY
from tests.metrics.test_figures import LEADER, two_books
from tests.metrics.world import DAY, World
from voc.base import schema
from voc.base.db import Database
from voc.base.words import Scope
from voc.metrics import rows, run
from voc.metrics.catalogue import CATALOGUE, OPENS
from voc.metrics.figures import of_rows
from voc.metrics.model import CountedRow
from voc.metrics.rows import Account, Page, Wanted
from voc.metrics.run.counted_rows import Opened, behind, every_row
from voc.web import rows_view
from voc.web.parts import Link

YESTERDAY = TODAY - timedelta(days=1)


def row(account: str, number: int, whole: float) -> CountedRow:
    return CountedRow("place", f"{account}:{number}", account, account, None, None, None, None, "gap", 0.0, whole)


@given(
    books=st.dictionaries(st.text("abc", min_size=1, max_size=2), st.lists(st.sampled_from((0.0, 1.0)), max_size=5)),
    nameless=st.integers(0, 3),
    size=st.integers(1, 4),
)
def test_pages_hold_every_row_once_forwards_and_back(books: dict[str, list[float]], nameless: int, size: int) -> None:
    found = {Account(name, name): [row(name, at, one) for at, one in enumerate(of)] for name, of in books.items()}
    others = [row("", at, 1.0) for at in range(nameless)]
    source = rows.with_nameless(rows.of_sorted(found), others)
    every = [one for _, one in rows.walk(source) if one.whole > 0]
    assert sorted(one.id for one in every) == sorted(
        one.id for of in [*found.values(), others] for one in of if one.whole > 0
    )
    pages = [rows.page(source, Wanted(), size=size)]
    while (after := pages[-1].after) is not None:
        pages.append(rows.page(source, Wanted(), size=size, after=rows.place_of(rows.told(after))))
    assert [one for page in pages for one in page.rows] == every
    back = [pages[-1]]
    while (before := back[-1].before) is not None:
        back.append(rows.page(source, Wanted(), size=size, before=before))
    assert [page.rows for page in reversed(back)] == [page.rows for page in pages] or len(back) == len(pages)
    assert [one for page in reversed(back) for one in page.rows] == every


def test_the_pages_of_a_figure_are_its_rows_in_one_order_on_both_databases(database: Database) -> None:
    with database.begin() as db:
        two_books(World(db))
        db.execute(update(schema.account).values(name=schema.account.c.name + " and so on" * 500))
    with database.read() as db:
        whole = run.rows(db, LEADER, figure="response_rate", scope=Scope.TOTAL, now=NOW)
        counted = [one for one in whole if one.whole > 0]
        opened, listed, after = Opened("response_rate", Scope.TOTAL), list[CountedRow](), None
        while True:
            page: Page = behind(db, LEADER, opened, now=NOW, after=after, size=1).page
            listed += page.rows
            if page.after is None:
                break
            address = rows.told(page.after)
            after = rows.place_of(address)
            assert after is not None
            assert len(address) < 300  # an address has no room for a name of thousands of letters
    assert len(counted) > 1
    assert listed == counted


def test_a_page_reads_nothing_where_there_is_nothing_and_nothing_after_the_last_row() -> None:
    found = {Account(f"{at:05}", str(at)): [row(str(at), 0, float(at != 7))] for at in range(1_000)}
    every, read = rows.of_sorted(found), list[Account]()

    def of(wanted: Sequence[Account]) -> Mapping[Account, Sequence[CountedRow]]:
        read.extend(wanted)
        return every.rows(wanted)

    source = rows.Source(every.accounts, of)
    assert rows.page(source, Wanted(beside=True), size=200, there=0) == Page((), None, None)
    assert read == []
    assert [one.id for one in rows.page(source, Wanted(beside=True), size=200, there=1).rows] == ["7:0"]
    assert len(read) <= 101
    assert len(rows.page(source, Wanted(), size=200, there=999).rows) == 200


@pytest.mark.parametrize("figure", ["under_way", "reached_in_time"])
def test_what_stands_beside_is_added_up_as_its_rows_are(database: Database, figure: str) -> None:
    with database.begin() as db:
        world = World(db)
        two_books(world)
        world.ask("dm-4", account_id="acc-4", csm_id="csm-2", days_ago=5, disposition=None)
    now, counted = NOW, 0
    to = None if figure == "under_way" else now.date() - timedelta(days=10)
    with database.read() as db:
        for key in ((Scope.TOTAL, ""), (Scope.SEGMENT, "enterprise")):
            opened = Opened(figure, *key, to=to, live=True)
            found = behind(db, LEADER, opened, now=now)
            assert found.figure is not None
            again = of_rows(list(every_row(db, LEADER, opened, now=now)), key, OPENS[figure], found.window)
            assert found.figure == again, key
            counted += again.counted
    assert counted


def test_the_rows_of_a_night_are_what_it_counted_whatever_comes_in_later(database: Database) -> None:
    """A late answer, a hand-over and contacts merged by a later run: the rows of that night add up to its figures."""
    with database.begin() as db:
        world = World(db)
        two_books(world)
    run.snapshot(database, NOW)
    with database.begin() as db:
        world.db = db
        world.hand_over("acc-1", "csm-2", at=NOW + DAY)
        run_id = builders.add_sync_run(db, started_at=NOW + DAY)
        for loser, winner in (("ch-3", "dm-3"),):
            db.execute(schema.alias.insert().values(kind="contact", loser_id=loser, winner_id=winner))
            merged = {"object": "contact", "record_id": loser, "change": "merged", "winner_id": winner}
            db.execute(schema.sync_change.insert().values(run_id=run_id, fields=None, **merged))
        silent = update(schema.invitation).where(schema.invitation.c.contact_id == "dm-3")
        db.execute(silent.values(answered_at=NOW + DAY))
    with database.read() as db:
        for one in CATALOGUE:
            for key in ((Scope.TOTAL, ""), (Scope.CSM, "csm-1"), (Scope.CSM, "csm-2")):
                opened = Opened(one.name, *key, as_of=YESTERDAY)
                found = behind(db, LEADER, opened, now=NOW + 30 * DAY)
                assert found.figure is not None
                assert found.differs is None, (one.name, key)
                assert found.compared
                assert found.counted == found.figure.counted
                assert sum(row.whole for row in found.page.rows) == pytest.approx(found.figure.denominator or 0)
        opened = Opened("response_rate", Scope.TOTAL, as_of=YESTERDAY)
        first = behind(db, LEADER, opened, now=NOW + 30 * DAY, size=1)
        assert first.page.after
        assert first.compared
        assert first.differs is None


def test_rows_of_several_pages_that_are_no_longer_what_the_night_counted_say_so(database: Database) -> None:
    """A customer left the CRM since: heading, page and file tell the rows that are found, beside what was counted."""
    with database.begin() as db:
        two_books(World(db))
    run.snapshot(database, NOW)
    with database.begin() as db:
        db.execute(update(schema.account).where(schema.account.c.id == "acc-1").values(status="prospect"))
    around = rows_view.Around("All teams", {}, Link("Engagement", "/engagement"), "/engagement/rows?figure=x")
    with database.read() as db:
        opened = Opened("participation", Scope.TOTAL, as_of=YESTERDAY)
        found = behind(db, LEADER, opened, now=NOW + DAY, size=1)
        every = [one for one in every_row(db, LEADER, opened, now=NOW + DAY) if one.whole > 0]
        assert found.figure is not None
        assert 1 < len(every) < found.figure.counted
        assert found.counted == len(every)
        told = rows_view.page(found, opened, around)
        assert told.counted is not None
        assert told.counted.words == f"{len(every)} rows counted, 1 on this page"
        assert f"The night counted {found.figure.counted} rows" in told.differs
        assert f"the rows found now are {len(every)}" in told.differs
        label = every[0].label
        one = Opened("participation", Scope.TOTAL, as_of=YESTERDAY, label=label)
        these = behind(db, LEADER, one, now=NOW + DAY)
        alike = [row for row in every if row.label == label]
        assert these.counted + these.beside == len(alike) == len(these.page.rows)
        then = found.figure.parts[label]
        words = rows_view.page(these, one, around).differs
        assert (f"The night counted {then} rows of these" in words) == (then != len(alike))


def test_a_row_of_an_invitation_names_who_it_counts_for_not_who_owns_the_account_now(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_csm(db, "csm-9", name="Lena Fischer")
        builders.add_account(db, "acc-1")
        builders.add_contact(db, "dm-1", account_id="acc-1")
        world.ask("dm-1", account_id="acc-1", csm_id="csm-1", answer=9)
        world.hand_over("acc-1", "csm-9", at=NOW - DAY)
    with database.read() as db:
        for figure, owner in (("response_rate", "csm-1"), ("nps_people", "csm-1"), ("coverage_fresh", "csm-9")):
            found = run.rows(db, LEADER, figure=figure, scope=Scope.TOTAL, now=NOW)
            assert {one.csm_id for one in found} == {owner}, figure
