"""Run the web application and the worker, together or apart, until Ctrl-C."""

import signal
import socket
import threading
from collections.abc import Sequence

import uvicorn
from litestar.types import ControllerRouterHandler

from voc import app as wiring
from voc import jobs
from voc.base import collector, log
from voc.base.errors import Refused
from voc.delivery.model import Relays
from voc.web import asgi
from voc.web.context import App


def run(
    app: App,
    *,
    web: bool,
    worker: bool,
    relays: Relays | None = None,
    extra: Sequence[ControllerRouterHandler] = (),
    level: str = "INFO",
) -> None:
    """Blocks until Ctrl-C or SIGTERM, and ends what was begun.

    `relays` instead of those the settings name; `extra` handlers of the demo.
    """
    if worker and app.demo and relays is None:
        raise Refused("This is a demo, and its mail must reach no real server: `voc demo --directory DIR` serves it.")
    if web:
        refuse_taken_port(app.settings.host, app.settings.port)
    log.configure(json_lines=app.settings.log == "json", level=level)
    stopped = threading.Event()
    servers: list[uvicorn.Server] = []

    def stop(_number: int, _frame: object) -> None:
        stopped.set()
        for server in servers:
            server.should_exit = True

    # Without a handler SIGTERM ends the process at once (uvicorn raises it again after its own end): messages on
    # their way to the mail server would be unknown for good. It stands before anything is built, which takes
    # seconds on a busy machine; a signal that comes before uvicorn listens to it is kept.
    signal.signal(signal.SIGTERM, stop)
    scheduler = None
    try:
        if web:
            servers.append(_server(app, extra))
        collector.settle()
        if worker and not stopped.is_set():
            scheduler = jobs.start(app, relays or wiring.relays(app))
        if servers and not stopped.is_set():
            servers[0].run()
        else:
            stopped.wait()
    finally:
        app.ending.tell()
        if scheduler is not None:
            scheduler.shutdown(wait=True)
        app.database.close()


def _server(app: App, extra: Sequence[ControllerRouterHandler]) -> uvicorn.Server:
    # Paths of respondents hold tokens, so there is no access log; errors are logged by us.
    return uvicorn.Server(
        uvicorn.Config(
            asgi.create(app, extra),
            host=app.settings.host,
            port=app.settings.port,
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        )
    )


def refuse_taken_port(host: str, port: int) -> None:
    """Before any work is done: uvicorn would find out last, and say it in its own words."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise Refused(
            f"Pages cannot be served on {host}, port {port}: {error.strerror}. "
            "End what uses it, or choose another port: `port` in voc.toml; for the demo, `--port 8010`."
        ) from None
