"""The board page: everything on it of one scope, now and one period earlier."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import AccountState, Role, Scope, StaffRole
from voc.metrics import board, cohorts, run
from voc.metrics import store as facts
from voc.metrics.board import Board
from voc.metrics.model import Figure, Standing
from voc.metrics.run import board_causes, board_nights, cost
from voc.metrics.run.standings import kept_on
from voc.metrics.store import board as store

_SENIOR = (Role.DECISION_MAKER, Role.BUDGET_HOLDER)


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

    Of a large company as of last night, beside the night a period before where it was kept.
    """
    scope, id = _scope(viewer, team_id)
    on = kept_on(db, TERMINAL, now=now, as_of=as_of, live_up_to=live_up_to)
    if on is not None and (kept := board_nights.page(db, viewer, (scope, id), on, now=now, preferences=preferences)):
        return kept
    moment = facts.moment_of(as_of, now=now)
    window = cohorts.window(moment, preferences.window_days)
    earlier = window.after_on
    since = moment - timedelta(days=window.days)
    figures = _figures(db, viewer, scope, id, now=now, as_of=as_of, preferences=preferences)
    before = _figures(db, viewer, scope, id, now=now, as_of=earlier, preferences=preferences)
    standings = _standings(db, viewer, scope, id, now=now, as_of=as_of, preferences=preferences)
    earlier_standings = _standings(db, viewer, scope, id, now=now, as_of=earlier, preferences=preferences)
    icc = preferences.icc_default
    team = id if scope == Scope.TEAM else None
    revenue = {key: one.arr or 0.0 for key, one in standings.items()}
    last_night = now.date() - timedelta(days=1)
    today = as_of is None or as_of >= last_night
    found = board_causes.now_of(db, viewer, since=since, until=moment, team_id=team, today=today, revenue=revenue)
    work = store.doing(db)
    causes = board.ordered(board_nights.line_of(one, work) for one in found.found)
    heard = sum(one.state == AccountState.HEARD for one in standings.values())
    gaps = run.rows(db, viewer, figure="coverage_named", scope=scope, id=id, now=now, as_of=as_of)
    return Board(
        window=window,
        before=cohorts.window(facts.moment_of(earlier, now=now), window.days),
        currency=preferences.reporting_currency,
        six=tuple(
            board.SixLine(figures[name], before[name], board.change(figures[name], before[name], icc=icc))
            for name in board.SIX
        ),
        states=board.states(list(standings.values())),
        cost=cost.page(db, viewer).cost,
        causes=tuple(causes[: board.CAUSES]),
        why_no_causes=found.why_none,
        order_certain=board.certain(causes, max(heard, 1)),
        heard=heard,
        heard_again=board.moved(standings, earlier_standings, to=AccountState.HEARD),
        newly_silent=board.moved(standings, earlier_standings, to=AccountState.SILENT),
        confirmed=store.confirmed(db, viewer, since=since, until=moment, team_id=team),
        median_days=board_nights.median_days(
            db, viewer, None, since=since, now=moment, preferences=preferences, team_id=team
        ),
        empty_places=sum(row.label == "gap" for row in gaps),
        empty_senior=sum(row.label == "gap" and row.role in _SENIOR for row in gaps),
        places=len(gaps),
        without_rate=tuple(one.name for one in standings.values() if one.arr is None and one.amount is not None),
    )


def _scope(viewer: Viewer, team_id: str | None) -> tuple[Scope, str]:
    if viewer.sees_all:
        return (Scope.TEAM, team_id) if team_id else (Scope.TOTAL, "")
    own = viewer.csm_id or ""
    if team_id is not None and (viewer.role != StaffRole.LEAD or team_id != own):
        raise NotFound("There is no such team.")
    return (Scope.TEAM if viewer.role == StaffRole.LEAD else Scope.CSM), own


def _figures(
    db: Connection,
    viewer: Viewer,
    scope: Scope,
    id: str,
    *,
    now: datetime,
    as_of: date | None,
    preferences: Preferences,
) -> dict[str, Figure]:
    found = run.figures(
        db,
        scope=scope,
        ids=None if scope == Scope.TOTAL else [id],
        now=now,
        as_of=as_of,
        preferences=preferences,
        viewer=viewer,
    )
    return found[0].figures


def _standings(
    db: Connection,
    viewer: Viewer,
    scope: Scope,
    id: str,
    *,
    now: datetime,
    as_of: date | None,
    preferences: Preferences,
) -> dict[str, Standing]:
    found = run.account_states(db, viewer, now=now, as_of=as_of, preferences=preferences)
    people = facts.people(db) if scope == Scope.TEAM else {}
    return {
        key: one
        for key, one in found.items()
        if one.state != AccountState.NO_CENSUS
        and (scope != Scope.TEAM or (one.csm_id in people and people[one.csm_id or ""].manager_id == id))
    }
