"""Settings > CRM: connect, check, map, try, switch on. Admins only.

A check and a try are asked here and done by a worker; the page shows how far they are. Secrets go
in and never come out: a page knows only since when each is set.
"""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from voc.accounts import checks, schedule
from voc.accounts import run as accounts
from voc.accounts.checking import OUR_WORDS, meaning, unknown_spellings, whereabouts
from voc.accounts.clean import default_spellings, spelling_key, spellings
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret, SignIn
from voc.accounts.crm.salesforce import permission_set
from voc.accounts.model import Kind, Spellings
from voc.accounts.run import errands as doing
from voc.accounts.store import connections, errands, history
from voc.base.errors import NotFound, Refused
from voc.base.words import ErrandKind
from voc.web import crm_view, pages, view
from voc.web.context import App
from voc.web.crm_view import OBJECTS, OFFERS, Offer, Standing
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, Visit, roles

PATH = "/settings/crm"
_NEW_SPELLINGS = 2
_WORDS = {
    "roles": (Kind.RELATION, "roles"),
    "segments": (Kind.ACCOUNT, "segment"),
    "statuses": (Kind.ACCOUNT, "status"),
}
_ONLY = (Kind.OPPORTUNITY, Kind.ACTIVITY)
"""Objects of which a CRM holds more than we want."""


# --- what every page of this place shows --------------------------------------------------------


def standing_of(app: App) -> Standing:
    with app.database.read() as db:
        connection = connections.load_connection(db)
        if connection is None:
            return Standing(None)
        set_now = connections.which_secrets(db)
        looked, tried = (errands.errand(db, kind) for kind in (ErrandKind.CHECK, ErrandKind.TRY))
    checked = doing.checked(looked, connection, app.vault)
    unknown = unknown_spellings(checked, _known(connection)) if checked else {}
    return Standing(
        connection,
        [secret for secret in checks.needed(connection) if secret not in set_now],
        checked,
        doing.tried(tried, connection, app.vault),
        sum(len(found) for found in unknown.values()),
    )


def _known(connection: Connection) -> Spellings:
    return spellings({"roles": connection.roles, "segments": connection.segments, "statuses": connection.statuses})


