"""What a job is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from voc.delivery.model import Relays
from voc.web.context import App

Counts = dict[str, int]
_LEASE = timedelta(minutes=5)


def _always(_app: App, _now: datetime) -> bool:
    return True


@dataclass(frozen=True)
class Job:
    """`due` is a look that costs little; only where it says so a lease is taken and the work is done."""

    name: str
    every: timedelta
    work: Callable[[App, Relays, datetime], Counts]
    lease: timedelta | None = _LEASE  # None: all workers at once, what they do is claimed piece by piece
    due: Callable[[App, datetime], bool] = _always
    reaches_out: bool = False  # to systems of others, who would take a copy of us for us
