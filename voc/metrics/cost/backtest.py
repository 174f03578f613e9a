"""What the score said at the landmark against who left, quarter by quarter, beside two plain rivals. Pure.

Silent yes or no, and days since anyone's last answer, cost nothing to compute. A score that does not
sort better than they do is not worth showing as a foresight, and then the page says so.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voc import statistics
from voc.metrics.cost.table import Group, Renewal, Share, share
from voc.statistics.silence import BANDS

LEAST_LOST, LEAST_KEPT = 10, 30
FIRST = 0.1  # of the accounts, those listed first
_BANDS = (*BANDS, (0, "calm"))


@dataclass(frozen=True)
class Rival:
    """How well one reading sorts: the chance that a lost account stood above a kept one. 0.5 is a coin."""

    name: str
    auc: float
    low: float | None
    high: float | None
    listed: int  # accounts listed first
    captured: float  # of these, lost


@dataclass(frozen=True)
class Quarter:
    """`expected` is what the shares of each band in all earlier quarters foretold."""

    name: str
    decided: int
    lost: int
    expected: float


@dataclass(frozen=True)
class Backtest:
    """Over all quarters that had earlier ones to learn from. `beats`: the score sorts better than silent yes or no,
    by more than chance would give; `gain` is the difference of their areas with its limits.
    """

    quarters: tuple[Quarter, ...]
    decided: int
    lost: int
    rivals: tuple[Rival, ...]  # the score, silent yes or no, days since the last answer
    gain: tuple[float, float, float] | None
    beats: bool
    by_chance: float  # lost among as many drawn at random
    brier: float | None
    expected: float
    slope: float | None
    intercept: float | None


@dataclass(frozen=True)
class TooEarly:
    """Why there is no backtest yet."""

    lost: int
    kept: int
    scored: int


def band_of(score: float) -> str:
    return next(name for least, name in _BANDS if score >= least)


def bands(renewals: Sequence[Renewal]) -> list[tuple[str, Share]]:
    """What became of the accounts in each band of the score, the highest first; bands nobody was in are left out."""
    scored: dict[str, list[Renewal]] = defaultdict(list)
    for one in renewals:
        if one.counts and one.score is not None:
            scored[band_of(one.score)].append(one)
    return [(name, share(scored[name])) for _, name in _BANDS if scored[name]]


def backtest(renewals: Sequence[Renewal]) -> Backtest | TooEarly:
    """Rolling: each quarter is foretold by the decisions before it and by nothing else."""
    scored = sorted(
        (one for one in renewals if one.counts and one.score is not None and one.days_since_answer is not None),
        key=lambda one: (one.decided_on, one.key),
    )
    by_quarter: dict[tuple[int, int], list[Renewal]] = defaultdict(list)
    for one in scored:
        by_quarter[_quarter(one.decided_on)].append(one)
    tested: list[Renewal] = []
    chances: list[float] = []
    quarters = []
    before = _Before()
    for number, key in enumerate(sorted(by_quarter)):
        if number > 0:
            known = before.chances()
            foretold = [known[band_of(one.score or 0.0)] for one in by_quarter[key]]
            quarters.append(_told(key, by_quarter[key], foretold))
            tested += by_quarter[key]
            chances += foretold
        before.add(by_quarter[key])
    lost = sum(one.lost for one in tested)
    if lost < LEAST_LOST or len(tested) - lost < LEAST_KEPT:
        return TooEarly(lost, len(tested) - lost, len(scored))
    return _judged(tested, chances, tuple(quarters))


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3 + 1


def _told(key: tuple[int, int], decided: Sequence[Renewal], foretold: Sequence[float]) -> Quarter:
    return Quarter(f"Q{key[1]} {key[0]}", len(decided), sum(one.lost for one in decided), math.fsum(foretold))


class _Before:
    """Decisions of the quarters so far, by band: how many, and how many of them left."""

    def __init__(self) -> None:
        self._all, self._left = Counter[str](), Counter[str]()

    def add(self, quarter: Sequence[Renewal]) -> None:
        for one in quarter:
            band = band_of(one.score or 0.0)
            self._all[band] += 1
            self._left[band] += one.lost

    def chances(self) -> dict[str, float]:
        """Of each band the share that left, drawn to the share of all by the weight of five accounts."""
        overall = (self._left.total() + 0.5) / (self._all.total() + 1)
        return {name: (self._left[name] + 5 * overall) / (self._all[name] + 5) for _, name in _BANDS}


def _judged(tested: Sequence[Renewal], chances: Sequence[float], quarters: tuple[Quarter, ...]) -> Backtest:
    left = [one.lost for one in tested]
    readings = {
        "the score": [one.score or 0.0 for one in tested],
        "silent yes or no": [float(one.group == Group.SILENT) for one in tested],
        "days since the last answer": [one.days_since_answer or 0.0 for one in tested],
    }
    rivals = tuple(_rival(name, scores, left) for name, scores in readings.items())
    score, silent, _ = readings.values()
    gain = statistics.auc_difference(one=score, other=silent, churned=left)
    fit = statistics.calibration(p=chances, churned=left)
    line = statistics.logistic_fit(x=[[math.log(p / (1 - p))] for p in chances], y=left, penalised=False)
    return Backtest(
        quarters=quarters,
        decided=len(tested),
        lost=sum(left),
        rivals=rivals,
        gain=None if gain is None else (gain[0], gain[2], gain[3]),
        beats=gain is not None and gain[2] > 0,
        by_chance=rivals[0].listed * sum(left) / len(left),
        brier=fit["brier"],
        expected=fit["expected"],
        slope=line["coef"][1] if line else None,
        intercept=line["coef"][0] if line else None,
    )


def _rival(name: str, scores: Sequence[float], left: Sequence[bool]) -> Rival:
    found = statistics.auc_delong(
        churned=[score for score, gone in zip(scores, left, strict=True) if gone],
        renewed=[score for score, gone in zip(scores, left, strict=True) if not gone],
    )
    assert found is not None  # there are lost and kept ones
    lift = statistics.lift_top(scores=scores, churned=left, fraction=FIRST)
    return Rival(name, found[0], found[2], found[3], lift["k"], lift["captured"])
