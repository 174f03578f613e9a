"""Check and try: asked here, done by a worker."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from voc.accounts import checks
from voc.accounts.checking import meaning, unknown_spellings, whereabouts
from voc.accounts.clean import default_spellings
from voc.accounts.model import Spellings
from voc.accounts.store import errands
from voc.base.errors import Refused
from voc.base.words import ErrandKind
from voc.web import view
from voc.web.context import App
from voc.web.crm_pages.standing import PATH, connected, crm_page, known_spellings
from voc.web.crm_view import Standing
from voc.web.given import GivenApp, GivenVisit
from voc.web.visit import ADMINS, Visit, roles


@get(f"{PATH}/check", sync_to_thread=True, opt=roles(*ADMINS))
def check_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, _ = connected(app)
    unknown = unknown_spellings(standing.checked, _known_of(standing)) if standing.checked else {}
    return crm_page(app, visit, "check", standing, unknown=unknown, **_errand(app, ErrandKind.CHECK))


def _known_of(standing: Standing) -> Spellings:
    return known_spellings(standing.connection) if standing.connection else default_spellings()


def _errand(app: App, kind: ErrandKind) -> dict[str, Any]:
    now = app.now()
    with app.database.read() as db:
        found = errands.errand(db, kind)
    return {
        "errand": found,
        "state": found.state(now).value if found else None,
        "open": bool(found and found.is_open(now)),
    }


@post(f"{PATH}/check", sync_to_thread=True, opt=roles(*ADMINS))
def check(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    return _ask(app, visit, ErrandKind.CHECK)


@get(f"{PATH}/try", sync_to_thread=True, opt=roles(*ADMINS))
def try_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, _ = connected(app)
    return crm_page(app, visit, "try", standing, **_errand(app, ErrandKind.TRY))


@post(f"{PATH}/try", sync_to_thread=True, opt=roles(*ADMINS))
def try_it(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    return _ask(app, visit, ErrandKind.TRY)


def _ask(app: App, visit: Visit, kind: ErrandKind) -> Response[Any]:
    standing, connection = connected(app)
    path = f"{PATH}/{kind}"
    if standing.secrets_missing:
        names = view.listed([checks.plain_name(one) for one in standing.secrets_missing])
        raise Refused(f"Enter the {names} first, under Connect.")
    if kind == ErrandKind.TRY and standing.why_not:
        raise Refused(standing.why_not[0])
    of = whereabouts(connection) if kind == ErrandKind.CHECK else meaning(connection)
    with app.database.begin() as db:
        errands.ask(db, kind, of=of, by=visit.viewer.name, now=app.now())
    return Redirect(path, status_code=303)
