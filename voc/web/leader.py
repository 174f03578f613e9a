"""Figures: engagement by CSM, the rows behind any figure, what each means, and silent accounts."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Response, get
from litestar.params import QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.narrowed import Narrowed
from voc.base.preferences import Preferences
from voc.base.words import Scope, Segment
from voc.metrics import catalogue, run
from voc.metrics import store as metrics
from voc.metrics.cohorts import Key
from voc.metrics.moved import Gone, gone
from voc.metrics.pages import Engagement, ScopeFigures
from voc.metrics.rows import place_of
from voc.metrics.run import kept_pages
from voc.metrics.run import trend as trends
from voc.metrics.run.counted_rows import Opened, behind, every_row
from voc.metrics.run.near_views import is_said
from voc.metrics.store import numbers
from voc.web import csms_view, engagement_view, pages, rows_view, trend_view
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.given import AnyRequest, GivenApp, GivenVisit
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
    beside_to: str = "",
    trend: str = "",
) -> Wanted:
    """The filters as they were asked for; what makes no sense falls back, a day to come is today.

    `from_on` is the first day of the period, whatever `days` says; `beside_to` the last day of an earlier one.
    """
    on = _day(as_of) or today
    until, since, earlier = min(on, today), _day(from_on), _day(beside_to or beside)
    if since is not None and since <= until < since + timedelta(days=1000):
        days = str((until - since).days + 1)
        live = "1" if until == today else live  # last night's figures end a day before
    return Wanted(
        team=team,
        segment=segment if segment in {one.value for one in Segment} else "",
        days=int(days) if _WINDOW.fullmatch(days) else 180,
        as_of=on if _FIRST_DAY <= on < today else None,
        csm=csm,
        team_line=against == "team",
        region=region[:64],
        live=live == "1",
        beside=_earlier(beside, earlier, until),
        trend=trend if trend in trends.NAMES else "",
    )


def _earlier(beside: str, earlier: date | None, until: date) -> str:
    """A chosen day must be earlier than the end of the period; it goes before the period just before."""
    if earlier is not None:
        return earlier.isoformat() if earlier < until else ""
    return beside if beside == "previous" else ""


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
    region: Annotated[str, QueryParameter(name="region")] = "",
    from_on: Annotated[str, QueryParameter(name="from")] = "",
    live: Annotated[str, QueryParameter(name="live")] = "",
    beside: Annotated[str, QueryParameter(name="beside")] = "",
    beside_to: Annotated[str, QueryParameter(name="beside_to")] = "",
    trend: Annotated[str, QueryParameter(name="trend")] = "",
) -> Response[str]:
    now = app.now()
    wanted = wanted_of(
        team=team,
        segment=segment,
        days=days,
        as_of=as_of,
        csm=csm,
        region=region,
        from_on=from_on,
        live=live,
        beside=beside,
        beside_to=beside_to,
        trend=trend,
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
            periods=_beside(db, visit.viewer, _of_night(found, wanted), now=now) if wanted.beside else None,
            gone=_gone(db, found, wanted, known, now=now),
        )
        line = _trend(db, found, wanted, trend, known)
    return pages.page(app, visit, "leader/engagement.html", page=page, trend=line)


def _of_night(found: Engagement, wanted: Wanted) -> Wanted:
    """The same period as the figures above, which a night kept."""
    return replace(wanted, as_of=found.window.to_on) if found.kept else wanted


def _gone(db: Connection, found: Engagement, wanted: Wanted, known: Preferences, *, now: datetime) -> Gone:
    """Of the accounts that were asked, those that left since or are another's."""
    countries = metrics.countries_of(db, wanted.region, known) if wanted.region else None
    part = Narrowed(segment=wanted.segment or None, countries=countries)
    on = found.window.to_on if found.kept else wanted.as_of
    moved = kept_pages.moved(db, on, days=found.window.days, now=now, part=part)
    return gone(moved, (found.whole.scope, found.whole.id), metrics.people(db))


