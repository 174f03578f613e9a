"""Mail providers call here: POST /hooks/{provider}. No session, no form; each call proves itself.

What is taken is committed before the 200 and acted on by a job. What is not taken gets one and the
same answer, whatever was wrong with it: which, the admins see under Settings > Webhooks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from litestar import Response, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from voc.base.errors import NotFound
from voc.delivery.providers import PROVIDERS
from voc.delivery.providers.model import Call, WhyNot
from voc.delivery.run import events
from voc.web import store
from voc.web.context import App
from voc.web.door import source
from voc.web.given import AnyRequest, GivenApp
from voc.web.hook_room import Crowded

LARGEST = max(one.largest for one in PROVIDERS.values())
KIND = "hook"
WINDOW = timedelta(minutes=15)
TRIES = 200  # refused calls from one address; what is signed is taken all the same
_LONGEST_HEADER = 4_000
_AGAIN_SECONDS = 60

# 401 and never 403: Postmark gives up for good on that, and a key that was mistyped is mended in an hour.
_STATUS = {WhyNot.TOO_LARGE: 413, WhyNot.WRONG_TYPE: 415, WhyNot.NO_CERTIFICATE: 503}
_WORDS = {
    401: ("Not taken", "This call does not prove where it comes from."),
    413: ("Too long", "That is more than this address takes."),
    415: ("Not this way", "This address takes another content type."),
    429: ("Too many tries", "Wait a quarter of an hour."),
    503: ("Not now", "Try again in a while."),
}


@dataclass(frozen=True)
class _Door:
    """One call before its body is read."""

    app: App
    provider: str
    headers: dict[str, str]
    rest: str
    source: str


@post("/hooks/{provider:str}", status_code=200, request_max_body_size=LARGEST)
async def hook(app: GivenApp, request: AnyRequest, provider: FromPath[str]) -> Response[Any]:
    return await _answer(app, request, provider, "")


@post("/hooks/{provider:str}/{rest:str}", status_code=200, request_max_body_size=LARGEST)
async def hook_with_more(
    app: GivenApp, request: AnyRequest, provider: FromPath[str], rest: FromPath[str]
) -> Response[Any]:
    """`mime` for Mailgun's routes; the secret of SendGrid's Inbound Parse, which signs nothing."""
    return await _answer(app, request, provider, rest)


async def _answer(app: App, request: AnyRequest, provider: str, rest: str) -> Response[Any]:
    if provider not in PROVIDERS:
        raise NotFound("There is no such webhook.")
    headers = {name.lower(): value[:_LONGEST_HEADER] for name, value in request.headers.items()}
    door = _Door(app, provider, headers, rest, app.vault.blur(f"from {source(app, request)}"))
    why = await sync_to_thread(_glance, door)
    if why is None and _announced(door) > PROVIDERS[provider].largest:
        why = WhyNot.TOO_LARGE
    if why is None:
        try:
            why = await _taken(door, request)
        except Crowded:
            return _problem(503, {"Retry-After": str(_AGAIN_SECONDS)})  # nothing is written: there may be thousands
        except HTTPException as refused:  # else the caller left in the middle of the body
            why = WhyNot.TOO_LARGE if refused.status_code == 413 else WhyNot.UNREADABLE
    if why is None:
        return Response(None, status_code=200)
    return await sync_to_thread(_refusal, door, why)


async def _taken(door: _Door, request: AnyRequest) -> WhyNot | None:
    room = door.app.hook_room
    async with room.holding(request.stream(), source=door.source, announced=_announced(door)) as body:
        return await room.read(lambda: _take(door, body))


def _glance(door: _Door) -> WhyNot | None:
    call = Call(door.headers, b"", door.rest)
    return events.why_not_even_look(door.app.database, call, provider=door.provider, vault=door.app.vault)


def _announced(door: _Door) -> int:
    """Its length in bytes by its own word, before any is read; 0 where it gives none."""
    said = door.headers.get("content-length", "")
    return int(said) if len(said) < 20 and said.isdecimal() else 0


def _take(door: _Door, body: bytes) -> WhyNot | None:
    return events.take(
        door.app.database,
        Call(door.headers, body, door.rest),
        provider=door.provider,
        now=door.app.now(),
        vault=door.app.vault,
        certificate=_certificates(door),
    )


def _certificates(door: _Door) -> Callable[[str], bytes]:
    """Nobody who was refused often makes us run to AWS."""
    outgoing = door.app.outgoing
    return outgoing.known_certificate if _is_tired(door) else outgoing.certificate


def _is_tired(door: _Door) -> bool:
    since = door.app.now() - WINDOW
    with door.app.database.read() as db:
        return store.knocks(db, KIND, [door.source], since=since) >= TRIES


def _refusal(door: _Door, why: WhyNot) -> Response[Any]:
    now = door.app.now()
    if _is_tired(door):
        return _problem(429)  # nothing is written any more
    with door.app.database.begin() as db:
        if store.try_once(db, KIND, {door.source: TRIES}, now=now, window=WINDOW) is None:
            return _problem(429)
    events.refuse(door.app.database, provider=door.provider, reason=why, now=now)
    return _problem(_STATUS.get(why, 401))


def _problem(status: int, headers: dict[str, str] | None = None) -> Response[Any]:
    title, detail = _WORDS[status]
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)


HANDLERS: list[Any] = [hook, hook_with_more]
