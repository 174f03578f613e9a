"""Around the respondents' pages: `voc.web.guesses` for each request. One for each route, so it keeps nothing itself."""

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from voc.web.context import App
from voc.web.door import source
from voc.web.pages import ENVIRONMENT

_TEXT = "Too many links from your network opened nothing. Wait a few seconds, then open yours again: it still works."


class SlowGuessers:
    """Reads an answer's status and nothing else: all unknown links look alike."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        voc: App = scope["litestar_app"].state.voc
        who = source(voc, Request(scope))
        # A form holds what somebody typed, or a provider's one-click unsubscribe: it is counted and never turned away.
        if scope["method"] != "POST" and voc.guesses.must_wait(who, now=voc.wall.now()):
            await _tell_to_wait(send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 404 and not _is_trap(scope):
                voc.guesses.missed(who, now=voc.wall.now())
            await send(message)

        await self.app(scope, receive, watched)


def _is_trap(scope: Scope) -> bool:
    """The link that only machines follow: it opens nothing by design, and a gateway follows one for each mail."""
    path: str = scope["path"]
    return path.endswith("/all")


async def _tell_to_wait(send: Send) -> None:
    problem = {"title": "One moment", "text": _TEXT}
    body = ENVIRONMENT.get_template("plain.html").render(problem=problem).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", b"5"),
    ]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
