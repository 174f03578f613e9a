"""Our errors -> HTTP. The only place that knows status codes of errors; a stack trace never reaches anybody.

People get a page in words, programs under /api and /hooks get problem+json (RFC 9457). What we did not foresee
is logged with its trace, under a number that the page shows.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import SQLAlchemyError

from voc.base import log
from voc.base.errors import Misconfigured, Misread, NotFound, Refused, Upstream, VocError
from voc.web import pages
from voc.web.context import App
from voc.web.visit import Forbidden, Forged, SignInNeeded, Visit

_log = log.get("web")


@dataclass(frozen=True)
class Problem:
    status: int
    title: str
    text: str
    field: str | None = None


def described(error: Exception) -> Problem:
    """What happened and what to do, for the person who reads it."""
    match error:
        case NotFound():
            return Problem(404, "Not found", str(error) or "There is nothing here, or it is not yours to see.")
        case Misread():
            return Problem(400, "That could not be read", error.reason, error.field)
        case Refused():
            return Problem(409, "That was not done", error.reason, error.field)
        case Forged() | Forbidden():
            return Problem(403, "Not from here", str(error))
        case Upstream():
            return Problem(502, "Another system did not answer", f"{error}. Nothing is lost; try again in a while.")
        case Misconfigured():
            return Problem(500, "A setting is wrong", str(error))
        case HTTPException():
            return _of_status(error.status_code)
        case SQLAlchemyError():
            return Problem(503, "The database does not answer", "Nothing was saved. Try again in a minute.")
        case _:
            return Problem(500, "Something broke here", "Nothing was saved. It is written down for the operator.")


def _of_status(status: int) -> Problem:
    if status == 404:
        return Problem(404, "Not found", "There is nothing here, or it is not yours to see.")
    if status == 405:
        return Problem(405, "Not this way", "This address takes another kind of request. Go back and use the button.")
    if status == 413:
        return Problem(413, "Too long", "That is more text than this page takes. Nothing was saved; make it shorter.")
    if status == 429:
        return Problem(429, "Too many tries", "Wait a quarter of an hour, then try again.")
    if status < 500:
        text = "The form or the address is not as it should be. Nothing was saved."
        return Problem(400, "That could not be read", text)
    return Problem(500, "Something broke here", "Nothing was saved. It is written down for the operator.")


def respond(request: Request, error: Exception) -> Response[Any]:  # type: ignore[type-arg]  # no user, auth
    """The handler of every exception."""
    app: App = request.app.state.voc
    if isinstance(error, SignInNeeded):
        target = error.path if request.method == "GET" else "/"
        return Redirect(f"/signin?next={quote(target, safe='/')}", status_code=303)
    problem = described(error)
    if problem.status >= 500:
        _log.error("request failed", path=_masked(request), kind=type(error).__name__, exc_info=error)
    if request.url.path.startswith(("/api", "/hooks")):
        return _as_json(problem)
    return _as_page(app, request, problem)


def _masked(request: Request) -> str:  # type: ignore[type-arg]  # no user, auth
    """The route, not the path: a path may hold a token."""
    handler = request.scope.get("route_handler")
    return " ".join(sorted(handler.paths)) if handler is not None else "unknown"


def _as_json(problem: Problem) -> Response[Any]:
    body = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.text}
    if problem.field is not None:
        body["field"] = problem.field
    return Response(body, status_code=problem.status, media_type="application/problem+json")


def _as_page(app: App, request: Request, problem: Problem) -> Response[Any]:  # type: ignore[type-arg]  # no user, auth
    visit: Visit | None = getattr(request.state, "visit", None) if request.scope.get("state") is not None else None
    try:
        if visit is not None:
            return pages.page(app, visit, "error.html", status=problem.status, problem=problem)
        return pages.bare_page(app, "error.html", status=problem.status, problem=problem)
    except (SQLAlchemyError, VocError):
        # The database is what broke: a page that needs nothing from it.
        text = pages.ENVIRONMENT.get_template("plain.html").render(problem=problem)
        return pages.html(text, status=problem.status)


HANDLERS: ExceptionHandlersMap = {Exception: respond, HTTPException: respond}
