"""What a CSM does about people: one POST each, answered with the page it came from and what was done on top."""

from datetime import date
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from voc.base.errors import NotFound, Refused
from voc.base.words import Role
from voc.stakeholders import run as stakeholders
from voc.stakeholders import store as known
from voc.web import pages, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, Visit, roles


def _back(app: App, visit: Visit, form: Form, said: str, **more: Any) -> Response[Any]:
    return pages.back(app, visit, pages.own_path(form.text("back"), "/accounts"), said, **more)


def _roles(form: Form) -> list[Role]:
    """The ticked ones; a word that is no role is refused."""
    try:
        return [Role(text) for text in form.many("role")]
    except ValueError:
        raise Refused("Choose roles from the list", field="role") from None


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.text(name))
    except ValueError:
        raise Refused("Write a day as year-month-day, such as 2026-11-30", field=name) from None


@post("/contacts/{contact_id:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def about_contact(app: GivenApp, visit: GivenVisit, contact_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """`do` is confirm, left or roles (the ticked ones are kept, at `account_id`)."""
    viewer, now = visit.viewer, app.now()
    with app.database.begin() as db:
        name = known.visible_contact(db, contact_id, viewer)
        match form.text("do"):
            case "confirm":
                stakeholders.confirm(db, contact_id=contact_id, viewer=viewer, now=now)
                said = f"{name} is confirmed."
            case _:
                raise NotFound("There is no such thing to do with a contact.")
    return _back(app, visit, form, said)


@post("/accounts/{account_id:str}/exclusions", sync_to_thread=True, opt=roles(*EVERYBODY))
def exclude(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Do not ask the account, or one contact of it, until a day."""
    until, contact_id = _day(form, "expires_on"), form.maybe("contact_id")
    with app.database.begin() as db:
        name = known.visible_account(db, account_id, visit.viewer)
        if contact_id is not None:
            name = known.visible_contact(db, contact_id, visit.viewer)
        added = stakeholders.exclude(
            db,
            account_id=account_id,
            contact_id=contact_id,
            reason=form.text("reason"),
            expires_on=until,
            viewer=visit.viewer,
            now=app.now(),
        )
    undo = (f"/exclusions/{added}/end", {"back": form.text("back")})
    return _back(app, visit, form, f"{name} is not asked until {view.day(until)}.", undo=undo)


@post("/exclusions/{exclusion_id:int}/end", sync_to_thread=True, opt=roles(*EVERYBODY))
def end_exclusion(app: GivenApp, visit: GivenVisit, exclusion_id: FromPath[int], form: GivenForm) -> Response[Any]:
    with app.database.begin() as db:
        found = known.exclusion(db, exclusion_id, visit.viewer)
        stakeholders.end_exclusion(db, exclusion_id=exclusion_id, viewer=visit.viewer, now=app.now())
    return _back(app, visit, form, f"{found.contact_name or found.account_name} is asked again.")


HANDLERS = [about_contact, exclude, end_exclusion]
