"""The rows behind a figure: what it counts, one by one, a page or all of them."""

from voc.metrics.run.counted_rows.opened import Opened
from voc.metrics.run.counted_rows.pages import Behind, behind, every_row, rows

__all__ = ["Behind", "Opened", "behind", "every_row", "rows"]
