"""Engagement by CSM as its page shows it: a standard first, chance second, in alphabetical order, never a rank."""

from voc.web.engagement_view.files import FILE_COLUMNS, file_row, file_total
from voc.web.engagement_view.filters import filters
from voc.web.engagement_view.overview import page
from voc.web.engagement_view.parts import Wanted
from voc.web.engagement_view.trend import monthly

__all__ = ["FILE_COLUMNS", "Wanted", "file_row", "file_total", "filters", "monthly", "page"]
