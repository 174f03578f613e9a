"""Rehearsing, launching, pausing and stopping waves: for leaders and admins."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.errors import Refused
from voc.base.words import StopReason
from voc.campaigns import questionnaire
from voc.campaigns import run as campaigns
from voc.campaigns.mistakes import QuestionnaireMistakes
from voc.campaigns.rehearsal import Rehearsal
from voc.campaigns.store import programmes, wave_pages
from voc.delivery import run as delivery
from voc.delivery.dns_check import amiss
from voc.delivery.run import dns
from voc.stakeholders import store as stakeholders
from voc.web import delivery_view, pages, rehearsal_view, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.tables import Asked, Found, PageTable, file_handlers
from voc.web.visit import LEADERS, roles

AskedCampaign = Annotated[str, QueryParameter(name="campaign")]


def rehearsal_of(app: App, db: Connection, campaign: str) -> Rehearsal:
    files = questionnaire.read_folder(app.questionnaires, programmes.campaign_by_name(db, campaign).questionnaire)
    return campaigns.rehearse(db, campaign=campaign, questionnaire_files=files, now=app.now())


@get("/waves/rehearse", sync_to_thread=True, opt=roles(*LEADERS))
def rehearse_page(app: GivenApp, visit: GivenVisit, campaign: AskedCampaign = "relationship") -> Response[str]:
    """Nothing is written: `read` could not."""
    now = app.now()
    with app.database.read() as db:
        wanted = preferences.load(db)
        try:
            rehearsal = rehearsal_of(app, db, campaign)
        except QuestionnaireMistakes as mistakes:
            return pages.page(app, visit, "programme/mistakes.html", campaign=campaign, mistakes=mistakes.mistakes)
        names = wave_pages.account_names(db, visit.viewer)
        page = rehearsal_view.page(
            rehearsal,
            teams=stakeholders.teams(db, None, now=now, preferences=wanted),
            names=names,
            exclusions=stakeholders.exclusions(db, visit.viewer, today=now.date()),
            preferences=wanted,
            may_launch=True,
            label=f"{campaign.capitalize()}, {now:%B %Y}",
        )
        checked = dns.last_dns_check(db)
    records = delivery_view.dns_part(
        checked,
        partial(view.moment, zone=ZoneInfo(wanted.default_time_zone)),
        not_checked="a demonstration's company is invented" if app.demo else dns.not_checked(app.settings),
        now=now,
    )
    tick = bool(amiss(checked.found)) if checked is not None else False
    return pages.page(app, visit, "programme/rehearse.html", page=page, dns=records, tick_dns=tick)


def _would_not_ask(db: Connection, asked: Asked) -> Found:
    rehearsal = rehearsal_of(asked.app, db, asked.get("campaign") or "relationship")
    return Found(rehearsal_view.not_asked_rows(rehearsal))


WOULD_NOT_ASK = PageTable(
    "rehearsal-not-asked",
    "Who would not be asked, and why",
    "/waves/rehearse/not-asked",
    rehearsal_view.NOT_ASKED_COLUMNS,
    _would_not_ask,
    roles=LEADERS,
)


@post("/waves/launch", sync_to_thread=True, opt=roles(*LEADERS))
def launch(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Redirect:
    campaign, label = form.text("campaign"), form.text("label")
    with app.database.read() as db:
        amiss_now = _amiss(db, form)
        name = programmes.campaign_by_name(db, campaign).questionnaire
        files = questionnaire.read_folder(app.questionnaires, name)
    order = campaigns.Order(campaign, files, label, visit.viewer.name, form.many("accept"))
    wave_id = campaigns.launch_in_portions(app.database, order, clock=app.clock, holder=app.tokens.new())
    if amiss_now:
        with app.database.begin() as db:
            _keep_amiss(db, amiss_now, campaign=campaign, by=visit.viewer.name, now=app.now())
    return pages.back(app, visit, f"/waves/{wave_id}", f"{label} is launched; the census is frozen.")


def _amiss(db: Connection, form: Form) -> list[str]:
    """Which DNS records of our mail are not in order; Refused unless whoever launches says that they know."""
    checked = dns.last_dns_check(db)
    wrong = amiss(checked.found) if checked is not None else []
    if wrong and not form.ticked("dns"):
        raise Refused(
            f"{delivery_view.dns_words(wrong)}. Mend it, or tick that the wave goes out nonetheless", field="dns"
        )
    return [one.what for one in wrong]


def _keep_amiss(db: Connection, records: list[str], *, campaign: str, by: str, now: datetime) -> None:
    """Who launched although they are not stands in the audit log."""
    audit.record(
        db,
        at=now,
        actor=by,
        action="launched with DNS amiss",
        object_kind="campaign",
        object_id=campaign,
        detail={"records": records},
    )


@post("/waves/{wave_id:int}/act", sync_to_thread=True, opt=roles(*LEADERS))
def steer(app: GivenApp, visit: GivenVisit, wave_id: FromPath[int], form: GivenForm) -> Redirect:
    if form.text("act") == "release":
        said = _release(app, wave_id, by=visit.viewer.name)
    else:
        with app.database.begin() as db:
            said = _steer(app, db, wave_id, form, by=visit.viewer.name)
    return pages.back(app, visit, f"/waves/{wave_id}", said)


def _release(app: App, wave_id: int, *, by: str) -> str:
    """In portions, so that mail and answers of others do not wait."""
    gone = 0
    while True:
        with app.database.begin() as db:
            some = campaigns.release_held(db, wave_id, by=by, now=app.now())
        gone += some
        if not some:
            return f"{view.count(gone, 'mail goes', 'mails go')} in each person’s next window."


def _steer(app: App, db: Connection, wave_id: int, form: Form, *, by: str) -> str:
    """What was done, in words. A stop needs a reason: it cannot be taken back."""
    now, because = app.now(), form.maybe("reason")
    match form.text("act"):
        case "pause":
            campaigns.pause(db, wave_id, by=by, now=now, because=because)
            return "The wave is paused; nothing of it goes out until you resume it."
        case "resume":
            campaigns.resume(db, wave_id, by=by, now=now)
            return "The wave goes on; what fell due meanwhile goes out in each person’s next window."
        case "stop":
            if because is None:
                raise Refused("Say why the wave is stopped: it cannot be taken back, and the audit log keeps it")
            _call_back(db, campaigns.stop_wave(db, wave_id, by=by, now=now, because=because), StopReason.WAVE_STOPPED)
            return "The wave is stopped for good; late answers are still taken."
        case "close":
            _call_back(db, campaigns.close(db, wave_id, by=by, now=now), StopReason.WAVE_CLOSED)
            return "The wave is closed; each invitation is still decided on its own due date."
        case _:
            raise Refused("Choose what to do with the wave")


def _call_back(db: Connection, invitation_ids: list[int], reason: StopReason) -> None:
    for invitation_id in invitation_ids:
        delivery.cancel(db, invitation_id, reason=reason)


TABLES = (WOULD_NOT_ASK,)
HANDLERS: list[Any] = [rehearse_page, *file_handlers(*TABLES), launch, steer]
