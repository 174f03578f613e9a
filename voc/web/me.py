"""One's own way of signing in: the second step, recovery codes, and the link to the company's accounts."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import identities, preferences, second_steps, staff
from voc.base.errors import NotFound, Refused
from voc.web import door, pages, second_step, tickets
from voc.web.context import App
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.tickets import Ticket
from voc.web.visit import ADMINS, EVERYBODY, Visit, roles


@get("/me", sync_to_thread=True, opt=roles(*EVERYBODY))
def me_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    return _page(app, visit)


def _page(
    app: App,
    visit: Visit,
    *,
    status: int = 200,
    at: str | None = None,
    error: str | None = None,
    fresh: list[str] | None = None,
) -> Response[str]:
    with app.database.read() as db:
        staff_id = _id(visit)
        person = staff.person(db, staff_id)
        context: dict[str, Any] = {
            "person": person,
            "second": second_steps.standing(db, staff_id),
            "required": _required(db, visit),
            "issuer": app.issuer,
            "linked": None if app.issuer is None else identities.of(db, staff_id, issuer=app.issuer.id),
            "by_password": door.passwords_count(app, db),
        }
    return pages.page(app, visit, "me.html", status=status, at=at, error=error, fresh=fresh, **context)


def _id(visit: Visit) -> int:
    if visit.viewer.staff_id is None:
        raise NotFound("There is nothing here, or it is not yours to see.")
    return visit.viewer.staff_id


def _required(db: Connection, visit: Visit) -> bool:
    return visit.may(*ADMINS) and preferences.load(db).require_second_step


@post("/me/second-step", sync_to_thread=True, opt=roles(*EVERYBODY))
def change_second_step(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """Begin to set it up, renew the recovery codes, or take it off; the last two with a code of now."""
    act = form.text("do")
    if act == "begin":
        return _begin(app, visit)
    if act not in ("renew", "off"):
        raise Refused("Choose what to do")
    fresh: list[str] | None = None
    staff_id, by, now = _id(visit), visit.viewer.name, app.now()
    with app.database.begin() as db:
        if act == "off" and _required(db, visit):
            raise Refused(
                "A programme owner needs a second step here. To change phones, ask another one to take it off"
            )
        passed = second_step.passes(app, staff_id, form.text("code"), db=db)
        if passed and act == "renew":
            fresh = second_steps.renew_codes(db, staff_id, vault=app.vault, tokens=app.tokens, by=by, now=now)
        elif passed:
            second_steps.take_off(db, staff_id, by=by, now=now)
    if not passed:
        tired = passed is None
        error = second_step.TIRED if tired else second_steps.WRONG
        return _page(app, visit, status=429 if tired else 400, at=act, error=error)
    if act == "renew":
        return _page(app, visit, fresh=fresh)
    return pages.back(app, visit, "/me", "Your second step is off: the password alone opens the door.")


def _begin(app: App, visit: Visit) -> Response[Any]:
    """On to the page with the picture, as at the door."""
    staff_id = _id(visit)
    with app.database.read() as db:
        if second_steps.standing(db, staff_id).on:
            raise Refused("Your second step is on already")
        ticket = Ticket(
            kind="set-up",
            until=app.now() + tickets.LASTS,
            next_path="/me",
            staff_id=staff_id,
            password=door.password_mark(app, staff_id, db=db),
            secret=app.tokens.new(),
        )
    return Redirect("/signin/set-up", status_code=303, cookies=[tickets.cookie(app, ticket)])


@post("/me/unlink", sync_to_thread=True, opt=roles(*EVERYBODY))
def unlink(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    """No link to the company's account any more; who has no password must keep it."""
    staff_id = _id(visit)
    with app.database.begin() as db:
        person = staff.person(db, staff_id)
        if not person.has_password or not door.passwords_count(app, db):
            raise Refused("This is your only way in: set a password first, with a link from an admin")
        identities.unlink(db, staff_id, by=visit.viewer.name, now=app.now())
    return pages.back(app, visit, "/me", "The link is ended. Your password opens the door.")


HANDLERS = [me_page, change_second_step, unlink]
