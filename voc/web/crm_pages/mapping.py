"""What the CRM calls each object and field."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from voc.accounts.connection import Connection, Crm, ObjectMap
from voc.accounts.model import Kind
from voc.base.errors import NotFound, Refused
from voc.web import crm_view, pages
from voc.web.context import App
from voc.web.crm_pages.spellings import spellings_in_use
from voc.web.crm_pages.standing import PATH, connected, crm_page, save_connection
from voc.web.crm_view import OBJECTS, Standing
from voc.web.forms import Form
from voc.web.given import GivenApp, GivenForm, GivenVisit
from voc.web.visit import ADMINS, Visit, roles

_ONLY = (Kind.OPPORTUNITY, Kind.ACTIVITY)
"""Objects of which a CRM holds more than we want."""


@get(f"{PATH}/map", sync_to_thread=True, opt=roles(*ADMINS))
def map_page(app: GivenApp, visit: GivenVisit) -> Response[str]:
    standing, connection = connected(app)
    rows = {kind: crm_view.field_rows(kind, _wanted(connection, kind), standing.checked) for kind in Kind}
    return crm_page(app, visit, "map", standing, rows=rows, words=spellings_in_use(standing))


def _wanted(connection: Connection, kind: Kind) -> ObjectMap:
    return connection.objects.get(kind, ObjectMap())


@get(f"{PATH}/map/{{kind:str}}", sync_to_thread=True, opt=roles(*ADMINS))
def object_page(app: GivenApp, visit: GivenVisit, kind: FromPath[str]) -> Response[str]:
    standing, _ = connected(app)
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
    return crm_page(
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
    standing, connection = connected(app)
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
        save_connection(app, visit, msgspec.structs.replace(connection, objects=objects))
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
