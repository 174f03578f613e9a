"""Who is at the door: session cookie -> `Visit`, role gates, CSRF. Closed by default.

Every staff handler stands in a router whose guard this is, and names its roles: `roles(...)`.
A handler takes `visit: Visit`; what the person may *see* is a condition in each query (`voc.base.access`).
"""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler

from voc.base.access import Viewer
from voc.base.errors import VocError
from voc.base.settings import Settings
from voc.base.tokens import Tokens, hash_token, same
from voc.base.words import StaffRole
from voc.web import store
from voc.web.context import App

EVERYBODY = tuple(StaffRole)
LEADERS = (StaffRole.LEADER, StaffRole.ADMIN)
ADMINS = (StaffRole.ADMIN,)


class SignInNeeded(VocError):
    """Nobody is signed in (any more); `path` is where they wanted to go."""

    def __init__(self, path: str) -> None:
        super().__init__("Sign in first")
        self.path = path


class Forbidden(VocError):
    """Signed in, but this page is for another role."""


class Forged(VocError):
    """A form that does not come from a page we showed to this session."""


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in person."""

    viewer: Viewer
    email: str
    token_hash: str
    csrf: str  # for the forms of this page; another text each time, good for the whole session
    path: str
    flash: dict[str, Any] | None = None

    def may(self, *roles: StaffRole) -> bool:
        return self.viewer.role in roles


def roles(*allowed: StaffRole) -> dict[str, Any]:
    """`opt=roles(...)`: who may call this handler."""
    return {"roles": frozenset(allowed)}


def cookie_name(settings: Settings) -> str:
    # The prefix makes the browser refuse a cookie that a neighbouring host planted.
    return "__Host-voc" if settings.base_url.startswith("https://") else "voc"


async def admit(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]  # no user, auth
    """The guard of every staff page."""
    app: App = connection.app.state.voc
    visit = await sync_to_thread(_visit, app, connection.cookies.get(cookie_name(app.settings)), _path(connection))
    if visit is None:
        raise SignInNeeded(_path(connection))
    if visit.viewer.role not in handler.opt["roles"]:
        raise Forbidden("This page is not for your role. If you need it, ask an admin")
    if connection.scope.get("method") not in ("GET", "HEAD"):
        await _check_form(app, connection, visit)
    connection.state.visit = visit


def current_visit(request: Request) -> Visit:  # type: ignore[type-arg]  # user, auth and state are not used
    """Dependency `visit`."""
    found: Visit = request.state.visit
    return found


def _path(connection: ASGIConnection) -> str:  # type: ignore[type-arg]  # no user, auth
    query = connection.url.query
    return connection.url.path + (f"?{query}" if query else "")


def _visit(app: App, token: str | None, path: str) -> Visit | None:
    if not token:
        return None
    now = app.now()
    with app.database.read() as db:
        found = store.standing_session(db, hash_token(token), now=now)
    if found is None:
        return None
    if now - found.seen_at >= store.SEEN_EVERY:
        with app.database.begin() as db:
            store.seen(db, found.token_hash, now=now)
    return Visit(
        viewer=found.viewer,
        email=found.email,
        token_hash=found.token_hash,
        csrf=veiled(found.csrf, app.tokens),
        path=path,
        flash=found.flash,
    )


async def _check_form(app: App, connection: ASGIConnection, visit: Visit) -> None:  # type: ignore[type-arg]  # no user, auth
    check_origin(app, connection)
    assert isinstance(connection, Request)
    try:
        fields = await connection.form()
    except (ValueError, KeyError) as mistake:
        raise ClientException("That form could not be read") from mistake
    sent = fields.get("csrf")
    if not isinstance(sent, str) or not same(unveiled(sent), unveiled(visit.csrf)):
        raise Forged("This page was open too long, or the form came from elsewhere. Go back, load the page again")


def check_origin(app: App, connection: ASGIConnection) -> None:  # type: ignore[type-arg]  # no user, auth
    """A browser says where a form comes from; another site's is refused, before any cookie is looked at."""
    site = connection.headers.get("sec-fetch-site")
    if site in ("cross-site", "same-site"):
        raise Forged("This form came from another site")
    if site == "same-origin":
        # No page can write this header. Our pages give no referrer, so the origin beside it reads "null".
        return
    origin = connection.headers.get("origin")
    ours = {urlsplit(app.settings.base_url).netloc, connection.headers.get("host", "")}
    if origin is not None and urlsplit(origin).netloc not in ours:
        raise Forged("This form came from another site")


def veiled(secret: str, tokens: Tokens) -> str:
    """The secret under a new mask: pages are compressed, and a text that never changes could be guessed by sizes."""
    mask = tokens.new()
    mixed = bytes(a ^ b for a, b in zip(secret.encode(), mask.encode(), strict=True))
    return f"{mask}.{base64.urlsafe_b64encode(mixed).decode()}"


def unveiled(text: str) -> str:
    mask, _, mixed = text.partition(".")
    try:
        return bytes(a ^ b for a, b in zip(base64.urlsafe_b64decode(mixed), mask.encode(), strict=True)).decode()
    except ValueError:
        return ""
