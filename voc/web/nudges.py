"""A CSM's word in person to somebody who has not answered: the prepared mail, edited before it goes, or one's own."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from voc.base import preferences
from voc.base.errors import NotFound, Refused
from voc.campaigns import heads_ups
from voc.campaigns import run as campaigns
from voc.campaigns.model import HeadsUpText
from voc.campaigns.run import Nudge
from voc.delivery import rules
from voc.delivery import run as delivery
from voc.delivery.model import Party
from voc.delivery.run import nudging
from voc.web import nudge_view, pages
from voc.web.context import App
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, Visit, roles


@get("/nudges/{invitation_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def nudge_page(app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int]) -> Response[str]:
    return _page(app, visit, invitation_id)


def _page(
    app: App,
    visit: Visit,
    invitation_id: int,
    *,
    typed: HeadsUpText | None = None,
    errors: dict[str, str] | None = None,
    read: bool = False,
) -> Response[str]:
    """`typed` is what came back, refused or to be read before it goes (`read`)."""
    now = app.now()
    shown = typed if read and not errors else None
    with app.database.read() as db:
        wanted = preferences.load(db)
        found = nudging.prepare(db, invitation_id, viewer=visit.viewer, now=now, settings=app.settings, own=shown)
    name, address = found.letter.csm_name, found.letter.csm_email
    csm = Party(name, address) if name and address else None
    sender, reply_to = rules.sender(
        csm,
        house=Party(wanted.company, app.settings.mail.from_address),
        authenticated=app.settings.mail.authenticated_domains,
    )
    page = nudge_view.page(
        found,
        sender=sender,
        reply_to=reply_to,
        typed=typed,
        errors=errors or {},
        now=now,
        test_address=wanted.test_address if wanted.test_mode else None,
        longest=(heads_ups.LONGEST_SUBJECT, heads_ups.LONGEST_BODY),
    )
    return pages.page(app, visit, "nudges/one.html", status=400 if errors else 200, page=page)


@post("/nudges/{invitation_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def act(app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """`do` is send, show (the mail with these words, nothing sent) or by_hand."""
    typed = HeadsUpText(form.secret("subject"), form.secret("body"))
    try:
        match form.text("do"):
            case "send":
                with app.database.begin() as db:
                    done = delivery.nudge(
                        db,
                        invitation_id,
                        subject=typed.subject,
                        body=typed.body,
                        viewer=visit.viewer,
                        now=app.now(),
                        vault=app.vault,
                        tokens=app.tokens,
                        settings=app.settings,
                    )
                return pages.back(app, visit, _contact(done), nudge_view.sent(done))
            case "show":
                heads_ups.own_words(typed.subject, typed.body)
                return _page(app, visit, invitation_id, typed=typed, read=True)
            case "by_hand":
                with app.database.begin() as db:
                    done = campaigns.nudged_by_hand(db, invitation_id, viewer=visit.viewer, now=app.now())
                return pages.back(app, visit, _contact(done), nudge_view.by_hand(done))
            case _:
                raise NotFound("There is no such thing to do with a nudge.")
    except Refused as refused:
        if refused.field is None:
            raise
        return _page(app, visit, invitation_id, typed=typed, errors={refused.field: refused.reason})


def _contact(done: Nudge) -> str:
    return f"/contacts/{quote(done.letter.contact_id, safe='')}"


HANDLERS: list[Any] = [nudge_page, act]
