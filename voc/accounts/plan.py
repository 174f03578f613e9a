"""What a run reads and how far it is: everything, or the window since the last time, and now and then all ids.

Pure. `Reading` is what `sync_run.reading` keeps per object beside the rows read, so that another
process goes on where one was stopped.
"""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

import msgspec

from voc.accounts.connector import Span, Usage, Windows
from voc.accounts.model import FileRead, Spent

# A daily job never starts at the same second: what is due once a day is due an hour early.
_SLACK = timedelta(hours=1)
_DAY = timedelta(days=1)
TOO_OLD = timedelta(hours=20)

RUN_SHARE = 0.25  # of the day's allowance, for one run
STOP_AT = 0.80  # of the day's allowance, used by everybody


class Step(StrEnum):
    """Where an object is. The order is the order of reading."""

    PAGES = "pages"
    NAMED = "named"  # rows that waited for another record, winners of merges
    IDS = "ids"
    UNKNOWN = "unknown"  # rows whose ids the sweep saw and we lack
    DONE = "done"


class Reading(msgspec.Struct):
    """`position` and `rows` are those at `bookmark`: rows staged behind it are read again."""

    since: datetime | None
    until: datetime
    sweep: bool = False
    step: Step = Step.PAGES
    bookmark: str | None = None
    position: int = 0
    rows: int = 0
    listed: int = 0  # ids that the sweep saw
    emptied: bool = False  # nothing came where there was data
    windowed: bool = True  # the CRM can tell what changed: there is a watermark to move
    file: FileRead | None = None

    @property
    def span(self) -> Span:
        return Span(self.since, self.until)

    @property
    def in_full(self) -> bool:
        return self.since is None


class Watermark(msgspec.Struct, frozen=True):
    """Up to when an object was read from one source."""

    read_until: datetime
    swept_at: datetime | None
    all_read_at: datetime | None


def reading(
    mark: Watermark | None, windows: Windows | None, *, every_run: bool, every_day: bool, now: datetime
) -> Reading:
    """How one object is read in a run that starts `now`."""
    if windows is None:
        return Reading(None, now, windowed=False)
    until = now - windows.lag
    sweep = mark is not None and _is_due(mark.swept_at, windows.sweep_every, now)
    everything = mark is None or every_run or (every_day and _is_due(mark.all_read_at, _DAY, now))
    # After a clock that was ahead, nobody can say from when on changes were missed.
    if mark is None or everything or mark.read_until > until:
        return Reading(None, until)
    return Reading(mark.read_until - windows.overlap, until, sweep=sweep)


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every - _SLACK


def moved(mark: Watermark | None, done: Reading, *, started_at: datetime) -> Watermark:
    """The watermark after a complete run; reading everything is a sweep too."""
    swept_at, all_read_at = (mark.swept_at, mark.all_read_at) if mark else (None, None)
    if done.in_full:
        return Watermark(done.until, started_at, started_at)
    return Watermark(done.until, started_at if done.sweep else swept_at, all_read_at)


# --- the CRM's allowance ------------------------------------------------------------------------


def spent(before: Spent, usage: Usage, *, now: datetime) -> Spent:
    """What a run has used, with what it had used before it was stopped."""
    earlier_today = before.requests_today if before.day == now.date() else 0
    return Spent(
        requests=before.requests + usage.requests,
        allowance=before.allowance if usage.allowance is None else usage.allowance,
        used=before.used if usage.used is None else usage.used,
        day=now.date(),
        requests_today=earlier_today + usage.requests,
    )


def why_stop(spent: Spent) -> str | None:
    """Why a run should leave the rest of the day's allowance to others, or None."""
    if not spent.allowance:
        return None
    if spent.used is not None and spent.used >= spent.allowance * STOP_AT:
        return f"{spent.used:,} of the CRM's {spent.allowance:,} requests of today are used, by us and by others"
    if spent.requests_today >= spent.allowance * RUN_SHARE:
        return f"this run used {spent.requests_today:,} of the CRM's {spent.allowance:,} requests of today"
    return None


def next_day(now: datetime) -> datetime:
    """The next midnight in UTC, when daily allowances begin anew."""
    return datetime.combine(now.astimezone(UTC).date() + _DAY, time(), tzinfo=UTC)


def is_too_old(stood_still_since: datetime, *, now: datetime) -> bool:
    """Whether a stopped run is better begun anew: bookmarks die, and what it read first is stale.

    Counted from when it could have gone on, so that a first load may take several days' allowances.
    """
    return now - stood_still_since > TOO_OLD
