"""The figures' mathematics: pure functions, numbers in, numbers out (3-metrics). Imports nothing of ours.

No value is None, never 0 and never NaN. SciPy is imported where it is used, so that a page which
needs no figure does not wait for it.
"""

from voc.statistics.businesshours import after_business_hours, business_hours
from voc.statistics.coverage import concentration, coverage, poisson_binomial, threads
from voc.statistics.freshness import decay, delivered_update, freshness

__all__ = [
    "after_business_hours",
    "business_hours",
    "concentration",
    "coverage",
    "decay",
    "delivered_update",
    "freshness",
    "poisson_binomial",
    "threads",
]
