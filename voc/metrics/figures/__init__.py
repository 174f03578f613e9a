"""From tallies to figures: value, interval, state and how much may be shown (3-metrics 0, 1.6, 1.7, 3). Pure."""

from voc.metrics.figures.counted import Counted, icc_of, with_needed
from voc.metrics.figures.counting import count, count_facts, count_released
from voc.metrics.figures.rows import released_rows, rows, rows_by_scope, scopes_of_group, units_of
from voc.metrics.figures.telling import figure, of_rows, of_sums

__all__ = [
    "Counted",
    "count",
    "count_facts",
    "count_released",
    "figure",
    "icc_of",
    "of_rows",
    "of_sums",
    "released_rows",
    "rows",
    "rows_by_scope",
    "scopes_of_group",
    "units_of",
    "with_needed",
]
