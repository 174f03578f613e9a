"""An answer given on the phone: the questionnaire's own questions, typed in by the CSM who asked them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from voc.base.errors import Refused
from voc.campaigns.definition import Language
from voc.followup import run as followup
from voc.responses import run
from voc.responses.model import Call, Filled, Opened, Wrong
from voc.responses.run import PhoneForm
from voc.web import pages, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.respondent_html import draw
from voc.web.respondent_style import rules_of
from voc.web.respondent_view import form_page
from voc.web.visit import EVERYBODY, Visit, roles

_OURS = ("csrf", "asked_by", "asked_on", "lang")


@get("/phone-answers/{invitation_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def phone_page(
    app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int], lang: FromQuery[str] = ""
) -> Response[str]:
    with app.database.read() as db:
        form = run.phone_form(db, invitation_id, visit.viewer)
    return _page(app, visit, form, lang)


@get("/phone-answers/{invitation_id:int}/questions.css", sync_to_thread=True, opt=roles(*EVERYBODY))
def question_style(app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int]) -> Response[str]:
    """Which questions show as others are answered: from the questionnaire, as on the respondent's page."""
    with app.database.read() as db:
        form = run.phone_form(db, invitation_id, visit.viewer)
    return Response(rules_of(form.questionnaire), media_type="text/css")


@post("/phone-answers/{invitation_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def enter(app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int], form: GivenForm) -> Response[Any]:
    viewer, now = visit.viewer, app.now()
    filled = {name: form.many(name) for name in form.names() if name not in _OURS}
    try:
        call = Call(form.text("asked_by"), _day(form))
        with app.database.begin() as db:
            asked = run.phone_form(db, invitation_id, viewer)
            done = run.enter_by_phone(db, invitation_id=invitation_id, filled=filled, call=call, viewer=viewer, now=now)
            if isinstance(done, int):
                followup.catch_up(db, now)
    except Refused as refused:
        if refused.field is None:
            raise
        return _again(app, visit, invitation_id, form, filled, errors={refused.field: refused.reason})
    if not isinstance(done, int):
        return _again(app, visit, invitation_id, form, filled, wrong=done)
    said = f"The answer of {asked.door.name or asked.door.address} is kept, marked as given on the phone."
    return pages.back(app, visit, f"/contacts/{quote(asked.door.contact_id, safe='')}", f"{said} No reminder goes out.")


def _day(form: Form) -> date:
    try:
        return date.fromisoformat(form.text("asked_on"))
    except ValueError:
        raise Refused("Write a day as year-month-day, such as 2026-11-30", field="asked_on") from None


def _again(
    app: App,
    visit: Visit,
    invitation_id: int,
    form: Form,
    filled: Filled,
    *,
    wrong: Sequence[Wrong] = (),
    errors: dict[str, str] | None = None,
) -> Response[str]:
    with app.database.read() as db:
        asked = run.phone_form(db, invitation_id, visit.viewer)
    return _page(app, visit, asked, form.text("lang"), filled=filled, wrong=wrong, typed=form.typed(), errors=errors)


def _page(
    app: App,
    visit: Visit,
    form: PhoneForm,
    lang: str,
    *,
    filled: Filled | None = None,
    wrong: Sequence[Wrong] = (),
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    door, now = form.door, app.now()
    language = form.questionnaire.language(lang or door.language)
    opened = Opened(door, form.questionnaire, "", filled or {}, ())
    built, _say = form_page(opened, token="", query="", language=language, now=now, draw=draw, wrong=wrong)
    context: dict[str, Any] = {
        "form": form,
        "door": door,
        "name": door.name or door.address,
        "questions": built,
        "language": language,
        "others": _others(form, language),
        "asked_by": (typed or {}).get("asked_by", visit.viewer.name),
        "asked_on": (typed or {}).get("asked_on", now.date().isoformat()),
        "errors": errors or {},
        "sent_on": view.day(form.sent_at.date()) if form.sent_at else None,
    }
    return pages.page(app, visit, "phone/one.html", status=400 if wrong or errors else 200, **context)


def _others(form: PhoneForm, language: Language) -> list[Language]:
    return [one for one in form.questionnaire.languages.values() if one is not language]


HANDLERS: list[Any] = [phone_page, question_style, enter]
