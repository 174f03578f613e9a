"""The star schema for BI: dimensions, facts and bridges as files, and the data dictionary made of the same fields.

    model        tables, fields, keys
    dimensions, facts, kept     what is in them, each with its query
    writing      a folder, all of one moment, whole or not at all
    dictionary   what every column means

Order: `dim_date` last, because it holds the days that the others name.
"""

from voc.reports.star.dimensions import DATE, DIMENSIONS
from voc.reports.star.facts import FACTS
from voc.reports.star.kept import KEPT
from voc.reports.star.model import StarTable

STAR: tuple[StarTable, ...] = (*DIMENSIONS, *FACTS, *KEPT, DATE)

__all__ = ["STAR", "StarTable"]
