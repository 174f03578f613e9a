"""CSMs by the customers they kept: the standard first, chance second, with the mix of their accounts (2, 8). Pure.

Never on net retention, where one account decides. A decision is an account, so that nothing is clustered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from voc import statistics
from voc.statistics.compare import THREE_SIGMA, TWO_SIGMA

LEAST_IN_STRATUM = 30
LEAST_CSMS_FOR_SPREAD = 10
FALSE_DISCOVERY = 0.10
Like = Literal["within", "edge", "beyond"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One account that decided. `size`: its third of the contracts (small, middle, large), "" where unknown."""

    account_id: str
    csm_id: str | None
    kept: bool
    segment: str
    size: str


@dataclass(frozen=True)
class Kept:
    """A book against both; None where there are too few. `expected` is what the same mix of accounts gives the team."""

    csm_id: str
    kept: int
    decided: int
    expected: float | None
    state: Literal["ok", "too_few"]
    standard: Literal["meets", "not_shown", "below"] | None
    team: Like | None
    p: float | None
    beyond: bool
    mixed: bool  # compared with its own mix, since segments and sizes renew at unlike rates


@dataclass(frozen=True)
class Comparison:
    by_csm: Mapping[str, Kept]
    team_rate: float | None
    standard: float
    compared: int
    expected_outside: float


def sizes(revenues: Mapping[str, float | None]) -> dict[str, str]:
    """Each account's third by what was at stake; ties stay together."""
    known = sorted(revenue for revenue in revenues.values() if revenue is not None)
    if len(known) < 3:
        return {id: "" if revenue is None else "middle" for id, revenue in revenues.items()}
    low, high = known[len(known) // 3 - 1], known[-(len(known) // 3)]
    return {
        id: "" if revenue is None else "small" if revenue <= low else "large" if revenue >= high else "middle"
        for id, revenue in revenues.items()
    }


Stratum: TypeAlias = tuple[str, str]
"""Segment and size."""


@dataclass
class Book:
    """Of each stratum how many decided, and how many of them stayed."""

    strata: dict[Stratum, tuple[int, int]] = field(default_factory=dict)
    accounts: int = 0

    @property
    def decided(self) -> int:
        return sum(decided for decided, _ in self.strata.values())

    @property
    def kept(self) -> int:
        return sum(kept for _, kept in self.strata.values())


def book_of(decisions: Sequence[Decision]) -> Book:
    strata: dict[Stratum, tuple[int, int]] = {}
    for one in decisions:
        decided, kept = strata.get((one.segment, one.size), (0, 0))
        strata[one.segment, one.size] = decided + 1, kept + one.kept
    return Book(strata, len({one.account_id for one in decisions}))


def rates(everybody: Book) -> dict[Stratum, float]:
    """The team's rate for every (segment, size): of 30 decisions or more, else of the segment, else of all."""
    by: dict[Stratum, list[int]] = defaultdict(lambda: [0, 0])
    for (segment, size), counts in everybody.strata.items():
        for key in ((segment, size), (segment, "*"), ("*", "*")):
            by[key] = [one + other for one, other in zip(by[key], counts, strict=True)]
    found = {}
    for segment, size in everybody.strata:
        chain = ((segment, size), (segment, "*"), ("*", "*"))
        decided, kept = next((by[key] for key in chain if by[key][0] >= LEAST_IN_STRATUM), by["*", "*"])
        found[segment, size] = kept / decided
    return found


def compare(decisions: Iterable[Decision], *, csm_ids: Sequence[str], standard: float) -> Comparison:
    """`decisions` are those of everybody in the view: the team's rate and the family of comparisons are theirs."""
    everybody = list(decisions)
    books: dict[str, list[Decision]] = {id: [] for id in csm_ids}
    for one in everybody:
        if one.csm_id in books:
            books[one.csm_id].append(one)
    return of_books(book_of(everybody), {id: book_of(mine) for id, mine in books.items()}, standard=standard)


def of_books(everybody: Book, books: Mapping[str, Book], *, standard: float) -> Comparison:
    """The same of whatever was counted already."""
    team = everybody.kept / everybody.decided if everybody.strata else None
    tau2 = _spread([mine for mine in books.values() if mine.strata], team)
    against = _Against(rates(everybody), team, standard, tau2)
    judged = {id: _judged(id, mine, against) for id, mine in books.items()}
    told = [id for id, one in judged.items() if one.p is not None]
    family = statistics.bh_adjust(p=[judged[id].p or 0.0 for id in told])
    for id, q in zip(told, family, strict=True):
        if q <= FALSE_DISCOVERY and not judged[id].beyond:
            judged[id] = _beyond(judged[id])
    return Comparison(judged, team, standard, len(told), statistics.expected_flags(csms=len(told))["two_sigma"])


@dataclass(frozen=True)
class _Against:
    strata: Mapping[Stratum, float]
    team: float | None
    standard: float
    tau2: float


def _judged(id: str, mine: Book, against: _Against) -> Kept:
    strata, team = against.strata, against.team
    kept, decided = mine.kept, mine.decided
    if not decided or team is None:
        return Kept(id, kept, decided, None, "too_few", None, None, None, beyond=False, mixed=False)
    verdict = statistics.verdict(
        x=kept,
        n=decided,
        accounts=mine.accounts,
        deff=1.0,
        standard=against.standard,
        team=team,
        tau2=against.tau2,
    )
    mix = [(number, strata[key]) for key, (number, _) in sorted(mine.strata.items())]
    found = statistics.case_mix(strata=mix, observed=kept)
    mixed = len(set(strata.values())) > 1 and found["z"] is not None
    p, like = verdict["p"], verdict["team"]
    if mixed and verdict["state"] == "ok":
        p = statistics.normal_two_sided(found["z"] or 0.0)
        like = "within" if p > TWO_SIGMA else "edge" if p > THREE_SIGMA else "beyond"
    return Kept(
        id,
        kept,
        decided,
        found["expected"],
        verdict["state"],
        verdict["standard"],
        like,
        p,
        beyond=like == "beyond",
        mixed=mixed,
    )


def _beyond(one: Kept) -> Kept:
    return Kept(
        one.csm_id,
        one.kept,
        one.decided,
        one.expected,
        one.state,
        one.standard,
        one.team,
        one.p,
        beyond=True,
        mixed=one.mixed,
    )


def _spread(books: Sequence[Book], team: float | None) -> float:
    if team is None or len(books) < LEAST_CSMS_FOR_SPREAD:
        return 0.0
    found = statistics.overdispersion(x=[mine.kept for mine in books], n=[mine.decided for mine in books], p0=team)
    return found["tau2"] if found is not None and found["phi"] > found["threshold"] else 0.0
