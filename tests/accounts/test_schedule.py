"""When the CRM is read next: every so often, after a pause when it may go on, and never twice at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.builders import NOW
from voc.accounts import schedule
from voc.accounts.model import Live, RunState

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Run:
    state: RunState = RunState.COMPLETE
    started_at: datetime = NOW
    finished_at: datetime | None = NOW + timedelta(minutes=3)
    resume_at: datetime | None = None
    progress: Live | None = None


def heard(at: datetime) -> Live:
    return Live("reading", None, 0, 0.5, at, 1.0)


def test_the_first_reading_is_due_at_once() -> None:
    assert schedule.next_at(None, every=HOUR, now=NOW) == NOW


@pytest.mark.parametrize("state", [RunState.COMPLETE, RunState.FAILED, RunState.HELD])
def test_the_next_one_begins_an_hour_after_this_one_began(state: RunState) -> None:
    assert schedule.next_at(Run(state), every=HOUR, now=NOW) == NOW + HOUR


def test_a_paused_one_goes_on_when_the_crm_allows_it_or_after_half_an_hour() -> None:
    midnight = NOW + timedelta(hours=15)
    assert schedule.next_at(Run(RunState.PAUSED, resume_at=midnight), every=HOUR, now=NOW) == midnight
    alone = schedule.next_at(Run(RunState.PAUSED), every=HOUR, now=NOW)
    assert alone == NOW + timedelta(minutes=3) + schedule.GO_ON_AFTER


def test_a_run_that_is_heard_of_is_alone_and_one_that_fell_silent_is_taken_over() -> None:
    run = Run(RunState.RUNNING, finished_at=None, progress=heard(NOW + HOUR))
    soon, late = NOW + HOUR + timedelta(minutes=10), NOW + HOUR + timedelta(minutes=11)
    assert schedule.is_alive(run, now=soon)
    assert not schedule.is_alive(run, now=late)
    assert soon <= schedule.next_at(run, every=HOUR, now=soon) <= late
