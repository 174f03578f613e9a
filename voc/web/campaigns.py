"""Campaigns: their settings for the next waves, copies, on and off. For the programme owner."""

from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import available_timezones

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from voc.base import preferences
from voc.base.errors import Misconfigured, Refused
from voc.base.preferences import Preferences
from voc.campaigns import choices, questionnaire
from voc.campaigns.countries import country_code, main_zone
from voc.campaigns.model import CampaignSettings
from voc.campaigns.run import programmes as run
from voc.campaigns.store import occasions, programmes, trials, wave_pages
from voc.campaigns.store.rows import rules_with
from voc.web import campaign_fields, campaign_view, pages, settings_fields, trial_view
from voc.web.campaign_view import Example
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, Visit, roles


@get("/campaigns", sync_to_thread=True, opt=roles(*ADMINS))
def campaigns_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _list_page(app, visit)


def _list_page(
    app: App, visit: Visit, *, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response[str]:
    with app.database.read() as db:
        found = programmes.campaigns(db)
        rows = wave_pages.rows(db, visit.viewer)
    context: dict[str, Any] = {
        "campaigns": campaign_view.listed(found, rows),
        "typed": typed or {},
        "errors": errors or {},
    }
    return pages.page(app, visit, "campaigns/list.html", status=400 if errors else 200, **context)


@post("/campaigns", sync_to_thread=True, opt=roles(*ADMINS))
def copy_campaign(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    name, of = form.text("name"), form.text("of")
    try:
        with app.database.begin() as db:
            run.copy(db, name, of=of, by=visit.viewer.name, now=app.now())
    except Refused as refused:
        errors = {refused.field or "name": refused.reason}
        return _list_page(app, visit, typed={"name": name, "of": of}, errors=errors)
    said = f"{campaign_view.title(name)} is there, asking as {of} does. It is off until you switch it on."
    return pages.back(app, visit, f"/campaigns/{name}", said)


@dataclass(frozen=True)
class Somewhere:
    """Where the contact of the example is."""

    country: str
    zone: str


@get("/campaigns/{name:str}", sync_to_thread=True, opt=roles(*ADMINS))
def campaign_page(
    app: GivenApp,
    visit: GivenVisit,
    name: FromPath[str],
    country: Annotated[str, QueryParameter(name="country")] = "",
    zone: Annotated[str, QueryParameter(name="zone")] = "",
) -> Response[str]:
    return _page(app, visit, name, somewhere=Somewhere(country, zone))


def _page(
    app: App,
    visit: Visit,
    name: str,
    *,
    somewhere: Somewhere,
    form: Form | None = None,
    tried: CampaignSettings | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    """What was typed stands instead of what is kept; the example goes by `tried`, else by what is kept."""
    with app.database.read() as db:
        wanted = preferences.load(db)
        found = programmes.campaign_by_name(db, name)
        rows = [row for row in wave_pages.rows(db, visit.viewer) if row.campaign == name]
        taken_up = occasions.latest(db, visit.viewer, found.id)
        test = trial_view.heads_up_test(trials.halves(db, visit.viewer, campaign_name=name))
    typed = campaign_fields.typed(form) if form is not None else {}
    what = {"questionnaire": found.questionnaire, "priority": str(found.priority)}
    if form is not None:
        what = {key: form.text(key) or value for key, value in what.items()}
    context: dict[str, Any] = {
        "name": name,
        "title": campaign_view.title(name),
        "on": found.settings.on,
        "running": [row for row in rows if row.closed_at is None],
        "waves": rows,
        "what": what,
        "questionnaires": questionnaire.names(app.questionnaires),
        "priorities": choices.PRIORITIES,
        "steps": campaign_fields.STEPS,
        "asking": campaign_fields.ASKING,
        "own": campaign_fields.OWN,
        "by_event": campaign_fields.BY_EVENT,
        "occasions": campaign_fields.OCCASIONS,
        "occasion": found.settings.occasion,
        "cadence": campaign_view.cadence(found.settings),
        "taken_up": taken_up,
        "days": settings_fields.DAYS,
        "shown": {**campaign_fields.shown(found.settings), **typed},
        "company_has": {
            one.name: campaign_fields.company_value(one.name, wanted) for one in campaign_fields.OWN.fields
        },
        "errors": errors or {},
        "example": _example(app, tried or found.settings, wanted, somewhere, broken=bool(errors)),
        "test": test,
    }
    return pages.page(app, visit, "campaigns/one.html", status=400 if errors else 200, **context)


def _example(
    app: App, settings: CampaignSettings, wanted: Preferences, somewhere: Somewhere, *, broken: bool
) -> Example:
    """Computed by the rules that the launch and the claim go by."""
    country = country_code(somewhere.country or wanted.default_country)
    zone = somewhere.zone or main_zone(country) or wanted.default_time_zone
    if broken:
        return Example(zone, country or "", (), "", "Mend what is marked first; then this shows what they would get.")
    if somewhere.country and country is None:
        return Example(zone, somewhere.country, (), "", "No country is known by that name: write Germany or DE.")
    if zone not in available_timezones():
        return Example(zone, country or "", (), "", "No time zone has that name: write Europe/Berlin.")
    rules = rules_with(settings, wanted)
    try:
        course = choices.course(rules, zone=zone, country=country, heads_up=settings.heads_up, now=app.now())
    except Misconfigured as problem:
        return Example(zone, country or "", (), "", str(problem))
    return campaign_view.example(course, settings, zone=zone, country=country)


@post("/campaigns/{name:str}", sync_to_thread=True, opt=roles(*ADMINS))
def change_campaign(app: GivenApp, visit: GivenVisit, name: FromPath[str], form: GivenForm) -> Response[Any]:
    """All of it or none: every mistake is named at once. `do=show` keeps nothing and shows what they would get."""
    somewhere = Somewhere(form.text("country"), form.text("zone"))
    with app.database.read() as db:
        wanted, found = preferences.load(db), programmes.campaign_by_name(db, name)
    values, errors = campaign_fields.read(form)
    tried = found.settings
    try:
        tried = run.read(found.settings, values)
        errors = {**choices.mistakes(tried, opens=wanted.opens, closes=wanted.closes), **errors}
    except Refused as refused:
        errors = {refused.field or "name": refused.reason, **errors}
    if form.text("do") == "show" and not errors:
        return _page(app, visit, name, somewhere=somewhere, form=form, tried=tried)
    if not errors:
        try:
            _keep(app, visit, name, values, form)
        except Refused as refused:
            errors[refused.field or "questionnaire"] = refused.reason
    if errors:
        return _page(app, visit, name, somewhere=somewhere, form=form, tried=tried, errors=errors)
    said = "It holds for the next wave; a wave under way keeps what it was launched with."
    return pages.back(app, visit, f"/campaigns/{name}", f"{campaign_view.title(name)} is saved. {said}")


def _keep(app: App, visit: Visit, name: str, values: dict[str, Any], form: Form) -> None:
    who, now = visit.viewer.name, app.now()
    priority = form.text("priority")
    with app.database.begin() as db:
        run.change_what(
            db,
            name,
            questionnaire=form.text("questionnaire"),
            priority=int(priority) if priority.isascii() and priority.isdigit() else 0,
            known=questionnaire.names(app.questionnaires),
            by=who,
            now=now,
        )
        run.change_settings(db, name, values, by=who, now=now)


@post("/campaigns/{name:str}/switch", sync_to_thread=True, opt=roles(*ADMINS))
def switch_campaign(app: GivenApp, visit: GivenVisit, name: FromPath[str], form: GivenForm) -> Redirect:
    on = form.text("do") != "off"
    with app.database.begin() as db:
        run.switch(db, name, on=on, by=visit.viewer.name, now=app.now())
        by_event = programmes.campaign_by_name(db, name).settings.occasion is not None
    begins = "it asks by itself from now on" if by_event else "a wave of it can be launched"
    words = f"on: {begins}" if on else "off: no wave of it is launched, one under way goes on"
    undo = (f"/campaigns/{name}/switch", {"do": "off" if on else "on"})
    return pages.back(app, visit, f"/campaigns/{name}", f"{campaign_view.title(name)} is {words}.", undo=undo)


HANDLERS: list[Any] = [campaigns_page, copy_campaign, campaign_page, change_campaign, switch_campaign]
