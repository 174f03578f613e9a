"""A try says what a sync would do, and leaves nothing behind."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from voc.accounts.connector import Known, Page, Span
from voc.accounts.crm.csvfolder import CsvFolder
from voc.accounts.crm.firstrows import FirstRows
from voc.accounts.model import Kind, RunState
from voc.accounts.run import trying
from voc.accounts.run.syncing import sync
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import Misconfigured

DAY_1, DAY_2 = (Path(__file__).parent / "crm-sample" / day for day in ("day1", "day2"))
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def rows_of_every_table(database: Database) -> dict[str, int]:
    with database.read() as db:
        return {
            name: db.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in schema.metadata.tables.items()
        }


def test_a_try_finds_what_the_sync_then_does_and_writes_nothing(database: Database) -> None:
    sync(database, CsvFolder(DAY_1), as_of=NOW.date(), now=NOW)
    before = rows_of_every_table(database)
    tried = trying.try_out(database, CsvFolder(DAY_2), now=LATER)
    assert rows_of_every_table(database) == before
    report = sync(database, CsvFolder(DAY_2), as_of=LATER.date(), now=LATER)
    assert tried.message == report.message
    assert {str(kind): counts for kind, counts in tried.counts.items()} == report.counts
    assert sum(doubt.count for doubt in tried.doubts) == sum(sum(found.values()) for found in report.problems.values())


def test_a_try_shows_each_change_as_it_is_here_and_as_it_would_be(sqlite: Database) -> None:
    sync(sqlite, CsvFolder(DAY_1), as_of=NOW.date(), now=NOW)
    tried = trying.try_out(sqlite, CsvFolder(DAY_2), now=LATER)
    changed = next(one for one in tried.examples if one.object == Kind.ACCOUNT and "arr" in one.values)
    assert changed.values["arr"][0] != changed.values["arr"][1]
    assert changed.name
    assert tried.fields[Kind.ACCOUNT]["csm_id"] >= 1


def test_what_was_not_read_for_want_of_time_is_neither_missing_nor_unknown(sqlite: Database) -> None:
    sync(sqlite, CsvFolder(DAY_1), as_of=NOW.date(), now=NOW)
    tried = trying.try_out(sqlite, InPages(DAY_1), now=LATER, rows=20)
    assert tried.state == RunState.COMPLETE
    assert Kind.CONTACT in tried.cut
    assert tried.counts[Kind.CONTACT].rows == 20
    assert tried.counts[Kind.CONTACT].gone == 0
    assert not [doubt for doubt in tried.doubts if doubt.reason.startswith("unknown_a")]


def test_a_try_ends_when_its_time_is_over(sqlite: Database) -> None:
    ticks = iter(range(0, 10_000, 30))
    source = FirstRows(InPages(DAY_1), rows=10**6, within=timedelta(minutes=2), seconds=lambda: next(ticks))
    report = sync(sqlite, source, as_of=NOW.date(), now=NOW)
    assert source.cut
    assert report.rows < 200


def test_a_try_of_a_source_that_cannot_be_read_says_why(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such folder"):
        trying.try_out(sqlite, CsvFolder(tmp_path / "nowhere"), now=NOW)
    assert not any(rows_of_every_table(sqlite).values())


class InPages(CsvFolder):
    """The same rows, ten at a time."""

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        for page in super().pages(kind, span, after=after, known=known):
            for start in range(0, len(page.rows), 10):
                yield Page(page.rows[start : start + 10])
