"""Kept renewals -> silent against responding: counts, how many times as often, and whether that can be told. Pure.

One renewal per customer, the latest that can be counted. The third group (not asked, unreachable, quiet, too new ...)
stands beside the two and is never merged into either. Too little data leaves the question to a cautious prior.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from voc import statistics
from voc.base.words import OutOfCohort
from voc.metrics.columns.kinds import Column
from voc.metrics.cost.decided import GROUPS, Decided, decided
from voc.metrics.cost.renewal import NO_SEGMENT, Group, Renewal

LEAST_LOST, LEAST_IN_GROUP = 10, 20
MIX_EXPLAINS = 0.25  # crude and stratified figure further apart than this: the segments explain part
LEAST_LOSSES_FOR_MODEL, LOSSES_FOR_ALL_OF_IT, PENALISED_UNDER = 20, 50, 100


@dataclass(frozen=True)
class Share:
    """`left` of `all`, with its 95% interval (None without a renewal)."""

    left: int
    all: int
    interval: statistics.Interval | None

    @property
    def stayed(self) -> int:
        return self.all - self.left


@dataclass(frozen=True)
class Times:
    """How many times as often; `low` and `high` at 95%. Infinite where no responding account left."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Guess:
    """The cautious prior weighed with our own counts; `chance` that silent accounts leave more often."""

    times: Times
    chance: float


@dataclass(frozen=True)
class TwoByTwo:
    """Silent against responding. `times` is there from 10 lost and 20 in each group on, `guess` below that."""

    silent: Share
    responding: Share
    enough: bool
    crude: Times | None
    guess: Guess | None


@dataclass(frozen=True)
class Fitted:
    """The odds of the silent, all else in the model equal; `penalised` under a hundred losses."""

    losses: int
    times: Times
    predictors: tuple[str, ...]
    penalised: bool


@dataclass(frozen=True)
class Cost:
    """What silence costs here. `stratified` is segment for segment (Mantel-Haenszel), `exact` Fisher's chance."""

    table: TwoByTwo
    third: Share
    total: Share
    since: date | None
    until: date | None
    stratified: Times | None
    mix_explains: bool
    exact: float | None
    segments: tuple[tuple[str, TwoByTwo], ...]
    treated: int  # silent ones somebody called between landmark and decision
    untreated: TwoByTwo
    fitted: Fitted | None
    out: dict[OutOfCohort, int]
    earlier: int
    renewals: int


def cost(renewals: Sequence[Renewal]) -> Cost:
    """`renewals` as `one_each` gives them: all decisions, of which those that count make the tables."""
    out = Counter(one.reason for one in renewals if one.reason and not one.earlier)
    return of_decided(decided(renewals), out, earlier=sum(one.earlier for one in renewals), renewals=len(renewals))


def of_decided(found: Decided, out: Mapping[OutOfCohort, int], *, earlier: int, renewals: int) -> Cost:
    """The same of columns; `out`, `earlier` and all `renewals` are counted already."""
    silent, responding = (found.group == GROUPS.index(one) for one in (Group.SILENT, Group.RESPONDING))
    table = two_by_two(found, silent, responding)
    strata = {name: found.segment == at for at, name in enumerate(found.segments)}
    strata = {name: inside for name, inside in strata.items() if (inside & (silent | responding)).any()}
    stratified = _stratified(found, silent, responding, strata.values())
    since, until = found.days_of()
    return Cost(
        table=table,
        third=_share(found, found.group == GROUPS.index(Group.THIRD)),
        total=_share(found, found.group >= 0),
        since=since,
        until=until,
        stratified=stratified,
        mix_explains=_explains(table.crude, stratified),
        exact=_exact(table) if silent.any() and responding.any() else None,
        segments=tuple(
            (name, two_by_two(found, silent & inside, responding & inside))
            for name, inside in strata.items()
            if name != NO_SEGMENT
        ),
        treated=int((silent & found.treated).sum()),
        untreated=two_by_two(found, silent & ~found.treated, responding & ~found.treated),
        fitted=fitted(found.of(np.flatnonzero(silent | responding))),
        out=dict(sorted(out.items())),
        earlier=earlier,
        renewals=renewals,
    )


