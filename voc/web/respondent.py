"""The respondent's pages: no session, no cookie on a look, nothing loaded from elsewhere, no script needed.

A GET shows, a POST with the page's nonce acts. Everything that was typed comes back with every refusal.
Handlers wait for their commit on the event loop, not in a thread each: `Database.soon`.
"""

import re
from functools import partial

from litestar import Response, post, route
from litestar.concurrency import sync_to_thread
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from sqlalchemy.exc import SQLAlchemyError

from voc.responses import run
from voc.responses.model import Again, Doubted, Saved, Thanks
from voc.web import respondent_pages as pages
from voc.web import respondent_ways
from voc.web.context import App
from voc.web.forms import urlencoded_form
from voc.web.given import AnyRequest, GivenApp
from voc.web.respondent_house import about_page, failed, gone
from voc.web.respondent_html import Page
from voc.web.respondent_request import cookies, filled, looked, posted, visit_of

_LANGUAGE = re.compile(r"[A-Za-z-]{2,16}")


@route("/q/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def show(request: AnyRequest, app: GivenApp, token: FromPath[str], score: FromQuery[str | None] = None) -> Page:
    page = await app.database.soon(partial(run.open_page, score=score, **looked(app, request, token)))
    if isinstance(page, Thanks):
        return await sync_to_thread(pages.thanks, app, request, token, page)
    return await gone(app, request) if page is None else pages.form(app, request, token, page)


@post("/q/{token:str}")
async def answer(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    form = await urlencoded_form(request)
    act = partial(run.submit, filled=filled(form), **posted(app, request, token, form))
    try:
        outcome = await app.database.soon(act)
    except SQLAlchemyError as mistake:
        return failed(app, request, form, mistake)
    return await _answered(app, request, token, outcome)


@post("/q/{token:str}/confirm")
async def confirm(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    form = await urlencoded_form(request)
    act = partial(run.confirm, of=form.text("of"), **posted(app, request, token, form))
    try:
        outcome = await app.database.soon(act)
    except SQLAlchemyError as mistake:
        return failed(app, request, form, mistake)
    return await _answered(app, request, token, outcome)


@post("/q/{token:str}/save")
async def save(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    """What the page's script sends as one types. 204 whether or not it was kept: a scanner learns nothing."""
    form = await urlencoded_form(request)
    act = partial(run.autosave, filled=filled(form), **posted(app, request, token, form))
    cookie = await app.database.soon(act)
    kept = {"X-Kept": "yes"} if cookie else {}
    return Response(b"", status_code=204, headers=kept, cookies=cookies(app, cookie))


@route("/q/{token:str}/thanks", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def thanks(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    page = await sync_to_thread(_thanks, app, request, token)
    return await gone(app, request) if page is None else page


def _thanks(app: App, request: AnyRequest, token: str) -> Page | None:
    with app.database.read() as db:
        found = run.thanks(db, token=token, visit=visit_of(app, request), now=app.now())
    return None if found is None else pages.thanks(app, request, token, found)


async def _answered(app: App, request: AnyRequest, token: str, outcome: Saved | Again | Doubted | None) -> Page:
    match outcome:
        case Saved(cookie=cookie):
            language = request.query_params.get("lang") or ""
            # Whatever else stands there must not become part of a header.
            path = f"/q/{token}/thanks" + (f"?lang={language}" if _LANGUAGE.fullmatch(language) else "")
            return Response(b"", status_code=303, headers={"Location": path}, cookies=cookies(app, cookie))
        case Again():
            return pages.form(app, request, token, outcome.page, again=outcome)
        case Doubted():
            return pages.doubted(app, request, token, outcome)
        case None:
            return await gone(app, request)


# A handler each: Litestar 2.25 wraps a sync handler with two paths twice.
@route("/q/about", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def about(request: AnyRequest, app: GivenApp) -> Page:
    return about_page(app, request)


@route("/about", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def about_from_mail(request: AnyRequest, app: GivenApp) -> Page:
    return about_page(app, request)


HANDLERS: list[ControllerRouterHandler] = [
    about,
    about_from_mail,
    show,
    answer,
    confirm,
    save,
    thanks,
    *respondent_ways.HANDLERS,
]
