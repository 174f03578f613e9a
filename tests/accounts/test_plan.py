"""What a run reads, what it may use, and when a stopped one is begun anew."""

from datetime import UTC, date, datetime, timedelta

import pytest

from voc.accounts import plan
from voc.accounts.connector import Usage, Windows
from voc.accounts.model import Spent
from voc.accounts.plan import Reading, Watermark

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WINDOWS = Windows(lag=5 * MINUTE, overlap=10 * MINUTE, sweep_every=7 * DAY)


def mark(read: timedelta = HOUR, swept: timedelta | None = HOUR, all_read: timedelta | None = HOUR) -> Watermark:
    at = [None if ago is None else NOW - ago for ago in (swept, all_read)]
    return Watermark(NOW - read, *at)


def reading(before: Watermark | None, *, every_run: bool = False, every_day: bool = False) -> Reading:
    return plan.reading(before, WINDOWS, every_run=every_run, every_day=every_day, now=NOW)


def test_the_first_run_reads_everything_and_the_next_the_window_since() -> None:
    assert reading(None).in_full
    found = reading(mark())
    assert (found.since, found.until) == (NOW - HOUR - 10 * MINUTE, NOW - 5 * MINUTE)


def test_a_source_that_cannot_tell_what_changed_is_always_read_in_full_and_has_no_watermark() -> None:
    found = plan.reading(mark(), None, every_run=False, every_day=False, now=NOW)
    assert found.in_full
    assert not found.windowed


@pytest.mark.parametrize(("ago", "due"), [(22 * HOUR, False), (23 * HOUR, True), (3 * DAY, True), (None, True)])
def test_what_is_read_once_a_day_is_due_an_hour_early_so_that_a_daily_job_never_skips_one(
    ago: timedelta | None, due: bool
) -> None:
    assert reading(mark(all_read=ago), every_day=True).in_full == due


@pytest.mark.parametrize(("ago", "due"), [(6 * DAY, False), (7 * DAY - HOUR, True), (None, True)])
def test_all_ids_are_listed_when_the_last_sweep_is_old_enough(ago: timedelta | None, due: bool) -> None:
    assert reading(mark(swept=ago)).sweep == due


def test_after_a_clock_that_was_ahead_everything_is_read() -> None:
    assert reading(mark(read=-DAY)).in_full


def test_a_window_moves_one_moment_a_sweep_two_and_everything_all_three() -> None:
    before, started = mark(), NOW
    window = plan.moved(before, reading(before), started_at=started)
    assert window == Watermark(NOW - 5 * MINUTE, before.swept_at, before.all_read_at)
    swept = plan.moved(before, Reading(NOW - DAY, NOW, sweep=True), started_at=started)
    assert swept == Watermark(NOW, started, before.all_read_at)
    assert plan.moved(None, Reading(None, NOW), started_at=started) == Watermark(NOW, started, started)


def test_a_run_uses_a_quarter_of_the_day_and_stops_when_four_fifths_are_used_by_all() -> None:
    assert plan.why_stop(Spent(requests_today=249, allowance=1_000, used=799)) is None
    assert (
        plan.why_stop(Spent(requests_today=250, allowance=1_000))
        == "this run used 250 of the CRM's 1,000 requests of today"
    )
    assert plan.why_stop(Spent(requests_today=1, allowance=1_000, used=800)) is not None
    assert plan.why_stop(Spent(requests_today=10**9)) is None


def test_a_run_that_goes_on_tomorrow_has_tomorrows_allowance() -> None:
    before = Spent(requests=300, allowance=1_000, day=date(2026, 3, 4), requests_today=250)
    usage = Usage(requests=20)
    assert plan.spent(before, usage, now=NOW).requests_today == 270
    tomorrow = plan.spent(before, usage, now=NOW + DAY)
    assert (tomorrow.requests_today, tomorrow.requests, tomorrow.allowance) == (20, 320, 1_000)
    assert plan.next_day(NOW) == datetime(2026, 3, 5, tzinfo=UTC)


def test_a_run_is_too_old_when_it_stood_still_for_twenty_hours() -> None:
    assert not plan.is_too_old(NOW - 20 * HOUR, now=NOW)
    assert plan.is_too_old(NOW - 20 * HOUR - MINUTE, now=NOW)
