"""Whether the machine does its part: workers, clock, disk."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from voc.base import beats, installations, moments
from voc.base.beats import Beat
from voc.base.disk import Room, almost_full, places, room_of
from voc.cli.doctor_mail import apart
from voc.cli.findings import Finding
from voc.delivery.store import facts as delivery
from voc.web.context import App

_GONE = timedelta(minutes=5)  # the job that sends begins every ten seconds
_STUCK = timedelta(minutes=30)
_AHEAD = timedelta(minutes=2)

Usage = Callable[[Path], Room]


def examine(app: App, *, now: datetime, usage: Usage = room_of) -> list[Finding]:
    """`now` is this machine's clock; a rehearsal or a demo keeps another time, and has no workers to miss."""
    with app.database.read() as db:
        here = installations.load(db)
        health = delivery.health(db, now=app.now())
        seen, latest, server = beats.listing(db), moments.latest(db), moments.server_clock(db)
    found = [] if here.rehearsal else workers(
        seen, overdue_since=health.overdue_since, paused=health.paused_because is not None, now=app.now()
    )  # fmt: skip
    found += clocks(latest, now=app.now())
    if server is not None:
        found.append(apart("the database server", server, now=now))
    return [*found, *disks(app, usage=usage)]


# --- workers ------------------------------------------------------------------------------------


def workers(seen: Sequence[Beat], *, overdue_since: datetime | None, paused: bool, now: datetime) -> list[Finding]:
    """Dead, stuck or failing; what waits since when makes it grave."""
    waits = overdue_since is not None and not paused and now - overdue_since > _GONE
    since = f"; mail has been due since {overdue_since:%Y-%m-%d %H:%M} UTC" if waits else ""
    last = max((one.ended_at or one.began_at for one in seen), default=None)
    if last is None:
        mend = "Run `voc serve`, or `voc worker` beside `voc web`: without it no mail goes out."
        return [Finding(False, f"no worker was ever seen here{since}", mend, broken=waits)]
    if now - last > _GONE:
        mend = "Start it: `voc serve` or `voc worker`. If it runs, its log says why it does nothing."
        what = f"no worker was seen since {last:%Y-%m-%d %H:%M} UTC, {_ago(now - last)}{since}"
        return [Finding(False, what, mend, broken=True)]
    found = [_stuck(one, now=now) for one in seen if one.ended_at is None and now - one.began_at > _STUCK]
    found += [
        Finding(False, f"the job “{one.job}” failed the last time: {one.trouble.rstrip('.')}", "See the worker's log.")
        for one in seen
        if one.trouble and one.ended_at is not None and now - one.ended_at < timedelta(hours=1)
    ]
    if waits and not found:
        mend = "See the page Delivery: a mail server that is left alone, a limit, or a wave outside its hours."
        found.append(Finding(False, f"the workers live, and yet{since.removeprefix(';')}", mend))
    alive = {one.worker for one in seen if now - (one.ended_at or one.began_at) <= _GONE}
    well = f"{'1 worker is' if len(alive) == 1 else f'{len(alive)} workers are'} at work, last seen {_ago(now - last)}"
    return found or [Finding(True, well)]


def _stuck(one: Beat, *, now: datetime) -> Finding:
    what = f"the job “{one.job}” of {one.worker} has been at it for {_long(now - one.began_at)}"
    return Finding(
        False, what, "See its log, then end that process and start it again: no mail goes twice.", broken=True
    )


def _long(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return (
        f"{seconds // 60} min"
        if seconds < 7200
        else f"{seconds // 3600} h"
        if seconds < 172800
        else f"{seconds // 86400} days"
    )


def _ago(time: timedelta) -> str:
    return f"{_long(time)} ago"


# --- clock and disk -----------------------------------------------------------------------------


def clocks(latest: dict[str, datetime], *, now: datetime) -> list[Finding]:
    """A moment of ours that lies in the future: the clock was ahead then, or is behind now."""
    found = []
    for what, at in sorted(latest.items()):
        if at - now > _AHEAD:
            told = f"by our tables {what} on {at:%Y-%m-%d %H:%M} UTC, which is {_long(at - now)} ahead of our clock"
            mend = "Let this machine keep time by NTP (`timedatectl`). If the clock was wrong then, nothing is to do."
            found.append(Finding(False, told, mend, broken=at - now > timedelta(hours=1)))
    return found or [Finding(True, "no moment in our tables lies in the future")]


def disks(app: App, *, usage: Usage = room_of) -> list[Finding]:
    folders = places(app.database.path, app.settings.secret_key_file)
    found = [disk(name, folder, usage(folder)) for name, folder in folders.items()]
    if app.database.path is None:
        found.append(Finding(True, "the disk of the PostgreSQL server cannot be seen from here: watch it there"))
    return found


def disk(name: str, place: Path, room: Room) -> Finding:
    what = f"{room.words} on the disk of {name} ({place})"
    mend = "Make room: when it is full no mail is sent, and answers are refused rather than lost."
    return Finding(not almost_full(room), what, mend, broken=room.is_full)
