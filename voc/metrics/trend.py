"""A figure night by night, with what happened meanwhile. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from voc.metrics.catalogue import OPENS, Spread
from voc.metrics.model import Figure, Shown

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Point:
    """What the night after `on` kept; `value` is None where it rests on too few for a trend (3-metrics 0.7)."""

    on: date
    figure: Figure

    @property
    def value(self) -> float | None:
        return self.figure.value if self.is_enough else None

    @property
    def is_enough(self) -> bool:
        """From 30 rows on; our own records are no sample and need no number."""
        if OPENS[self.figure.name].spread == Spread.NONE:
            return self.figure.shown not in (Shown.REASON, Shown.COUNTS)
        return self.figure.shown == Shown.TREND


@dataclass(frozen=True)
class Event:
    """Something that may have moved the line: a wave, a hand-over, a standard or a definition that changed."""

    on: date
    words: str


@dataclass(frozen=True)
class Trend:
    name: str
    points: Sequence[Point]
    events: Sequence[Event]
    standard: float | None = None


def weekly(nights: Sequence[Figure]) -> list[Point]:
    """The latest night of each week back from the last one, the oldest first."""
    if not nights:
        return []
    found: list[Point] = []
    last = nights[-1].as_of
    for one in reversed(nights):
        if not found or one.as_of <= last - len(found) * WEEK:
            found.append(Point(one.as_of, one))
    return found[::-1]


def stood(points: Sequence[Point], on: date) -> Point | None:
    """The figure as it stood on a day: the latest point until then, not more than a week older."""
    return next((one for one in reversed(points) if on - WEEK < one.on <= on), None)


def new_definitions(points: Sequence[Point]) -> list[Event]:
    """Where the figure is counted by another version than the week before."""
    return [
        Event(after.on, f"definition version {after.figure.definition_version}")
        for before, after in pairwise(points)
        if before.figure.definition_version != after.figure.definition_version
    ]
