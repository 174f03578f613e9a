"""Whether what people said may be told of a part of the company, beside the other parts that are told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import FigureState, Scope, StaffRole
from voc.metrics.catalogue import BY_NAME, Kind
from voc.metrics.cohorts import Key
from voc.metrics.model import Figure, Shown, Slice
from voc.metrics.near_views import Refused, View, is_far, refused
from voc.metrics.pages import NotTold, ScopeFigures
from voc.metrics.store import voters

PERIODS = (180, 365, 90)  # days; the first goes before the others
REASON = "Not shown: beside another view it would tell what fewer than five people said."
SMALL = "Not shown: fewer than five people said something."
FREE = "Not shown: beside a period of a day more or less it would tell what fewer than five people said."


def not_told(
    db: Connection, viewer: Viewer, *, key: Key, part: Slice, days: int, until: datetime, preferences: Preferences
) -> NotTold | None:
    """None where it may be told: of everybody, and to a CSM, who knows the people of the own book by name.

    A lead's team is everybody to that lead, who sees no other. A part of the company is told of for the usual periods
    and the one of the settings alone: all of these are compared with each other, and any other could not be.
    """
    team = key[1] if key[0] == Scope.TEAM else None
    own = team if viewer.role == StaffRole.LEAD else None
    view = View(days, None if own else team, part.segment, part.region)
    if viewer.role == StaffRole.CSM or not view.narrowed_by:
        return None
    periods = tuple(dict.fromkeys((*PERIODS, preferences.window_days)))
    free = days not in periods
    if own is None and len(view.narrowed_by) == 1 and days in PERIODS:
        counts = voters.kept_counts(db, on=_night(until), periods=PERIODS)
        if is_far(view, counts):
            return None
    cells = voters.cells(db, until=until, periods=periods, preferences=preferences)
    if own is not None:
        cells = {cell: number for cell, number in cells.items() if cell.team == own}
    found = refused(cells, periods=periods)
    why = Refused(free=True) if free else found.get(view)
    return None if why is None else NotTold(why, _instead(view, found))


def _night(until: datetime) -> date:
    """The last night whose day had ended by then."""
    return (until + timedelta(microseconds=1)).date() - timedelta(days=1)


def _instead(view: View, found: Mapping[View, Refused]) -> View:
    """Another period of the same, or with as few filters taken off as will do."""
    same = [view._replace(days=days) for days in PERIODS]
    one_less = [view.without(name) for name in reversed(view.narrowed_by)]
    one_left = [View(view.days, **{name: getattr(view, name)}) for name in view.narrowed_by]
    wider = (*(one for one in same if one != view), *one_less, *one_left)
    return next((one for one in wider if one not in found), View(view.days))


def silenced(line: ScopeFigures, why: Refused) -> ScopeFigures:
    """The same without what people said; what was done for them and with them stays."""
    return replace(line, figures={name: silenced_figure(one, why) for name, one in line.figures.items()})


def is_kept_back(figure: Figure) -> bool:
    """Whether a figure says nothing here because of another view: then no rows stand behind it either."""
    return figure.state == FigureState.SUPPRESSED and figure.reason in (REASON, SMALL, FREE)


def is_said(name: str) -> bool:
    """Whether a figure is made of what people said."""
    return name in BY_NAME and BY_NAME[name].kind == Kind.SENTIMENT


def reason_of(why: Refused) -> str:
    return FREE if why.free else SMALL if why.near is None else REASON


def silenced_figure(figure: Figure, why: Refused) -> Figure:
    return withheld(figure, why) if is_said(figure.name) else figure


def withheld(figure: Figure, why: Refused) -> Figure:
    """The figure without anything that it says."""
    return msgspec.structs.replace(
        figure,
        value=None,
        numerator=None,
        denominator=None,
        interval=None,
        state=FigureState.SUPPRESSED,
        reason=reason_of(why),
        shown=Shown.REASON,
        counted=0,
        accounts=0,
        parts={},
        extra={},
        left_out=[],
    )
