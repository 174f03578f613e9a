"""Figures: engagement by CSM, the rows behind any figure, what each means, and silent accounts."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.words import Scope, Segment
from voc.metrics import catalogue, run
from voc.metrics import store as metrics
from voc.metrics.model import CountedRow
from voc.metrics.pages import Engagement, ScopeFigures
from voc.web import engagement_view, pages, rows_view, view
from voc.web.engagement_view import Wanted
from voc.web.given import GivenApp, GivenVisit
from voc.web.parts import Link
from voc.web.tables import Asked, Found, PageTable, file_handlers, period
from voc.web.visit import EVERYBODY, roles

_WINDOW = re.compile(r"[1-9][0-9]{0,2}|1000")  # days
_FIRST_DAY = date(2000, 1, 1)  # nothing is older, and a window before it must not leave the calendar


def wanted_of(
    *,
    days: str,
    as_of: str,
    segment: str,
    today: date,
    team: str = "",
    csm: str = "",
    against: str = "",
    region: str = "",
    from_on: str = "",
    live: str = "",
    beside: str = "",
) -> Wanted:
    """The filters as they were asked for; what makes no sense falls back, a day to come is today.

    `from_on` opens the period the day after it, whatever `days` says.
    """
    on = _day(as_of) or today
    since = _day(from_on)
    if since is not None and since < min(on, today) <= since + timedelta(days=1000):
        days = str((min(on, today) - since).days)
    return Wanted(
        team=team,
        segment=segment if segment in {one.value for one in Segment} else "",
        days=int(days) if _WINDOW.fullmatch(days) else 180,
        as_of=on if _FIRST_DAY <= on < today else None,
        csm=csm,
        team_line=against == "team",
        region=region[:64],
        live=live == "1",
        beside=beside if beside == "previous" or _day(beside) else "",
    )


def _day(text: str) -> date | None:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if on >= _FIRST_DAY else None


@get("/engagement", sync_to_thread=True, opt=roles(*EVERYBODY))
def engagement_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    team: Annotated[str, QueryParameter(name="team")] = "",
    segment: Annotated[str, QueryParameter(name="segment")] = "",
    days: Annotated[str, QueryParameter(name="days")] = "",
    as_of: Annotated[str, QueryParameter(name="as_of")] = "",
    csm: Annotated[str, QueryParameter(name="csm")] = "",
    against: Annotated[str, QueryParameter(name="against")] = "",
    region: Annotated[str, QueryParameter(name="region")] = "",
    from_on: Annotated[str, QueryParameter(name="from")] = "",
    live: Annotated[str, QueryParameter(name="live")] = "",
    beside: Annotated[str, QueryParameter(name="beside")] = "",
) -> Response[str]:
    now = app.now()
    wanted = wanted_of(
        team=team,
        segment=segment,
        days=days,
        as_of=as_of,
        csm=csm,
        against=against,
        region=region,
        from_on=from_on,
        live=live,
        beside=beside,
        today=now.date(),
    )
    with app.database.read() as db:
        known = preferences.load(db)
        found = _engagement(db, visit.viewer, wanted, now=now)
        if not found.whole.accounts and not found.lines:
            return pages.page(app, visit, "leader/empty.html", may_set_up=visit.viewer.sees_all)
        page = engagement_view.page(
            found,
            total=_total(db, found, wanted, now=now),
            wanted=wanted,
            teams=teams_of(db) if visit.viewer.sees_all else {},
            preferences=known,
            own_csm_id=visit.viewer.csm_id,
            today=now.date(),
            periods=_beside(db, visit.viewer, wanted, now=now) if wanted.beside else None,
        )
    return pages.page(app, visit, "leader/engagement.html", page=page)


def _beside(db: Connection, viewer: Viewer, wanted: Wanted, *, now: datetime) -> run.Beside:
    return run.compare_periods(
        db,
        viewer,
        now=now,
        as_of=wanted.as_of,
        window_days=wanted.days,
        earlier_to=_day(wanted.beside),
        team_id=wanted.team or None,
        segment=wanted.segment or None,
        region=wanted.region or None,
    )


def _engagement(db: Connection, viewer: Viewer, wanted: Wanted, *, now: datetime) -> Engagement:
    return run.engagement(
        db,
        viewer,
        now=now,
        as_of=wanted.as_of,
        window_days=wanted.days,
        team_id=wanted.team or None,
        segment=wanted.segment or None,
        region=wanted.region or None,
        live=wanted.live,
    )


def _total(db: Connection, found: Engagement, wanted: Wanted, *, now: datetime) -> ScopeFigures:
    """The last line: the viewer's whole, or for a CSM everybody's, as a leader sees it."""
    if found.whole.scope != Scope.CSM:
        return found.whole
    return _engagement(db, TERMINAL, wanted, now=now).whole


def teams_of(db: Connection) -> dict[str, str]:
    """Leads with somebody in their team, by id, in alphabetical order."""
    people = metrics.people(db)
    leads = {one.manager_id for one in people.values() if one.manager_id and one.active} & set(people)
    return {
        one.id: one.name for one in sorted((people[id] for id in leads), key=lambda one: (one.name.casefold(), one.id))
    }


def _asked_for(asked: Asked) -> Wanted:
    """The page's filters out of the query of a file."""
    names = ("team", "segment", "days", "as_of", "region", "live")
    return wanted_of(**{name: asked.get(name) for name in names}, from_on=asked.get("from"), today=asked.today)


