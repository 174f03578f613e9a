"""The second step at the door: a code of one's app, a recovery code, or setting the app up for the first time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import segno
from litestar import Response, get, post
from litestar.response import Redirect

from voc.base import codes, preferences, second_steps, staff
from voc.base.errors import Refused
from voc.web import door, pages, store, tickets
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenForm
from voc.web.tickets import Ticket
from voc.web.visit import check_origin

KIND = "code"
# Of a million codes three are right at any moment: five tries in a quarter of an hour and twenty in a day
# let somebody who knows the password guess it once in 45 years.
WINDOW, DAY = timedelta(minutes=15), timedelta(days=1)
TRIES_PER_WINDOW, TRIES_PER_DAY = 5, 20

TIRED = "Too many codes were not right. Wait a quarter of an hour, or a day after twenty; an admin can help sooner"


@dataclass(frozen=True)
class Picture:
    """A square of modules as one SVG path; `size` counts the quiet zone around it."""

    path: str
    size: int


def picture(text: str) -> Picture:
    code = segno.make(text, error="m", micro=False)
    rows = list(code.matrix_iter(border=4))
    drawn = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return Picture(drawn, len(rows))


# --- a code --------------------------------------------------------------------------------------


@get("/signin/code", sync_to_thread=True)
def code_page(app: GivenApp, request: AnyRequest) -> Response[Any]:
    if tickets.held(app, request, "code") is None:
        return Redirect("/signin", status_code=303)
    return pages.bare_page(app, "code.html", error=None)


@post("/signin/code", sync_to_thread=True)
def give_code(app: GivenApp, request: AnyRequest, form: GivenForm) -> Response[Any]:
    check_origin(app, request)
    ticket = tickets.held(app, request, "code")
    if ticket is None or ticket.staff_id is None:
        return Redirect("/signin", status_code=303)
    with app.database.begin() as db:
        if not door.may_go_on(app, ticket, db=db):
            return _from_the_start()
        passed = passes(app, ticket.staff_id, form.text("code"), db=db)
        if passed:
            return door.enter(app, door.open_session(app, request, ticket.staff_id, db=db), ticket.next_path)
    error, status = (TIRED, 429) if passed is None else (second_steps.WRONG, 400)
    return pages.bare_page(app, "code.html", status=status, error=error)


def passes(app: App, staff_id: int, typed: str, *, db: Any) -> bool | None:
    """Whether the code is right; None if this person has no try left. In the transaction that counts it."""
    now, person = app.now(), app.vault.blur(f"code {staff_id}")
    if store.knocks(db, KIND, [person], since=now - WINDOW) >= TRIES_PER_WINDOW:
        return None
    tried = store.try_once(db, KIND, {person: TRIES_PER_DAY}, now=now, window=DAY)
    if tried is None:
        return None
    by = staff.person(db, staff_id).name
    right = second_steps.passes(db, staff_id, typed, vault=app.vault, by=by, now=now, wall=app.wall.now())
    if right:
        store.forget_knocks(db, KIND, person)
    return right


def _from_the_start() -> Redirect:
    return Redirect("/signin", status_code=303)


# --- setting it up -------------------------------------------------------------------------------


@get("/signin/set-up", sync_to_thread=True)
def set_up_page(app: GivenApp, request: AnyRequest) -> Response[Any]:
    ticket = tickets.held(app, request, "set-up")
    if ticket is None or ticket.staff_id is None:
        return _from_the_start()
    return set_up(app, ticket)


def set_up(app: App, ticket: Ticket, *, error: str | None = None, status: int = 200) -> Response[str]:
    """The app's key as a picture and as text."""
    secret = codes.secret_from(ticket.secret)
    with app.database.read() as db:
        person = staff.person(db, ticket.staff_id or 0)
        company = preferences.load(db).company
    address = codes.address(secret, issuer=company, account=person.email)
    shown = {"picture": picture(address), "key": codes.as_text(secret), "address": address, "person": person}
    return pages.bare_page(app, "set_up.html", status=status, error=error, **shown)


@post("/signin/set-up", sync_to_thread=True)
def finish_set_up(app: GivenApp, request: AnyRequest, form: GivenForm) -> Response[Any]:
    """The first code proves that the app works; it opens the session and shows the recovery codes."""
    check_origin(app, request)
    ticket = tickets.held(app, request, "set-up")
    if ticket is None or ticket.staff_id is None:
        return _from_the_start()
    try:
        with app.database.begin() as db:
            if not door.may_go_on(app, ticket, db=db):
                return _from_the_start()
            fresh = second_steps.confirm(
                db,
                ticket.staff_id,
                codes.secret_from(ticket.secret),
                form.text("code"),
                vault=app.vault,
                tokens=app.tokens,
                by=staff.person(db, ticket.staff_id).name,
                now=app.now(),
                wall=app.wall.now(),
            )
            # Every other session was opened without it.
            store.close_sessions_of(db, ticket.staff_id)
            token = door.open_session(app, request, ticket.staff_id, db=db)
    except Refused as refused:
        return set_up(app, ticket, error=refused.reason, status=400)
    answer = pages.bare_page(app, "recovery.html", codes=fresh, path=pages.own_path(ticket.next_path))
    for cookie in door.session_cookies(app, token):
        answer.set_cookie(cookie)
    return answer


HANDLERS = [code_page, give_code, set_up_page, finish_set_up]
