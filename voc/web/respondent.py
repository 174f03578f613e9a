"""The respondent's pages: no session, no cookie on a look, nothing loaded from elsewhere, no script needed.

A GET shows, a POST with the page's nonce acts. Everything that was typed comes back with every refusal.
"""

import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response, get, post, route
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.enums import HttpMethod, MediaType
from litestar.params import FromPath, FromQuery
from litestar.types import ControllerRouterHandler
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from voc.base import log, preferences
from voc.base.preferences import Preferences
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns.definition import Language, Questionnaire
from voc.responses import run
from voc.responses.model import Acted, Again, Decline, Door, Doubted, Opened, Saved, Thanks, Visit
from voc.web import respondent_view as view
from voc.web.context import App
from voc.web.door import source
from voc.web.forms import Form, urlencoded_form
from voc.web.given import AnyRequest, GivenApp, GivenForm
from voc.web.respondent_style import policy, style_of

Page = Response[bytes]

COOKIE_LIVES_SECONDS = 120 * 24 * 3600
_FORM = {"form": Provide(urlencoded_form)}
_LANGUAGE = re.compile(r"[A-Za-z-]{2,16}")
_OURS = ("nonce", "fax", "do", "of")

_log = log.get("respondent")
_TEMPLATES = Environment(
    loader=PackageLoader("voc.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


# --- answering ----------------------------------------------------------------------------------


@route("/q/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def show(request: AnyRequest, app: GivenApp, token: FromPath[str], score: FromQuery[str | None] = None) -> Page:
    page = run.open_page(
        app.database,
        token=token,
        method=request.method,
        score=score,
        visit=_visit(app, request),
        now=app.now(),
        tokens=app.tokens,
    )
    if isinstance(page, Thanks):
        return _thanks(app, request, token, page)
    return _gone(app, request) if page is None else _form(app, request, token, page)


@post("/q/{token:str}", dependencies=_FORM, sync_to_thread=True)
def answer(request: AnyRequest, app: GivenApp, token: FromPath[str], form: GivenForm) -> Page:
    try:
        outcome = run.submit(app.database, **_posted(app, request, token, form), filled=_filled(form))
    except SQLAlchemyError as mistake:
        return _failed(app, request, form, mistake)
    return _answered(app, request, token, outcome)


@post("/q/{token:str}/confirm", dependencies=_FORM, sync_to_thread=True)
def confirm(request: AnyRequest, app: GivenApp, token: FromPath[str], form: GivenForm) -> Page:
    try:
        outcome = run.confirm(app.database, **_posted(app, request, token, form), of=form.text("of"))
    except SQLAlchemyError as mistake:
        return _failed(app, request, form, mistake)
    return _answered(app, request, token, outcome)


@post("/q/{token:str}/save", dependencies=_FORM, sync_to_thread=True)
def save(request: AnyRequest, app: GivenApp, token: FromPath[str], form: GivenForm) -> Page:
    """What the page's script sends as one types. 204 whether or not it was kept: a scanner learns nothing."""
    cookie = run.autosave(app.database, **_posted(app, request, token, form), filled=_filled(form))
    kept = {"X-Kept": "yes"} if cookie else {}
    return Response(b"", status_code=204, headers=kept, cookies=_cookies(app, cookie))


@route("/q/{token:str}/thanks", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def thanks(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    found = run.thanks(app.database, token=token, visit=_visit(app, request), now=app.now())
    return _gone(app, request) if found is None else _thanks(app, request, token, found)


def _answered(app: App, request: AnyRequest, token: str, outcome: Saved | Again | Doubted | None) -> Page:
    match outcome:
        case Saved(cookie=cookie):
            language = request.query_params.get("lang") or ""
            # Whatever else stands there must not become part of a header.
            path = f"/q/{token}/thanks" + (f"?lang={language}" if _LANGUAGE.fullmatch(language) else "")
            return Response(b"", status_code=303, headers={"Location": path}, cookies=_cookies(app, cookie))
        case Again():
            return _form(app, request, token, outcome.page, again=outcome)
        case Doubted():
            return _doubted(app, request, token, outcome)
        case None:
            return _gone(app, request)


# --- not for me, or not now ---------------------------------------------------------------------


@post("/q/{token:str}/no", dependencies=_FORM, sync_to_thread=True)
def decline(request: AnyRequest, app: GivenApp, token: FromPath[str], form: GivenForm) -> Page:
    wanted = form.text("do")
    if wanted not in list(Decline):
        return show_again(app, request, token)
    try:
        outcome = run.decline(
            app.database, **_posted(app, request, token, form), what=Decline(wanted), filled=_filled(form)
        )
    except SQLAlchemyError as mistake:
        return _failed(app, request, form, mistake)
    return _done(app, request, token, outcome)


@post("/q/{token:str}/colleague", dependencies=_FORM, sync_to_thread=True)
def colleague(request: AnyRequest, app: GivenApp, token: FromPath[str], form: GivenForm) -> Page:
    try:
        outcome = run.refer(app.database, **_posted(app, request, token, form), filled=_filled(form))
    except SQLAlchemyError as mistake:
        return _failed(app, request, form, mistake)
    return _done(app, request, token, outcome)


@get("/q/{token:str}/all", sync_to_thread=True)
def trap(request: AnyRequest, app: GivenApp, token: FromPath[str], n: FromQuery[str] = "") -> Page:
    """The link that nobody sees: whoever follows it, it was not a person."""
    run.trap(app.database, token=token, nonce=n, now=app.now())
    return _gone(app, request)


@route("/u/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def show_unsubscribe(request: AnyRequest, app: GivenApp, token: FromPath[str]) -> Page:
    page = run.open_unsubscribe(
        app.database,
        token=token,
        method=request.method,
        visit=_visit(app, request),
        now=app.now(),
        tokens=app.tokens,
    )
    return _gone(app, request) if page is None else _unsubscribe(app, request, token, page)


@post("/u/{token:str}", dependencies=_FORM, sync_to_thread=True)
def unsubscribe(request: AnyRequest, app: GivenApp, token: FromPath[str], form: GivenForm) -> Page:
    """RFC 8058's one click acts at once; the button of our own page obeys the same rules as an answer."""
    one_click = form.text("List-Unsubscribe") == "One-Click"
    try:
        outcome = run.unsubscribe(app.database, **_posted(app, request, token, form), one_click=one_click)
    except SQLAlchemyError as mistake:
        return _failed(app, request, form, mistake)
    match outcome:
        case None:
            return _gone(app, request)
        case Doubted(page=page):
            return _unsubscribe(app, request, token, page, doubted=bool(form.text("nonce")))
        case Acted(door=door, questionnaire=asked):
            return _message(app, request, door, asked, "unsubscribed", "unsubscribed_text")


def show_again(app: App, request: AnyRequest, token: str) -> Page:
    page = run.open_page(
        app.database,
        token=token,
        method="GET",
        score=None,
        visit=_visit(app, request),
        now=app.now(),
        tokens=app.tokens,
    )
    return _form(app, request, token, page) if isinstance(page, Opened) else _gone(app, request)


def _done(app: App, request: AnyRequest, token: str, outcome: Acted | Again | Doubted | None) -> Page:
    match outcome:
        case None:
            return _gone(app, request)
        case Again():
            return _form(app, request, token, outcome.page, again=outcome)
        case Doubted():
            return _doubted(app, request, token, outcome)
        case Acted(door=door, questionnaire=asked, decline=None):
            return _message(app, request, door, asked, "referred", "referred_text", back=f"/q/{token}")
        case Acted(door=door, questionnaire=asked, decline=what):
            return _message(app, request, door, asked, f"declined_{what}", f"declined_{what}_text")


# --- pages --------------------------------------------------------------------------------------


# A handler each: Litestar 2.25 wraps a sync handler with two paths twice.
@route("/q/about", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def about(request: AnyRequest, app: GivenApp) -> Page:
    return _about(app, request)


@route("/about", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=True)
def about_from_mail(request: AnyRequest, app: GivenApp) -> Page:
    return _about(app, request)


def _about(app: App, request: AnyRequest) -> Page:
    keys = ("about_kept", "about_who", "about_not", "about_cookie", "about_delete")
    return _House(app, request).page("about_title", *keys)


@dataclass(frozen=True)
class Setting:
    """What every page is written with."""

    preferences: Preferences
    language: Language
    others: tuple[Language, ...]
    style: str
    query: str  # what keeps the language over the next click, if it is not the person's own


def _setting(app: App, request: AnyRequest, asked: Questionnaire, door: Door) -> Setting:
    with app.database.read() as db:
        values = preferences.load(db)
    wanted = request.query_params.get("lang") or door.language
    language = asked.language(wanted)
    others = tuple(one for one in asked.languages.values() if one is not language)
    query = "" if language is asked.language(door.language) else f"?lang={language.code}"
    return Setting(values, language, others, style_of(asked), query)


def _form(app: App, request: AnyRequest, token: str, page: Opened, *, again: Again | None = None) -> Page:
    setting = _setting(app, request, page.questionnaire, page.door)
    built, say = view.form_page(
        page,
        token=token,
        query=setting.query,
        language=setting.language,
        preferences=setting.preferences,
        now=app.now(),
        draw=draw,
        wrong=again.wrong if again else (),
    )
    return _render(request, setting, "q/form.html", {"page": built, "w": say}, status=422 if again else 200)


def _doubted(app: App, request: AnyRequest, token: str, doubted: Doubted) -> Page:
    page = doubted.page
    setting = _setting(app, request, page.questionnaire, page.door)
    base = view.values_of(page.door, page.questionnaire, setting.language, setting.preferences)
    say = view.sayer(setting.language, base)
    if doubted.decline is None:
        action, carried = f"/q/{token}/confirm", [("of", doubted.of)]
        words: dict[str, Any] = {"why": say("confirm_why"), "button": say("confirm_button"), "back": None}
    else:
        action, carried = f"/q/{token}/no", [("do", str(doubted.decline))]
        words = {
            "why": say("confirm_decline_why"),
            "button": say("confirm_decline_button"),
            "back": f"/q/{token}",
        }
    hidden = {"nonce": page.nonce, "token": token, "query": setting.query}
    made = _render(
        request, setting, "q/confirm.html", {"w": say, "page": hidden, "action": action, "carried": carried, **words}
    )
    return _with_cookies(made, _cookies(app, doubted.cookie))


def _unsubscribe(app: App, request: AnyRequest, token: str, page: Opened, *, doubted: bool = False) -> Page:
    setting = _setting(app, request, page.questionnaire, page.door)
    base = view.values_of(page.door, page.questionnaire, setting.language, setting.preferences)
    say = view.sayer(setting.language, base)
    words = {
        "title": say("unsubscribe_title"),
        "why": say("confirm_decline_why" if doubted else "unsubscribe_text"),
        "button": say("confirm_decline_button" if doubted else "unsubscribe_button"),
    }
    hidden = {"nonce": page.nonce, "token": token, "query": setting.query}
    fixed: dict[str, Any] = {"action": f"/u/{token}", "carried": [], "back": None}
    return _render(request, setting, "q/confirm.html", {"w": say, "page": hidden, **fixed, **words})


def _thanks(app: App, request: AnyRequest, token: str, found: Thanks) -> Page:
    setting = _setting(app, request, found.questionnaire, found.door)
    built, say = view.thanks_page(
        found,
        token=token,
        query=setting.query,
        language=setting.language,
        preferences=setting.preferences,
        now=app.now(),
    )
    return _render(request, setting, "q/thanks.html", {"thanks": built, "w": say})


def _message(
    app: App,
    request: AnyRequest,
    door: Door,
    asked: Questionnaire,
    *said: str,
    back: str | None = None,
) -> Page:
    """A heading and its text, by their keys."""
    title, text = said
    setting = _setting(app, request, asked, door)
    say = view.sayer(setting.language, view.values_of(door, asked, setting.language, setting.preferences))
    words = {"title": say(title), "paragraphs": [say(text)], "back": back, "carried": []}
    return _render(request, setting, "q/message.html", {"w": say, **words})


class _House:
    """Pages of no invitation: their words come from the questionnaires that the installation has now."""

    def __init__(self, app: App, request: AnyRequest, *, with_database: bool = True) -> None:
        self.request = request
        asked = _of_the_house(app.questionnaires)
        language = asked.language(request.query_params.get("lang"))
        values = Preferences()
        if with_database:
            with app.database.read() as db:
                values = preferences.load(db)
        others = tuple(one for one in asked.languages.values() if one is not language)
        self.setting = Setting(values, language, others, style_of(None), "")
        self.say = view.sayer(language, {"company": values.company, "csm_name": values.company})

    def page(self, title: str, *paragraphs: str, status: int = 200, carried: Sequence[tuple[str, str]] = ()) -> Page:
        words = {"title": self.say(title), "paragraphs": [self.say(one) for one in paragraphs]}
        context = {"w": self.say, "back": None, "carried": carried, **words}
        return _render(self.request, self.setting, "q/message.html", context, status=status)


@lru_cache(maxsize=4)
def _of_the_house(folder: Path) -> Questionnaire:
    name = next(iter(questionnaires.names(folder)), "relationship")
    return questionnaires.load(questionnaires.read_folder(folder, name))


def _gone(app: App, request: AnyRequest) -> Page:
    """Unknown, malformed and expired links: the same page."""
    return _House(app, request).page("gone_title", "gone_text", status=404)


def _failed(app: App, request: AnyRequest, form: Form, mistake: SQLAlchemyError) -> Page:
    """The database did not take it: everything typed is in the page, behind a button that sends it again."""
    _log.error("answer not saved", kind=type(mistake).__name__)
    carried = [(name, value) for name in form.names() for value in form.many(name)]
    return _House(app, request, with_database=False).page("failed_title", "failed_text", status=503, carried=carried)


# --- plumbing -----------------------------------------------------------------------------------


def _visit(app: App, request: AnyRequest) -> Visit:
    agent = request.headers.get("user-agent", "")
    return Visit(
        source=app.vault.blur(f"{source(app, request)} {agent}"),
        language=(request.query_params.get("lang") or "")[:16] or None,
        agent=agent[:200] or None,
        cookies=dict(request.cookies),
    )


def _posted(app: App, request: AnyRequest, token: str, form: Form) -> dict[str, Any]:
    return {
        "token": token,
        "nonce": form.text("nonce"),
        "trap_filled": bool(form.text("fax")),
        "visit": _visit(app, request),
        "now": app.now(),
        "tokens": app.tokens,
    }


def _filled(form: Form) -> dict[str, Sequence[str]]:
    return {name: form.many(name) for name in form.names() if name not in _OURS}


def _cookies(app: App, cookie: tuple[str, str] | None) -> list[Cookie]:
    if cookie is None:
        return []
    secure = app.settings.base_url.startswith("https://")
    name, value = cookie
    return [
        Cookie(
            key=name,
            value=value,
            max_age=COOKIE_LIVES_SECONDS,
            path="/q",
            httponly=True,
            samesite="lax",
            secure=secure,
        )
    ]


def _with_cookies(page: Page, cookies: list[Cookie]) -> Page:
    page.cookies = [*page.cookies, *cookies]
    return page


def draw(field: view.Field) -> Markup:
    drawn: Markup = _macros().question(field)
    return drawn


@lru_cache(maxsize=1)
def _macros() -> Any:
    return _TEMPLATES.get_template("q/fields.html").module


def html_of(setting: Setting, template: str, context: Mapping[str, Any]) -> str:
    """A whole page as text."""
    return _TEMPLATES.get_template(template).render(
        language=setting.language,
        others=setting.others,
        company=setting.preferences.company,
        style=Markup(setting.style),  # noqa: S704 - our own sheet, and rules made of checked keys
        **context,
    )


def _render(
    request: AnyRequest, setting: Setting, template: str, context: Mapping[str, Any], *, status: int = 200
) -> Page:
    body = html_of(setting, template, context).encode()
    headers = {
        "Content-Security-Policy": policy(setting.style),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=MediaType.HTML, status_code=status, headers=headers)


HANDLERS: list[ControllerRouterHandler] = [
    about,
    about_from_mail,
    show,
    answer,
    confirm,
    save,
    thanks,
    decline,
    colleague,
    trap,
    show_unsubscribe,
    unsubscribe,
]
