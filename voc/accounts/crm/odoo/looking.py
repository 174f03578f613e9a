"""What *Check* shows of an Odoo, and examples from it."""

from datetime import datetime, timedelta
from typing import Any

from voc.accounts import clean, rules
from voc.accounts.connection import Connection
from voc.accounts.connector import FieldFound, FieldState, ObjectFound, Probe, Usage
from voc.accounts.crm.odoo import planning, texts
from voc.accounts.crm.odoo.client import OPT_OUT, Client, Record, moment
from voc.accounts.crm.odoo.domains import both
from voc.accounts.crm.odoo.failures import NotAllowed
from voc.accounts.crm.odoo.mapping import LEAD, NAMES, PARTNER, TAG, USER, Column, Columns, Plan, wanted
from voc.accounts.model import Kind, Spellings
from voc.base.errors import GiveUp, Misconfigured

_ALL_DEALS = "sales_team.group_sale_salesman_all_leads"
_MONTH = timedelta(days=30)
_LISTED = 200
_LOOKED_AT = 2_000


def probe(client: Client, connection: Connection, spellings: Spellings, *, now: datetime) -> Probe:
    """Everything a person should know before switching it on. Raises only when Odoo cannot be signed in to."""
    client.sign_in()
    me = client.read(USER, [client.uid], ("name", "login"))
    found = Probe(signed_in_as=" ".join(f"{one['name']} ({one['login']})" for one in me), version=client.version,
                  objects=[])  # fmt: skip
    companies = planning.own_companies(client)
    for kind in Kind:
        found.objects.append(_object(client, connection, kind, companies, found, since=now - _MONTH))
    found.warnings += _warnings(client, connection, spellings, found)
    found.usage = Usage(requests=client.caller.requests)
    return found


def _object(
    client: Client, connection: Connection, kind: Kind, companies: list[int], probe: Probe, *, since: datetime
) -> ObjectFound:
    model, columns = wanted(connection, kind)
    if model is None:
        return ObjectFound(kind, None, readable=False, why="Nothing is read for it: name an object to read it.")
    fields = planning.columns_of(client, model)
    if fields is None:
        return ObjectFound(kind, model, readable=False, why=f"This Odoo has no {model}: its app is not installed.")
    about = ObjectFound(kind, model, readable=True, columns=sorted(fields))
    about.fields = [_field(kind, ours, columns.get(ours), fields) for ours in rules.TEXTS[kind]]
    try:
        plan = planning.plan(client, connection, kind, fields, companies, strict=False)
        about.rows = client.count(model, both(plan.domain, plan.live))
        changed = both(plan.domain, plan.live, [["write_date", ">=", moment(since)]])
        about.changed_30_days = client.count(model, changed)
    except NotAllowed as error:
        about.readable, about.why = False, f"Its user may not read {model}."
        probe.missing_grants += [f"{model}: {group}" for group in error.groups or ("the right to read it",)]
    except (GiveUp, Misconfigured) as error:
        about.readable, about.why = False, str(error)
    return about


def _field(kind: Kind, ours: str, theirs: str | None, fields: Columns) -> FieldFound:
    if theirs is None:
        return FieldFound(ours, None, FieldState.NOT_MAPPED)
    if theirs == "id":
        return FieldFound(ours, theirs, FieldState.FOUND)
    if theirs not in fields:
        note = "Who opted out would not be known: nothing is read until it can be." if ours == "opted_out" else None
        return FieldFound(ours, theirs, FieldState.MISSING, note)
    if fields[theirs].store or kind == Kind.CSM:
        return FieldFound(ours, theirs, FieldState.FOUND)
    if theirs == OPT_OUT:
        return FieldFound(ours, theirs, FieldState.FOUND, "Its changes are found through Odoo's blacklist.")
    return FieldFound(ours, theirs, FieldState.CALCULATED, "Odoo computes it when asked; it is read anew once a day.")