def _trend(db: Connection, found: Engagement, wanted: Wanted, name: str, known: Preferences) -> trend_view.Section:
    """Of the whole that the page shows: all teams, a team or a book, a segment or a region."""
    chosen, address = name if name in trends.NAMES else trends.NAMES[0], replace(wanted, trend="").address()
    key = _kept_key(found, wanted)
    if key is None:
        return trend_view.not_kept(chosen, address=address)
    if found.not_told is not None and is_said(chosen):
        return trend_view.not_kept(chosen, address=address, why="Not shown in this view, as the top of the page says.")
    line = trends.of(db, key, chosen, window=found.window, preferences=known)
    return trend_view.section(line, address=address, asking=Asking(days=found.window.days))


def _kept_key(found: Engagement, wanted: Wanted) -> Key | None:
    """What a night keeps; it crosses no two of team, segment and region."""
    whole = found.whole.scope, found.whole.id
    if not wanted.segment and not wanted.region:
        return whole
    if found.whole.scope != Scope.TOTAL or (wanted.segment and wanted.region):
        return None
    return (Scope.SEGMENT, wanted.segment) if wanted.segment else (Scope.REGION, wanted.region)


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


def csms_of(db: Connection, viewer: Viewer, team: str = "") -> dict[str, str]:
    """Whoever owns an account that the viewer may see, of a team if one is chosen: by id, in alphabetical order."""
    people = metrics.people(db)
    found = (people[id] for id in metrics.owner_ids(db, viewer) & set(people) if team in ("", people[id].manager_id))
    return {one.id: one.name for one in sorted(found, key=lambda one: (one.name.casefold(), one.id))}


def _asked_for(asked: Asked) -> Wanted:
    """The page's filters out of the query of a file."""
    names = ("team", "segment", "days", "as_of", "region", "live")
    return wanted_of(**{name: asked.get(name) for name in names}, from_on=asked.get("from"), today=asked.today)


def part_wanted(
    *, team: str, csm: str, segment: str, region: str, csms: Mapping[str, str], today: date, days: str = ""
) -> Wanted:
    """What narrows a list. A CSM of another team than the chosen one is left out: the team was chosen anew."""
    wanted = wanted_of(days=days, as_of="", segment=segment, team=team, csm=csm, region=region, today=today)
    return wanted if not team or csm in csms else replace(wanted, csm="")


def part_asked_for(db: Connection, asked: Asked) -> Wanted:
    """The same out of the query of a file."""
    names = ("team", "csm", "segment", "region")
    csms = csms_of(db, asked.viewer, asked.get("team"))
    return part_wanted(
        **{name: asked.get(name) for name in names}, csms=csms, today=asked.today, days=asked.get("days")
    )


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


def _trend_rows(db: Connection, asked: Asked) -> Found:
    """The line that the page draws; nothing where the page draws none."""
    wanted, name = _asked_for(asked), asked.get("trend")
    chosen = name if name in trends.NAMES else trends.NAMES[0]
    found = _engagement(db, asked.viewer, wanted, now=asked.now)
    key, facts = _kept_key(found, wanted), [("Figure", catalogue.OPENS[chosen].label), *period(found.window)]
    if key is None or (found.not_told is not None and is_said(chosen)):
        return Found([], facts, name=f"trend-{chosen.replace('_', '-')}")
    line = trends.of(db, key, chosen, window=found.window, preferences=preferences.load(db))
    return Found([trend_view.file_row(one) for one in line.points], facts, name=f"trend-{chosen.replace('_', '-')}")


TREND = PageTable(
    "trend",
    "Trend of a year",
    "/engagement/trend",
    trend_view.FILE_COLUMNS,
    _trend_rows,
    "The latest night of each week as it was kept. trend=response_rate and others; the filters of the page.",
)


ROWS_QUERY = ("figure", "scope", "id", "days", "as_of", "to", "segment", "region", "live", "state")


def opened_of(request_query: Mapping[str, str], *, today: date) -> Opened:
    """Which rows an address asks for; what makes no sense falls back."""
    given = {key: request_query.get(key, "") for key in ("days", "as_of", "segment", "region", "live")}
    wanted = wanted_of(**given, today=today)
    to = _day(request_query.get("to", ""))
    return Opened(
        figure=request_query.get("figure", "")[:64],
        scope=_scope(request_query.get("scope", "")),
        id=request_query.get("id", "")[:64],
        as_of=wanted.as_of,
        to=to if to is not None and to < today else None,
        window_days=wanted.days,
        segment=wanted.segment or None,
        region=wanted.region or None,
        live=wanted.live,
        label=request_query.get("state", "")[:64],
    )


