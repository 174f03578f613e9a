"""Waves as their pages show them: how far each is, what became of everybody asked, whom to nudge in person."""

from voc.web.wave_view.asked import MOST_LISTED, first_view, views
from voc.web.wave_view.files import (
    LEFT_OUT_COLUMNS,
    PEOPLE_COLUMNS,
    WAVE_COLUMNS,
    left_out_rows,
    people_rows,
    wave_rows,
)
from voc.web.wave_view.listing import waves_page
from voc.web.wave_view.one import wave_page

__all__ = [
    "LEFT_OUT_COLUMNS",
    "MOST_LISTED",
    "PEOPLE_COLUMNS",
    "WAVE_COLUMNS",
    "first_view",
    "left_out_rows",
    "people_rows",
    "views",
    "wave_page",
    "wave_rows",
    "waves_page",
]