def _line_rows(db: Connection, asked: Asked) -> Found:
    found = _engagement(db, asked.viewer, _asked_for(asked), now=asked.now)
    return Found([engagement_view.file_row(one, found) for one in found.lines], period(found.window))


LINES = PageTable(
    "engagement-by-csm",
    "Engagement by CSM",
    "/engagement/by-csm",
    engagement_view.FILE_COLUMNS,
    _line_rows,
    "Each figure with its counts; percent only from five, an interval from ten.",
)


@get("/engagement/rows", sync_to_thread=True, opt=roles(*EVERYBODY))
def rows_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    figure: Annotated[str, QueryParameter(name="figure")] = "",
    of_scope: Annotated[str, QueryParameter(name="scope")] = "",
    id: Annotated[str, QueryParameter(name="id")] = "",
    days: Annotated[str, QueryParameter(name="days")] = "",
    as_of: Annotated[str, QueryParameter(name="as_of")] = "",
    segment: Annotated[str, QueryParameter(name="segment")] = "",
    region: Annotated[str, QueryParameter(name="region")] = "",
) -> Response[str]:
    """What a figure counts, row by row."""
    wanted = wanted_of(days=days, as_of=as_of, segment=segment, region=region, today=app.now().date())
    scope = _scope(of_scope)
    with app.database.read() as db:
        rows, names = _rows(db, visit.viewer, wanted, figure=figure, scope=scope, id=id, now=app.now())
    on = wanted.as_of
    page = rows_view.page(
        rows,
        figure=figure,
        who=_who(_scope(of_scope), id, names),
        window=f"{wanted.days} days to {view.day(on or app.now().date())}.",
        csms=names,
        back=Link("Engagement", wanted.address()),
        file=visit.path,
    )
    return pages.page(app, visit, "leader/rows.html", page=page)


def _counted_rows(db: Connection, asked: Asked) -> Found:
    wanted, figure = _asked_for(asked), asked.get("figure")
    scope, id = _scope(asked.get("scope")), asked.get("id")
    rows, names = _rows(db, asked.viewer, wanted, figure=figure, scope=scope, id=id, now=asked.now)
    definition = catalogue.BY_NAME[figure]
    facts = [
        ("Figure", definition.label),
        ("What it counts", definition.text),
        ("Definition", f"{figure}, version {definition.version}"),
        ("Whose", _who(scope, id, names)),
        ("Days", str(wanted.days)),
        ("As of", (wanted.as_of or asked.today).isoformat()),
    ]
    return Found(rows_view.file_rows(rows, names), facts, name=f"rows-{figure.replace('_', '-')}")


COUNTED = PageTable(
    "rows",
    "The rows behind a figure",
    "/engagement/rows",
    rows_view.FILE_COLUMNS,
    _counted_rows,
    "As many as the figure's count says, and those that stand beside it.",
)


def _rows(
    db: Connection, viewer: Viewer, wanted: Wanted, *, figure: str, scope: Scope, id: str, now: datetime
) -> tuple[list[CountedRow], dict[str, str]]:
    """The rows, and the names of our people by id."""
    rows = run.rows(
        db,
        viewer,
        figure=figure,
        scope=scope,
        id=id,
        now=now,
        as_of=wanted.as_of,
        window_days=wanted.days,
        segment=wanted.segment or None,
        region=wanted.region or None,
    )
    return rows, _names(db)


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise NotFound("There is no such figure.") from None


def _who(scope: Scope, id: str, names: Mapping[str, str]) -> str:
    return {
        Scope.TOTAL: "All teams",
        Scope.TEAM: f"Team of {names.get(id, id)}",
        Scope.CSM: names.get(id, "a CSM the CRM does not know"),
        Scope.SEGMENT: id.capitalize(),
        Scope.REGION: id,
        Scope.ACCOUNT: "This account",
    }[scope]


@get("/definitions", sync_to_thread=True, opt=roles(*EVERYBODY))
def definitions_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    groups: dict[str, list[catalogue.Definition]] = {}
    for one in catalogue.CATALOGUE:
        groups.setdefault(one.kind.value, []).append(one)
    return pages.page(app, visit, "leader/definitions.html", groups=groups, version=catalogue.VERSION)


def _names(db: Connection) -> dict[str, str]:
    return {id: one.name for id, one in metrics.people(db).items()}


TABLES = (LINES, COUNTED)
HANDLERS: list[Any] = [engagement_page, rows_page, definitions_page, *file_handlers(*TABLES)]
