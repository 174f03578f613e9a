"""From values to a sum: attainment, weights, and what becomes of a line that could not be counted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from voc.metrics.cards.model import Counting, Without
from voc.metrics.catalogue import Direction

_EXACT = 1e-9  # shares are sums of floats: 0.9 of 0.9 is reached


def attainment(
    value: float,
    *,
    standard: float,
    direction: Direction,
    most: float = 1.0,
    counting: Counting = Counting.IN_PROPORTION,
    floor: float | None = None,
) -> float:
    """How much of the standard (above 0) is reached, 0 to `most`.

    More is better: value / standard. Less is better: 1 at the standard and below, standard / value above it.
    All or nothing: 1 where the standard is reached. Worse than `floor` is 0.
    """
    up = direction == Direction.UP
    if floor is not None and (value < floor - _EXACT if up else value > floor + _EXACT):
        return 0.0
    ratio = value / standard if up else most if value <= 0 else standard / value
    if counting == Counting.ALL_OR_NOTHING:
        return float(ratio >= 1 - _EXACT)
    return min(max(ratio, 0.0), most)


@dataclass(frozen=True)
class Part:
    """A line's weight and how far it is reached; None where nothing was counted."""

    weight: float
    attained: float | None
    without: Without = Without.SHARED


@dataclass(frozen=True)
class Counted:
    """A part as it counts: `weight` after sharing, `points` of it. The points of all parts add up to the sum."""

    weight: float
    attained: float | None
    points: float


def add_up(parts: Sequence[Part]) -> tuple[list[Counted], float | None]:
    """Each part as it counts, and the sum; None when no part has a value, for nothing is not zero.

    A part without a value is left out and its weight goes to the others in proportion to theirs,
    unless it says that it counts in full or as nothing.
    """
    if all(part.attained is None for part in parts if part.weight > 0):
        return [Counted(0.0, None, 0.0) for _ in parts], None
    whole = sum(part.weight for part in parts)
    standing = [part for part in parts if part.attained is not None or part.without != Without.SHARED]
    kept = sum(part.weight for part in standing)
    factor = whole / kept if kept else 0.0
    counted = [_counted(part, factor) for part in parts]
    return counted, sum(one.points for one in counted)


def _counted(part: Part, factor: float) -> Counted:
    if part.attained is None and part.without == Without.SHARED:
        return Counted(0.0, None, 0.0)
    reached = part.attained
    if reached is None:
        reached = float(part.without == Without.FULL)
    weight = part.weight * factor
    return Counted(weight, reached, weight * reached)


_CENT = Decimal("0.01")


def in_cents(amounts: Sequence[float]) -> list[Decimal]:
    """Rounded to cents so that the parts add up to the rounded sum: the largest remainders get the cents left over."""
    exact = [Decimal(str(round(amount, 6))) for amount in amounts]
    cut = [amount.quantize(_CENT, ROUND_FLOOR) for amount in exact]
    left = sum(exact, Decimal(0)).quantize(_CENT, ROUND_HALF_UP) - sum(cut, Decimal(0))
    order = sorted(range(len(exact)), key=lambda number: (cut[number] - exact[number], number))
    for number in order[: int(left / _CENT)]:
        cut[number] += _CENT
    return cut
