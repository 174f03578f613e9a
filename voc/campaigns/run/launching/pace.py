"""How many people are written at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from voc.base import clock as clocks

_A_MOMENT = 0.4  # seconds
_REST = 0.12


@dataclass
class Pace:
    """How many people are written at a time.

    Where there is one writer (`alone`), so many that a transaction lasts about `_A_MOMENT`, also where work is
    slow, and a rest after each: who waits there looks every tenth of a second whether the turn is theirs.
    Elsewhere nobody waits, and a portion reads the contacts as a whole: few large ones.
    """

    alone: bool
    people: int = 2_000

    def __post_init__(self) -> None:
        if not self.alone:
            self.people = 100_000

    @contextmanager
    def step(self) -> Iterator[None]:
        began = clocks.seconds()
        yield
        if not self.alone:
            return
        took = max(clocks.seconds() - began, 0.001)
        self.people = max(500, min(20_000, self.people * 2, int(self.people * _A_MOMENT / took)))
        clocks.pause(_REST)
