"""How long mail waited from the moment it was due to the server's 250: figures from counts by whole seconds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Wait:
    """In seconds, of `count` messages."""

    count: int
    median: int
    most_waited: int  # nine of ten waited at most that long
    longest: int


def wait(counts: Sequence[tuple[int, int]]) -> Wait | None:
    """`counts` are (seconds, messages), in any order. None where nothing was sent: no data is not a wait of 0.

    The share that waited at most x is the smallest x with so many messages at or below it.
    """
    ordered = sorted(counts)
    total = sum(number for _, number in ordered)
    if total == 0:
        return None
    return Wait(total, _at(ordered, total, 50), _at(ordered, total, 90), ordered[-1][0])


def _at(ordered: Sequence[tuple[int, int]], total: int, percent: int) -> int:
    wanted = -(-total * percent // 100)
    below = 0
    for seconds, number in ordered:
        below += number
        if below >= wanted:
            return seconds
    return ordered[-1][0]


def in_words(seconds: int) -> str:
    """4 s, 3 min, 2.5 h, 3 days."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f}".removesuffix(".0") + " h"
    return f"{round(seconds / 86400)} days"