@get("/engagement/rows", sync_to_thread=True, opt=roles(*EVERYBODY))
def rows_page(app: GivenApp, visit: GivenVisit, request: AnyRequest) -> Response[str]:
    """What a figure counts, row by row, a page at a time."""
    query, now = request.query_params, app.now()
    opened, beside = opened_of(query, today=now.date()), query.get("beside", "") == "1"
    with app.database.read() as db:
        found = behind(
            db,
            visit.viewer,
            opened,
            now=now,
            want_beside=beside,
            after=place_of(query.get("after", "")),
            before=place_of(query.get("before", "")),
        )
        names = names_of(db)
    path = _rows_address(opened)
    around = rows_view.Around(
        who=found.account_name or _who(opened.scope, opened.id, names),
        csms=names,
        back=_back(opened),
        path=path,
        beside=beside,
    )
    return pages.page(app, visit, "leader/rows.html", page=rows_view.page(found, opened, around))


def _rows_address(opened: Opened) -> str:
    asking = Asking(opened.as_of, opened.window_days, opened.segment, opened.region, live=opened.live)
    return asking.rows_of(opened.figure, opened.key, label=opened.label, to=opened.to)


def _back(opened: Opened) -> Link:
    if opened.scope == Scope.ACCOUNT:
        return Link("The account", f"/accounts/{quote(opened.id, safe='')}")
    wanted = Wanted(
        segment=opened.segment or "",
        days=opened.window_days or 180,
        as_of=opened.as_of,
        region=opened.region or "",
        live=opened.live,
    )
    if opened.figure in _RETENTION:
        return Link("Retention", wanted.address("/retention"))
    return Link("Engagement", wanted.address())


_RETENTION = frozenset(one.name for one in catalogue.CATALOGUE if one.kind == catalogue.Kind.RENEWAL)


def _counted_rows(db: Connection, asked: Asked) -> Found:
    if not (asked.get("figure") and asked.get("scope")):
        raise NotFound("Name a figure and whose it is, such as figure=response_rate and scope=total.")
    opened = opened_of({name: asked.get(name) for name in ROWS_QUERY}, today=asked.today)
    names = names_of(db)
    rows = every_row(db, asked.viewer, opened, now=asked.now)
    definition = catalogue.OPENS[opened.figure]
    facts = [
        ("Figure", definition.label),
        ("What it counts", definition.text),
        ("Definition", f"{opened.figure}, version {definition.version}"),
        ("Whose", _who(opened.scope, opened.id, names)),
        ("Days", str(opened.window_days)),
        ("As of", (opened.as_of or asked.today).isoformat()),
    ]
    return Found(list(rows_view.file_rows(rows, names)), facts, name=f"rows-{opened.figure.replace('_', '-')}")


COUNTED = PageTable(
    "rows",
    "The rows behind a figure",
    "/engagement/rows",
    rows_view.FILE_COLUMNS,
    _counted_rows,
    "As many as the figure's count says, and those that stand beside it.",
)


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
    with app.database.read() as db:
        own = numbers.kinds(db)
    for one in catalogue.CATALOGUE:
        groups.setdefault(one.kind.value, []).append(one)
    if outside := [catalogue.BY_NAME[name] for name in own if name in catalogue.BY_NAME]:
        groups["own"] = outside
    beside = [one for name, one in catalogue.OPENS.items() if name not in catalogue.BY_NAME]
    told: dict[str, Any] = {
        "groups": groups,
        "beside": beside,
        "version": catalogue.VERSION,
        "power": csms_view.power(),
    }
    return pages.page(app, visit, "leader/definitions.html", **told)


def names_of(db: Connection) -> dict[str, str]:
    """Our people by CSM id."""
    return {id: one.name for id, one in metrics.people(db).items()}


TABLES = (LINES, TREND, COUNTED)
HANDLERS: list[Any] = [engagement_page, rows_page, definitions_page, *file_handlers(*TABLES)]
