"""Waves as their pages show them: how far each is, what became of everybody asked, whom to nudge in person."""

from voc.web.wave_view.asked import MOST_LISTED, first_view, views
from voc.web.wave_view.files import LEFT_OUT_HEADS, PEOPLE_HEADS, left_out_rows, people_rows
from voc.web.wave_view.listing import waves_page
from voc.web.wave_view.one import wave_page

__all__ = [
    "LEFT_OUT_HEADS",
    "MOST_LISTED",
    "PEOPLE_HEADS",
    "first_view",
    "left_out_rows",
    "people_rows",
    "views",
    "wave_page",
    "waves_page",
]
