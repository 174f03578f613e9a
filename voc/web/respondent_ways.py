"""Not for me, or not now: decline, a colleague instead, never again; and the link that nobody sees."""

from functools import partial

from litestar import get, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from sqlalchemy.exc import SQLAlchemyError

from voc.responses import run
from voc.responses.model import Acted, Again, Decline, Doubted, Opened
from voc.web import respondent_pages as pages
from voc.web.context import App
from voc.web.forms import urlencoded_form
from voc.web.given import AnyRequest, GivenApp
from voc.web.respondent_house import failed, gone
from voc.web.respondent_html import Page
from voc.web.respondent_request import filled, looked, posted


@post("/q/{token:str}/no")
async def decline(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    form = await urlencoded_form(request)
    wanted = form.text("do")
    if wanted not in list(Decline):
        return await _shown_again(app, request, token)
    act = partial(run.decline, what=Decline(wanted), filled=filled(form))
    try:
        outcome = await app.database.soon(partial(act, **posted(app, request, token, form)))
    except SQLAlchemyError as mistake:
        return failed(app, request, form, mistake)
    return await _done(app, request, token, outcome)


@post("/q/{token:str}/colleague")
async def colleague(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    form = await urlencoded_form(request)
    act = partial(run.refer, filled=filled(form), **posted(app, request, token, form))
    try:
        outcome = await app.database.soon(act)
    except SQLAlchemyError as mistake:
        return failed(app, request, form, mistake)
    return await _done(app, request, token, outcome)


@get("/q/{token:str}/all")
async def trap(request: AnyRequest, app: GivenApp, token: FromPath[str], n: FromQuery[str] = "") -> Page:
    """The link that nobody sees: whoever follows it, it was not a person."""
    await app.database.soon(partial(run.trap, token=token, nonce=n, now=app.now()))
    return await gone(app, request)


@route("/u/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def show_unsubscribe(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    page = await app.database.soon(partial(run.open_unsubscribe, **looked(app, request, token)))
    return await gone(app, request) if page is None else pages.unsubscribe(request, token, page)


@post("/u/{token:str}")
async def unsubscribe(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    """RFC 8058's one click acts at once; the button of our own page obeys the same rules as an answer."""
    form = await urlencoded_form(request)
    one_click = form.text("List-Unsubscribe") == "One-Click"
    act = partial(run.unsubscribe, one_click=one_click, **posted(app, request, token, form))
    try:
        outcome = await app.database.soon(act)
    except SQLAlchemyError as mistake:
        return failed(app, request, form, mistake)
    match outcome:
        case None:
            return await gone(app, request)
        case Doubted(page=page):
            return pages.unsubscribe(request, token, page, doubted=bool(form.text("nonce")))
        case Acted(door=door, questionnaire=asked):
            return pages.message(request, door, asked, "unsubscribed", "unsubscribed_text")


async def _shown_again(app: App, request: AnyRequest, token: str) -> Page:
    look = {**looked(app, request, token), "method": "GET", "score": None}
    page = await app.database.soon(partial(run.open_page, **look))
    return pages.form(app, request, token, page) if isinstance(page, Opened) else await gone(app, request)


async def _done(app: App, request: AnyRequest, token: str, outcome: Acted | Again | Doubted | None) -> Page:
    match outcome:
        case None:
            return await gone(app, request)
        case Again():
            return pages.form(app, request, token, outcome.page, again=outcome)
        case Doubted():
            return pages.doubted(app, request, token, outcome)
        case Acted(door=door, questionnaire=asked, decline=None):
            return pages.message(request, door, asked, "referred", "referred_text", back=f"/q/{token}")
        case Acted(door=door, questionnaire=asked, decline=what):
            return pages.message(request, door, asked, f"declined_{what}", f"declined_{what}_text")


HANDLERS: list[ControllerRouterHandler] = [decline, colleague, trap, show_unsubscribe, unsubscribe]
