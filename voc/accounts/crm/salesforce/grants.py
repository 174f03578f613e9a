"""A permission set with no more than what a mapping needs, as the XML that Salesforce's tools deploy."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

from voc.accounts.connection import Connection, ObjectMap, Switch
from voc.accounts.crm.salesforce import mapping
from voc.accounts.crm.salesforce.mapping import KEY
from voc.accounts.model import Kind

NAME = "voc"
# Whose rights come from another object: relations from contacts and accounts, roles from opportunities,
# activities from what they are about. A user is seen by every user.
_NO_RIGHTS = ("User", "AccountContactRelation", "OpportunityContactRole", "Event", "Task")
_PARENTS = {
    "AccountContactRelation": ("Account", "Contact"),
    "OpportunityContactRole": ("Account", "Contact", "Opportunity"),
    "Opportunity": ("Account",),
    "Contact": ("Account",),
}
# Salesforce refuses a permission set that names a field which everybody sees: of its own fields,
# only these have rights.
_OWN_FIELDS = {
    "Account": "AccountNumber AccountSource AnnualRevenue Description Fax Industry NumberOfEmployees Ownership "
    "ParentId Phone Rating Sic Site TickerSymbol Type Website",
    "Contact": "AccountId AssistantName Birthdate Department Description DoNotCall Email Fax HasOptedOutOfEmail "
    "HasOptedOutOfFax LeadSource MobilePhone Phone ReportsToId Title",
    "Opportunity": "AccountId Amount CampaignId Description ExpectedRevenue LeadSource NextStep Probability Type",
    "AccountContactRelation": "EndDate IsActive Roles StartDate",
    "Event": "Description Location Subject Type WhatId WhoId",
    "Task": "ActivityDate Description Subject Type WhatId WhoId",
}
_ADDRESSES = {"Account": ("Billing", "Shipping"), "Contact": ("Mailing", "Other")}
_PARTS = ("Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode")
_WRITTEN = {
    Switch.LAST_ASKED: "Contact",
    Switch.LAST_ANSWERED: "Contact",
    Switch.SCORE: "Contact",
    Switch.COVERAGE: "Account",
}


def permission_set(connection: Connection) -> str:
    """For the user that signs in here: read what is mapped, all records of it, and edit only what is switched on.

    Deploy it as `voc.permissionset-meta.xml`. Take out a custom object or field that the org does
    not have: Salesforce refuses the file otherwise. Where accounts are private, a sharing rule must
    let the user edit what is written back: Modify All would bring the right to delete with it.
    """
    reads = _reads(connection)
    edits = _edits(connection)
    objects = {object for object, _ in (*reads, *edits)}
    objects |= {parent for object in objects for parent in _PARENTS.get(object, ())}
    edited = {object for object, _ in edits}
    named = {(object, _with_rights(object, field)) for object, field in (*reads, *edits)}
    fields = sorted((object, field) for object, field in named if field)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines += ['<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">']
    lines += [_element("description", "What the questionnaire service reads, and what it may write back")]
    for object, field in fields:
        editable = "true" if (object, field) in edits else "false"
        lines += _block(
            "fieldPermissions", (("editable", editable), ("field", f"{object}.{field}"), ("readable", "true"))
        )
    lines += [_element("hasActivationRequired", "false"), _element("label", NAME)]
    for object in sorted(objects.difference(_NO_RIGHTS)):
        lines += _object(object, edit=object in edited)
    for permission in ("ApiEnabled", *(("EditTask",) if Switch.TASKS in connection.writes else ())):
        lines += _block("userPermissions", (("enabled", "true"), ("name", permission)))
    return "\n".join([*lines, "</PermissionSet>", ""])


def _reads(connection: Connection) -> set[tuple[str, str]]:
    """(object, field) of everything mapped; what is looked up in another record is that record's."""
    found = set()
    for kind in Kind:
        own = connection.objects.get(kind, ObjectMap())
        if own.off:
            continue
        columns = [*mapping.wanted(connection, kind)[0].values(), *own.only]
        for object in mapping.objects(connection, kind):
            found |= {(object, column) for column in columns if "." not in column}
    return found


def _edits(connection: Connection) -> set[tuple[str, str]]:
    found = {
        (object, connection.write_columns[switch])
        for switch, object in _WRITTEN.items()
        if switch in connection.writes and connection.write_columns.get(switch)
    }
    if Switch.TASKS in connection.writes:
        found |= {("Task", field) for field in (KEY, "ActivityDate", "Description", "Subject", "WhatId", "WhoId")}
    return found


def _with_rights(object: str, field: str) -> str | None:
    """The field that has the rights: itself, the address of which it is a part, or none where everybody sees it."""
    if field.endswith("__c") or field in _OWN_FIELDS.get(object, "").split():
        return field
    parts = {f"{which}{part}": f"{which}Address" for which in _ADDRESSES.get(object, ()) for part in _PARTS}
    return parts.get(field)


def _object(name: str, *, edit: bool) -> list[str]:
    said = {
        "allowCreate": "false",
        "allowDelete": "false",
        "allowEdit": "true" if edit else "false",
        "allowRead": "true",
        "modifyAllRecords": "false",
        "object": name,
        "viewAllRecords": "true",
    }
    return _block("objectPermissions", said.items())


def _block(name: str, elements: Iterable[tuple[str, str]]) -> list[str]:
    inner = [f"    {_element(key, text)}" for key, text in elements]
    return [f"    <{name}>", *inner, f"    </{name}>"]


def _element(name: str, text: str) -> str:
    return f"    <{name}>{escape(text)}</{name}>"
