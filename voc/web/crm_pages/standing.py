"""How the connection stands: what every page of Settings > CRM shows and asks."""

from typing import Any

from litestar import Response

from voc.accounts import checks
from voc.accounts import run as accounts
from voc.accounts.checking import unknown_spellings
from voc.accounts.clean import spellings
from voc.accounts.connection import Connection, Secret
from voc.accounts.model import Spellings
from voc.accounts.run import errands as doing
from voc.accounts.store import connections, errands
from voc.base.errors import NotFound
from voc.base.words import ErrandKind
from voc.web import crm_view, pages
from voc.web.context import App
from voc.web.crm_view import OBJECTS, OFFERS, Standing
from voc.web.visit import Visit

PATH = "/settings/crm"


def standing_of(app: App) -> Standing:
    with app.database.read() as db:
        connection = connections.load_connection(db)
        if connection is None:
            return Standing(None)
        set_now = connections.which_secrets(db)
        looked, tried = (errands.errand(db, kind) for kind in (ErrandKind.CHECK, ErrandKind.TRY))
    checked = doing.checked(looked, connection, app.vault)
    unknown = unknown_spellings(checked, known_spellings(connection)) if checked else {}
    return Standing(
        connection,
        [secret for secret in checks.needed(connection) if secret not in set_now],
        checked,
        doing.tried(tried, connection, app.vault),
        sum(len(found) for found in unknown.values()),
    )


def known_spellings(connection: Connection) -> Spellings:
    return spellings({"roles": connection.roles, "segments": connection.segments, "statuses": connection.statuses})


def crm_page(
    app: App, visit: Visit, template: str, standing: Standing, /, *, status: int = 200, **context: Any
) -> Response[str]:
    common: dict[str, Any] = {
        "standing": standing,
        "connection": standing.connection,
        "offer": OFFERS[standing.connection.crm] if standing.connection else None,
        "stages": crm_view.stages(standing, now=app.now()),
        "crm": crm_view,
        "objects": OBJECTS,
    }
    return pages.page(app, visit, f"crm/{template}.html", status=status, **{**common, **context})


def connected(app: App) -> tuple[Standing, Connection]:
    standing = standing_of(app)
    if standing.connection is None:
        raise NotFound("No CRM is connected yet: begin under Settings > CRM.")
    return standing, standing.connection


def save_connection(
    app: App, visit: Visit, connection: Connection, secrets: dict[Secret, str] | None = None
) -> Connection:
    with app.database.begin() as db:
        return accounts.save_connection(
            db,
            connection,
            secrets=secrets or {},
            actor=visit.viewer.name,
            now=app.now(),
            vault=app.vault,
            private_hosts=tuple(app.settings.crm_private_hosts),
        )
