"""When the CRM is read next. Pure."""

from datetime import datetime, timedelta
from typing import Protocol

from voc.accounts.model import Live, RunState

EVERY = (5, 1440)
"""Minutes between two readings, at least and at most."""
HEARD = timedelta(minutes=10)
"""A run that wrote nothing for so long is taken for dead; the longest wait for a CRM is shorter."""
GO_ON_AFTER = timedelta(minutes=30)
"""A paused run goes on then, where the CRM did not say when."""


class Newest(Protocol):
    """The newest run, as far as the next one depends on it."""

    @property
    def state(self) -> RunState: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def finished_at(self) -> datetime | None: ...
    @property
    def resume_at(self) -> datetime | None: ...
    @property
    def progress(self) -> Live | None: ...


def heard_at(newest: Newest) -> datetime:
    """When a run last wrote something."""
    return max(newest.started_at, newest.progress.at) if newest.progress else newest.started_at


def is_alive(newest: Newest, *, now: datetime) -> bool:
    """Somebody is reading just now."""
    return newest.state == RunState.RUNNING and now - heard_at(newest) <= HEARD


def next_at(newest: Newest | None, *, every: timedelta, now: datetime) -> datetime:
    """The moment of the next run on schedule; one that is past means now. Two never run at once."""
    if newest is None:
        return now
    if newest.state == RunState.RUNNING:
        return heard_at(newest) + HEARD
    if newest.state == RunState.PAUSED:
        return newest.resume_at or (newest.finished_at or heard_at(newest)) + GO_ON_AFTER
    # A held or failed run is followed by the next one in its time: the trouble may be over.
    return newest.started_at + every
