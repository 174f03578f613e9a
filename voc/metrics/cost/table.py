"""Kept renewals -> silent against responding: counts, how many times as often, and whether that can be told. Pure.

One renewal per customer, the latest that can be counted. The third group (not asked, unreachable, quiet, too new ...)
stands beside the two and is never merged into either. Too little data leaves the question to a cautious prior.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voc import statistics
from voc.base.words import AccountState, OutOfCohort

LEAST_LOST, LEAST_IN_GROUP = 10, 20
MIX_EXPLAINS = 0.25  # crude and stratified figure further apart than this: the segments explain part
LEAST_LOSSES_FOR_MODEL, LOSSES_FOR_ALL_OF_IT, PENALISED_UNDER = 20, 50, 100
_NO_SEGMENT = ""


class Group(StrEnum):
    SILENT = "silent"
    RESPONDING = "responding"
    THIRD = "third"


@dataclass(frozen=True)
class Renewal:
    """One decision with what was known at its landmark; `reason` or `earlier` keeps it out of every table."""

    key: str
    account_id: str
    account_name: str
    decided_on: date
    landmark_on: date
    lost: bool
    state: AccountState | None
    reason: OutOfCohort | None = None
    csm_id: str | None = None
    segment: str | None = None
    score: float | None = None
    days_since_answer: float | None = None
    senior_silent: bool | None = None
    treated: bool = False
    earlier: bool = False  # this customer has a later one that counts

    @property
    def counts(self) -> bool:
        return self.reason is None and self.state is not None and not self.earlier

    @property
    def group(self) -> Group:
        if self.state is AccountState.SILENT:
            return Group.SILENT
        return Group.RESPONDING if self.state is AccountState.HEARD else Group.THIRD


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


def one_each(renewals: Iterable[Renewal]) -> list[Renewal]:
    """Each customer's latest decision that can be counted; its others are marked `earlier`."""
    everybody = list(renewals)
    latest: dict[str, tuple[tuple[bool, date, str], Renewal]] = {}
    for one in everybody:
        order = (one.reason is None, one.decided_on, one.key)
        known = latest.get(one.account_id)
        if known is None or order > known[0]:
            latest[one.account_id] = order, one
    found = [one if latest[one.account_id][1] is one else _earlier(one) for one in everybody]
    return sorted(found, key=lambda one: (one.decided_on, one.key))


def _earlier(one: Renewal) -> Renewal:
    return Renewal(**{**vars(one), "earlier": True})


def cost(renewals: Sequence[Renewal]) -> Cost:
    """`renewals` as `one_each` gives them: all decisions, of which those that count make the tables."""
    counted = [one for one in renewals if one.counts]
    groups: dict[Group, list[Renewal]] = {group: [] for group in Group}
    for one in counted:
        groups[one.group].append(one)
    silent, responding = groups[Group.SILENT], groups[Group.RESPONDING]
    table = two_by_two(silent, responding)
    strata = _strata(silent, responding)
    stratified = _stratified(strata)
    days = [one.decided_on for one in counted]
    return Cost(
        table=table,
        third=share(groups[Group.THIRD]),
        total=share(counted),
        since=min(days, default=None),
        until=max(days, default=None),
        stratified=stratified,
        mix_explains=_explains(table.crude, stratified),
        exact=_exact(table) if silent and responding else None,
        segments=tuple((name, two_by_two(*strata[name])) for name in sorted(strata) if name != _NO_SEGMENT),
        treated=sum(one.treated for one in silent),
        untreated=two_by_two(
            [one for one in silent if not one.treated], [one for one in responding if not one.treated]
        ),
        fitted=fitted([*silent, *responding]),
        out=dict(sorted(Counter(one.reason for one in renewals if one.reason and not one.earlier).items())),
        earlier=sum(one.earlier for one in renewals),
        renewals=len(renewals),
    )


def share(renewals: Sequence[Renewal]) -> Share:
    left = sum(one.lost for one in renewals)
    return Share(left, len(renewals), statistics.wilson(x=left, n=len(renewals)))


def two_by_two(silent: Sequence[Renewal], responding: Sequence[Renewal]) -> TwoByTwo:
    one, other = share(silent), share(responding)
    enough = one.left + other.left >= LEAST_LOST and min(one.all, other.all) >= LEAST_IN_GROUP
    found = statistics.rr_score(a=one.left, n1=one.all, b=other.left, n2=other.all)
    crude = None
    if found is not None and found[0] is not None and found[1] is not None and found[2] is not None:
        crude = Times(found[0], found[1], found[2])
    return TwoByTwo(one, other, enough, crude, None if enough else _guess(one, other))


def _guess(one: Share, other: Share) -> Guess | None:
    """With an arm empty the counts say nothing, and the prior stands alone."""
    found = statistics.rr_posterior(a=one.left, n1=one.all, b=other.left, n2=other.all)
    return None if found is None else Guess(Times(*found[:3]), found[3])


def _strata(silent: Sequence[Renewal], responding: Sequence[Renewal]) -> dict[str, tuple[list[Renewal], list[Renewal]]]:
    found: dict[str, tuple[list[Renewal], list[Renewal]]] = defaultdict(lambda: ([], []))
    for side, renewals in enumerate((silent, responding)):
        for one in renewals:
            found[one.segment or _NO_SEGMENT][side].append(one)
    return found


def _stratified(strata: dict[str, tuple[list[Renewal], list[Renewal]]]) -> Times | None:
    rows = [
        (float(sum(x.lost for x in a)), float(len(a)), float(sum(x.lost for x in b)), float(len(b)))
        for a, b in strata.values()
    ]
    found = statistics.rr_mantel_haenszel(strata=rows)
    return None if found is None else Times(found[0], found[2], found[3])


def _explains(crude: Times | None, stratified: Times | None) -> bool:
    if crude is None or stratified is None or not 0 < crude.value < math.inf:
        return False
    return abs(crude.value - stratified.value) / stratified.value > MIX_EXPLAINS


def _exact(table: TwoByTwo) -> float:
    a, b = table.silent, table.responding
    return statistics.fisher_two_sided(a=a.left, n1=a.all, b=b.left, n2=b.all)


def fitted(renewals: Sequence[Renewal]) -> Fitted | None:
    """Ten losses for a coefficient: silence and segment from 20 losses, the rest from 50. None when not earned."""
    losses = sum(one.lost for one in renewals)
    if losses < LEAST_LOSSES_FOR_MODEL:
        return None
    if losses >= LOSSES_FOR_ALL_OF_IT:
        # Where the days only repeat the silence there is nothing to tell them apart by.
        return _fit(renewals, losses, whole=True) or _fit(renewals, losses, whole=False)
    return _fit(renewals, losses, whole=False)


def _fit(renewals: Sequence[Renewal], losses: int, *, whole: bool) -> Fitted | None:
    segments = sorted({one.segment or _NO_SEGMENT for one in renewals})[1:]
    rows = [_predictors(one, segments, whole=whole) for one in renewals]
    penalised = losses < PENALISED_UNDER
    fit = statistics.logistic_fit(x=rows, y=[one.lost for one in renewals], penalised=penalised)
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


def _predictors(one: Renewal, segments: Sequence[str], *, whole: bool) -> list[float]:
    row = [float(one.group == Group.SILENT)]
    if whole:
        row += [math.log1p(max(one.days_since_answer or 0.0, 0.0)), float(bool(one.senior_silent))]
    return row + [float((one.segment or _NO_SEGMENT) == name) for name in segments]