def _warnings(client: Client, connection: Connection, spellings: Spellings, found: Probe) -> list[str]:
    warnings = [
        f"None of the {one.rows:,} rows of {one.object} ({one.kind}) was changed in 30 days."
        for one in found.objects
        if one.rows and not one.changed_30_days
    ]
    readable = {one.kind for one in found.objects if one.readable}
    if Kind.CONTACT in readable and wanted(connection, Kind.CONTACT)[0] == PARTNER:
        alone = client.count(PARTNER, _ALONE)
        if alone:
            warnings.append(f"Persons without a company are not read; Odoo has {alone:,}.")
    if LEAD in {one.object for one in found.objects if one.readable} and not client.in_group(_ALL_DEALS):
        found.missing_grants.append(f"{LEAD}: Sales / User: All Documents (its user sees only its own deals)")
    if Kind.RELATION in readable and wanted(connection, Kind.RELATION)[1].get("roles") == "category_id":
        unknown = [name for name in texts.all_tags(client).values() if clean.spelling_key(name) not in spellings.roles]
        if unknown:
            more = ", ..." if len(unknown) > 10 else ""
            listed = ", ".join(sorted(unknown)[:10])
            warnings.append(f"Tags that stand for no role are left out ({len(unknown)}): {listed}{more}")
    return warnings


_ALONE = [
    ["active", "=", True],
    ["is_company", "=", False],
    ["parent_id", "=", False],
    ["partner_share", "=", True],
    ["child_ids", "=", False],
]


# --- examples -----------------------------------------------------------------------------------


def sample(client: Client, connection: Connection, kind: Kind, *, limit: int) -> list[Record]:
    """Some live rows by Odoo's own names, as its pages show them."""
    made = _plan(client, connection, kind)
    if made is None:
        return []
    ids = client.search(made.model, both(made.domain, made.live), limit=limit)
    names = sorted(set(made.columns.values()) - {"id"})
    records = client.read(made.model, ids, names)
    shown = {name: _shown(client, made.fields[name], records, name) for name in names}
    return [{name: shown[name](record[name]) for name in names} for record in records]


def _shown(client: Client, column: Column, records: list[Record], name: str) -> Any:
    if column.relation:
        ids = sorted({id for record in records for id in texts.ids_in(record[name])})
        field = NAMES.get(column.relation, "display_name")
        called = {one["id"]: texts.plain(one[field]) for one in client.read(column.relation, ids, (field,))}
        return lambda value: "; ".join(called[id] for id in texts.ids_in(value) if id in called)
    if column.type == "selection":
        labels = {key: str(label) for key, label in column.selection}
        return lambda value: labels.get(value, texts.plain(value))
    if column.type == "boolean":
        return lambda value: "yes" if value else "no"
    return lambda value: texts.number(value) if column.type in ("integer", "float", "monetary") else texts.plain(value)


def spelled(client: Client, connection: Connection, kind: Kind, field: str) -> list[str]:
    """On offer where Odoo has a list (choices, tags, names of records), else in use among the first rows."""
    made = _plan(client, connection, kind)
    theirs = made.columns.get(field) if made else None
    if made is None or theirs is None or theirs == "id":
        return []
    column = made.fields[theirs]
    if column.type == "selection":
        return sorted(str(label) for _, label in column.selection)
    if column.relation == TAG:
        return sorted(texts.all_tags(client).values())
    if column.relation:
        return sorted(
            {
                _name(one)
                for one in client.read(
                    column.relation, client.search(column.relation, [], limit=_LISTED), ("display_name",)
                )
            }
        )
    ids = client.search(made.model, both(made.domain, made.live), limit=_LOOKED_AT)
    return sorted({texts.plain(one[theirs]) for one in client.read(made.model, ids, (theirs,))} - {""})[:_LISTED]


def _name(record: Record) -> str:
    return texts.plain(record["display_name"])


def _plan(client: Client, connection: Connection, kind: Kind) -> Plan | None:
    if not client.version:
        client.sign_in()
    model, _ = wanted(connection, kind)
    fields = planning.columns_of(client, model) if model else None
    if fields is None:
        return None
    return planning.plan(client, connection, kind, fields, planning.own_companies(client), strict=False)
