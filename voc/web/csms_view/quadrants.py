"""Standard by team: the two comparisons, always both (3-metrics 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.metrics.run.csms import Line


@dataclass(frozen=True)
class Quadrant:
    """One field of standard by team."""

    names: Sequence[str]
    says: str
    weight: bool = False


@dataclass(frozen=True)
class QuadrantRow:
    standing: str
    fields: Sequence[Quadrant]


_SAYS = {
    ("meets", "like"): ("fine", False),
    ("meets", "low"): ("fine; ask what differs", False),
    ("not_shown", "like"): ("a longer period would tell more", False),
    ("not_shown", "low"): ("ask what differs", False),
    ("below", "like"): ("the process is short, not the person: leader’s work", True),
    ("below", "low"): ("both: look at the book together", True),
}

_STANDINGS = (
    ("meets", "Meets the standard"),
    ("not_shown", "On either side of it"),
    ("below", "Below the standard"),
)


def quadrant_of(one: Line) -> tuple[str, str] | None:
    """Standard by team; who is above the team by more than chance stands with those like it."""
    standard = one.comparison.standard
    if standard is None or one.judged.team is None:
        return None
    unlike = one.judged.low and (one.judged.beyond or one.judged.team == "edge")
    return standard, "low" if unlike else "like"


def quadrant_words(one: Line) -> str:
    found = quadrant_of(one)
    return _SAYS[found][0] if found else ""


def quadrants(shown: Sequence[Line]) -> list[QuadrantRow]:
    places: dict[tuple[str, str], list[str]] = {}
    for one in sorted(shown, key=lambda line: line.name.casefold()):
        found = quadrant_of(one)
        if found:
            places.setdefault(found, []).append(one.name)
    if len(shown) < 2 or not places:
        return []
    return [
        QuadrantRow(name, [Quadrant(places.get((key, side), []), *_SAYS[key, side]) for side in ("like", "low")])
        for key, name in _STANDINGS
    ]
