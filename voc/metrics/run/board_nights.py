"""The board page of a large company: from last night, beside the night a period before."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import AccountState, FigureState, Scope
from voc.followup.hours import a_day
from voc.metrics import board, cohorts
from voc.metrics import store as facts
from voc.metrics.board import Board, CauseLine, Moved, SixLine, StateLine
from voc.metrics.catalogue import VERSION
from voc.metrics.cohorts import Key
from voc.metrics.model import Figure, Shown, Window
from voc.metrics.pages import Sum
from voc.metrics.run import kept_pages, stood_sums
from voc.metrics.run.board_causes import Cause
from voc.metrics.run.kept import kept_of
from voc.metrics.store import board as store
from voc.metrics.store import standings as nights
from voc.metrics.store.board import Doing
from voc.metrics.store.standings import Part


def page(
    db: Connection, viewer: Viewer, key: Key, on: date, *, now: datetime, preferences: Preferences
) -> Board | None:
    """None where that night kept other figures, or its accounts are not there any more."""
    scope, id = key
    days = preferences.window_days
    moment = facts.moment_of(on, now=now)
    window, since = cohorts.window(moment, days), moment - timedelta(days=days)
    now_kept = kept_of(db, key, on=on, days=days, names=board.SIX)
    causes = kept_pages.causes(db, viewer, on, key, days=days, now=now)
    if len(now_kept) < len(board.SIX) or causes is None:
        return None
    before = cohorts.window(facts.moment_of(window.after_on, now=now), days)
    part, team = Part(viewer, on, team_id=id if scope == Scope.TEAM else None), id if scope == Scope.TEAM else None
    sums = stood_sums.stood(db, part)
    states, places = sums.states, sums.places
    heard = states.get(AccountState.HEARD, Sum(0, 0.0)).accounts
    work = store.doing(db)
    lines = board.ordered(line_of(one, work) for one in causes.found)
    return Board(
        window=window,
        before=before,
        currency=preferences.reporting_currency,
        six=_six(db, key, now_kept, before, icc=preferences.icc_default),
        states=tuple(
            StateLine(state, states[state].accounts, states[state].arr) for state in board.ORDER if state in states
        ),
        cost=kept_pages.cost_page(db, viewer, on).cost,
        causes=tuple(lines[: board.CAUSES]),
        why_no_causes=causes.why_none,
        order_certain=board.certain(lines, max(heard, 1)),
        heard=heard,
        heard_again=_moved(db, part, before.to_on, days, to=AccountState.HEARD),
        newly_silent=_moved(db, part, before.to_on, days, to=AccountState.SILENT),
        confirmed=store.confirmed(db, viewer, since=since, until=moment, team_id=team),
        median_days=median_days(db, viewer, on, since=since, now=now, preferences=preferences, team_id=team),
        empty_places=places.gaps,
        empty_senior=places.senior_gaps,
        places=places.all,
        without_rate=tuple(nights.without_rate(db, part)),
        kept_on=on,
    )


def _six(db: Connection, key: Key, kept: dict[str, Figure], before: Window, *, icc: float) -> tuple[SixLine, ...]:
    then = facts.last_counted(db, before.to_on)
    earlier = {} if then is None else kept_of(db, key, on=then, days=before.days, names=board.SIX)
    lines = []
    for name in board.SIX:
        one = earlier.get(name) or _not_kept(name, key, before)
        lines.append(SixLine(kept[name], one, board.change(kept[name], one, icc=icc)))
    return tuple(lines)


def _not_kept(name: str, key: Key, window: Window) -> Figure:
    return Figure(
        name=name,
        scope=key[0],
        scope_id=key[1],
        value=None,
        numerator=None,
        denominator=None,
        interval=None,
        state=FigureState.NO_DATA,
        reason="No night of that time was kept.",
        shown=Shown.REASON,
        counted=0,
        accounts=0,
        window=window,
        as_of=window.to_on,
        definition_version=VERSION,
    )


def _moved(db: Connection, part: Part, before: date, days: int, *, to: AccountState) -> Moved:
    then = nights.night_before(db, before)
    if then is None:
        return Moved((), 0.0, 0)
    names, found = nights.moved(db, part, before=then, window_days=days, to=to, came_from=board.CAME_FROM[to])
    return Moved(tuple(names), found.arr, found.accounts)


def line_of(one: Cause, work: Mapping[int, Doing]) -> CauseLine:
    doing = work.get(one.theme_id) if one.theme_id is not None else None
    return CauseLine(
        name=one.name,
        accounts=one.accounts,
        arr=one.arr,
        owner=doing.who if doing else "",
        due_on=doing.due_on if doing else None,
        doing=doing.title if doing else "",
        theme_id=one.theme_id,
    )


def median_days(
    db: Connection,
    viewer: Viewer,
    on: date | None,
    *,
    since: datetime,
    now: datetime,
    preferences: Preferences,
    team_id: str | None,
) -> float | None:
    """Working days by which half of the follow-ups are resolved; None while more than half are open."""
    found = kept_pages.took(db, viewer, on, since=since, now=now, preferences=preferences, team_id=team_id)
    return board.median_days([(one.hours / a_day(preferences), one.resolved) for one in found])
