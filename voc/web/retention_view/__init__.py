"""Retention as its page shows it: counts before percent, the standard first, chance second, never a rank."""

from voc.web.retention_view.files import FILE_COLUMNS, file_row
from voc.web.retention_view.overview import page

__all__ = ["FILE_COLUMNS", "file_row", "page"]
