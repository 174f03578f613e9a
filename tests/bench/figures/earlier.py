"""The night half a year before as a copy of last night's, and a year of nightly response rates behind the trend."""

from datetime import timedelta

from sqlalchemy import Date, and_, literal, or_, select
from sqlalchemy import insert as into

from tests.builders import NOW
from voc.base.db import Database
from voc.base.schema import figure_snapshot
from voc.base.words import Scope

BEFORE = timedelta(days=180)
_LAST = NOW.date() - timedelta(days=1)
_columns = figure_snapshot.c
_drawn = or_(
    and_(_columns.scope == Scope.CSM, _columns.name == "response_rate", _columns.window_days == 180),
    _columns.name == "counted",  # the mark of a night
)


def half_a_year_before(database: Database) -> None:
    table = figure_snapshot.c
    names = [one.name for one in figure_snapshot.columns if one.name != "id"]
    with database.begin() as db:
        moved = [literal(_LAST - BEFORE, Date) if name == "as_of" else table[name] for name in names]
        db.execute(into(figure_snapshot).from_select(names, select(*moved).where(table.as_of == _LAST)))
        rate = table.as_of == _LAST, _drawn
        for back in range(1, 365):
            if timedelta(days=back) != BEFORE:
                day = literal(_LAST - timedelta(days=back), Date)
                shifted = [day if name == "as_of" else table[name] for name in names]
                db.execute(into(figure_snapshot).from_select(names, select(*shifted).where(*rate)))
