"""Pages of no invitation: what we keep, a link that opens nothing, an answer that the database did not take."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from litestar.concurrency import sync_to_thread
from sqlalchemy.exc import SQLAlchemyError

from voc.base import log, preferences
from voc.base.preferences import Preferences
from voc.campaigns import questionnaire as questionnaires
from voc.campaigns.definition import Questionnaire
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import AnyRequest
from voc.web.respondent_html import Page, Setting, others_than, rendered
from voc.web.respondent_style import style_of
from voc.web.respondent_words import sayer

_log = log.get("respondent")


def about_page(app: App, request: AnyRequest) -> Page:
    keys = ("about_kept", "about_who", "about_not", "about_cookie", "about_delete")
    return _page(app, request, _company(app), "about_title", *keys)


async def gone(app: App, request: AnyRequest) -> Page:
    """Unknown, malformed and expired links: the same page."""
    company = await sync_to_thread(_company, app)
    return _page(app, request, company, "gone_title", "gone_text", status=404)


def failed(app: App, request: AnyRequest, form: Form, mistake: SQLAlchemyError) -> Page:
    """The database did not take it: everything typed is in the page, behind a button that sends it again."""
    _log.error("answer not saved", kind=type(mistake).__name__)
    carried = [(name, value) for name in form.names() for value in form.many(name)]
    company = Preferences().company  # what is set stands in the database
    return _page(app, request, company, "failed_title", "failed_text", status=503, carried=carried)


def _company(app: App) -> str:
    with app.database.read() as db:
        return preferences.load(db).company


def _page(
    app: App,
    request: AnyRequest,
    company: str,
    title: str,
    *paragraphs: str,
    status: int = 200,
    carried: Sequence[tuple[str, str]] = (),
) -> Page:
    """Its words come from the questionnaires that the installation has now."""
    asked = _of_the_house(app.questionnaires)
    language = asked.language(request.query_params.get("lang"))
    say = sayer(language, {"company": company, "csm_name": company})
    setting = Setting(company, language, others_than(language, asked), style_of(None))
    words = {"title": say(title), "paragraphs": [say(one) for one in paragraphs]}
    context = {"w": say, "back": None, "carried": carried, **words}
    return rendered(request, setting, "q/message.html", context, status=status)


@lru_cache(maxsize=4)
def _of_the_house(folder: Path) -> Questionnaire:
    name = next(iter(questionnaires.names(folder)), "relationship")
    return questionnaires.load(questionnaires.read_folder(folder, name))
