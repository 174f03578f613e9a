"""The web application: routes, guard, error pages, headers, static files."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import CacheControlHeader, State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from voc.base.errors import Misconfigured, NotFound
from voc.web import errors, routes, security
from voc.web.context import App
from voc.web.forms import posted_form
from voc.web.visit import admit, current_visit

STATIC = Path(__file__).parent / "static"
LARGEST_FORM = 1_000_000  # bytes
LONGEST_FILE_NAME = 200


def create(app: App, extra: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """The ASGI application for that wiring; `extra` handlers stand in the open (the demo's mailbox)."""
    # On these routers only: each middleware costs, and the respondent's page is small.
    compress = DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip", minimum_size=1000))
    staff = Router(
        path="/",
        route_handlers=routes.STAFF,
        guards=[admit],
        dependencies={"visit": Provide(current_visit, sync_to_thread=False)},
        middleware=[compress],
    )
    # In a router, never straight on the application: Litestar 2.25 registers a handler again when another one
    # joins its path, and a sync handler then runs twice wrapped and answers with a coroutine.
    open_to_all = Router(path="/", route_handlers=routes.OPEN)
    static = create_static_files_router(
        path="/static",
        directories=[STATIC],
        middleware=[compress],
        guards=[_file_name],
        cache_control=CacheControlHeader(max_age=3600, public=True),
        include_in_schema=False,
    )
    built = Litestar(
        route_handlers=[staff, open_to_all, static, Router(path="/", route_handlers=extra)],
        dependencies={
            "app": Provide(lambda: app, sync_to_thread=False),
            "form": Provide(posted_form),
        },
        exception_handlers=errors.HANDLERS,
        before_send=[security.add_headers(https=app.settings.base_url.startswith("https://"))],
        state=State({"voc": app}),
        request_max_body_size=LARGEST_FORM,
        openapi_config=None,
        debug=False,
        logging_config=None,
    )
    _check_roles(built)
    return built


def _file_name(connection: ASGIConnection, _handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]  # no user, auth
    """What no file can be named is not found; the file system would say it with an error of its own."""
    path = connection.url.path
    if "\0" in unquote(path) or len(path) > LONGEST_FILE_NAME:
        raise NotFound("There is no such file.")


def _guards(handler: HTTPRouteHandler) -> list[object]:
    return [guard for layer in handler.ownership_layers for guard in layer.guards or ()]


def _check_roles(built: Litestar) -> None:
    """Closed by default: a page behind the guard that names no roles is a mistake of ours, found at start."""
    for route in built.routes:
        for handler in getattr(route, "route_handlers", ()):
            if admit in _guards(handler) and "OPTIONS" not in handler.http_methods and "roles" not in handler.opt:
                raise Misconfigured(route.path, "no roles are named for this page", "Add opt=roles(...)")
