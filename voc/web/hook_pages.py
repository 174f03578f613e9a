"""Settings > Webhooks: what mail providers need to know of us, and we of them. Admins only.

A key goes in and never comes out; one that is made here is shown once, on the answer to the button.
"""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from voc.base.errors import NotFound, Refused
from voc.delivery.providers import generic, ses
from voc.delivery.providers.model import Call
from voc.delivery.run import events, hook_keys
from voc.delivery.store import events as store
from voc.delivery.store import hook_keys as kept
from voc.web import hook_view, pages
from voc.web.context import App
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.hook_view import OFFERS, Offer
from voc.web.visit import ADMINS, Visit, roles

PATH = "/settings/webhooks"


@get(PATH, sync_to_thread=True, opt=roles(*ADMINS))
def hooks_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    with app.database.read() as db:
        standings = events.standing(db, now=app.now())
        set_up = kept.set_up(db, list(OFFERS))
    return pages.page(
        app,
        visit,
        "webhooks/list.html",
        offers=OFFERS,
        standings=standings,
        set_up=set_up,
        heading=hook_view.heading(standings, set_up),
        hooks=hook_view,
    )


@get(f"{PATH}/{{provider:str}}", sync_to_thread=True, opt=roles(*ADMINS))
def hook_page(app: GivenApp, visit: GivenVisit, provider: FromPath[str]) -> Response[str]:
    return _page(app, visit, _offer(provider))


def _offer(provider: str) -> Offer:
    if provider not in OFFERS:
        raise NotFound("There is no such provider here.")
    return OFFERS[provider]


def _page(app: App, visit: Visit, offer: Offer, *, status: int = 200, **more: Any) -> Response[str]:
    with app.database.read() as db:
        (standing,) = (one for one in events.standing(db, now=app.now()) if one.provider == offer.name)
        set_up = kept.set_up(db, [offer.name])[offer.name]
        topics = kept.keys(db, "ses", vault=app.vault).keys if offer.name == "ses" else ()
    common: dict[str, Any] = {
        "offer": offer,
        "standing": standing,
        "set_up": set_up,
        "topics": [(topic, ses.host_of(topic)) for topic in topics],
        "address": _address(app, offer),
        "mail_address": _address(app, offer) + offer.mail_path,
        "plain_http": not app.settings.base_url.startswith("https://"),
        "chip": hook_view.chip(set_up, standing),
        "hooks": hook_view,
        "refusal": None,
        "made": None,
        "typed": "",
    }
    return pages.page(app, visit, "webhooks/one.html", status=status, **{**common, **more})


def _address(app: App, offer: Offer) -> str:
    return f"{app.settings.base_url}/hooks/{offer.name}"


@post(f"{PATH}/{{provider:str}}", sync_to_thread=True, opt=roles(*ADMINS))
def change(app: GivenApp, visit: GivenVisit, provider: FromPath[str], form: GivenForm) -> Response[Any]:
    offer, do = _offer(provider), form.text("do")
    if do == "make" and offer.key is None:
        return _page(app, visit, offer, made=_made(app, visit, offer))
    if do == "make_address" and offer.mail_secret:
        return _page(app, visit, offer, made=_made_path(app, visit, offer))
    try:
        said = _done(app, visit, offer, do, form.text("key"))
    except Refused as refusal:
        typed = form.text("key") if offer.name == "ses" else ""
        return _page(app, visit, offer, status=400, refusal=refusal, typed=typed)
    return _back(app, visit, offer, said)


def _back(app: App, visit: Visit, offer: Offer, said: str) -> Redirect:
    return pages.back(app, visit, f"{PATH}/{offer.name}", said)


def _done(app: App, visit: Visit, offer: Offer, do: str, key: str) -> str:
    if do == "test" and offer.name == "generic":
        return _sent_to_ourselves(app)
    by, now = visit.viewer.name, app.now()
    with app.database.begin() as db:
        match do:
            case "enter" if offer.key is not None:
                hook_keys.enter(db, offer.name, key, actor=by, now=now, vault=app.vault)
                return f"{offer.title} is set up; its calls are taken from now on."
            case "drop_older":
                hook_keys.drop_older(db, offer.name, actor=by, now=now)
                return "The older key is dropped; only the newer one is good."
            case "remove":
                hook_keys.remove(db, offer.name, actor=by, now=now)
                return f"{offer.title} is removed: its calls are refused. What it told us stays."
            case "again":
                number = store.try_again(db, provider=offer.name)
                return f"{number} set aside are read anew."
    raise Refused("Choose one of the buttons")


def _made(app: App, visit: Visit, offer: Offer) -> dict[str, str]:
    with app.database.begin() as db:
        secret = hook_keys.make(
            db, offer.name, actor=visit.viewer.name, now=app.now(), vault=app.vault, tokens=app.tokens
        )
    if offer.name == "generic":
        return {"what": "key", "value": secret}
    scheme, _, rest = _address(app, offer).partition("://")
    return {"what": "address", "value": f"{scheme}://voc:{secret}@{rest}"}


def _made_path(app: App, visit: Visit, offer: Offer) -> dict[str, str]:
    with app.database.begin() as db:
        secret = hook_keys.make_path(
            db, offer.name, actor=visit.viewer.name, now=app.now(), vault=app.vault, tokens=app.tokens
        )
    return {"what": "address for mails", "value": f"{_address(app, offer)}/{secret}"}


def _sent_to_ourselves(app: App) -> str:
    """One signed event through the door that everybody else uses; the worker reads it as any other."""
    now = app.now()
    with app.database.read() as db:
        keys = kept.keys(db, "generic", vault=app.vault).keys
    if not keys:
        raise Refused("Make a key first")
    body = msgspec.json.encode({"id": f"test-{app.tokens.new()}", "event": "test"})
    timestamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "x-voc-timestamp": timestamp,
        "x-voc-signature": generic.signature(keys[0], timestamp, body),
    }
    certificate = app.outgoing.known_certificate
    why = events.take(
        app.database, Call(headers, body), provider="generic", now=now, vault=app.vault, certificate=certificate
    )
    if why is not None:
        raise Refused(f"The test event was refused: {hook_view.REASONS[why]}")
    return "The test event was taken. When the worker has read it, it counts among today's “others”."


HANDLERS: list[Any] = [hooks_page, hook_page, change]
