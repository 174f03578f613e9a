"""A rehearsal moves from one moment at which something is due to the next, as a worker would have met them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from voc.base import installations
from voc.base.clock import SetClock
from voc.base.errors import Refused
from voc.delivery.model import Relays
from voc.delivery.store import due as outbox
from voc.jobs.by_event import launch_what_can_be
from voc.jobs.daily import follow_up, nightly, read_comments
from voc.jobs.model import Counts
from voc.jobs.sending import drain
from voc.web.context import App

Report = Callable[[str, int, int | None], None]

NIGHT_HOUR = 3  # UTC
SLOT = timedelta(minutes=10)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def tick(app: App, relays: Relays, now: datetime) -> dict[str, Counts]:
    """Every job but the sync once, in order: what `voc tick` does. The CRM is read when `voc sync` says so."""
    return {
        "send": drain(app, relays, now),
        "follow up": follow_up(app, relays, now),
        "by event": launch_what_can_be(app, now),
        "themes": read_comments(app, relays, now),
        "nightly": nightly(app, relays, now),
    }


def next_beat(app: App, *, after: datetime, slot: timedelta = SLOT) -> datetime:
    """When a worker would next have something to do: a mail is due (rounded up to its slot), or the night's figures."""
    night = after.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    night = night if night > after else night + timedelta(days=1)
    with app.database.read() as db:
        due = outbox.next_due_at(db)
    if due is None:
        return night
    next_slot = _EPOCH + slot * ((after - _EPOCH) // slot + 1)
    rounded = _EPOCH + slot * -(-(due - _EPOCH) // slot)
    return min(night, max(rounded, next_slot))


def travel(app: App, relays: Relays, *, to: datetime, report: Report) -> Counts:
    """Move a rehearsal to that moment through everything that falls due on the way; what was done, added up."""
    assert isinstance(app.clock, SetClock), "only a rehearsal stands still"
    begun = now = app.now()
    if to < begun:
        raise Refused(f"This rehearsal has reached {begun:%Y-%m-%d %H:%M} UTC already and cannot go back.")
    done: Counts = {}
    while True:
        with app.database.begin() as db:
            installations.move(db, to=now)
        app.clock.set(now)
        for counts in tick(app, relays, now).values():
            for name, count in counts.items():
                done[name] = done.get(name, 0) + count
        if now >= to:
            return done
        now = min(next_beat(app, after=now), to)
        report(f"{now:%d %B %Y}", int((now - begun).total_seconds()), int((to - begun).total_seconds()))
