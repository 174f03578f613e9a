"""What a CSM says about an account or a contact that keeps mail from them: escalation, consent, a bounce."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from voc.accounts.store.visible import visible_account
from voc.base.errors import NotFound, Refused
from voc.campaigns import run as campaigns
from voc.campaigns.run.pauses import Moved
from voc.delivery import run as delivery
from voc.stakeholders import run as stakeholders
from voc.stakeholders import store as known
from voc.web import pages, view
from voc.web.acts import Input, day_of, form_again
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, roles

ESCALATION = (Input("reason", "Why"), Input("until_on", "Until", "date"))
CONSENT = (Input("given_on", "Given on", "date"), Input("source", "Where it is written down"))


def moved_in_words(moved: Moved) -> str:
    told = []
    if moved.steps:
        verb = "moves" if moved.steps == 1 else "move"
        told.append(f"{view.count(moved.steps, 'mail')} {verb}, the first to {view.day(moved.first_on)}.")
    if moved.without_day:
        verb = "is" if moved.without_day == 1 else "are"
        told.append(f"{view.count(moved.without_day, 'mail')} {verb} left out unless it ends sooner.")
    return " ".join(told)


@post("/accounts/{account_id:str}/escalation", sync_to_thread=True, opt=roles(*EVERYBODY))
def escalate(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Response[Any]:
    try:
        until_on = day_of(form, "until_on")
        with app.database.begin() as db:
            moved = campaigns.escalate(
                db,
                account_id,
                reason=form.text("reason"),
                until_on=until_on,
                viewer=visit.viewer,
                now=app.now(),
            )
            name = visible_account(db, account_id, visit.viewer)
    except Refused as refused:
        return form_again(app, visit, form, refused, heading="Under escalation", inputs=ESCALATION)
    said = f"{name} is under escalation until {view.day(until_on)}. {moved_in_words(moved)}".strip()
    return pages.back(app, visit, pages.own_path(form.text("back"), "/accounts"), said)


@post("/accounts/{account_id:str}/escalation/end", sync_to_thread=True, opt=roles(*EVERYBODY))
def end_escalation(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Response[Any]:
    with app.database.begin() as db:
        moved = campaigns.end_escalation(db, account_id, viewer=visit.viewer, now=app.now())
        name = visible_account(db, account_id, visit.viewer)
    said = f"The escalation at {name} has ended. {moved_in_words(moved)}".strip()
    return pages.back(app, visit, pages.own_path(form.text("back"), "/accounts"), said)


@post("/contacts/{contact_id:str}/consent", sync_to_thread=True, opt=roles(*EVERYBODY))
def consent(app: GivenApp, visit: GivenVisit, contact_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """`do` is record or withdraw."""
    viewer, now = visit.viewer, app.now()
    try:
        with app.database.begin() as db:
            name = known.visible_contact(db, contact_id, viewer)
            match form.text("do"):
                case "record":
                    stakeholders.record_consent(
                        db,
                        contact_id=contact_id,
                        given_on=day_of(form, "given_on"),
                        source=form.text("source"),
                        viewer=viewer,
                        now=now,
                    )
                    said = f"It is recorded that {name} agreed to be asked by mail."
                case "withdraw":
                    stopped = delivery.consent_withdrawn(db, contact_id, viewer=viewer, now=now)
                    said = f"{name} no longer agrees to be asked by mail."
                    said += " Nothing more goes out to them." if stopped else ""
                case _:
                    raise NotFound("There is no such thing to do about consent.")
    except Refused as refused:
        if refused.field is None:
            raise
        return form_again(app, visit, form, refused, heading="Consent to be asked", inputs=CONSENT)
    return pages.back(app, visit, pages.own_path(form.text("back"), "/accounts"), said)


@post("/contacts/{contact_id:str}/works-again", sync_to_thread=True, opt=roles(*EVERYBODY))
def works_again(app: GivenApp, visit: GivenVisit, contact_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """A bounced mailbox was repaired."""
    with app.database.begin() as db:
        name = stakeholders.lift_bounce(db, contact_id=contact_id, viewer=visit.viewer, now=app.now())
    said = f"The address of {name} is mailed again, from the next wave on."
    return pages.back(app, visit, pages.own_path(form.text("back"), f"/contacts/{contact_id}"), said)


HANDLERS: list[Any] = [escalate, end_escalation, consent, works_again]