def _page(
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


def _connected(app: App) -> tuple[Standing, Connection]:
    standing = standing_of(app)
    if standing.connection is None:
        raise NotFound("No CRM is connected yet: begin under Settings > CRM.")
    return standing, standing.connection


def _save(app: App, visit: Visit, connection: Connection, secrets: dict[Secret, str] | None = None) -> Connection:
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


# --- connect ------------------------------------------------------------------------------------


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
    return _page(
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
        saved = _save(app, visit, _from_form(standing.connection, offer, form), secrets)
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


# --- check and try ------------------------------------------------------------------------------


@get(f"{PATH}/check", sync_to_thread=True, opt=roles(*ADMINS))
def check_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, _ = _connected(app)
    unknown = unknown_spellings(standing.checked, _known_of(standing)) if standing.checked else {}
    return _page(app, visit, "check", standing, unknown=unknown, **_errand(app, ErrandKind.CHECK))


def _known_of(standing: Standing) -> Spellings:
    return _known(standing.connection) if standing.connection else default_spellings()


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
    standing, _ = _connected(app)
    return _page(app, visit, "try", standing, **_errand(app, ErrandKind.TRY))


@post(f"{PATH}/try", sync_to_thread=True, opt=roles(*ADMINS))
def try_it(app: GivenApp, visit: GivenVisit) -> Response[Any]:
    return _ask(app, visit, ErrandKind.TRY)


def _ask(app: App, visit: Visit, kind: ErrandKind) -> Response[Any]:
    standing, connection = _connected(app)
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


# --- map ----------------------------------------------------------------------------------------


@get(f"{PATH}/map", sync_to_thread=True, opt=roles(*ADMINS))
def map_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, connection = _connected(app)
    rows = {kind: crm_view.field_rows(kind, _wanted(connection, kind), standing.checked) for kind in Kind}
    return _page(app, visit, "map", standing, rows=rows, words=_words(standing))


def _wanted(connection: Connection, kind: Kind) -> ObjectMap:
    return connection.objects.get(kind, ObjectMap())


@get(f"{PATH}/map/{{kind:str}}", sync_to_thread=True, opt=roles(*ADMINS))
def object_page(app: GivenApp, visit: GivenVisit, kind: FromPath[str]) -> Response[str]:
    standing, _ = _connected(app)
    return _object_page(app, visit, standing, _kind(kind))


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise NotFound("There is no such object.")
    return Kind(text)


def _object_page(
    app: App, visit: Visit, standing: Standing, kind: Kind, *, form: Form | None = None, refusal: Refused | None = None
) -> Response[str]:
    assert standing.connection is not None
    wanted = _wanted(standing.connection, kind)
    rows = crm_view.field_rows(kind, wanted, standing.checked)
    typed = {row.field: row.column for row in rows}
    only = list(wanted.only.items()) or [("", [])]
    if form is not None:
        typed = {row.field: form.text(f"field:{row.field}") for row in rows}
        only = [(form.text("only:0"), form.many("value:0") + form.text("values:0").splitlines())]
    one = standing.checked.object(kind) if standing.checked else None
    return _page(
        app,
        visit,
        "object",
        standing,
        status=400 if refusal else 200,
        kind=kind,
        title=OBJECTS[kind],
        wanted=wanted,
        found=one,
        rows=rows,
        typed=typed,
        only=only,
        in_use=standing.checked.spelled.get(kind, {}).get("kind", []) if standing.checked else [],
        choosable=kind in _ONLY,
        form=form,
        refusal=refusal,
        wrong_field=(refusal.field or "").rpartition(".")[2] if refusal else "",
        optional=kind not in (Kind.ACCOUNT, Kind.CONTACT),
    )


@post(f"{PATH}/map/{{kind:str}}", sync_to_thread=True, opt=roles(*ADMINS))
def map_object(app: GivenApp, visit: GivenVisit, kind: FromPath[str], form: GivenForm) -> Response[Any]:
    """What the CRM calls each field. What a person left as it was is not said: it follows the usual mapping."""
    standing, connection = _connected(app)
    one = _kind(kind)
    if form.text("do") == "usual":
        wanted = ObjectMap(query=_wanted(connection, one).query)
    else:
        wanted = _object_map(standing, connection, one, form)
    objects = {**connection.objects, one: wanted}
    if wanted == ObjectMap():
        del objects[one]
    try:
        _check_columns(standing, connection, one, wanted)
        _save(app, visit, msgspec.structs.replace(connection, objects=objects))
    except Refused as refused:
        return _object_page(app, visit, standing, one, form=form, refusal=refused)
    return pages.back(
        app, visit, f"{PATH}/map", f"{OBJECTS[one]}: the mapping is saved and holds from the next reading."
    )


def _object_map(standing: Standing, connection: Connection, kind: Kind, form: Form) -> ObjectMap:
    before = _wanted(connection, kind)
    fields = {}
    for row in crm_view.field_rows(kind, before, standing.checked):
        column = form.text(f"field:{row.field}")
        if row.own or column != row.column:
            fields[row.field] = column
    only = {}
    if form.text("only:0"):
        typed = [line.strip() for line in form.text("values:0").splitlines() if line.strip()]
        only[form.text("only:0")] = list(dict.fromkeys([*form.many("value:0"), *typed]))
    return ObjectMap(
        object=form.maybe("object"),
        fields=fields,
        only=only,
        query=form.maybe("query") if connection.crm == Crm.WAREHOUSE else None,
        off=form.ticked("off"),
    )


def _check_columns(standing: Standing, connection: Connection, kind: Kind, wanted: ObjectMap) -> None:
    """A name that the CRM does not have is found here rather than at night."""
    one = standing.checked.object(kind) if standing.checked else None
    before = _wanted(connection, kind)
    if one is None or not one.columns or wanted.object != before.object:
        return
    known = {column.casefold() for column in one.columns}
    for field, column in [*wanted.fields.items(), *((None, column) for column in wanted.only)]:
        same = field is not None and before.fields.get(field) == column
        # A dotted name leads to a field of another record, which only the next check can see.
        if column and "." not in column and column.casefold() not in known and not same:
            place = f"objects.{kind}.{field}" if field else f"objects.{kind}.only"
            raise Refused(f"{one.object} has no field {column[:80]}. Choose one of the list.", field=place)


# --- spellings ----------------------------------------------------------------------------------


def _words(standing: Standing) -> dict[str, list[crm_view.Spelling]]:
    """Of roles, segments and states: every spelling in use, and what it means to us."""
    assert standing.connection is not None
    shipped = default_spellings()
    found = {}
    for name, (kind, field) in _WORDS.items():
        in_use = standing.checked.spelled.get(kind, {}).get(field, []) if standing.checked else []
        own = {text: str(word) for text, word in getattr(standing.connection, name).items()}
        found[name] = crm_view.spellings(in_use, own, getattr(shipped, name))
    return found


@get(f"{PATH}/words", sync_to_thread=True, opt=roles(*ADMINS))
def words_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, _ = _connected(app)
    return _words_page(app, visit, standing)


def _words_page(app: App, visit: Visit, standing: Standing, *, refusal: Refused | None = None) -> Response[str]:
    return _page(
        app,
        visit,
        "words",
        standing,
        status=400 if refusal else 200,
        words=_words(standing),
        ours={name: OUR_WORDS[field] for name, (_, field) in _WORDS.items()},
        more=_NEW_SPELLINGS,
        refusal=refusal,
    )


@post(f"{PATH}/words", sync_to_thread=True, opt=roles(*ADMINS))
def map_words(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    """A spelling that means what it usually means is not kept: the shipped table says so already."""
    standing, connection = _connected(app)
    shipped = default_spellings()
    changed: dict[str, dict[str, str]] = {}
    for name, (_, field) in _WORDS.items():
        table = crm_view.usual(getattr(shipped, name))
        changed[name] = _meant(form, name, OUR_WORDS[field], table)
    try:
        saved = msgspec.convert({**connections.plain(connection), **changed}, Connection)
        _save(app, visit, saved)
    except Refused as refused:
        return _words_page(app, visit, standing, refusal=refused)
    return pages.back(app, visit, f"{PATH}/map", "The spellings are saved and hold from the next reading.")


def _meant(form: Form, name: str, ours: tuple[str, ...], table: dict[str, str]) -> dict[str, str]:
    found = {}
    for place in range(len(form.names())):
        text, word = form.text(f"{name}:{place}"), form.text(f"{name}-word:{place}")
        if text and word in ours and table.get(spelling_key(text)) != word:
            found[text] = word
    return found


# --- switch on ----------------------------------------------------------------------------------


@get(f"{PATH}/schedule", sync_to_thread=True, opt=roles(*ADMINS))
def schedule_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, connection = _connected(app)
    return _schedule_page(app, visit, standing, str(connection.every_minutes))


def _schedule_page(
    app: App, visit: Visit, standing: Standing, minutes: str, *, refusal: Refused | None = None
) -> Response[str]:
    with app.database.read() as db:
        newest = history.newest(db)
    assert standing.connection is not None
    return _page(
        app,
        visit,
        "schedule",
        standing,
        status=400 if refusal else 200,
        minutes=minutes,
        newest=newest,
        next_at=crm_view.next_at(standing.connection, newest, now=app.now()),
        limits=schedule.EVERY,
        refusal=refusal,
    )


@post(f"{PATH}/schedule", sync_to_thread=True, opt=roles(*ADMINS))
def change_schedule(app: GivenApp, visit: GivenVisit, form: GivenForm) -> Response[Any]:
    standing, connection = _connected(app)
    on, minutes = form.text("do") != "off", form.text("every_minutes")
    try:
        if on and standing.why_not:
            raise Refused(standing.why_not[0], field="on")
        if not minutes.isascii() or not minutes.isdigit() or len(minutes) > 5:
            raise Refused("Write a number of minutes, such as 60.", field="every_minutes")
        saved = _save(app, visit, msgspec.structs.replace(connection, on=on, every_minutes=int(minutes)))
    except Refused as refused:
        return _schedule_page(app, visit, standing, minutes, refusal=refused)
    said = (
        f"{OFFERS[saved.crm].name} is read {crm_view.every(saved.every_minutes)}."
        if on
        else "It is not read on schedule any more."
    )
    return pages.back(app, visit, f"{PATH}/schedule", said)


HANDLERS = [
    connect_page,
    save,
    remove,
    permission_set_file,
    check_page,
    check,
    try_page,
    try_it,
    map_page,
    object_page,
    map_object,
    words_page,
    map_words,
    schedule_page,
    change_schedule,
]
