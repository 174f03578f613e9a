"""What a CSM does about people: one POST each, answered with the page it came from and what was done on top.

A form that is refused comes back with everything typed and the reason beside its field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from litestar import Response, post
from litestar.params import FromPath
from sqlalchemy import Connection

from voc.accounts.store.visible import visible_account
from voc.base.access import Viewer
from voc.base.erasure import remembering
from voc.base.errors import NotFound, Refused
from voc.base.words import Role
from voc.delivery import run as delivery
from voc.stakeholders import run as stakeholders
from voc.stakeholders import store as known
from voc.web import pages, view
from voc.web.context import App
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, Visit, roles


@dataclass(frozen=True)
class Input:
    """A field of a form that can come back."""

    name: str
    label: str
    type: str = "text"


PERSON = (
    Input("first_name", "First name"),
    Input("last_name", "Last name"),
    Input("email", "Mail address", "email"),
    Input("title", "Title"),
)
EXCLUSION = (Input("reason", "Why"), Input("expires_on", "Until", "date"))


def _back(app: App, visit: Visit, form: Form, said: str, **more: Any) -> Response[Any]:
    return pages.back(app, visit, pages.own_path(form.text("back"), "/accounts"), said, **more)


def form_again(
    app: App, visit: Visit, form: Form, refused: Refused, *, heading: str, inputs: Sequence[Input]
) -> Response[str]:
    """The form once more, with what was typed and the reason."""
    shown = {one.name for one in inputs} | {"csrf"}
    hidden = [(name, value) for name in form.names() if name not in shown for value in form.many(name)]
    context: dict[str, Any] = {
        "heading": heading,
        "refused": refused,
        "inputs": inputs,
        "typed": form.typed(),
        "hidden": hidden,
        "back": pages.own_path(form.text("back"), "/accounts"),
    }
    return pages.page(app, visit, "again.html", status=400, **context)


def _roles(form: Form) -> list[Role]:
    """The ticked ones; a word that is no role is refused."""
    try:
        return [Role(text) for text in form.many("role")]
    except ValueError:
        raise Refused("Choose roles from the list", field="role") from None


def day_of(form: Form, name: str) -> date:
    """The day that was written, or Refused beside its field."""
    try:
        return date.fromisoformat(form.text(name))
    except ValueError:
        raise Refused("Write a day as year-month-day, such as 2026-11-30", field=name) from None


@post("/contacts/{contact_id:str}", sync_to_thread=True, opt=roles(*EVERYBODY))
def about_contact(app: GivenApp, visit: GivenVisit, contact_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """`do` is confirm, left, replied or roles (the ticked ones are kept, at `account_id`)."""
    viewer, now, undo = visit.viewer, app.now(), None
    with app.database.begin() as db:
        name = known.visible_contact(db, contact_id, viewer)
        match form.text("do"):
            case "confirm":
                stakeholders.confirm(db, contact_id=contact_id, viewer=viewer, now=now)
                said = f"{name} is confirmed."
            case "left":
                stakeholders.mark_left(db, contact_id=contact_id, viewer=viewer, now=now)
                said = f"{name} is marked as left and is not asked any more."
                undo = (f"/contacts/{contact_id}", {"do": "confirm", "back": form.text("back")})
            case "replied":
                ended = delivery.they_replied(db, contact_id, viewer=viewer, now=now)
                said = (
                    f"{name} replied to you: no reminder goes out any more."
                    if ended
                    else f"{name} replied to you. Nothing was under way to them; it counts as a sign of life."
                )
            case "roles":
                here = form.text("account_id")
                held = _keep_roles(db, here, contact_id, wanted=_roles(form), viewer=viewer, now=now)
                said = f"{name} is {view.listed([view.low_word(one) for one in held]) or 'without a role'} from now on."
            case _:
                raise NotFound("There is no such thing to do with a contact.")
    return _back(app, visit, form, said, undo=undo)


def _keep_roles(
    db: Connection, account_id: str, contact_id: str, *, wanted: Sequence[Role], viewer: Viewer, now: datetime
) -> list[Role]:
    """Exactly these roles at the account; only what differs is said."""
    visible_account(db, account_id, viewer)
    before = set(known.roles_of(db, account_id, contact_id))
    for role in Role:
        if (role in wanted) != (role in before):
            stakeholders.change_role(
                db,
                account_id=account_id,
                contact_id=contact_id,
                role=role,
                held=role in wanted,
                viewer=viewer,
                now=now,
            )
    return [role for role in Role if role in wanted]


@post("/accounts/{account_id:str}/places", sync_to_thread=True, opt=roles(*EVERYBODY))
def fill_place(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """A contact the CRM knows takes a role."""
    wanted, contact_id = _roles(form), form.text("contact_id")
    with app.database.begin() as db:
        name = known.visible_contact(db, contact_id, visit.viewer)
        for role in wanted:
            stakeholders.change_role(
                db,
                account_id=account_id,
                contact_id=contact_id,
                role=role,
                held=True,
                viewer=visit.viewer,
                now=app.now(),
            )
    said = f"{name} is {view.listed([view.low_word(role) for role in wanted])} from now on."
    return _back(app, visit, form, said)


@post("/accounts/{account_id:str}/people", sync_to_thread=True, opt=roles(*EVERYBODY))
def add_person(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Response[Any]:
    try:
        with app.database.begin() as db:
            account = visible_account(db, account_id, visit.viewer)
            remembering.refuse(db, app.vault, form.maybe("email"))
            added = stakeholders.add_person(
                db,
                account_id=account_id,
                first_name=form.maybe("first_name"),
                last_name=form.maybe("last_name"),
                email=form.maybe("email"),
                title=form.maybe("title"),
                roles=_roles(form),
                viewer=visit.viewer,
                now=app.now(),
            )
            name = known.visible_contact(db, added, visit.viewer)
    except Refused as refused:
        return form_again(app, visit, form, refused, heading="Add a person", inputs=PERSON)
    return _back(app, visit, form, f"{name} is added at {account}. Enter them in the CRM too, and the two become one.")


@post("/suggestions/{suggestion_id:int}", sync_to_thread=True, opt=roles(*EVERYBODY))
def decide(app: GivenApp, visit: GivenVisit, suggestion_id: FromPath[int], form: GivenForm) -> Response[Any]:
    """Accept what a respondent, a bounce or a reply told us, or decline it."""
    accepted = form.text("do") == "accept"
    with app.database.begin() as db:
        told = known.suggestion(db, suggestion_id, visit.viewer)
        if accepted:
            remembering.refuse(db, app.vault, told.address)
        stakeholders.decide(
            db,
            suggestion_id=suggestion_id,
            accepted=accepted,
            viewer=visit.viewer,
            now=app.now(),
            roles=_roles(form),
        )
    about = told.contact_name or told.name or told.address or "the suggestion"
    said = f"Done as suggested about {about}." if accepted else f"The suggestion about {about} is set aside."
    return _back(app, visit, form, said)


@post("/accounts/{account_id:str}/exclusions", sync_to_thread=True, opt=roles(*EVERYBODY))
def exclude(app: GivenApp, visit: GivenVisit, account_id: FromPath[str], form: GivenForm) -> Response[Any]:
    """Do not ask the account, or one contact of it, until a day."""
    contact_id = form.maybe("contact_id")
    try:
        until = day_of(form, "expires_on")
        with app.database.begin() as db:
            name = visible_account(db, account_id, visit.viewer)
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
    except Refused as refused:
        return form_again(app, visit, form, refused, heading="Do not ask for a while", inputs=EXCLUSION)
    undo = (f"/exclusions/{added}/end", {"back": form.text("back")})
    return _back(app, visit, form, f"{name} is not asked until {view.day(until)}.", undo=undo)


@post("/exclusions/{exclusion_id:int}/end", sync_to_thread=True, opt=roles(*EVERYBODY))
def end_exclusion(app: GivenApp, visit: GivenVisit, exclusion_id: FromPath[int], form: GivenForm) -> Response[Any]:
    with app.database.begin() as db:
        found = known.exclusion(db, exclusion_id, visit.viewer)
        stakeholders.end_exclusion(db, exclusion_id=exclusion_id, viewer=visit.viewer, now=app.now())
    return _back(app, visit, form, f"{found.contact_name or found.account_name} is asked again.")


HANDLERS = [about_contact, fill_place, add_person, decide, exclude, end_exclusion]
