"""Follow-ups as their pages show them: what is late first, one next step each, the words of the person."""

from voc.web.followups_view.acts import FORMS
from voc.web.followups_view.board import LIST_MOST, Chosen, board_page, ids_shown
from voc.web.followups_view.case import case_page
from voc.web.followups_view.files import FILE_COLUMNS, file_row
from voc.web.followups_view.words import CAUSES, KINDS, LANES, hours_words

__all__ = [
    "CAUSES",
    "FILE_COLUMNS",
    "FORMS",
    "KINDS",
    "LANES",
    "LIST_MOST",
    "Chosen",
    "board_page",
    "case_page",
    "file_row",
    "hours_words",
    "ids_shown",
]
