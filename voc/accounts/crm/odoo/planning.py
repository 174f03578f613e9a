"""What the connection asks for, laid beside what this Odoo has."""

from typing import Any

from voc.accounts import clean
from voc.accounts.connection import Connection, ObjectMap
from voc.accounts.crm.odoo import texts
from voc.accounts.crm.odoo.client import Client
from voc.accounts.crm.odoo.domains import Domain, among, both
from voc.accounts.crm.odoo.failures import NotThere
from voc.accounts.crm.odoo.mapping import (
    LEAD,
    PARTNER,
    SHAPES,
    TAG,
    Column,
    Columns,
    Plan,
    archive_field,
    wanted,
)
from voc.accounts.model import Kind, Spellings
from voc.base.errors import Misconfigured

_ATTRIBUTES = ["type", "store", "relation", "selection", "string"]


def plans(client: Client, connection: Connection) -> dict[Kind, Plan]:
    """How each kind is read. Misconfigured for a mapped object or column that this Odoo does not show."""
    seen: dict[str, Columns | None] = {}
    companies = own_companies(client)
    found = {}
    for kind in Kind:
        model, _ = wanted(connection, kind)
        if model is None:
            continue
        if model not in seen:
            seen[model] = columns_of(client, model)
        fields = seen[model]
        if fields is not None:
            client.search(model, [], limit=1)  # says now which right is missing
            found[kind] = plan(client, connection, kind, fields, companies)
        elif connection.objects.get(kind, ObjectMap()).object:
            raise Misconfigured(client.caller.host, f"there is no object {model}", "Correct it in the mapping")
    return found


def others(client: Client, made: dict[Kind, Plan], spellings: Spellings) -> texts.Others:
    """The small tables that rows are read with."""
    roles = made[Kind.RELATION].columns.get("roles") if Kind.RELATION in made else None
    return texts.Others(
        client,
        won_stages=texts.look_at_stages(client) if any(one.model == LEAD for one in made.values()) else frozenset(),
        role_tags=texts.look_at_role_tags(client, spellings) if roles == "category_id" else {},
        languages=texts.look_at_languages(client),
    )


def columns_of(client: Client, model: str) -> Columns | None:
    """The fields of a model that the user may see; None where there is no such model (its app is not installed)."""
    try:
        found: Columns = client.call(model, "fields_get", attributes=_ATTRIBUTES, reads=dict[str, Column])
    except NotThere:
        return None
    return found


def own_companies(client: Client) -> list[int]:
    """The partners that stand for ourselves."""
    found = client.small("res.company", [], "partner_id")
    return sorted(one["partner_id"] for one in found if one["partner_id"])


def plan(
    client: Client, connection: Connection, kind: Kind, fields: Columns, companies: list[int], *, strict: bool = True
) -> Plan:
    """One kind's way. `strict` refuses what is mapped and not there; else it is left out, to be shown."""
    model, columns = wanted(connection, kind)
    assert model is not None
    shape = SHAPES.get(kind)
    shape = shape if shape and shape.model == model else None
    own = connection.objects.get(kind, ObjectMap())
    for ours, theirs in columns.items():
        if strict and theirs not in {*fields, "id"} and (ours in own.fields or ours == "opted_out"):
            raise _missing(client, kind, model, ours, theirs)
    archives = archive_field(fields)
    generic: Domain = [[archives, "=", True]] if archives else []
    domain = both(shape.domain if shape else [], _not_ours(kind, model, companies), _only(client, fields, own))
    return Plan(
        kind=kind,
        model=model,
        shape=shape,
        columns={ours: theirs for ours, theirs in columns.items() if theirs in fields or theirs == "id"},
        domain=domain,
        live=shape.live if shape else generic,
        archives=archives,
        fields=fields,
    )


def _missing(client: Client, kind: Kind, model: str, ours: str, theirs: str) -> Misconfigured:
    place = f"{client.caller.host}: {model}"
    if ours == "opted_out":
        mend = f"Make Odoo's user an internal user, who may see {theirs}, or map the field that says who opted out"
        return Misconfigured(place, f"who opted out cannot be read: its user does not see {theirs}", mend)
    mend = f"Correct the mapping of the {kind}'s {ours}, or give Odoo's user a group that may see it"
    return Misconfigured(place, f"its user sees no field {theirs}", mend)


def _not_ours(kind: Kind, model: str, companies: list[int]) -> Domain:
    if model != PARTNER or not companies:
        return []
    return [["id" if kind == Kind.ACCOUNT else "commercial_partner_id", "not in", companies]]


# --- only some rows -----------------------------------------------------------------------------


def _only(client: Client, fields: Columns, own: ObjectMap) -> Domain:
    """What makes a row one of these, as people write it: names of tags, labels of choices."""
    return both(*(_leaf(client, name, fields, values) for name, values in sorted(own.only.items()) if values))


def _leaf(client: Client, name: str, fields: Columns, values: list[str]) -> Domain:
    if name not in fields:
        raise Misconfigured(client.caller.host, f"there is no field {name}", "Correct which rows count in the mapping")
    column = fields[name]
    keys = {clean.spelling_key(value) for value in values}
    if column.relation:
        return among(name, _named(client, name, column.relation, keys))
    if column.type == "selection":
        return among(name, [key for key, label in column.selection if keys & _spelled(key, label)])
    if column.type == "boolean":
        return among(name, [clean.flag(value) for value in values])
    if column.type == "integer":
        return among(name, [int(value) for value in values if value.strip().lstrip("-").isdigit()])
    return among(name, values)


def _named(client: Client, name: str, model: str, keys: set[str]) -> list[int]:
    shown = "name" if model == TAG else "display_name"
    there = client.small(model, [], shown)
    found = [one["id"] for one in there if _spelled(one["id"], one[shown]) & keys]
    if not found:
        raise Misconfigured(
            client.caller.host, f"{name} has nothing called {', '.join(sorted(keys))}", "Correct which rows count"
        )
    return found


def _spelled(*words: Any) -> set[str]:
    return {clean.spelling_key(str(word)) for word in words}