def _share(found: Decided, inside: Column) -> Share:
    return share_of(int((inside & found.lost).sum()), int(inside.sum()))


def share(renewals: Sequence[Renewal]) -> Share:
    return share_of(sum(one.lost for one in renewals), len(renewals))


def share_of(left: int, of: int) -> Share:
    return Share(left, of, statistics.wilson(x=left, n=of))


def two_by_two(found: Decided, silent: Column, responding: Column) -> TwoByTwo:
    one, other = _share(found, silent), _share(found, responding)
    enough = one.left + other.left >= LEAST_LOST and min(one.all, other.all) >= LEAST_IN_GROUP
    ratio = statistics.rr_score(a=one.left, n1=one.all, b=other.left, n2=other.all)
    crude = None
    if ratio is not None and ratio[0] is not None and ratio[1] is not None and ratio[2] is not None:
        crude = Times(ratio[0], ratio[1], ratio[2])
    return TwoByTwo(one, other, enough, crude, None if enough else _guess(one, other))


def _guess(one: Share, other: Share) -> Guess | None:
    """With an arm empty the counts say nothing, and the prior stands alone."""
    found = statistics.rr_posterior(a=one.left, n1=one.all, b=other.left, n2=other.all)
    return None if found is None else Guess(Times(*found[:3]), found[3])


def _stratified(found: Decided, silent: Column, responding: Column, strata: Iterable[Column]) -> Times | None:
    shares = [(_share(found, silent & inside), _share(found, responding & inside)) for inside in strata]
    rows = [tuple(map(float, (a.left, a.all, b.left, b.all))) for a, b in shares]
    ratio = statistics.rr_mantel_haenszel(strata=rows)
    return None if ratio is None else Times(ratio[0], ratio[2], ratio[3])


def _explains(crude: Times | None, stratified: Times | None) -> bool:
    if crude is None or stratified is None or not 0 < crude.value < math.inf:
        return False
    return abs(crude.value - stratified.value) / stratified.value > MIX_EXPLAINS


def _exact(table: TwoByTwo) -> float:
    a, b = table.silent, table.responding
    return statistics.fisher_two_sided(a=a.left, n1=a.all, b=b.left, n2=b.all)


def fitted(found: Decided) -> Fitted | None:
    """Ten losses for a coefficient: silence and segment from 20 losses, the rest from 50. None when not earned."""
    losses = int(found.lost.sum())
    if losses < LEAST_LOSSES_FOR_MODEL:
        return None
    if losses >= LOSSES_FOR_ALL_OF_IT:
        # Where the days only repeat the silence there is nothing to tell them apart by.
        return _fit(found, losses, whole=True) or _fit(found, losses, whole=False)
    return _fit(found, losses, whole=False)


def _fit(found: Decided, losses: int, *, whole: bool) -> Fitted | None:
    segments = np.unique(found.segment)[1:].tolist()
    penalised = losses < PENALISED_UNDER
    x = np.column_stack(list(_predictors(found, segments, whole=whole)))
    fit = statistics.logistic_fit(x=x, y=found.lost, penalised=penalised)
    if fit is None:
        return None
    slope, spread = fit["coef"][1], statistics.z(0.95) * fit["se"][1]
    names = ("silent", *(("days since the last answer", "decision maker silent") if whole else ()))
    return Fitted(
        losses=losses,
        times=Times(math.exp(slope), math.exp(slope - spread), math.exp(slope + spread)),
        predictors=(*names, *(("segment",) if segments else ())),
        penalised=penalised,
    )


def _predictors(found: Decided, segments: Sequence[int], *, whole: bool) -> Iterator[Column]:
    yield found.group == GROUPS.index(Group.SILENT)
    if whole:
        yield np.log1p(np.maximum(np.nan_to_num(found.days, nan=0.0), 0.0))
        yield found.senior
    for at in segments:
        yield found.segment == at
