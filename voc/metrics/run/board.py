"""The board page: everything on it of one scope, now and one period earlier."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import AccountState, Scope, StaffRole
from voc.metrics import board, cohorts
from voc.metrics import store as facts
from voc.metrics.board import Board
from voc.metrics.cohorts import Key
from voc.metrics.model import EVERYTHING, Figure
from voc.metrics.near_views import Refused
from voc.metrics.run import board_causes, board_nights, kept_pages, near_views
from voc.metrics.run.board_stood import StoodBefore, StoodThen
from voc.metrics.run.engagement import figures_of
from voc.metrics.run.looking import Asking, allowed, look
from voc.metrics.run.standings import kept_on, large_on
from voc.metrics.store import board as store


def page(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    preferences: Preferences,
    as_of: date | None = None,
    team_id: str | None = None,
    live_up_to: int | None = None,
) -> Board:
    """`team_id` is a lead's id; a foreign team is NotFound. A lead sees the team, a CSM the own book.

    Of a large company as of last night, beside the night a period before where it was kept. What people said is kept
    back of a team as it is on Engagement.
    """
    key = _scope(viewer, team_id)
    found = _counted(
        db, viewer, key, now=now, preferences=preferences, as_of=as_of, team_id=team_id, live_up_to=live_up_to
    )
    until = facts.moment_of(found.window.to_on, now=now)
    silent = near_views.not_told(
        db, viewer, key=key, part=EVERYTHING, days=found.window.days, until=until, preferences=preferences
    )
    return found if silent is None else replace(found, six=tuple(_silenced(one, silent.why) for one in found.six))


def _silenced(line: board.SixLine, why: Refused) -> board.SixLine:
    if not near_views.is_said(line.now.name):
        return line
    now, before = (near_views.silenced_figure(one, why) for one in (line.now, line.before))
    return board.SixLine(now, before, None)


def _counted(
    db: Connection,
    viewer: Viewer,
    key: Key,
    *,
    now: datetime,
    preferences: Preferences,
    as_of: date | None,
    team_id: str | None,
    live_up_to: int | None,
) -> Board:
    scope, id = key
    on = kept_on(db, TERMINAL, now=now, as_of=as_of, live_up_to=live_up_to)
    if on is not None and (kept := board_nights.page(db, viewer, (scope, id), on, now=now, preferences=preferences)):
        return kept
    moment = facts.moment_of(as_of, now=now)
    window = cohorts.window(moment, preferences.window_days)
    earlier = window.after_on
    since = moment - timedelta(days=window.days)
    last_night = now.date() - timedelta(days=1)
    before, stood_before = _before(db, viewer, (scope, id), now=now, as_of=earlier, preferences=preferences)
    stood = _stood(db, viewer, (scope, id), now=now, as_of=as_of, preferences=preferences)
    figures = _six(db, stood, now=now)
    icc = preferences.icc_default
    team = id if scope == Scope.TEAM else None
    today = as_of is None or as_of >= last_night
    found = board_causes.now_of(
        db, viewer, since=since, until=moment, team_id=team, today=today, revenue=stood.revenue()
    )
    work = store.doing(db)
    causes = board.ordered(board_nights.line_of(one, work) for one in found.found)
    heard = stood.count(AccountState.HEARD)
    places, empty, senior = stood.places()
    large = large_on(db, now=now, live_up_to=live_up_to)
    return Board(
        window=window,
        before=cohorts.window(facts.moment_of(earlier, now=now), window.days),
        currency=preferences.reporting_currency,
        six=tuple(
            board.SixLine(figures[name], before[name], board.change(figures[name], before[name], icc=icc))
            for name in board.SIX
        ),
        states=stood.lines(),
        cost=kept_pages.cost_page(db, viewer, large).cost,
        causes=tuple(causes[: board.CAUSES]),
        why_no_causes=found.why_none,
        order_certain=board.certain(causes, max(heard, 1)),
        heard=heard,
        heard_again=stood.moved(stood_before, to=AccountState.HEARD),
        newly_silent=stood.moved(stood_before, to=AccountState.SILENT),
        confirmed=store.confirmed(db, viewer, since=since, until=moment, team_id=team),
        median_days=board_nights.median_days(
            db, viewer, None, since=since, now=moment, preferences=preferences, team_id=team
        ),
        empty_places=empty,
        empty_senior=senior,
        places=places,
        without_rate=stood.without_rate(),
    )


def _scope(viewer: Viewer, team_id: str | None) -> tuple[Scope, str]:
    if viewer.sees_all:
        return (Scope.TEAM, team_id) if team_id else (Scope.TOTAL, "")
    own = viewer.csm_id or ""
    if team_id is not None and (viewer.role != StaffRole.LEAD or team_id != own):
        raise NotFound("There is no such team.")
    return (Scope.TEAM if viewer.role == StaffRole.LEAD else Scope.CSM), own


def _stood(
    db: Connection, viewer: Viewer, key: Key, *, now: datetime, as_of: date | None, preferences: Preferences
) -> StoodThen:
    asking = Asking(now, as_of, names=board.SIX, preferences=preferences, scopes=(key[0],))
    return StoodThen(look(db, asking), key, allowed(db, viewer))


def _before(
    db: Connection, viewer: Viewer, key: Key, *, now: datetime, as_of: date, preferences: Preferences
) -> tuple[dict[str, Figure], StoodBefore]:
    found = _stood(db, viewer, key, now=now, as_of=as_of, preferences=preferences)
    return _six(db, found, now=now), found.before()


def _six(db: Connection, stood: StoodThen, *, now: datetime) -> dict[str, Figure]:
    scope, id = stood.key
    ids = None if scope == Scope.TOTAL else [id]
    return figures_of(db, stood.look, stood.may, scope=scope, ids=ids, now=now)[0].figures
