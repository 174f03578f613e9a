"""Heads-ups: what goes out in a CSM's name before an invitation, and the CSM's hand on it."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from sqlalchemy import Connection

from voc.base import preferences
from voc.base.access import Viewer
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import Step
from voc.campaigns import chase, heads_ups, questionnaire
from voc.campaigns.model import HeadsUpText, Plan
from voc.campaigns.run import heads_ups as run
from voc.campaigns.store import heads_ups as store
from voc.campaigns.store import invitations
from voc.campaigns.store.heads_ups import ToGo
from voc.campaigns.store.rows import rules_of, settings_of
from voc.campaigns.store.words import told_to
from voc.delivery import render, rules
from voc.delivery.model import Party
from voc.delivery.render import Letter
from voc.delivery.store import outbox
from voc.web import heads_up_view, pages, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, Visit, roles

MOST = 300
_NOWHERE = "preview"  # the links of a preview lead to no page


@get("/heads-ups", sync_to_thread=True, opt=roles(*EVERYBODY))
def heads_ups_page(
    app: GivenApp,
    visit: GivenVisit,
    wave: Annotated[int | None, QueryParameter(name="wave")] = None,
    account: Annotated[str, QueryParameter(name="account")] = "",
) -> Response[str]:
    with app.database.read() as db:
        wanted = preferences.load(db)
        found = store.to_go(db, visit.viewer, wave_id=wave, account_id=account or None, limit=MOST)
        page = heads_up_view.list_page(
            found,
            _told(db, found, now=app.now()),
            moment=partial(view.moment, zone=ZoneInfo(wanted.default_time_zone)),
            with_csm=len({one.csm_id for one in found}) > 1,
            crumb=_crumb(found, wave, account),
        )
    return pages.page(app, visit, "heads_ups/list.html", page=page)


def _crumb(found: list[ToGo], wave: int | None, account: str) -> tuple[str, str]:
    if wave is not None and found:
        return found[0].wave, f"/waves/{wave}"
    if account and found:
        return found[0].account_name, f"/accounts/{account}"
    return "Accounts", "/accounts"


def _told(db: Connection, found: list[ToGo], *, now: datetime) -> dict[tuple[str, str], Any]:
    told = told_to(db, {(one.contact_id, one.account_id) for one in found}, now=now)
    return {key: [line.text for line in lines] for key, lines in told.items()}


@get("/heads-ups/{invitation_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def heads_up_page(app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int]) -> Response[str]:
    return _one_page(app, visit, invitation_id)


def _one_page(
    app: App,
    visit: Visit,
    invitation_id: int,
    *,
    typed: HeadsUpText | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    now = app.now()
    with app.database.read() as db:
        wanted = preferences.load(db)
        one = _one(db, invitation_id, visit.viewer)
        said = _told(db, [one], now=now).get((one.contact_id, one.account_id), [])
        others = len(store.open_at_account(db, one.wave_id, one.account_id))
        files = outbox.questionnaire_files(db, {one.questionnaire_version_id})[one.questionnaire_version_id]
        invited_on = _invited_on(db, one, wanted)
    asked = questionnaire.load(files)
    language = asked.language(one.language)
    letter = _letter(one, said, wanted, base_url=app.settings.base_url)
    nameless = _letter(one, said, wanted, base_url=app.settings.base_url, named=others < 2, own=False)
    sender, reply_to = rules.sender(
        Party(one.csm_name, one.csm_email) if one.csm_name and one.csm_email else None,
        house=Party(wanted.company, app.settings.mail.from_address),
        authenticated=app.settings.mail.authenticated_domains,
    )
    page = heads_up_view.one_page(
        one,
        render.render(asked, language, letter),
        render.words_of(asked, language, nameless),
        sender=sender,
        reply_to=reply_to,
        said=said,
        colleagues=others,
        moment=partial(view.moment, zone=ZoneInfo(wanted.default_time_zone)),
        zone=wanted.default_time_zone,
        invited_on=invited_on,
        typed=typed,
        errors=errors or {},
        longest=(heads_ups.LONGEST_SUBJECT, heads_ups.LONGEST_BODY),
    )
    return pages.page(app, visit, "heads_ups/one.html", status=400 if errors else 200, page=page)


def _one(db: Connection, invitation_id: int, viewer: Viewer) -> ToGo:
    found = store.to_go(db, viewer, invitation_id=invitation_id)
    if not found:
        raise NotFound("There is no such heads-up: its invitation has gone, or it is not yours.")
    return found[0]


def _invited_on(db: Connection, one: ToGo, wanted: Preferences) -> Any:
    """The day of the invitation if the heads-up goes when it is planned."""
    if one.next_step is not Step.HEADS_UP or one.due_at is None:
        return None
    standing = invitations.look(db, one.invitation_id)
    following = chase.next_step(
        rules_of(one.settings, wanted), standing.chased, after=one.next_step, sent_at=one.due_at
    )
    return following.on if isinstance(following, Plan) else None


def _letter(
    one: ToGo, said: list[str], wanted: Preferences, *, base_url: str, named: bool = True, own: bool = True
) -> Letter:
    return Letter(
        step=Step.HEADS_UP,
        first_name=one.first_name if named else None,
        name=one.name,
        account=one.account_name,
        company=wanted.company,
        csm_name=one.csm_name,
        csm_title=one.csm_title,
        closes_on=None,
        base_url=base_url,
        unsubscribe_token=_NOWHERE,
        you_said=tuple(said),
        heads_up_text=one.said.text if own else None,
        confidential=settings_of(one.settings).confidential,
    )


@post("/heads-ups/{invitation_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def act(app: GivenApp, visit: GivenVisit, invitation_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """`do` is write, write_all, put_back, hold, let_go, now or by_hand. What is refused keeps what was typed."""
    try:
        with app.database.begin() as db:
            one = _one(db, invitation_id, visit.viewer)
            said = _do(db, one, form, viewer=visit.viewer, now=app.now())
    except Refused as refused:
        if refused.field is None:
            raise
        typed = HeadsUpText(form.text("subject"), form.text("body"))
        return _one_page(app, visit, invitation_id, typed=typed, errors={refused.field: refused.reason})
    return pages.back(app, visit, pages.own_path(form.text("back"), f"/heads-ups/{invitation_id}"), said)


def _do(db: Connection, one: ToGo, form: Form, *, viewer: Viewer, now: datetime) -> str:
    """Do it; what was done, in words."""
    id, whose = one.invitation_id, f"The heads-up to {one.name}"
    words = {"subject": form.secret("subject"), "body": form.secret("body")}
    match form.text("do"):
        case "write":
            run.write(db, id, **words, viewer=viewer, now=now)
            return f"{whose} has your words."
        case "write_all":
            count = run.write_for_account(db, id, **words, viewer=viewer, now=now)
            return (
                f"{view.count(count, 'heads-up')} at {one.account_name} {'has' if count == 1 else 'have'} your words."
            )
        case "put_back":
            run.put_back(db, id, viewer=viewer, now=now)
            return f"{whose} has the questionnaire’s words again."
        case "hold":
            plan = run.hold(db, id, viewer=viewer, now=now)
            return f"{whose} is held. {_invitation(plan)}"
        case "let_go":
            return f"{whose} goes {_there(run.let_go(db, id, viewer=viewer, now=now), one)}."
        case "now":
            return f"{whose} goes {_there(run.send_now(db, id, viewer=viewer, now=now), one)}."
        case "by_hand":
            plan = run.sent_by_hand(db, id, viewer=viewer, now=now)
            return f"{whose} counts as sent by you. {_invitation(plan)}"
        case _:
            raise NotFound("There is no such thing to do with a heads-up.")


def _there(plan: Plan, one: ToGo) -> str:
    return f"{view.moment(plan.at, ZoneInfo(one.time_zone))}, where they are"


def _invitation(plan: Plan | None) -> str:
    if plan is None:
        return "No day is left for the invitation in this wave, so they are not asked."
    return f"The invitation goes on {view.day(plan.on)}."


HANDLERS: list[Any] = [heads_ups_page, heads_up_page, act]
