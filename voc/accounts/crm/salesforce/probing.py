"""What *Check* shows: who signed in, what was found and what not, what changed lately, which rights are missing."""

from datetime import datetime, timedelta
from typing import Any

from voc.accounts import rules
from voc.accounts.connection import Connection, ObjectMap, Switch
from voc.accounts.connector import FieldFound, FieldState, ObjectFound, Probe
from voc.accounts.crm.salesforce import described, mapping, soql
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.mapping import Found
from voc.accounts.crm.salesforce.writing import HOW_TO_ADD_KEY
from voc.accounts.model import Kind
from voc.base.errors import GiveUp, Misconfigured

_LATELY = timedelta(days=30)
# Rights of their own; the others are seen by who sees the account, the opportunity or the contact.
_WITH_RIGHTS = ("Account", "Contact", "Opportunity")
_VERY_MANY = 100_000
_WRITTEN = {
    Switch.LAST_ASKED: "Contact",
    Switch.LAST_ANSWERED: "Contact",
    Switch.SCORE: "Contact",
    Switch.COVERAGE: "Account",
}


def probe(api: Api, connection: Connection, *, now: datetime) -> Probe:
    """Look at everything. What is missing is in it; only what stops all looking is raised."""
    api.open()
    found = mapping.find(connection, api.describe)
    made = Probe(who(api), api.version, [])
    for kind in Kind:
        made.objects.append(_object(api, connection, found, kind, now=now))
    made.missing_grants += _missing_reads(found)
    made.missing_grants += _missing_rights(api, found, made.warnings)
    made.missing_grants += _missing_writes(api, connection)
    made.warnings += _warnings(connection, made.objects)
    made.usage = api.limits()
    return made


def who(api: Api) -> str | None:
    """The user name, as far as the scopes of the app let it be told."""
    answer = api.get("/services/oauth2/userinfo", accept=(400, 401, 403, 404), reads=dict[str, Any])
    if answer.value and isinstance(answer.value.get("preferred_username"), str):
        return str(answer.value["preferred_username"])
    if api.user_id is None or not soql.is_id(api.user_id):
        return None
    select = soql.Select(("Username",), "User", (soql.compare("Id", "=", api.user_id),))
    records = _allowed(api, select) or []
    return str(records[0].get("Username")) if records else None


# --- objects ------------------------------------------------------------------------------------


def _object(api: Api, connection: Connection, found: Found, kind: Kind, *, now: datetime) -> ObjectFound:
    own = connection.objects.get(kind, ObjectMap())
    layouts = found.layouts.get(kind, ())
    name = None if own.off else ", ".join(one.object for one in layouts) or ", ".join(mapping.objects(connection, kind))
    made = ObjectFound(kind, name, readable=bool(layouts), why=found.why_not.get(kind))
    if own.off:
        return made
    made.fields = _fields(connection, found, kind)
    made.columns = sorted({column for one in layouts or () for column in _columns(api, one.object)})
    for layout in layouts:
        every = layout.select.only(*layout.where_live)
        made.rows = _added(made.rows, api.count(every))
        changed = every.only(soql.compare("SystemModstamp", ">=", now - _LATELY))
        made.changed_30_days = _added(made.changed_30_days, api.count(changed))
        if layout.stands_in:
            made.why = (
                "Contacts to Multiple Accounts is off: each contact belongs to its own account, roles are not read. "
                "Switch it on in Setup > Account Settings to read roles"
            )
    return made


def _added(before: int | None, more: int | None) -> int | None:
    return before if more is None else (before or 0) + more


def _columns(api: Api, object: str) -> list[str]:
    found = api.describe(object)
    return [one.name for one in found.fields if one.type not in described.COMPOUND] if found else []


def _fields(connection: Connection, found: Found, kind: Kind) -> list[FieldFound]:
    wanted, _ = mapping.wanted(connection, kind)
    made = []
    for ours in rules.TEXTS[kind]:
        column = wanted.get(ours)
        if column is None:
            made.append(FieldFound(ours, None, FieldState.NOT_MAPPED))
            continue
        layouts = [one for one in found.layouts.get(kind, ()) if ours in one.found]
        if not layouts:
            made.append(FieldFound(ours, column, *_why_not_found(column)))
        elif any(ours in one.calculated for one in layouts):
            note = "calculated: its changes move no date, so all rows are read once a day"
            made.append(FieldFound(ours, column, FieldState.CALCULATED, note))
        else:
            made.append(FieldFound(ours, layouts[0].found[ours], FieldState.FOUND))
    return made


