"""Signing in with the company's own account: out to the issuer with a state, a nonce and a PKCE challenge, and back.

Three ways lead there: to sign in, to accept an invitation without a password, and to link one's
account once signed in. What the browser holds meanwhile is a ticket; see `voc.web.tickets`.
"""

from typing import Annotated, Any

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import Connection

from voc.base import identities, log, preferences, staff
from voc.base.errors import Misconfigured, NotFound, Refused, TryLater
from voc.base.oidc import Issuer, Person, Unbelievable
from voc.base.tokens import hash_token, same
from voc.web import door, pages, signin, store, tickets
from voc.web.context import App
from voc.web.given import AnyRequest, GivenApp, GivenVisit
from voc.web.tickets import Ticket
from voc.web.visit import EVERYBODY, cookie_name, roles

_log = log.get("web")
_AGAIN = "Begin again: that took longer than ten minutes, or was begun in another window"


@get("/signin/issuer", sync_to_thread=True)
def begin(app: GivenApp, next_path: Annotated[str, QueryParameter(name="next")] = "/") -> Response[Any]:
    return _out(app, Ticket("issuer", app.now() + tickets.LASTS, next_path=pages.own_path(next_path)))


@get("/invite/{token:str}/issuer", sync_to_thread=True)
def begin_invited(app: GivenApp, token: FromPath[str]) -> Response[Any]:
    with app.database.read() as db:
        staff.invited(db, token, now=app.now())
    return _out(app, Ticket("issuer", app.now() + tickets.LASTS, invitation=token))


@get("/me/link", sync_to_thread=True, opt=roles(*EVERYBODY))
def begin_link(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    ticket = Ticket("issuer", app.now() + tickets.LASTS, next_path="/me", session=visit.token_hash)
    return _out(app, ticket)


def _issuer(app: App) -> Issuer:
    if app.issuer is None:
        raise NotFound("There is no sign-in with company accounts here.")
    return app.issuer


def _out(app: App, ticket: Ticket) -> Response[Any]:
    issuer = _issuer(app)
    state, nonce = app.tokens.new(), app.tokens.new()
    verifier = app.tokens.new() + app.tokens.new()  # 64 letters; RFC 7636 wants 43 to 128
    try:
        address = issuer.way_in(state=state, nonce=nonce, verifier=verifier, now=app.wall.now())
    except (Misconfigured, TryLater) as trouble:
        return _failed(app, ticket, trouble)
    held = Ticket(
        kind="issuer",
        until=ticket.until,
        next_path=ticket.next_path,
        invitation=ticket.invitation,
        session=ticket.session,
        state=state,
        nonce=nonce,
        verifier=verifier,
    )
    return Redirect(address, status_code=303, cookies=[tickets.cookie(app, held)])


@get("/signin/back", sync_to_thread=True)
def come_back(app: GivenApp, request: AnyRequest) -> Response[Any]:
    issuer = _issuer(app)
    told = request.query_params
    ticket = tickets.held(app, request, "issuer")
    if ticket is None or not ticket.state or not same(told.get("state", ""), ticket.state):
        return _refused(app, ticket, _AGAIN)
    with app.database.begin() as db:
        sources = {door.from_where(app, request): door.TRIES_PER_SOURCE}
        tried = store.try_once(db, door.KIND, sources, now=app.now(), window=door.WINDOW)
    if tried is None:
        return _refused(app, ticket, door.TIRED, status=429)
    try:
        if (reason := issuer.why_not_from(told.get("iss"), now=app.wall.now())) is not None:
            raise Unbelievable(reason)
        code = told.get("code", "")
        if "error" in told or not code:
            return _refused(app, ticket, f"{issuer.name} did not let you in. Try again, or ask an admin")
        person = issuer.person(code, verifier=ticket.verifier, nonce=ticket.nonce, now=app.wall.now())
    except (Misconfigured, TryLater, Unbelievable) as trouble:
        return _failed(app, ticket, trouble)
    with app.database.begin() as db:
        store.forget_try(db, tried)
        try:
            token = _let_in(app, request, ticket, person, db=db)
        except (Refused, NotFound) as refused:
            reason = str(refused)
        else:
            return door.enter(app, token, ticket.next_path)
    return _refused(app, ticket, reason)


def _let_in(app: App, request: AnyRequest, ticket: Ticket, person: Person, *, db: Connection) -> str:
    """A session for the one of our people this is. Refused in their words where it is nobody."""
    if ticket.invitation:
        staff_id = _accepted(app, ticket.invitation, person, db=db)
    elif ticket.session:
        staff_id = _linked(app, request, ticket.session, person, db=db)
    else:
        staff_id = _known(app, person, db=db)
    if not store.may_enter(db, staff_id):
        raise Refused("You have no access any more. If that is wrong, ask an admin")
    return door.open_session(app, request, staff_id, db=db)


def _accepted(app: App, invitation: str, person: Person, *, db: Connection) -> int:
    invited = staff.invited(db, invitation, now=app.now())
    _link(app, invited.id, person, how="invitation", by=invited.name, db=db)
    staff.use_up_invitation(db, invited.id)
    store.close_sessions_of(db, invited.id)
    return invited.id


def _linked(app: App, request: AnyRequest, session: str, person: Person, *, db: Connection) -> int:
    """Only in the session that asked for it, which is still open."""
    token = request.cookies.get(cookie_name(app.settings), "")
    found = store.standing_session(db, session, now=app.now())
    if found is None or found.viewer.staff_id is None or not same(hash_token(token), session):
        raise Refused("Sign in again, then link your account")
    _link(app, found.viewer.staff_id, person, how="own page", by=found.viewer.name, db=db)
    return found.viewer.staff_id


def _known(app: App, person: Person, *, db: Connection) -> int:
    known = identities.holder(db, issuer=person.issuer, subject=person.subject)
    if known is not None:
        return known
    allowed = preferences.load(db).link_by_address and person.email_verified and person.email is not None
    found = identities.by_address(db, person.email or "", issuer=person.issuer) if allowed else None
    if found is None:
        raise Refused(
            "That account belongs to nobody here yet. Use the link of your invitation, or sign in with your password"
            " and link the account on your own page"
        )
    _link(app, found, person, how="address", by=staff.person(db, found).name, db=db)
    return found


def _link(app: App, staff_id: int, person: Person, *, how: str, by: str, db: Connection) -> None:
    identities.link(db, staff_id, issuer=person.issuer, subject=person.subject, how=how, by=by, now=app.now())


def _failed(app: App, ticket: Ticket, trouble: Exception) -> Response[Any]:
    """What the operator must know goes to the log; the person learns what to do."""
    name = _issuer(app).name
    if isinstance(trouble, TryLater):
        text = f"{name} does not answer. Try again in a minute"
    elif isinstance(trouble, Unbelievable):
        text = f"What {name} sent cannot be trusted: {trouble}. Begin again; if it stays so, tell an admin"
    else:
        text = f"Signing in with {name} is not set up right. Tell an admin: voc doctor says what is wrong"
    _log.warning("sign-in through the issuer failed", reason=str(trouble), kind=type(trouble).__name__)
    return _refused(app, ticket, text)


def _refused(app: App, ticket: Ticket | None, text: str, *, status: int = 400) -> Response[Any]:
    answer = signin.form_page(app, next_path=ticket.next_path if ticket else "/", error=text, status=status)
    answer.set_cookie(tickets.cookie(app, None))
    return answer


HANDLERS = [begin, begin_invited, come_back]
STAFF_HANDLERS = [begin_link]
