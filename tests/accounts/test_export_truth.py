"""The sample export against what its generator knows, number by number, read from the database.

`VOC_SAMPLE` names another folder of the same shape (day1, day2, truth.json).
"""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.truth import OBJECTS, Picture
from voc.accounts import run
from voc.accounts.model import RunState, SyncReport
from voc.base.db import Database
from voc.base.schema import role_requirement

SAMPLE = Path(os.environ.get("VOC_SAMPLE") or Path(__file__).parent / "crm-sample")
TRUTH: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
DAYS = {day: date.fromisoformat(on) for day, on in TRUTH["head"]["as_of"].items()}
FIGURES = (
    "as_of",
    "rows_in_files",
    "loaded",
    "deleted_rows",
    "merged_rows",
    "customers_valid",
    "accounts_by_status",
    "contacts_all",
    "contacts_at_valid_customers",
    "arr_of_valid_customers_by_currency",
    "coverage_mean_percent",
    "coverage_accounts",
    "rejected_by_reason",
    "field_errors_by_reason",
    "warnings_by_code",
)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def sync(database: Database, day: str) -> SyncReport:
    source = run.open_source(f"csv:{SAMPLE / day}")
    return run.sync(database, source, as_of=DAYS[day], now=noon(DAYS[day]))


@pytest.fixture
def matrix(database: Database) -> Database:
    """The required roles that the truth was made with."""
    with database.begin() as db:
        for segment, weights in TRUTH["head"]["matrix"].items():
            for role, weight in weights.items():
                db.execute(
                    role_requirement.insert().values(segment=segment, role=role, weight=weight, required_count=1)
                )
    return database


def check_picture(database: Database, report: SyncReport, day: str, truth: dict[str, Any]) -> None:
    """Everything the truth says of one state of the tables."""
    with database.read() as db:
        picture = Picture(db, report.run_id, DAYS[day])
        figures = picture.figures()
        for name in FIGURES:
            if name in truth:
                assert figures[name] == truth[name], name
        for level, name in (("rejected", "rejected_rows"), ("field_error", "field_errors"), ("warning", "warnings")):
            if name in truth:
                ours, theirs = picture.problems(level, truth[name])
                assert ours == theirs, name
        if "file_warnings" in truth:
            ours, theirs = picture.problems("file", truth["file_warnings"])
            assert ours == theirs
        if "merges_resolved" in truth:
            assert picture.merges() == truth["merges_resolved"]
        if "duplicates_same_account" in truth:
            same, other = picture.duplicates()
            assert same == truth["duplicates_same_account"]
            assert other == truth["duplicates_other_account"]
        for convention, accounts in truth.get("coverage_if_convention_differs", {}).items():
            assert picture.coverage_if(convention) == accounts, convention
        if "contacts" in truth:
            assert picture.contacts() == truth["contacts"]
        if "accounts" in truth:
            assert set(picture.accounts) == set(truth["accounts"])
        for account_id, wanted in truth.get("accounts", {}).items():
            assert picture.account(account_id) == wanted, account_id


@pytest.mark.usefixtures("matrix")
def test_the_first_day_is_as_the_generator_knows_it(database: Database) -> None:
    report = sync(database, "day1")
    assert report.state == RunState.COMPLETE
    check_picture(database, report, "day1", TRUTH["day1"])


@pytest.mark.usefixtures("matrix")
def test_the_second_day_on_top_of_the_first_changes_what_changed(database: Database) -> None:
    sync(database, "day1")
    report = sync(database, "day2")
    assert report.state == RunState.COMPLETE, report.message
    with database.read() as db:
        picture = Picture(db, report.run_id, DAYS["day2"])
        for name in OBJECTS:
            wanted = TRUTH["day2"]["changes"][name]
            updated = {id: set(fields) for id, fields in wanted["ids"]["updated"].items()}
            assert picture.changes(name) == {**wanted, "ids": {**wanted["ids"], "updated": updated}}, name
    check_picture(database, report, "day2", TRUTH["day2"]["after_day1"])


@pytest.mark.usefixtures("matrix")
def test_the_second_day_alone_is_what_an_empty_system_would_make_of_it(database: Database) -> None:
    check_picture(database, sync(database, "day2"), "day2", TRUTH["day2"]["alone"])


@pytest.mark.usefixtures("matrix")
def test_the_same_export_again_changes_nothing_and_says_so(database: Database) -> None:
    for day in ("day1", "day2"):
        first = sync(database, day)
        again = sync(database, day)
        assert first.changed
        assert not again.changed
        assert again.message == "Nothing changed."
        assert again.problems == first.problems
    check_picture(database, again, "day2", TRUTH["day2"]["after_day1"])


def test_the_counts_of_every_object_add_up_to_the_rows_read(database: Database) -> None:
    for day in ("day1", "day2"):
        report = sync(database, day)
        assert all(counts.adds_up for counts in report.counts.values())
        assert report.rows == sum(
            TRUTH["day1" if day == "day1" else "day2"].get("rows_in_files", {}).get(name, counts.rows)
            for name, counts in zip(OBJECTS, report.counts.values(), strict=True)
        )
