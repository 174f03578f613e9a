"""What the pages of the CRM's runs say in words: when it is read next, and what a run looked at. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from voc.accounts import schedule
from voc.accounts.connection import Connection
from voc.accounts.model import Kind, RunState
from voc.accounts.plan import Reading, Step
from voc.accounts.store import SyncRun
from voc.accounts.store.errands import Errand, ErrandState
from voc.base.settings import Settings
from voc.web import view

_RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class Schedule:
    """`named` is what is read; `next_at` None where it is not read on schedule; `settled` where it is set up."""

    named: str | None
    next_at: datetime | None
    alive: bool
    resumes: bool


def reading(stored: Connection | None, settings: Settings, newest: SyncRun | None, *, now: datetime) -> Schedule:
    """How the CRM is read: by the stored connection, or else by what voc.toml names."""
    if stored is not None:
        named = f"{stored.crm}:{stored.place}"
        every = timedelta(minutes=stored.every_minutes) if stored.on else None
    else:
        named = settings.crm or ""
        every = timedelta(minutes=settings.sync_every_minutes) if settings.crm else None
    alive = newest is not None and schedule.is_alive(newest, now=now)
    return Schedule(
        named=named or None,
        next_at=None if every is None or alive else schedule.next_at(newest, every=every, now=now),
        alive=alive,
        resumes=newest is not None and newest.state == RunState.PAUSED,
    )


def is_worth_saying(errand: Errand, *, now: datetime) -> bool:
    """A reading asked for on a page that waits, or that came to nothing lately."""
    state = errand.state(now)
    if state == ErrandState.WAITING:
        return True
    return state in (ErrandState.FAILED, ErrandState.STOPPED) and now - errand.asked_at < _RECENT


@dataclass(frozen=True)
class Window:
    """What a run read of some objects, in words."""

    objects: str
    said: str


def windows(run: SyncRun, zone: ZoneInfo) -> list[Window]:
    """Objects that were read alike stand together."""
    alike: dict[str, list[Kind]] = {}
    for kind in Kind:
        if kind in run.reading:
            alike.setdefault(_window(run.reading[kind], zone), []).append(kind)
    return [Window(view.listed([view.word(kind) for kind in kinds]), said) for said, kinds in alike.items()]


def _window(reading: Reading, zone: ZoneInfo) -> str:
    if reading.since is None:
        said = f"everything, as it stood {view.moment(reading.until, zone)}"
    else:
        said = f"what changed between {view.moment(reading.since, zone)} and {_until(reading, zone)}"
    if reading.sweep:
        said += ", and all ids, to find what vanished without a trace"
    return said if reading.step == Step.DONE else f"{said} (not to its end yet)"


def _until(reading: Reading, zone: ZoneInfo) -> str:
    since, until = ((moment or reading.until).astimezone(zone) for moment in (reading.since, reading.until))
    return f"{until:%H:%M}" if since.date() == until.date() else view.moment(reading.until, zone)
