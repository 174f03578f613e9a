"""Signing in and out, and the first password."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import passwords, staff
from voc.base.errors import Refused
from voc.base.tokens import hash_token
from voc.web import pages, store
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, check_origin, cookie_name, roles

KIND = "signin"
WINDOW = timedelta(minutes=15)
# An office shares one address, a person mistypes: so more tries per address than per person.
TRIES_PER_PERSON, TRIES_PER_SOURCE = 10, 50

# The same words for nobody, no password yet, a wrong one and access that ended.
_WRONG = "The address or the password is not right. If you were invited, set your password with the link in that mail"


@get("/signin", sync_to_thread=True)
def signin_page(
    app: GivenApp, request: AnyRequest, next_path: Annotated[str, QueryParameter(name="next")] = "/"
) -> Response[Any]:
    token = request.cookies.get(cookie_name(app.settings))
    if token is not None:
        with app.database.read() as db:
            if store.standing_session(db, hash_token(token), now=app.now()) is not None:
                return Redirect(pages.own_path(next_path), status_code=303)
    return _form(app, next_path=next_path)


def _form(app: App, *, next_path: str, email: str = "", error: str | None = None, status: int = 200) -> Response[str]:
    return pages.bare_page(
        app, "signin.html", status=status, next_path=pages.own_path(next_path), email=email, error=error
    )


@post("/signin", sync_to_thread=True)
def sign_in(app: GivenApp, request: AnyRequest, form: GivenForm) -> Response[Any]:
    check_origin(app, request)
    email, now = form.text("email").lower(), app.now()
    person_source, from_source = app.vault.blur(f"email {email}"), app.vault.blur(f"from {source(app, request)}")
    with app.database.read() as db:
        since = now - WINDOW
        tired = (
            store.knocks(db, KIND, [person_source], since=since) >= TRIES_PER_PERSON
            or store.knocks(db, KIND, [from_source], since=since) >= TRIES_PER_SOURCE
        )
        known = staff.password_of(db, email)
    if tired:
        text = "Too many tries. Wait a quarter of an hour, then try again; nothing is locked for longer"
        return _form(app, next_path=form.text("next"), email=email, error=text, status=429)
    # Outside of any transaction: Argon2 takes its time, on purpose.
    right = passwords.matches(None if known is None else known[1], form.secret("password"))
    with app.database.begin() as db:
        if known is None or not right or not store.may_enter(db, known[0]):
            store.add_knocks(db, KIND, [person_source, from_source], now=now, keep=WINDOW)
            signed_in = None
        else:
            store.forget_knocks(db, KIND, person_source)
            signed_in = _open(app, request, known[0], db=db)
    if signed_in is None:
        return _form(app, next_path=form.text("next"), email=email, error=_WRONG, status=400)
    return _enter(app, signed_in, pages.own_path(form.text("next")))


def _open(app: App, request: AnyRequest, staff_id: int, *, db: Connection) -> str:
    """A new session under a new token; whatever cookie came with the request is closed and never taken over."""
    if (old := request.cookies.get(cookie_name(app.settings))) is not None:
        store.close_session(db, hash_token(old))
    token, now = app.tokens.new(), app.now()
    store.open_session(db, token_hash=hash_token(token), csrf=app.tokens.new(), staff_id=staff_id, now=now)
    staff.signed_in(db, staff_id, now=now)
    return token


def _enter(app: App, token: str, path: str) -> Redirect:
    return Redirect(path, status_code=303, cookies=[_cookie(app, token, int(store.ABSOLUTE.total_seconds()))])


def _cookie(app: App, token: str, max_age: int) -> Cookie:
    return Cookie(
        key=cookie_name(app.settings),
        value=token,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=app.settings.base_url.startswith("https://"),
    )


def source(app: App, request: AnyRequest) -> str:
    """The address a request comes from. The header can be forged: it counts only behind proxies we trust."""
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    trusted = app.settings.trusted_proxies
    if trusted and len(hops) >= trusted:
        return hops[-trusted]
    return request.client.host if request.client else "unknown"


@post("/signout", sync_to_thread=True, opt=roles(*EVERYBODY))
def sign_out(app: GivenApp, visit: GivenVisit) -> Redirect:
    with app.database.begin() as db:
        store.close_session(db, visit.token_hash)
    return Redirect("/signin", status_code=303, cookies=[_cookie(app, "", 0)])


@get("/", sync_to_thread=True, opt=roles(*EVERYBODY))
def home(visit: GivenVisit) -> Redirect:
    """Each role's first page."""
    homes = {"csm": "/accounts", "lead": "/accounts", "leader": "/engagement", "admin": "/accounts"}
    return Redirect(homes[visit.viewer.role], status_code=303)


@get("/invite/{token:str}", sync_to_thread=True)
def invite_page(app: GivenApp, token: FromPath[str]) -> Response[str]:
    with app.database.read() as db:
        person = staff.invited(db, token, now=app.now())
    return pages.bare_page(app, "invite.html", person=person, token=token, error=None)


@post("/invite/{token:str}", sync_to_thread=True)
def set_password(app: GivenApp, request: AnyRequest, token: FromPath[str], form: GivenForm) -> Response[Any]:
    """The first password, or a new one; every session that is open under the old one ends."""
    check_origin(app, request)
    with app.database.read() as db:
        person = staff.invited(db, token, now=app.now())
    typed = form.secret("password")
    try:
        passwords.check(typed, email=person.email)
        if typed != form.secret("again"):
            raise Refused("The two are not the same; write it twice", field="password")
    except Refused as refused:
        return pages.bare_page(app, "invite.html", status=400, person=person, token=token, error=refused.reason)
    digest = passwords.digest(typed)
    with app.database.begin() as db:
        staff.accept(db, token, password_hash=digest, now=app.now())
        store.close_sessions_of(db, person.id)
        signed_in = _open(app, request, person.id, db=db)
    return _enter(app, signed_in, "/")


HANDLERS = [signin_page, sign_in, invite_page, set_password]
STAFF_HANDLERS = [sign_out, home]
