"""The range beside a value (3-metrics 1.6, 3)."""

from voc import statistics
from voc.metrics.catalogue import Definition, Measure, Spread
from voc.metrics.cohorts import Key
from voc.metrics.figures.counted import Counted
from voc.metrics.figures.showing import LEAST_ACCOUNTS
from voc.metrics.model import Interval, IntervalKind, Tally
from voc.statistics.moments import mean_se_of, weighted_of

LEVEL = 0.95
LEAST_ACCOUNTS_FOR_MEAN, LEAST_EFFECTIVE_ACCOUNTS = 8, 5
SCALE = (1.0, 5.0)  # of questions; scores that a CRM sends may have another


def interval_of(counted: Counted, key: Key, definition: Definition, tally: Tally) -> Interval | None:
    if definition.spread == Spread.PLAIN:
        return _as_interval(statistics.wilson(x=tally.part, n=tally.whole, conf=LEVEL), IntervalKind.WILSON)
    if definition.spread == Spread.CLUSTERED:
        deff = counted.deff(key, definition.name)
        found = statistics.wilson(x=tally.part / deff, n=tally.whole / deff, conf=LEVEL)
        return _as_interval(found, IntervalKind.WILSON_CLUSTERED)
    if definition.spread == Spread.SCORE:
        deff = counted.score_deff(key)
        promoters, passives, detractors = (tally.labels[label] / deff for label in ("promoter", "passive", "detractor"))
        wald = statistics.nps_adjusted_wald(promoters=promoters, passives=passives, detractors=detractors, conf=LEVEL)
        return _as_interval(wald, IntervalKind.NPS)
    return _mean_of_scale(tally) if definition.measure == Measure.MEAN else _mean_of_accounts(tally)


def _mean_of_scale(tally: Tally) -> Interval | None:
    """t over the means of the accounts around the mean of all (3-metrics 3.7), cut off where the scale ends."""
    mean, accounts, se = tally.part / tally.whole, tally.moments.accounts, mean_se_of(tally.moments)
    found = statistics.ratio_interval(ratio=mean, se=se, accounts=accounts, conf=LEVEL, least=LEAST_ACCOUNTS)
    if found is not None and SCALE[0] <= mean <= SCALE[1]:
        found = max(found[0], SCALE[0]), min(found[1], SCALE[1])
    return _as_interval(found, IntervalKind.ACCOUNTS)


def _mean_of_accounts(tally: Tally) -> Interval | None:
    """Only from eight accounts that carry it: below that it rests on few large accounts."""
    mean = weighted_of(tally.moments, conf=LEVEL)
    if mean is None or tally.moments.accounts < LEAST_ACCOUNTS_FOR_MEAN or mean["a_eff"] < LEAST_EFFECTIVE_ACCOUNTS:
        return None
    if mean["lo"] is None or mean["hi"] is None:
        return None
    return Interval(mean["lo"], mean["hi"], LEVEL, IntervalKind.ACCOUNTS)


def _as_interval(found: statistics.Interval | None, kind: IntervalKind) -> Interval | None:
    return None if found is None else Interval(found[0], found[1], LEVEL, kind)


def score_extra(tally: Tally) -> dict[str, float | None]:
    """Worst and best case, and what the score would be had everybody answered like the heard."""
    promoters, passives, detractors = (tally.labels[label] for label in ("promoter", "passive", "detractor"))
    everybody = promoters + passives + detractors + tally.labels["silent"]
    bounds = statistics.nps_bounds(promoters=promoters, passives=passives, detractors=detractors, N=everybody)
    census = statistics.nps_census(promoters=promoters, passives=passives, detractors=detractors, N=everybody)
    if tally.counted < 10:
        census = None
    return {
        "asked": float(everybody),
        "worst": bounds[0] if bounds else None,
        "best": bounds[1] if bounds else None,
        "census_low": census[0] if census else None,
        "census_high": census[1] if census else None,
    }
