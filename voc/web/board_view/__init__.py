"""The board page on screen and as one A4 page: the finding first, each figure with its count, causes with an owner."""

from voc.web.board_view.files import SIX_COLUMNS, STATE_COLUMNS, six_rows, state_rows
from voc.web.board_view.one_sheet import sheet
from voc.web.board_view.overview import Page, page, scope_words
from voc.web.board_view.six import since_words

__all__ = [
    "SIX_COLUMNS",
    "STATE_COLUMNS",
    "Page",
    "page",
    "scope_words",
    "sheet",
    "since_words",
    "six_rows",
    "state_rows",
]
