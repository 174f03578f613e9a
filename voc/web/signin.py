"""Signing in with a password and out, and the first password."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from voc.base import passwords, staff
from voc.base.errors import Refused
from voc.base.tokens import hash_token
from voc.web import door, pages, store
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenForm, GivenVisit
from voc.web.visit import EVERYBODY, check_origin, cookie_name, roles

# The same words for nobody, no password yet, a wrong one and access that ended.
_WRONG = "The address or the password is not right. If you were invited, set your password with the link in that mail"


_NO_PASSWORDS = "Passwords are not used here any more"


@get("/signin", sync_to_thread=True)
def signin_page(
    app: GivenApp,
    request: AnyRequest,
    next_path: Annotated[str, QueryParameter(name="next")] = "/",
    out: Annotated[str, QueryParameter(name="out")] = "",
) -> Response[Any]:
    token = request.cookies.get(cookie_name(app.settings))
    if token is not None:
        with app.database.read() as db:
            if store.standing_session(db, hash_token(token), now=app.now()) is not None:
                return Redirect(pages.own_path(next_path), status_code=303)
    return form_page(app, next_path=next_path, signed_out=bool(out))


def form_page(
    app: App, *, next_path: str, email: str = "", error: str | None = None, status: int = 200, signed_out: bool = False
) -> Response[str]:
    """The page to sign in on, with why the last try did not work."""
    with app.database.read() as db:
        by_password = door.passwords_count(app, db)
    return pages.bare_page(
        app,
        "signin.html",
        status=status,
        next_path=pages.own_path(next_path),
        email=email,
        error=error,
        issuer=app.issuer,
        by_password=by_password,
        signed_out=signed_out,
    )


@post("/signin", sync_to_thread=True)
def sign_in(app: GivenApp, request: AnyRequest, form: GivenForm) -> Response[Any]:
    check_origin(app, request)
    email, path = form.text("email").lower(), form.text("next")
    with app.database.begin() as db:
        # Counted before it is judged, in one transaction: tries at the same moment cannot all be the last allowed.
        tried = store.try_once(db, door.KIND, door.try_of(app, request, email), now=app.now(), window=door.WINDOW)
        known = staff.password_of(db, email)
        by_password = door.passwords_count(app, db)
    if tried is None:
        return form_page(app, next_path=path, email=email, error=door.TIRED, status=429)
    # Outside of any transaction: Argon2 takes its time, on purpose.
    right = passwords.matches(None if known is None else known[1], form.secret("password"))
    if not by_password:
        return form_page(app, next_path=path, email=email, error=_NO_PASSWORDS, status=400)
    with app.database.begin() as db:
        if known is not None and right and store.may_enter(db, known[0]):
            store.forget_try(db, tried)
            store.forget_knocks(db, door.KIND, app.vault.blur(f"email {email}"))
            return door.after_password(app, request, known[0], path=pages.own_path(path), db=db)
    return form_page(app, next_path=path, email=email, error=_WRONG, status=400)


@post("/signout", sync_to_thread=True, opt=roles(*EVERYBODY))
def sign_out(app: GivenApp, visit: GivenVisit) -> Redirect:
    with app.database.begin() as db:
        store.close_session(db, visit.token_hash)
    return Redirect("/signin?out=1", status_code=303, cookies=[door.session_cookie(app, "", 0)])


@get("/", sync_to_thread=True, opt=roles(*EVERYBODY))
def home(visit: GivenVisit) -> Redirect:
    """Each role's first page."""
    homes = {"csm": "/accounts", "lead": "/accounts", "leader": "/engagement", "admin": "/accounts"}
    return Redirect(homes[visit.viewer.role], status_code=303)


@get("/invite/{token:str}", sync_to_thread=True)
def invite_page(app: GivenApp, token: FromPath[str]) -> Response[str]:
    return _invitation(app, token)


def _invitation(app: App, token: str, *, error: str | None = None, status: int = 200) -> Response[str]:
    with app.database.read() as db:
        person = staff.invited(db, token, now=app.now())
        by_password = door.passwords_count(app, db)
    return pages.bare_page(
        app,
        "invite.html",
        status=status,
        person=person,
        token=token,
        error=error,
        issuer=app.issuer,
        by_password=by_password,
    )


@post("/invite/{token:str}", sync_to_thread=True)
def set_password(app: GivenApp, request: AnyRequest, token: FromPath[str], form: GivenForm) -> Response[Any]:
    """The first password, or a new one; every session that is open under the old one ends."""
    check_origin(app, request)
    with app.database.read() as db:
        person = staff.invited(db, token, now=app.now())
        if not door.passwords_count(app, db):
            return _invitation(app, token, error=_NO_PASSWORDS, status=400)
    typed = form.secret("password")
    try:
        passwords.check(typed, email=person.email)
        if typed != form.secret("again"):
            raise Refused("The two are not the same; write it twice", field="password")
    except Refused as refused:
        return _invitation(app, token, error=refused.reason, status=400)
    digest = passwords.digest(typed)
    with app.database.begin() as db:
        staff.accept(db, token, password_hash=digest, now=app.now())
        store.close_sessions_of(db, person.id)
        # A new password is no way around the second step.
        return door.after_password(app, request, person.id, path="/", db=db)


HANDLERS = [signin_page, sign_in, invite_page, set_password]
STAFF_HANDLERS = [sign_out, home]
