"""The pages of an invitation: questions, "is it you", thanks, and what became of a wish."""

from typing import Any

from voc.base import preferences
from voc.base.preferences import Preferences
from voc.campaigns.definition import Questionnaire
from voc.responses.model import Again, Door, Doubted, Opened, Thanks
from voc.web import respondent_stencil as stencil
from voc.web.context import App
from voc.web.given import AnyRequest
from voc.web.respondent_html import Page, Setting, answered, draw, rendered, setting_of, takes_gzip
from voc.web.respondent_request import cookies
from voc.web.respondent_thanks import thanks_page
from voc.web.respondent_view import form_page
from voc.web.respondent_words import sayer, values_of


def form(app: App, request: AnyRequest, token: str, page: Opened, *, again: Again | None = None) -> Page:
    setting = _setting(request, page.questionnaire, page.door)
    now = app.now()
    if again is None and (filling := stencil.cut(page, setting, token=token, now=now)) is not None:
        packed = takes_gzip(request)
        return answered(filling.page(packed=packed), setting, packed)
    built, say = form_page(
        page,
        token=token,
        query=setting.query,
        language=setting.language,
        now=now,
        draw=draw,
        wrong=again.wrong if again else (),
    )
    return rendered(request, setting, "q/form.html", {"page": built, "w": say}, status=422 if again else 200)


def doubted(app: App, request: AnyRequest, token: str, found: Doubted) -> Page:
    """Kept, or not done yet: one button that says "it is me"."""
    page = found.page
    setting = _setting(request, page.questionnaire, page.door)
    say = sayer(setting.language, values_of(page.door, page.questionnaire, setting.language))
    if found.decline is None:
        action, carried = f"/q/{token}/confirm", [("of", found.of)]
        words: dict[str, Any] = {"why": say("confirm_why"), "button": say("confirm_button"), "back": None}
    else:
        action, carried = f"/q/{token}/no", [("do", str(found.decline))]
        words = {
            "why": say("confirm_decline_why"),
            "button": say("confirm_decline_button"),
            "back": f"/q/{token}",
        }
    hidden = {"nonce": page.nonce, "token": token, "query": setting.query}
    context = {"w": say, "page": hidden, "action": action, "carried": carried, **words}
    made = rendered(request, setting, "q/confirm.html", context)
    made.cookies = [*made.cookies, *cookies(app, found.cookie)]
    return made


def unsubscribe(request: AnyRequest, token: str, page: Opened, *, doubted: bool = False) -> Page:
    setting = _setting(request, page.questionnaire, page.door)
    say = sayer(setting.language, values_of(page.door, page.questionnaire, setting.language))
    words = {
        "title": say("unsubscribe_title"),
        "why": say("confirm_decline_why" if doubted else "unsubscribe_text"),
        "button": say("confirm_decline_button" if doubted else "unsubscribe_button"),
    }
    hidden = {"nonce": page.nonce, "token": token, "query": setting.query}
    fixed: dict[str, Any] = {"action": f"/u/{token}", "carried": [], "back": None}
    return rendered(request, setting, "q/confirm.html", {"w": say, "page": hidden, **fixed, **words})


def thanks(app: App, request: AnyRequest, token: str, found: Thanks) -> Page:
    """Reads the database where it promises a day, so call it in a thread."""
    setting = _setting(request, found.questionnaire, found.door)
    wanted = Preferences()
    if found.call or found.hear:
        with app.database.read() as db:
            wanted = preferences.load(db)
    built, say = thanks_page(
        found, token=token, query=setting.query, language=setting.language, preferences=wanted, now=app.now()
    )
    return rendered(request, setting, "q/thanks.html", {"thanks": built, "w": say})


def message(
    request: AnyRequest, door: Door, asked: Questionnaire, title: str, text: str, *, back: str | None = None
) -> Page:
    """A heading and its text, by their keys."""
    setting = _setting(request, asked, door)
    say = sayer(setting.language, values_of(door, asked, setting.language))
    words = {"title": say(title), "paragraphs": [say(text)], "back": back, "carried": []}
    return rendered(request, setting, "q/message.html", {"w": say, **words})


def _setting(request: AnyRequest, asked: Questionnaire, door: Door) -> Setting:
    return setting_of(asked, door, request.query_params.get("lang"))
