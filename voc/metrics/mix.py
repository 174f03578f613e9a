"""What a CSM's mix of customers would answer at the team's own rates, and when that is the yardstick. Pure.

A book of small accounts answers less than one of large ones whoever looks after it (3-metrics 2.5). The team's rate of
each segment, role and channel is the yardstick; a group under 30 invitations is read from the next wider one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from voc import statistics
from voc.base.words import Role
from voc.metrics.compare import FALSE_DISCOVERY, Comparison, Comparisons
from voc.statistics.compare import THREE_SIGMA, TWO_SIGMA

LEAST_FOR_A_RATE = 30
UNLIKE = 0.05  # segments differ when chance alone would give as much less often than this


@dataclass(frozen=True, slots=True)
class Cell:
    """Due invitations of one kind; `inherited` ones came with a hand-over and count for the team alone."""

    csm_id: str | None
    inherited: bool
    segment: str
    role: Role | None
    channel: str
    answered: int
    invitations: int

    @property
    def kinds(self) -> tuple[tuple[str, ...], ...]:
        """What it is one of, the narrowest first."""
        role = str(self.role or "")
        return (self.segment, role, self.channel), (self.segment, role), (self.segment,), ()


@dataclass(frozen=True)
class Mix:
    """`expected` answers of the same invitations at the team's rates; z says how far off the book is, in sigmas."""

    expected: float
    ratio: float | None
    z: float | None


@dataclass(frozen=True)
class Judged:
    """The comparison with the team that stands: `by_mix` if the mix replaces the plain one. None: too few."""

    team: Literal["within", "edge", "beyond"] | None
    p: float | None
    q: float | None
    beyond: bool
    low: bool
    by_mix: bool


@dataclass(frozen=True)
class SegmentRate:
    segment: str
    answered: int
    invitations: int


def rates(cells: Iterable[Cell]) -> Callable[[Cell], float]:
    """The team's rate for a cell's kind, from 30 invitations on, else that of the next wider kind."""
    counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        for kind in cell.kinds:
            counts[kind][0] += cell.answered
            counts[kind][1] += cell.invitations

    def rate(cell: Cell) -> float:
        kind = next(kind for kind in cell.kinds if counts[kind][1] >= LEAST_FOR_A_RATE or kind == ())
        answered, invitations = counts[kind]
        return answered / invitations

    return rate


def mixes(cells: Sequence[Cell], deffs: Mapping[str, float]) -> dict[str, Mix]:
    """Each CSM's mix; `cells` are those of the whole view, whose rates are the yardstick."""
    if not any(cell.invitations for cell in cells):
        return {}
    rate = rates(cells)
    strata: dict[str, list[tuple[float, float]]] = defaultdict(list)
    answered: dict[str, int] = defaultdict(int)
    for cell in cells:
        if cell.csm_id is not None and not cell.inherited:
            strata[cell.csm_id].append((float(cell.invitations), rate(cell)))
            answered[cell.csm_id] += cell.answered
    found = {}
    for csm_id, theirs in strata.items():
        one = statistics.case_mix(strata=theirs, observed=answered[csm_id], deff=deffs.get(csm_id, 1.0))
        found[csm_id] = Mix(one["expected"], one["ratio"], one["z"])
    return found


def segments(cells: Iterable[Cell]) -> list[SegmentRate]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        counts[cell.segment][0] += cell.answered
        counts[cell.segment][1] += cell.invitations
    return [SegmentRate(segment, *counts[segment]) for segment in sorted(counts)]


def differ(found: Sequence[SegmentRate], *, deff: float) -> bool:
    """Whether segments answer unlike each other by more than chance would; a thin segment says nothing."""
    large = [one for one in found if one.invitations >= LEAST_FOR_A_RATE]
    chance = statistics.alike(x=[one.answered for one in large], n=[one.invitations for one in large], deff=deff)
    return chance is not None and chance < UNLIKE


def judge(compared: Comparisons, mixed: Mapping[str, Mix], *, by_mix: bool) -> dict[str, Judged]:
    """The comparison with the team of every CSM of the view, by the mix where segments differ."""
    plain = {id: _plain(one) for id, one in compared.by_csm.items()}
    if not by_mix:
        return plain
    chances = {
        id: statistics.normal_two_sided(mixed[id].z or 0.0)
        for id, one in compared.by_csm.items()
        if one.state == "ok" and id in mixed and mixed[id].z is not None
    }
    adjusted = dict(zip(chances, statistics.bh_adjust(p=list(chances.values())), strict=True))
    for id, p in chances.items():
        team = _verdict(p)
        plain[id] = Judged(
            team=team,
            p=p,
            q=adjusted[id],
            beyond=team == "beyond" or adjusted[id] <= FALSE_DISCOVERY,
            low=(mixed[id].z or 0.0) < 0,
            by_mix=True,
        )
    return plain


def _verdict(p: float) -> Literal["within", "edge", "beyond"]:
    return "within" if p > TWO_SIGMA else "edge" if p > THREE_SIGMA else "beyond"


def _plain(one: Comparison) -> Judged:
    low = one.team_rate is not None and one.answered < one.team_rate * one.invitations
    return Judged(one.team, one.p, one.q, one.beyond, low, by_mix=False)
