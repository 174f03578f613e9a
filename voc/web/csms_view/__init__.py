"""CSMs side by side: the page, its table as a file, and what is said of one of them."""

from voc.web.csms_view.files import FILE_COLUMNS, file_row
from voc.web.csms_view.overview import page
from voc.web.csms_view.quadrants import quadrant_words
from voc.web.csms_view.words import against_team, footer, guess, guess_of, power, power_words
from voc.web.csms_view.work import work

__all__ = [
    "FILE_COLUMNS",
    "against_team",
    "file_row",
    "footer",
    "guess",
    "guess_of",
    "page",
    "power",
    "power_words",
    "quadrant_words",
    "work",
]
