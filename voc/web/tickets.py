"""What a browser holds between two steps of signing in: encrypted, for ten minutes, worth nothing by itself.

A ticket is no session: no page of ours opens with it. Nothing is kept on our side, so nobody can
fill a table by beginning to sign in.
"""

from datetime import datetime, timedelta

import msgspec
from litestar.datastructures import Cookie

from voc.base.errors import Misconfigured
from voc.web.context import App
from voc.web.given import AnyRequest
from voc.web.visit import cookie_name

LASTS = timedelta(minutes=10)


class Ticket(msgspec.Struct, frozen=True):
    kind: str  # code, set-up, issuer
    until: datetime
    next_path: str = "/"
    staff_id: int | None = None
    password: str = ""  # a keyed digest of the one that was right: another one since ends the ticket
    secret: str = ""  # of the app that is being set up
    state: str = ""
    nonce: str = ""
    verifier: str = ""
    invitation: str = ""  # the token of the invitation that is accepted by this
    session: str = ""  # digest of the session that links an account


def name(app: App) -> str:
    return f"{cookie_name(app.settings)}-step"


def cookie(app: App, ticket: Ticket | None) -> Cookie:
    """To be sent along; None takes it back."""
    value = "" if ticket is None else app.vault.encrypt(msgspec.json.encode(ticket)).decode("ascii")
    return Cookie(
        key=name(app),
        value=value,
        max_age=0 if ticket is None else int(LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",  # not strict: an issuer sends the browser back from its own site
        secure=app.settings.base_url.startswith("https://"),
    )


def held(app: App, request: AnyRequest, *kinds: str) -> Ticket | None:
    """The ticket that came with the request, if it is one of these kinds and still good."""
    text = request.cookies.get(name(app), "")
    if not text or len(text) > 4_000:
        return None
    try:
        found = msgspec.json.decode(app.vault.decrypt(text.encode("utf-8", "surrogatepass")), type=Ticket)
    except (Misconfigured, msgspec.DecodeError, ValueError):
        return None
    return found if found.kind in kinds and app.now() < found.until else None
