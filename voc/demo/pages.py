"""The demo's own pages: who to sign in as, and the mailbox in which any mail can be opened and answered."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, PackageLoader
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from voc.demo.mailbox import Mailbox
from voc.web import pages
from voc.web.context import App
from voc.web.given import GivenApp
from voc.web.security import POLICY

_ENVIRONMENT = pages.ENVIRONMENT.overlay(loader=ChoiceLoader([PackageLoader("voc.demo"), PackageLoader("voc.web")]))
_PER_PAGE = 50
# A mail may style itself and lead to the answer page; it runs nothing and loads nothing.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation allow-popups"
)
PASSWORD = "kestrel works demo"  # noqa: S105 - printed by the command; it opens invented data only


@dataclass(frozen=True)
class SignIn:
    name: str
    email: str
    sees: str


def handlers(mailbox: Mailbox, people: list[SignIn]) -> list[ControllerRouterHandler]:
    """The demo's handlers, for that mailbox."""

    @get("/demo", sync_to_thread=True)
    def start(app: GivenApp) -> Response[str]:
        clock = f"{app.now():%A %d %B %Y, %H:%M} UTC"
        return _page(app, "demo/start.html", people=people, password=PASSWORD, clock=clock)

    @get("/demo/mailbox", sync_to_thread=True)
    def listing(
        app: GivenApp,
        about: Annotated[str, QueryParameter(name="about")] = "",
        before: Annotated[int | None, QueryParameter(name="before")] = None,
    ) -> Response[str]:
        found = mailbox.listing(about=about, before=before, limit=_PER_PAGE + 1)
        more = urlencode({"about": about, "before": found[_PER_PAGE - 1].id}) if len(found) > _PER_PAGE else None
        return _page(app, "demo/mailbox.html", mails=found[:_PER_PAGE], about=about, more=more)

    @get("/demo/mailbox/{mail_id:int}", sync_to_thread=True)
    def one(app: GivenApp, mail_id: FromPath[int]) -> Response[str]:
        mail = mailbox.mail(mail_id)
        assert mail.mime is not None
        plain = mail.mime.get_body(("plain",))
        page = _page(
            app,
            "demo/mail.html",
            mail=mail,
            text=plain.get_content() if plain else "",
            has_html=mail.mime.get_body(("html",)) is not None,
            heads=list(mail.mime.items()),
            person=urlencode({"about": mail.recipient}),
        )
        page.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
        return page

    @get("/demo/mailbox/{mail_id:int}/html", sync_to_thread=True)
    def as_html(mail_id: FromPath[int]) -> Response[str]:
        mime = mailbox.mail(mail_id).mime
        body = mime.get_body(("html",)) if mime else None
        text = body.get_content() if body else ""
        framed = text.replace("<head>", '<head><base target="_top">', 1)
        heads = {"Content-Security-Policy": _MAIL_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return Response(framed, media_type="text/html", headers=heads)

    return [start, listing, one, as_html]


def _page(app: App, template: str, **context: Any) -> Response[str]:
    return pages.html(_ENVIRONMENT.get_template(template).render({**pages.for_nobody(app), **context}))
