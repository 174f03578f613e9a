"""A real server on this machine for the time of a test, and axe run in a real page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page

AXE = Path(__file__).parent / "axe" / "axe.min.js"


@contextmanager
def served(application: Any, *, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application on a (free) port of 127.0.0.1; gives its address without a slash at the end."""
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started and thread.is_alive():
        started.wait(0.01)
    assert server.started, "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def axe_findings(page: Page) -> list[str]:
    """What axe has to say about the page as it stands: empty is what we want.

    The script runs in a world of its own beside the page, so the page's strict policy stays as it is.
    """
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})["executionContextId"]
    session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8"), "contextId": world})
    tags = '["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]'
    run = f"axe.run(document, {{runOnly: {{type: 'tag', values: {tags}}}}}).then(r => r.violations.map(v =>"
    run += " v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(', ')))"
    answer = session.send(
        "Runtime.evaluate", {"expression": run, "contextId": world, "awaitPromise": True, "returnByValue": True}
    )
    session.detach()
    assert "exceptionDetails" not in answer, answer
    found: list[str] = answer["result"]["value"]
    return found


_BEYOND = """() => {
  const screen = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= innerWidth) return [];
  const beyond = one => one.getBoundingClientRect().right > screen + 0.5;
  const deepest = [...document.body.querySelectorAll("*")].filter(
    one => one.getClientRects().length && beyond(one) && ![...one.children].some(beyond));
  const told = deepest.slice(0, 5).map(one => `<${one.localName} class="${one.getAttribute("class") || ""}"> in `
    + `<${one.parentElement.localName}> ends at ${Math.round(one.getBoundingClientRect().right)}: `
    + (one.textContent || "").trim().slice(0, 60));
  const styled = [...document.styleSheets].length ? "" : ", and no style sheet is there yet";
  return told.length ? told : [`the page is ${document.documentElement.scrollWidth} wide${styled}`];
}"""


def too_wide(page: Page) -> list[str]:
    """What makes the page wider than its window, the innermost elements first; empty is what we want."""
    found: list[str] = page.evaluate(_BEYOND)
    return found
