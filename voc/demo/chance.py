"""Chance that is the same every time: each draw is named, so adding one draw changes no other."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Chance:
    seed: int

    def share(self, *name: object) -> float:
        """A number in [0, 1) that belongs to this name."""
        text = "\x1f".join(map(str, (self.seed, *name)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest()) / 2**56

    def happens(self, probability: float, *name: object) -> bool:
        return self.share(*name) < probability

    def pick(self, options: Sequence[T], *name: object) -> T:
        return options[int(self.share(*name) * len(options))]

    def whole(self, low: int, high: int, *name: object) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.share(*name) * (high - low + 1))

    def between(self, low: float, high: float, *name: object) -> float:
        return low + self.share(*name) * (high - low)

    def bell(self, *name: object) -> float:
        """Roughly normal with mean 0 and deviation 1 (sum of six draws)."""
        return (sum(self.share(*name, turn) for turn in range(6)) - 3) * 2**0.5