def _why_not_found(column: str) -> tuple[FieldState, str]:
    """Salesforce never says which of the two it is; but its own fields are in every org, save currencies."""
    if column.endswith("__c") or "." in column or column == "CurrencyIsoCode":
        return FieldState.MISSING, "there is no such field, or this user may not read it"
    return FieldState.UNREADABLE, "this user may not read it"


# --- rights -------------------------------------------------------------------------------------


def _missing_reads(found: Found) -> list[str]:
    """In the words of a permission set. A custom field that nobody asked for may just not be there."""
    said = []
    for one in found.missing:
        custom = one.column.endswith("__c") or one.column in ("AccountContactRelation",)
        if one.field is None:
            said += [] if custom and not one.named else [f"Read on {one.column}"]
        elif one.named or not (custom or one.column.endswith("CurrencyIsoCode")):
            said.append(f"Read Access on the field {one.column}")
    return said


def _missing_rights(api: Api, found: Found, warnings: list[str]) -> list[str]:
    """View All on what is read, without which some rows are silently not there."""
    objects = {one.object for layouts in found.layouts.values() for one in layouts}
    wanted = sorted(one for one in objects if one in _WITH_RIGHTS or one.endswith("__c"))
    select = soql.Select(("PermissionsViewAllData",), "UserPermissionAccess")
    all_data = _allowed(api, select, deleted_too=False)
    if all_data and all_data[0].get("PermissionsViewAllData"):
        warnings.append("The user may View All Data, which is more than is needed here")
        return []
    seen = _viewed(api, wanted)
    if seen is None:
        warnings.append(f"Whether the user sees all records cannot be told. Give View All on {', '.join(wanted)}")
        return []
    return [f"View All on {one}" for one in wanted if one not in seen]


def _viewed(api: Api, objects: list[str]) -> set[str] | None:
    if api.user_id is None or not soql.is_id(api.user_id) or not objects:
        return None
    assigned = soql.Select(
        ("PermissionSetId",), "PermissionSetAssignment", (soql.compare("AssigneeId", "=", api.user_id),)
    )
    select = soql.Select(
        ("SobjectType",),
        "ObjectPermissions",
        (
            soql.compare("PermissionsViewAllRecords", "=", True),
            soql.among("SobjectType", objects),
            soql.within("ParentId", assigned),
        ),
    )
    records = _allowed(api, select, deleted_too=False)
    return None if records is None else {str(one.get("SobjectType")) for one in records}


def _allowed(api: Api, select: soql.Select, *, deleted_too: bool = True) -> list[dict[str, Any]] | None:
    """None where this user may not ask."""
    try:
        return api.rows(select, deleted_too=deleted_too).records
    except (GiveUp, Misconfigured):
        return None


def _missing_writes(api: Api, connection: Connection) -> list[str]:
    said = []
    if Switch.TASKS in connection.writes:
        task = api.describe("Task")
        key = task.field(mapping.KEY) if task else None
        if key is None or not key.updateable:
            said.append(f"Edit Access on the field Task.{mapping.KEY}. {HOW_TO_ADD_KEY}")
    for switch, object in _WRITTEN.items():
        column = connection.write_columns.get(switch, "")
        if switch in connection.writes and column:
            found = api.describe(object)
            field = found.field(column) if found else None
            if field is None or not field.updateable:
                said.append(f"Edit Access on the field {object}.{column}")
    return said


def _warnings(connection: Connection, objects: list[ObjectFound]) -> list[str]:
    said = []
    for one in objects:
        if one.readable and one.changed_30_days == 0:
            said.append(f"No {one.object} has changed in 30 days: does this user see them all?")
        own = connection.objects.get(one.kind, ObjectMap())
        if one.kind == Kind.ACTIVITY and (one.rows or 0) > _VERY_MANY and not own.only:
            said.append(f"{one.rows:,} rows of {one.object}: name the types that count, to read only these")
    return said
