"""What the score said at the landmark against who left, quarter by quarter, beside two plain rivals. Pure.

Silent yes or no, and days since anyone's last answer, cost nothing to compute. A score that does not
sort better than they do is not worth showing as a foresight, and then the page says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voc import statistics
from voc.metrics.columns.kinds import Column
from voc.metrics.cost.decided import GROUPS, Decided, decided
from voc.metrics.cost.renewal import Group, Renewal
from voc.metrics.cost.table import Share, share_of
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
    return bands_of(decided(renewals))


def bands_of(found: Decided) -> list[tuple[str, Share]]:
    """What became of the accounts in each band of the score, the highest first; bands nobody was in are left out."""
    scored = found.of(np.flatnonzero(~np.isnan(found.score)))
    every, left = _by_band(scored)
    return [(name, share_of(left[at], every[at])) for at, (_, name) in enumerate(_BANDS) if every[at]]


def _band(scores: Column) -> Column:
    """The place of each in _BANDS: as `band_of`."""
    place: Column = np.sum([scores < least for least, _ in _BANDS], axis=0)
    return place


def _by_band(found: Decided) -> tuple[list[int], list[int]]:
    """How many are in each, and how many of them left."""
    band = _band(found.score)
    every, left = (np.bincount(one, minlength=len(_BANDS)).tolist() for one in (band, band[found.lost]))
    return every, left


def backtest(renewals: Sequence[Renewal]) -> Backtest | TooEarly:
    return backtest_of(decided(renewals))


def backtest_of(found: Decided) -> Backtest | TooEarly:
    """Rolling: each quarter is foretold by the decisions before it and by nothing else."""
    scored = found.of(np.flatnonzero(~np.isnan(found.score) & ~np.isnan(found.days)))
    number = _quarters(scored.on)
    chances, quarters = np.zeros(len(scored)), []
    before = _Before()
    for at in np.unique(number).tolist():
        rows = np.flatnonzero(number == at)
        quarter = scored.of(rows)
        if before.any:
            chances[rows] = before.chances()[_band(quarter.score)]
            quarters.append(_told(at, quarter, chances[rows]))
        before.add(quarter)
    rows = np.flatnonzero(number > number.min()) if len(scored) else np.empty(0, np.int64)
    tested = scored.of(rows)
    lost = int(tested.lost.sum())
    if lost < LEAST_LOST or len(tested) - lost < LEAST_KEPT:
        return TooEarly(lost, len(tested) - lost, len(scored))
    return _judged(tested, chances[rows], tuple(quarters))


def _quarters(days: Column) -> Column:
    """Since 1970."""
    found: Column = days.astype("M8[D]").astype("M8[M]").astype(np.int64) // 3
    return found


def _told(number: int, quarter: Decided, foretold: Column) -> Quarter:
    name = f"Q{number % 4 + 1} {1970 + number // 4}"
    return Quarter(name, len(quarter), int(quarter.lost.sum()), math.fsum(foretold.tolist()))


class _Before:
    """Decisions of the quarters so far, by band: how many, and how many of them left."""

    def __init__(self) -> None:
        self._all, self._left = np.zeros(len(_BANDS), np.int64), np.zeros(len(_BANDS), np.int64)

    @property
    def any(self) -> bool:
        return bool(self._all.any())

    def add(self, quarter: Decided) -> None:
        every, left = _by_band(quarter)
        self._all += every
        self._left += left

    def chances(self) -> Column:
        """Of each band the share that left, drawn to the share of all by the weight of five accounts."""
        overall = (self._left.sum() + 0.5) / (self._all.sum() + 1)
        found: Column = (self._left + 5 * overall) / (self._all + 5)
        return found


def _judged(tested: Decided, chances: Column, quarters: tuple[Quarter, ...]) -> Backtest:
    left = tested.lost
    readings = {
        "the score": tested.score,
        "silent yes or no": (tested.group == GROUPS.index(Group.SILENT)) * 1.0,
        "days since the last answer": tested.days,
    }
    rivals = tuple(_rival(name, scores, left) for name, scores in readings.items())
    score, silent, _ = readings.values()
    gain = statistics.auc_difference(one=score, other=silent, churned=left)
    fit = statistics.calibration(p=chances.tolist(), churned=left.tolist())
    line = statistics.logistic_fit(x=np.log(chances / (1 - chances))[:, None], y=left, penalised=False)
    lost = int(left.sum())
    return Backtest(
        quarters=quarters,
        decided=len(tested),
        lost=lost,
        rivals=rivals,
        gain=None if gain is None else (gain[0], gain[2], gain[3]),
        beats=gain is not None and gain[2] > 0,
        by_chance=rivals[0].listed * lost / len(tested),
        brier=fit["brier"],
        expected=fit["expected"],
        slope=line["coef"][1] if line else None,
        intercept=line["coef"][0] if line else None,
    )


def _rival(name: str, scores: Column, left: Column) -> Rival:
    found = statistics.auc_delong(churned=scores[left], renewed=scores[~left])
    assert found is not None  # there are lost and kept ones
    lift = statistics.lift_top(scores=scores.tolist(), churned=left.tolist(), fraction=FIRST)
    return Rival(name, found[0], found[2], found[3], lift["k"], lift["captured"])
