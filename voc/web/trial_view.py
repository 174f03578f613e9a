"""Does a heads-up help? The two halves with their counts, and what the difference does or does not tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from voc.campaigns.trial import Difference, Half, Halves, compare
from voc.web import view
from voc.web.parts import Mark
from voc.web.wave_people import Chosen


@dataclass(frozen=True)
class Group:
    name: str
    answered: int
    asked: int
    accounts: int
    percent: str
    share: float
    mark: Mark | None


@dataclass(frozen=True)
class HeadsUpTest:
    heading: str
    words: str
    accounts_head: str
    groups: Sequence[Group]
    waves: Sequence[tuple[int, str, str]]  # id, label, what it came to; when there are several


def heads_up_test(waves: Sequence[Halves]) -> HeadsUpTest | None:
    """None unless both halves were drawn somewhere."""
    found = compare(waves)
    if found is None:
        return None
    sides = [one.with_heads_up for one in waves], [one.without for one in waves]
    return HeadsUpTest(
        heading="Does a heads-up help?" if not found.tells else _verdict(found),
        words=f"{_when(waves)}: {_words(found)} Drawn by lot, whole accounts.",
        accounts_head="Accounts" if len(waves) == 1 else "Accounts, anew in each wave",
        groups=[
            _group(name, side, half, waves)
            for name, side, half in zip(("With heads-up", "Without"), sides, ("with", "without"), strict=True)
        ],
        waves=[(one.wave_id, one.label, _one(one)) for one in waves] if len(waves) > 1 else [],
    )


def _verdict(found: Difference) -> str:
    return "A heads-up helps: more people answer" if found.estimate > 0 else "A heads-up does harm: fewer people answer"


def _group(name: str, halves: Sequence[Half], half: str, waves: Sequence[Halves]) -> Group:
    answered, asked = sum(half.answered for half in halves), sum(half.asked for half in halves)
    share = answered / asked if asked else 0.0
    accounts = sum(len(half.accounts) for half in halves)
    mark = None
    if len(waves) == 1:
        mark = Mark("heads_up", answered, asked, Chosen(half=half).address(waves[0].wave_id))
    return Group(name, answered, asked, accounts, view.percent(share) if asked >= 5 else view.DASH, share, mark)


def _when(waves: Sequence[Halves]) -> str:
    if len(waves) > 1:
        return f"{len(waves)} waves, compared within each"
    return "This wave, finished" if waves[0].over else "This wave, so far"


def _words(found: Difference) -> str:
    points = view.signed(100 * found.estimate)
    more = (
        f"About {view.number(found.needed)} more people in each half would show a difference of "
        if found.needed
        else ""
    )
    smallest = f"{view.number(100 * found.of)} points." if found.needed else ""
    if found.low is None or found.high is None:
        return f"{points} points, but too few to tell. {more}{smallest}"
    said = f"{points} points ({view.signed(100 * found.low)} to {view.signed(100 * found.high)})"
    if found.tells:
        return f"{said}, more than chance would give."
    return f"{said}, not distinguishable from no difference. {more}{smallest}"


def _one(one: Halves) -> str:
    found = compare([one])
    counts = (
        f"{view.of(one.with_heads_up.answered, one.with_heads_up.asked)} with, "
        f"{view.of(one.without.answered, one.without.asked)} without"
    )
    return counts if found is None else f"{counts}: {view.signed(100 * found.estimate)} points"
