"""Address and credentials of the CRM."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from voc.accounts import checks
from voc.accounts import run as accounts
from voc.accounts.connection import Connection, Crm, SignIn
from voc.accounts.crm.salesforce import permission_set
from voc.accounts.store import connections
from voc.base.errors import Refused
from voc.web import pages, view
from voc.web.context import App
from voc.web.crm_pages.standing import PATH, crm_page, save_connection, standing_of
from voc.web.crm_view import OFFERS, Offer, Standing
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, Visit, roles


@get(PATH, sync_to_thread=True, opt=roles(*ADMINS))
def connect_page(
    app: GivenApp, visit: GivenVisit, crm: Annotated[str, QueryParameter(name="crm")] = ""
) -> Response[str]:
    standing = standing_of(app)
    wanted = Crm(crm) if crm in set(Crm) else None
    return _connect_page(app, visit, standing, wanted)


def _connect_page(
    app: App,
    visit: Visit,
    standing: Standing,
    wanted: Crm | None,
    *,
    typed: dict[str, str] | None = None,
    refusal: Refused | None = None,
) -> Response[str]:
    connection = standing.connection
    chosen = wanted or (connection.crm if connection else None)
    same = connection is not None and connection.crm == chosen
    with app.database.read() as db:
        set_at = connections.which_secrets(db) if same else {}
    shown = _as_typed(connection) if same and connection else {"place": _usual_place(chosen)}
    return crm_page(
        app,
        visit,
        "connect",
        standing,
        status=400 if refusal else 200,
        offers=list(OFFERS.values()),
        chosen=OFFERS[chosen] if chosen else None,
        shown={**shown, **(typed or {})},
        set_at=set_at,
        refusal=refusal,
        replaces=connection is not None and not same,
    )


def _usual_place(crm: Crm | None) -> str:
    return accounts.HUBSPOT_PLACE if crm == Crm.HUBSPOT else ""


def _as_typed(connection: Connection) -> dict[str, str]:
    names = ("place", "database", "user", "acting_as", "zone")
    return {**{name: getattr(connection, name) or "" for name in names}, "sign_in": connection.sign_in}


@post(PATH, sync_to_thread=True, opt=roles(*ADMINS))
def save(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """Address and credentials. Another machine clears every secret that is not given anew."""
    if form.text("crm") not in set(Crm):
        raise Refused("Choose a CRM from the list")
    offer = OFFERS[Crm(form.text("crm"))]
    standing = standing_of(app)
    with app.database.read() as db:
        before = set(connections.which_secrets(db))
    secrets = {one.secret: form.secret(one.name) for one in offer.entries if one.secret}
    try:
        saved = save_connection(app, visit, _from_form(standing.connection, offer, form), secrets)
    except Refused as refused:
        typed = {one.name: form.text(one.name) for one in offer.entries if not one.secret}
        typed["sign_in"] = form.text("sign_in")
        return _connect_page(app, visit, standing, offer.crm, typed=typed, refusal=refused)
    with app.database.read() as db:
        cleared = sorted(before - set(connections.which_secrets(db)))
    said = f"{offer.name} is saved."
    if cleared and standing.connection is not None and standing.connection.crm == saved.crm:
        names = view.listed([checks.plain_name(one) for one in cleared])
        said += f" The address leads to another machine, so the stored {names} was cleared: enter it for this one."
    return pages.back(app, visit, f"{PATH}/check" if not _lacks(app, saved) else PATH, said)


def _lacks(app: App, connection: Connection) -> bool:
    with app.database.read() as db:
        return not set(checks.needed(connection)) <= set(connections.which_secrets(db))


def _from_form(before: Connection | None, offer: Offer, form: Form) -> Connection:
    given: dict[str, Any] = {one.name: form.maybe(one.name) for one in offer.entries if one.secret is None}
    given["place"] = given["place"] or ""
    if offer.ways:
        given["sign_in"] = (
            SignIn(form.text("sign_in")) if form.text("sign_in") in set(SignIn) else SignIn("client_credentials")
        )
    if before is not None and before.crm == offer.crm:
        return msgspec.structs.replace(before, **given)
    return Connection(crm=offer.crm, **given)


@post(f"{PATH}/remove", sync_to_thread=True, opt=roles(*ADMINS))
def remove(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    with app.database.begin() as db:
        accounts.forget_connection(db, actor=visit.viewer.name, now=app.now())
    return pages.back(app, visit, PATH, "The connection and its secrets are removed. What was read before stays.")


@get(f"{PATH}/permission-set.xml", sync_to_thread=True, opt=roles(*ADMINS))
def permission_set_file(app: GivenApp, visit: GivenVisit) -> Response[bytes]:
    """What Salesforce's tools deploy: the rights that the mapping, as it is now, needs."""
    with app.database.read() as db:
        stored = connections.load_connection(db)
    connection = stored if stored is not None and stored.crm == Crm.SALESFORCE else Connection(crm=Crm.SALESFORCE)
    return Response(
        permission_set(connection).encode(),
        media_type="application/xml",
        headers={"Content-Disposition": 'attachment; filename="voc.permissionset-meta.xml"'},
    )
