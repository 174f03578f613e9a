"""Opening a session: whatever way somebody proved who they are, this is the last step. And how often one may try."""

from collections.abc import Mapping
from datetime import timedelta

from litestar.datastructures import Cookie
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import identities, preferences, second_steps, staff
from voc.base.tokens import hash_token
from voc.base.words import StaffRole
from voc.web import pages, store, tickets
from voc.web.context import App
from voc.web.given import AnyRequest
from voc.web.tickets import Ticket
from voc.web.visit import cookie_name

KIND = "signin"
WINDOW = timedelta(minutes=15)
# An office shares one address, a person mistypes: so more tries per address than per person.
TRIES_PER_PERSON, TRIES_PER_SOURCE = 10, 50
TIRED = "Too many tries. Wait a quarter of an hour, then try again; nothing is locked for longer"


def open_session(app: App, request: AnyRequest, staff_id: int, *, db: Connection) -> str:
    """A new session under a new token; whatever cookie came with the request is closed and never taken over."""
    if (old := request.cookies.get(cookie_name(app.settings))) is not None:
        store.close_session(db, hash_token(old))
    token, now = app.tokens.new(), app.now()
    store.open_session(db, token_hash=hash_token(token), csrf=app.tokens.new(), staff_id=staff_id, now=now)
    staff.signed_in(db, staff_id, now=now)
    return token


def session_cookies(app: App, token: str) -> list[Cookie]:
    """The session's own, and an end to what was held on the way to it."""
    return [session_cookie(app, token, int(store.ABSOLUTE.total_seconds())), tickets.cookie(app, None)]


def session_cookie(app: App, token: str, max_age: int) -> Cookie:
    return Cookie(
        key=cookie_name(app.settings),
        value=token,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=app.settings.base_url.startswith("https://"),
    )


def enter(app: App, token: str, path: str) -> Redirect:
    return Redirect(pages.own_path(path), status_code=303, cookies=session_cookies(app, token))


def after_password(app: App, request: AnyRequest, staff_id: int, *, path: str, db: Connection) -> Redirect:
    """The password was right: a session, or what else is asked of this person first."""
    person = staff.person(db, staff_id)
    if second_steps.standing(db, staff_id).on:
        return _not_yet(app, "code", staff_id, path=path, db=db)
    if person.role == StaffRole.ADMIN and preferences.load(db).require_second_step:
        return _not_yet(app, "set-up", staff_id, path=path, db=db)
    return enter(app, open_session(app, request, staff_id, db=db), path)


def _not_yet(app: App, kind: str, staff_id: int, *, path: str, db: Connection) -> Redirect:
    ticket = Ticket(
        kind=kind,
        until=app.now() + tickets.LASTS,
        next_path=pages.own_path(path),
        staff_id=staff_id,
        password=password_mark(app, staff_id, db=db),
        secret=app.tokens.new() if kind == "set-up" else "",
    )
    return Redirect(f"/signin/{kind}", status_code=303, cookies=[tickets.cookie(app, ticket)])


def password_mark(app: App, staff_id: int, *, db: Connection) -> str:
    """Changes with the password, and says nothing about it."""
    found = staff.password_of(db, staff.person(db, staff_id).email)
    return app.vault.blur(f"password {staff_id} {found and found[1]}")


def may_go_on(app: App, ticket: Ticket, *, db: Connection) -> bool:
    """Whether whom a ticket names may still come in: active, in the CRM too, and with the password that was right."""
    if ticket.staff_id is None:
        return False
    return (
        staff.person(db, ticket.staff_id).active
        and store.may_enter(db, ticket.staff_id)
        and password_mark(app, ticket.staff_id, db=db) == ticket.password
    )


def passwords_count(app: App, db: Connection) -> bool:
    """Whether own passwords are taken. Switched off holds only while an admin can come in by the issuer."""
    if preferences.load(db).passwords_allowed or app.issuer is None:
        return True
    return identities.admins_linked_to(db, app.issuer.id) == 0


# --- how often ----------------------------------------------------------------------------------


def try_of(app: App, request: AnyRequest, email: str) -> Mapping[str, int]:
    """The sources of a try with a password, each with how many it may make."""
    person = app.vault.blur(f"email {email}")
    return {person: TRIES_PER_PERSON, from_where(app, request): TRIES_PER_SOURCE}


def from_where(app: App, request: AnyRequest) -> str:
    return app.vault.blur(f"from {source(app, request)}")


def source(app: App, request: AnyRequest) -> str:
    """The address a request comes from. The header can be forged: it counts only behind proxies we trust."""
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    trusted = app.settings.trusted_proxies
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return request.client.host if request.client else "unknown"
