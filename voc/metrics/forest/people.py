"""Comments -> people, each once, with what was true of them; how many of them there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from voc.base.words import Role
from voc.metrics.units import group_of

LEAST_PEOPLE, LEAST_ACCOUNTS = 5, 3


@dataclass(frozen=True, slots=True)
class Comment:
    """What one person wrote, with what was true of them when they were asked. `arr` is in the reporting currency."""

    response_id: int
    question: str
    account_id: str
    account_name: str
    contact_id: str
    team_id: str | None
    at: datetime
    score: int | None
    segment: str | None
    roles: tuple[str, ...]
    region: str | None
    arr: float | None
    themes: frozenset[int]


BELOW = "below"
"""Passives and detractors together, in the place of a part of the cut by score."""
UNHAPPY = frozenset({"detractor", "passive"})


class Cut(StrEnum):
    """Into which parts everybody is divided. Each person is in one part, or differences would tell of single people."""

    SCORE = "score"
    SEGMENT = "segment"
    ROLE = "role"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that one person wrote in the window; score, segment, role and region are the latest known."""

    contact_id: str
    account_id: str
    team_id: str | None
    score: int | None
    segment: str | None
    role: str | None
    region: str | None
    themes: frozenset[int]

    @property
    def below(self) -> bool:
        """Whether their score is 8 or less. Promoters are asked what they would miss: what they write is praise."""
        return self.part(Cut.SCORE) in UNHAPPY

    def is_in(self, cut: Cut, part: str) -> bool:
        """Whether this person is counted there; `BELOW` is a part too."""
        return self.below if (cut, part) == (Cut.SCORE, BELOW) else self.part(cut) == part

    def part(self, cut: Cut) -> str:
        """The part of the cut that this person is in; empty where it is not known."""
        match cut:
            case Cut.SCORE:
                return "" if self.score is None else group_of(self.score)
            case Cut.SEGMENT:
                return self.segment or ""
            case Cut.ROLE:
                return self.role or ""
            case Cut.REGION:
                return self.region or ""


PLACE_OF_ROLE = {str(role): place for place, role in enumerate(Role)}


def people_of(comments: Iterable[Comment]) -> list[Person]:
    """One of each person at each account, in a fixed order; `comments` come the oldest first."""
    found: dict[tuple[str, str], list[Comment]] = defaultdict(list)
    for one in comments:
        found[one.account_id, one.contact_id].append(one)
    return [_person(found[key]) for key in sorted(found)]


def _person(theirs: Sequence[Comment]) -> Person:
    latest = theirs[-1]
    scores = [one.score for one in theirs if one.score is not None]
    return Person(
        contact_id=latest.contact_id,
        account_id=latest.account_id,
        team_id=latest.team_id,
        score=scores[-1] if scores else None,
        segment=latest.segment,
        role=_first(latest.roles),
        region=latest.region,
        themes=latest.themes if len(theirs) == 1 else frozenset().union(*(one.themes for one in theirs)),
    )


@cache
def _first(roles: tuple[str, ...]) -> str | None:
    """Whoever holds several roles is counted under the first of them, in the order of the role matrix."""
    return min(roles, key=lambda role: PLACE_OF_ROLE.get(role, len(PLACE_OF_ROLE)), default=None)


def revenue_of(comments: Iterable[Comment]) -> dict[str, float | None]:
    """Recurring revenue by account, as of its latest comment; None without an amount or a rate."""
    return {one.account_id: one.arr for one in comments}


@dataclass(frozen=True, slots=True)
class Count:
    """People and accounts behind one number."""

    people: int
    accounts: int

    @property
    def small(self) -> bool:
        return self.people > 0 and (self.people < LEAST_PEOPLE or self.accounts < LEAST_ACCOUNTS)


def count(people: Iterable[Person]) -> Count:
    some = list(people)
    return Count(len(some), len({one.account_id for one in some}))
