"""Every mail that would be sent: of a wave not launched yet, and what is left of one under way. Writes nothing."""

from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.params import FromPath
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.preferences import Preferences
from voc.base.words import WaveState
from voc.campaigns import run as campaigns
from voc.campaigns.calendar import Calendar
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.campaigns.run import Rest
from voc.campaigns.store import programmes, wave_pages
from voc.campaigns.store.rows import rules_with
from voc.web import pages, rehearsal_mails_view, view
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.parts import Link
from voc.web.rehearsal_mails_view import Filter, Line
from voc.web.steering import AskedCampaign, rehearsal_of
from voc.web.tables import csv_file
from voc.web.visit import EVERYBODY, LEADERS, roles


def _filter(request: AnyRequest) -> Filter:
    query = request.query_params
    return Filter(*(query.get(name, "")[:64] for name in ("account", "csm", "step", "reason")))


def _rehearsed(
    app: App, db: Connection, campaign: str, wanted: Preferences
) -> tuple[list[Line], dict[Any, int], Calendar]:
    rehearsal = rehearsal_of(app, db, campaign)
    rules = rules_with(programmes.campaign_by_name(db, campaign).settings, wanted)
    csms = wave_pages.csm_names(db)
    lines = rehearsal_mails_view.of_mails((*rehearsal.mails, *rehearsal.dropped), rules.settings, csms)
    return [*lines, *rehearsal_mails_view.of_members(rehearsal.members, csms)], rehearsal.due_on, rules.calendar


@get("/waves/rehearse/mails", sync_to_thread=True, opt=roles(*LEADERS))
def rehearsed_mails_page(
    app: GivenApp, visit: GivenVisit, request: AnyRequest, campaign: AskedCampaign = "relationship"
) -> Response[str]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        try:
            lines, due_on, calendar = _rehearsed(app, db, campaign, wanted)
        except QuestionnaireMistakes as mistakes:
            return pages.page(app, visit, "programme/mistakes.html", campaign=campaign, mistakes=mistakes.mistakes)
    page = rehearsal_mails_view.page(
        lines,
        _filter(request),
        due_on=due_on,
        calendar=calendar,
        crumbs=[Link("Waves", "/waves"), Link("Rehearsal", f"/waves/rehearse?campaign={campaign}")],
        path="/waves/rehearse/mails",
        hidden={"campaign": campaign},
        lede=(
            "Every mail from now to the close if the wave was launched now and nobody answered, with the reason for "
            "its day, and the reason wherever there is none. Nothing is written."
        ),
        zone=ZoneInfo(wanted.default_time_zone),
    )
    return pages.page(app, visit, "programme/mails.html", page=page)


@get("/waves/rehearse/mails.csv", sync_to_thread=True, opt=roles(*LEADERS))
def rehearsed_mails_file(
    app: GivenApp, visit: GivenVisit, request: AnyRequest, campaign: AskedCampaign = "relationship"
) -> Response[bytes]:
    with app.database.read() as db:
        lines, _due_on, _calendar = _rehearsed(app, db, campaign, preferences.load(db))
    asked = _filter(request)
    return csv_file(
        app,
        visit,
        "rehearsal-mails",
        rehearsal_mails_view.HEADS,
        rehearsal_mails_view.rows(line for line in lines if asked.fits(line)),
    )


def _left(db: Connection, rest: Rest) -> list[Line]:
    csms = wave_pages.csm_names(db)
    lines = rehearsal_mails_view.of_mails((*rest.mails, *rest.dropped), rest.settings, csms)
    return [*lines, *rehearsal_mails_view.of_people(rest.over, csms)]


@get("/waves/{wave_id:int}/mails", sync_to_thread=True, opt=roles(*EVERYBODY))
def rest_page(app: GivenApp, visit: GivenVisit, wave_id: FromPath[int], request: AnyRequest) -> Response[str]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        row = wave_pages.row(db, wave_id, visit.viewer)
        rest = campaigns.rest(db, wave_id, viewer=visit.viewer, now=app.now())
        lines = _left(db, rest)
    page = rehearsal_mails_view.page(
        lines,
        _filter(request),
        due_on=rest.due_on,
        calendar=rest.calendar,
        crumbs=[Link("Waves", "/waves"), Link(row.label, f"/waves/{wave_id}")],
        path=f"/waves/{wave_id}/mails",
        hidden={},
        lede=_lede(row.state, row.confidential),
        zone=ZoneInfo(wanted.default_time_zone),
    )
    return pages.page(app, visit, "programme/mails.html", page=page)


def _lede(state: WaveState, confidential: bool) -> str:
    if confidential and state in (WaveState.PAUSED, WaveState.RUNNING):
        return (
            "Mails to those who are not invited yet. To whom a reminder goes is listed nowhere: "
            "in confidence, that would say who has not answered."
        )
    if state is WaveState.PAUSED:
        return "The wave is paused: nothing goes out. This is what would if it was resumed now and nobody answered."
    if state is WaveState.RUNNING:
        return "What is still to come if nobody answers from now on. The chase stops at once on an answer."
    return f"The wave is {view.low_word(state)}: nothing more of it goes out."


@get("/waves/{wave_id:int}/mails.csv", sync_to_thread=True, opt=roles(*EVERYBODY))
def rest_file(app: GivenApp, visit: GivenVisit, wave_id: FromPath[int], request: AnyRequest) -> Response[bytes]:
    with app.database.read() as db:
        wave_pages.row(db, wave_id, visit.viewer)
        lines = _left(db, campaigns.rest(db, wave_id, viewer=visit.viewer, now=app.now()))
    asked = _filter(request)
    return csv_file(
        app,
        visit,
        f"wave-{wave_id}-mails",
        rehearsal_mails_view.HEADS,
        rehearsal_mails_view.rows(line for line in lines if asked.fits(line)),
    )


HANDLERS: list[Any] = [rehearsed_mails_page, rehearsed_mails_file, rest_page, rest_file]
