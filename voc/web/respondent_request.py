"""What a respondent's browser sends, as the rules take it, and the cookie it is given: nothing says who somebody is."""

from collections.abc import Sequence
from typing import Any

from litestar.datastructures import Cookie

from voc.responses.model import Posted, Visit
from voc.web.context import App
from voc.web.door import source
from voc.web.forms import Form
from voc.web.given import AnyRequest

COOKIE_LIVES_SECONDS = 120 * 24 * 3600
_OURS = ("nonce", "fax", "do", "of")


def visit_of(app: App, request: AnyRequest) -> Visit:
    agent = request.headers.get("user-agent", "")
    return Visit(
        source=app.vault.blur(f"{source(app, request)} {agent}"),
        language=(request.query_params.get("lang") or "")[:16] or None,
        agent=agent[:200] or None,
        cookies=dict(request.cookies),
    )


def looked(app: App, request: AnyRequest, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "method": request.method,
        "visit": visit_of(app, request),
        "now": app.now(),
        "tokens": app.tokens,
    }


def posted(app: App, request: AnyRequest, token: str, form: Form) -> dict[str, Any]:
    return {
        "posted": Posted(token, form.text("nonce"), bool(form.text("fax")), visit_of(app, request)),
        "now": app.now(),
        "tokens": app.tokens,
    }


def filled(form: Form) -> dict[str, Sequence[str]]:
    return {name: form.many(name) for name in form.names() if name not in _OURS}


def cookies(app: App, cookie: tuple[str, str] | None) -> list[Cookie]:
    if cookie is None:
        return []
    secure = app.settings.base_url.startswith("https://")
    name, value = cookie
    return [
        Cookie(
            key=name,
            value=value,
            max_age=COOKIE_LIVES_SECONDS,
            # Not the page's own path: each mail of an invitation has a link of its own, and the cookie serves them all.
            path="/q",
            httponly=True,
            samesite="lax",
            secure=secure,
        )
    ]
