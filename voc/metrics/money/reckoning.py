"""Values that are no share of sums: a count, a median time, a ratio of revenues with its interval (6, 8). Pure."""

import heapq
import math
from collections.abc import Iterator, Sequence

import numpy as np

from voc import statistics
from voc.metrics.model import Interval, IntervalKind, Reckoned, Sample

LEVEL = 0.95


def counted(rows: Sample) -> Reckoned:
    """How many count; the denominator is how many there are."""
    part, whole = (float(np.sum(column)) for column in (rows.part, rows.whole))
    return Reckoned(part, part, whole)


def median_days(rows: Sample) -> Reckoned:
    """Kaplan-Meier median of the days it takes, open ones censored at their age; infinite while over half are open."""
    timed = [(size, part > 0) for part, whole, size in _each(rows) if whole > 0 and not math.isnan(size)]
    times, ended = [size for size, _ in timed], [done for _, done in timed]
    found = statistics.kaplan_meier(time=times, event=ended, at=max(times, default=0.0), conf=LEVEL)
    if found is None:
        return Reckoned(None, None, None)
    low, high = found["median_ci"]
    still_open = [size for size, done in timed if not done]
    return Reckoned(
        found["median"],
        float(sum(ended)),
        float(len(timed)),
        Interval(low, high, LEVEL, IntervalKind.KAPLAN_MEIER),
        {"open": float(len(still_open)), "oldest_open": max(still_open, default=None)},
    )


def _each(rows: Sample) -> Iterator[tuple[float, float, float]]:
    return zip(*(np.asarray(column, np.float64).tolist() for column in rows), strict=True)


def revenue_ratio(rows: Sample) -> Reckoned:
    """Revenue kept of the revenue at stake, one row an account, with its approximate interval from 8 on."""
    part, whole = (np.asarray(column, np.float64) for column in (rows.part, rows.whole))
    start, end = whole[whole > 0], part[whole > 0]
    found = statistics.retention(start_arr=start, end_arr=end)
    ratio = found["nrr"]
    if ratio is None:
        return Reckoned(None, None, None)
    limits = statistics.ratio_interval(ratio=ratio, se=found["nrr_se"], accounts=len(start), conf=LEVEL)
    interval = None if limits is None else Interval(max(0.0, limits[0]), limits[1], LEVEL, IntervalKind.ACCOUNTS)
    total = float(start.sum())
    return Reckoned(ratio, float(end.sum()), total, interval, {"largest_share": float(start.max()) / total})


def revenue_share(rows: Sample) -> Reckoned:
    """The same of a part that is never more than the whole: its range ends there too."""
    found = revenue_ratio(rows)
    if found.interval is None:
        return found
    low, high = found.interval.low, min(1.0, found.interval.high)
    return found._replace(interval=Interval(low, high, LEVEL, IntervalKind.ACCOUNTS))


def leave_one_out(rows: Sequence[tuple[str, float, float]], *, most: int | None = None) -> list[tuple[str, float]]:
    """(name, the ratio without it) of (name, part, whole), the furthest from the whole first; [] under two names.

    Each is the sums of all less its own. `most` gives so many of them.
    """
    names: dict[str, tuple[float, float]] = {}
    for name, part, whole in rows:
        before = names.get(name, (0.0, 0.0))
        names[name] = (before[0] + part, before[1] + whole)
    part, whole = (math.fsum(one[at] for one in names.values()) for at in (0, 1))
    if len(names) < 2 or whole <= 0:
        return []
    without = [(name, (part - p) / (whole - w)) for name, (p, w) in names.items() if whole - w > 0]
    ratio = part / whole
    return heapq.nsmallest(
        len(without) if most is None else most, without, key=lambda one: (-abs(one[1] - ratio), one[0])
    )
