"""Silent accounts in order of work, what to do about each, and what silence has cost here."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.words import FollowUpKind
from voc.followup import run as follow_ups
from voc.followup import store as cases
from voc.followup.model import FollowUp
from voc.followup.store import plays
from voc.followup.store.cases import OPEN
from voc.metrics import run
from voc.metrics import store as metrics
from voc.metrics.pages import SilentPage
from voc.metrics.run import cost, kept_pages, standings
from voc.metrics.silence import WEIGHTS_VERSION
from voc.web import cost_view, pages, silent_view
from voc.web.context import App
from voc.web.engagement_view import Wanted, filters
from voc.web.given import AskedCsm, AskedRegion, AskedSegment, AskedTeam, GivenApp, GivenForm, GivenVisit
from voc.web.narrowing import csms_of, names_of, part_asked_for, part_wanted, strictly, teams_of
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import EVERYBODY, Visit, roles

LONGEST_PLAY = 200


@get("/silent", sync_to_thread=True, opt=roles(*EVERYBODY))
def silent_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    after: Annotated[str, QueryParameter(name="after")] = "",
    team: AskedTeam = "",
    csm: AskedCsm = "",
    segment: AskedSegment = "",
    region: AskedRegion = "",
) -> Response[str]:
    now, viewer = app.now(), visit.viewer
    with app.database.read() as db:
        known = preferences.load(db)
        teams, csms = teams_of(db) if viewer.sees_all else {}, csms_of(db, viewer, team)
        wanted = part_wanted(db, team=team, csm=csm, segment=segment, region=region, csms=csms, today=now.date())
        found = _silent(db, viewer, wanted, now=now, after=after[:64] or None, limit=silent_view.PAGE)
        theirs = _silent_cases(db, visit.viewer, {one.account_id for one in found.silent}, now=now)
        page = silent_view.page(
            found,
            csms=names_of(db),
            cases=theirs,
            plays=plays.latest(db, [one.id for one in theirs.values()]),
            today=now.date(),
            wanted=wanted,
            filters=filters(wanted, teams, windows=(), regions=metrics.regions(db, known), csms=csms),
            names={**teams, **csms},
        )
        costs = cost_view.section(kept_pages.cost_page(db, visit.viewer, standings.large_on(db, now=now)))
    return pages.page(
        app, visit, "leader/silent.html", page=page, cost=costs, weights=WEIGHTS_VERSION, unread=wanted.unread
    )


def _silent(
    db: Connection, viewer: Viewer, wanted: Wanted, *, now: datetime, after: str | None = None, limit: int | None = None
) -> SilentPage:
    return run.silent(db, viewer, now=now, after=after, limit=limit, csm_id=wanted.csm or None, **wanted.part)


def _silent_cases(
    db: Connection, viewer: Viewer, account_ids: Collection[str], *, now: datetime
) -> dict[str, FollowUp]:
    """Open follow-ups of these silent accounts, by account."""
    wanted = preferences.load(db)
    found = cases.of_accounts(
        db, account_ids, viewer, now=now, preferences=wanted, kind=FollowUpKind.SILENT_ACCOUNT, states=OPEN
    )
    return {one.account_id: one for one in found}


def _silent_rows(db: Connection, asked: Asked) -> Found:
    wanted, names = strictly(part_asked_for(db, asked)), names_of(db)
    found = _silent(db, asked.viewer, wanted, now=asked.now)
    facts = [("As of", asked.today.isoformat()), ("Weights of the score", f"version {WEIGHTS_VERSION}")]
    return Found([silent_view.file_row(one, names) for one in found.silent], facts)


SILENT = PageTable(
    "silent-accounts",
    "Silent accounts",
    "/silent",
    silent_view.FILE_COLUMNS,
    _silent_rows,
    "Accounts asked enough where nobody answered, in order of work: score times revenue.",
)


@get("/silent/renewals", sync_to_thread=True, opt=roles(*EVERYBODY))
def renewals_page(
    app: GivenApp,
    visit: GivenVisit,
    *,
    group: Annotated[str, QueryParameter(name="group")] = "",
    band: Annotated[str, QueryParameter(name="band")] = "",
    after: Annotated[str, QueryParameter(name="after")] = "",
) -> Response[str]:
    """The rows behind the table of what silence costs: of the viewer's own accounts."""
    with app.database.read() as db:
        found, names = cost.page(db, visit.viewer), names_of(db)
    page = cost_view.renewals_page(found, group=group, csms=names, band=band, after=after)
    return pages.page(app, visit, "leader/renewals.html", page=page)


def _renewal_rows(db: Connection, asked: Asked) -> Found:
    found = cost_view.chosen(cost.page(db, asked.viewer), asked.get("group"), asked.get("band"))
    return Found(cost_view.file_rows(found, names_of(db)))


RENEWALS = PageTable(
    "renewals",
    "What silence costs: the renewals",
    "/silent/renewals",
    cost_view.FILE_COLUMNS,
    _renewal_rows,
    "Renewal decisions, each read 90 days before it, or at the notice date: nothing that came later enters.",
)


@post("/silent/{account_id:str}/follow-up", sync_to_thread=True, opt=roles(*EVERYBODY))
def open_follow_up(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Redirect:
    """The night opens these too; whoever presses first does it, once per spell of silence. The play is logged."""
    now = app.now()
    with app.database.begin() as db:
        spell_on = _silent_since(app, db, visit, account_id)
        follow_ups.open_silent(db, account_id=account_id, spell_on=spell_on, now=now)
        case = _silent_cases(db, visit.viewer, [account_id], now=now).get(account_id)
        play = form.maybe("play")
        if case is not None and play:
            follow_ups.plan(db, case.id, viewer=visit.viewer, now=now, play=play[:LONGEST_PLAY])
    path = "/silent" if case is None else f"/follow-ups/{case.id}"
    return pages.back(app, visit, path, "The play is logged; the clock of the follow-up runs until somebody called.")


def _silent_since(app: App, db: Connection, visit: Visit, account_id: str) -> date:
    """The day its silence began. NotFound for a foreign account, Refused if it is not silent any more."""
    found = run.account_states(db, visit.viewer, now=app.now(), account_ids=[account_id])
    if account_id not in found:
        raise NotFound("There is no such account.")
    spell_on = found[account_id].spell_on
    if spell_on is None:
        raise Refused("This account is not silent any more")
    return spell_on


TABLES = (SILENT, RENEWALS)
HANDLERS: list[Any] = [silent_page, renewals_page, *file_handlers(*TABLES), open_follow_up]
